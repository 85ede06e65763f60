//! A server for `tests/e2e/run`. It sets the cookie that a request describes, to test how a browser treats it. It also
//! has a session whose cookie moves from the host's own scope to `Domain=shop.localhost`.
//!
//! | GET | effect |
//! |---|---|
//! | `/set?name=…&value=…&path=…` | sets the cookie with this crate, or returns why the crate rejects it (422) |
//! | `/remove?name=…&path=…` | removes the cookie with this crate |
//! | `/raw?header=…` | sends this `Set-Cookie` header unchanged |
//! | `/verify?name=…&value=…` | verifies and returns the text that `/set` signed (with `&signed=true`) |
//! | `/session?scope=…` | returns the text in the session, and the number of cookies with its name; with `&put=…` changes the text, with `&flush=true` flushes the session |
//! | anything else | returns the `Cookie` header |
//!
//! /set, /remove and /raw also return the header in the body. The scope of /session is `host`, `domain`, or `moved`:
//! the domain, with the host's scope configured as the former one. The first argument is the loopback port.

use std::env;
use std::error::Error;
use std::fmt::Display;
use std::net::Ipv4Addr;
use std::time::{Duration, SystemTime};

use axum::extract::Form;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Router, routing::get};
use django_session::{
    ConfigError, CookieOptions, CookieSessions, KeyRing, MaxAge, SameSite, SecretKey, SizeRule, TimestampSigner,
};
use serde::Deserialize;
use tokio::net::TcpListener;

/// A cookie, as a query string. Absent fields have the builder's defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    name: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    signed: bool,
    path: Option<String>,
    domain: Option<String>,
    secure: Option<bool>,
    http_only: Option<bool>,
    same_site: Option<String>,
    partitioned: Option<bool>,
    max_age: Option<u64>,
    expire_at_browser_close: Option<bool>,
    size_rule: Option<String>,
}

impl Recipe {
    fn options(&self) -> Result<CookieOptions, ConfigError> {
        let mut builder = CookieOptions::builder(&self.name);
        if let Some(path) = &self.path {
            builder = builder.path(path);
        }
        if let Some(domain) = &self.domain {
            builder = builder.domain(domain);
        }
        if let Some(secure) = self.secure {
            builder = builder.secure(secure);
        }
        if let Some(http_only) = self.http_only {
            builder = builder.http_only(http_only);
        }
        if let Some(same_site) = &self.same_site {
            builder = builder.same_site(match same_site.as_str() {
                "Strict" => Some(SameSite::Strict),
                "Lax" => Some(SameSite::Lax),
                "None" => Some(SameSite::None),
                _ => None,
            });
        }
        if let Some(partitioned) = self.partitioned {
            builder = builder.partitioned(partitioned);
        }
        if let Some(seconds) = self.max_age {
            builder = builder.max_age(Duration::from_secs(seconds));
        }
        if let Some(expire) = self.expire_at_browser_close {
            builder = builder.expire_at_browser_close(expire);
        }
        if self.size_rule.as_deref() == Some("Rfc6265bis") {
            builder = builder.size_rule(SizeRule::Rfc6265bis);
        }
        builder.build()
    }

    fn signer(&self) -> Result<TimestampSigner, ConfigError> {
        Ok(TimestampSigner::for_cookie(&keys()?, &self.name, ""))
    }
}

fn keys() -> Result<KeyRing, ConfigError> {
    Ok(KeyRing::new(SecretKey::new("of this test")?))
}

fn sent(header: String) -> Response {
    ([(SET_COOKIE, header.clone())], header).into_response()
}

fn rejected(reason: impl Display) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, reason.to_string()).into_response()
}

async fn set(Form(recipe): Form<Recipe>) -> Response {
    let set = || -> Result<String, Box<dyn Error>> {
        let value = if recipe.signed { recipe.signer()?.sign(&recipe.value) } else { recipe.value.clone() };
        Ok(recipe.options()?.set_cookie(&value, SystemTime::now())?.into_string())
    };
    set().map_or_else(rejected, sent)
}

async fn remove(Form(recipe): Form<Recipe>) -> Response {
    recipe.options().map_or_else(rejected, |options| sent(options.removal().into_string()))
}

#[derive(Deserialize)]
struct Raw {
    header: String,
}

async fn raw(Form(Raw { header }): Form<Raw>) -> Response {
    sent(header)
}

async fn verify(Form(recipe): Form<Recipe>) -> Response {
    let signer = match recipe.signer() {
        Ok(signer) => signer,
        Err(reason) => return rejected(reason),
    };
    match signer.unsign(&recipe.value, MaxAge::Unlimited) {
        Ok(verified) => verified.as_str().to_owned().into_response(),
        Err(reason) => rejected(reason),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    Host,
    Domain,
    Moved,
}

impl Scope {
    fn sessions(&self) -> Result<CookieSessions, ConfigError> {
        let host = CookieOptions::builder("sessionid").build()?;
        let domain = CookieOptions::builder("sessionid").domain("shop.localhost").build()?;
        Ok(match self {
            Self::Host => CookieSessions::new(&keys()?, host),
            Self::Domain => CookieSessions::new(&keys()?, domain),
            Self::Moved => CookieSessions::new(&keys()?, domain).with_former_cookie(&host),
        })
    }
}

#[derive(Deserialize)]
struct Visit {
    scope: Scope,
    put: Option<String>,
    #[serde(default)]
    flush: bool,
}

async fn session(headers: HeaderMap, Form(Visit { scope, put, flush }): Form<Visit>) -> Response {
    let answer = || -> Result<Response, Box<dyn Error>> {
        let sessions = scope.sessions()?;
        let mut session = sessions.load_headers(headers.get_all(COOKIE));
        let seen = format!("{} of {}", session.get::<String>("text")?.unwrap_or_default(), session.cookie_count());
        if let Some(text) = put {
            session.insert("text", text)?;
        }
        if flush {
            session.flush();
        }
        let set_cookies = sessions.commit(&session, 200)?.into_set_cookies();
        Ok((AppendHeaders(set_cookies.map(|cookie| (SET_COOKIE, cookie.into_string()))), seen).into_response())
    };
    answer().unwrap_or_else(rejected)
}

async fn echo(headers: HeaderMap) -> String {
    let lines = headers.get_all(COOKIE).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    lines.collect::<Vec<_>>().join("; ")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::args().nth(1).ok_or("which port?")?.parse()?;
    let app = Router::new()
        .route("/set", get(set))
        .route("/remove", get(remove))
        .route("/raw", get(raw))
        .route("/verify", get(verify))
        .route("/session", get(session))
        .fallback(echo);
    axum::serve(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?, app).await?;
    Ok(())
}
