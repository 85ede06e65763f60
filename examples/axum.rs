//! A shop beside a Django site: the same cookie, the same users, another server.
//!
//! ```sh
//! cargo run --example axum --features axum   # then open http://127.0.0.1:8001, and log in as ada with lovelace
//! ```
//!
//! | environment | |
//! |---|---|
//! | `SECRET_KEY`, `SECRET_KEY_FALLBACKS` | Django's settings; the fallbacks with white space between them |
//! | `COOKIE_NAME` | Django's `SESSION_COOKIE_NAME`: `sessionid` |
//! | `USERS` | a file in place of the table `auth_user`: lines of id, tab, username, tab, password column |
//! | `PORT` | 8001 |
//!
//! The cookie is Secure. Chromium and Firefox take such from `http://127.0.0.1` and `http://localhost` as well; anywhere
//! else there has to be TLS in front of this.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use std::{env, fs, io};

use axum::extract::{Form, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, middleware, middleware::Next};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use django_session::middleware::tower::SessionLayer;
use django_session::{
    CookieOptions, CookieSessions, EncodeError, Expiry, KeyRing, SecretKey, Session, SessionAuth, SessionHandle,
};
use hmac::digest::CtOutput;
use serde::Deserialize;
use sha2::Sha256;

/// What stands in the session of whoever logged in with Django's own form.
const BACKEND: &str = "django.contrib.auth.backends.ModelBackend";

/// The table of a site with one user, whose password is `lovelace`. Django would take a thousand times the iterations.
const ADA: &str = "1\tada\tpbkdf2_sha256$1000$lovelaces$k/ySeC79IknwArSKwYwAgxAP86iL7CWmoDhCKBieM2E=";

struct Site {
    auth: SessionAuth,
    users: Option<PathBuf>,
    bare_visits: AtomicU64,
}

struct User {
    id: String,
    name: String,
    /// The `password` column: algorithm, iterations, salt and hash, with `$` in between.
    password: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // On level DEBUG it is also told who still has a cookie of a fallback key.
    tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(tracing::Level::DEBUG).init();
    let variable = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());

    let secret_key = env::var("SECRET_KEY").unwrap_or_else(|_| {
        eprintln!("SECRET_KEY is not set: taking one that everybody knows");
        "django-insecure-everybody-knows-this-one".to_owned()
    });
    let mut keys = KeyRing::new(SecretKey::new(secret_key)?);
    for fallback in variable("SECRET_KEY_FALLBACKS", "").split_whitespace() {
        keys = keys.with_fallback(SecretKey::new(fallback)?);
    }
    let cookie = CookieOptions::builder(variable("COOKIE_NAME", "sessionid")).build()?;
    let site = Site {
        auth: SessionAuth::new(&keys),
        users: env::var_os("USERS").map(PathBuf::from),
        bare_visits: AtomicU64::new(0),
    };

    let app = Router::new()
        .route("/", get(index))
        .route("/login", post(login))
        .route("/logout", post(logout))
        .route("/cart", post(add))
        .route("/cart/clear", post(clear))
        .route("/expiry", post(remember))
        .route("/test-cookie", post(test_cookie))
        .route("/session", get(count))
        .route("/plain", get(async || "ok"))
        .layer(SessionLayer::new(CookieSessions::new(&keys, cookie)))
        .layer(middleware::map_response(unwritten))
        // What is added after the layers is outside of them.
        .route("/bare", get(bare))
        .layer(middleware::from_fn(only_own_forms))
        .with_state(Arc::new(site));

    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", variable("PORT", "8001"))).await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

/// In place of Django's CSRF token. SameSite=Lax keeps another site's POST from sending the session along, but not from
/// being answered with a new one, which replaces it; and from a sibling domain it keeps nothing. All browsers send this
/// header, to HTTPS and to localhost.
async fn only_own_forms(request: Request, next: Next) -> Response {
    let own = request.headers().get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    if own || [Method::GET, Method::HEAD].contains(request.method()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "This form is not one of ours.").into_response()
    }
}

async fn index(State(site): State<Arc<Site>>, session: SessionHandle) -> Result<Html<String>, AppError> {
    let user = logged_in(&site, &session).await?;
    session.with(|session| {
        let visits = visit(session)?;
        let cart: Vec<String> = session.get("cart")?.unwrap_or_default();
        let cookies_work = session.test_cookie_worked() && session.delete_test_cookie();
        Ok(Html(page(user.as_ref(), visits, &cart, session, cookies_work)))
    })
}

async fn count(session: SessionHandle) -> Result<String, AppError> {
    Ok(session.with(visit)?.to_string())
}

async fn bare(State(site): State<Arc<Site>>) -> String {
    (site.bare_visits.fetch_add(1, Ordering::Relaxed) + 1).to_string()
}

fn visit(session: &mut Session) -> Result<u64, AppError> {
    let visits = session.get::<u64>("visits")?.unwrap_or(0).saturating_add(1);
    session.insert("visits", visits)?;
    Ok(visits)
}

#[derive(Deserialize)]
struct Item {
    item: String,
}

async fn add(session: SessionHandle, Form(Item { item }): Form<Item>) -> Result<Redirect, AppError> {
    session.with(|session| {
        let mut cart: Vec<String> = session.get("cart")?.unwrap_or_default();
        cart.push(item);
        session.insert("cart", cart)?;
        Ok(Redirect::to("/"))
    })
}

async fn clear(session: SessionHandle) -> Redirect {
    session.with(|session| session.remove("cart"));
    Redirect::to("/")
}

async fn test_cookie(session: SessionHandle) -> Redirect {
    session.with(Session::set_test_cookie);
    Redirect::to("/")
}

#[derive(Deserialize)]
struct Remember {
    seconds: String,
}

async fn remember(session: SessionHandle, Form(Remember { seconds }): Form<Remember>) -> Response {
    let expiry = match (seconds.trim(), seconds.trim().parse::<u32>()) {
        ("", _) => None,
        (_, Ok(0)) => Some(Expiry::BrowserClose),
        (_, Ok(seconds)) => Some(Expiry::Inactivity(Duration::from_secs(seconds.into()))),
        (_, Err(_)) => return (StatusCode::BAD_REQUEST, "no such number of seconds").into_response(),
    };
    session.with(|session| session.set_expiry(expiry));
    Redirect::to("/").into_response()
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

async fn login(
    State(site): State<Arc<Site>>,
    session: SessionHandle,
    Form(Credentials { username, password }): Form<Credentials>,
) -> Result<Redirect, AppError> {
    let table = Arc::clone(&site);
    // Hashing is meant to take long: not on a thread that has other requests to answer.
    let user = tokio::task::spawn_blocking(move || table.authenticate(&username, &password)).await??;
    if let Some(User { id, password, .. }) = user {
        session.with(|session| site.auth.login(session, &id, BACKEND, &password))?;
    }
    Ok(Redirect::to("/"))
}

async fn logout(session: SessionHandle) -> Redirect {
    session.with(Session::flush);
    Redirect::to("/")
}

/// The user of this session, if the password is still the one it was begun with: what `request.user` is at Django.
async fn logged_in(site: &Arc<Site>, session: &SessionHandle) -> Result<Option<User>, AppError> {
    let by_django = session.with(|session| session.auth_user_backend().zip(session.auth_user_id()));
    let Some((_, id)) = by_django.filter(|(backend, _)| backend == BACKEND) else { return Ok(None) };
    let table = Arc::clone(site);
    let mut users = tokio::task::spawn_blocking(move || table.users()).await??.into_iter();
    let Some(user) = users.find(|user| user.id == id) else { return Ok(None) };
    session.with(|session| {
        match site.auth.verify(session, &user.password) {
            Some(0) => {}
            Some(_fallback_key) => site.auth.update_hash(session, &user.password)?,
            None => {
                session.flush();
                return Ok(None);
            }
        }
        Ok(Some(user))
    })
}

impl Site {
    /// `SELECT id, username, password FROM auth_user WHERE is_active`
    fn users(&self) -> io::Result<Vec<User>> {
        let table = self.users.as_ref().map_or_else(|| Ok(ADA.to_owned()), fs::read_to_string)?;
        let user = |line: &str| {
            let [id, name, password] = line.split('\t').map(str::to_owned).collect::<Vec<_>>().try_into().ok()?;
            Some(User { id, name, password })
        };
        Ok(table.lines().filter_map(user).collect())
    }

    fn authenticate(&self, name: &str, password: &str) -> io::Result<Option<User>> {
        let users = self.users()?;
        // A name that nobody has takes as long to refuse as a wrong password.
        let known = users.iter().position(|user| user.name == name);
        let vouched = users.get(known.unwrap_or(0)).is_some_and(|user| password_is(password, &user.password));
        Ok(known.filter(|_| vouched).and_then(|at| users.into_iter().nth(at)))
    }
}

/// Django's `check_password`, for its default hasher.
fn password_is(password: &str, column: &str) -> bool {
    let ["pbkdf2_sha256", iterations, salt, hash] = column.split('$').collect::<Vec<_>>()[..] else { return false };
    let (Ok(iterations), Ok(hash)) = (iterations.parse(), BASE64_STANDARD.decode(hash)) else { return false };
    let Ok(hash) = <[u8; 32]>::try_from(hash) else { return false };
    let ours: [u8; 32] = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password.as_bytes(), salt.as_bytes(), iterations);
    CtOutput::<Sha256>::new(ours.into()) == CtOutput::new(hash.into()) // in constant time
}

fn page(user: Option<&User>, visits: u64, cart: &[String], session: &Session, cookies_work: bool) -> String {
    format!(
        include_str!("axum.html"),
        user = escape(user.map_or("nobody", |user| &user.name)),
        flash = if cookies_work { r#"<p id="flash">cookies work</p>"# } else { "" },
        visits = visits,
        age = session.expiry_age(SystemTime::now()).whole_seconds(),
        browser = if session.expires_at_browser_close() { ", or when the browser closes" } else { "" },
        items = cart.iter().fold(String::new(), |list, item| list + "<li>" + &escape(item) + "</li>"),
    )
}

fn escape(text: &str) -> String {
    let entities = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];
    entities.iter().fold(text.to_owned(), |text, (char, entity)| text.replace(*char, entity))
}

/// The cart is in the cookie, and the cookie is full: it stays as it was before.
async fn unwritten(response: Response) -> Response {
    match response.extensions().get::<Arc<EncodeError>>().map(Arc::as_ref) {
        Some(EncodeError::CookieTooLarge(_)) => {
            let page = r#"<!doctype html><title>Too large</title><p>Your cart is too large. <a href="/">Back</a></p>"#;
            (StatusCode::PAYLOAD_TOO_LARGE, Html(page)).into_response()
        }
        Some(other) => AppError(other.to_string().into()).into_response(),
        None => response,
    }
}

/// Whatever should not happen: the log has the reason, the visitor a page.
struct AppError(Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for AppError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        tracing::error!(error = %self.0, "a request failed");
        let page = Html("<!doctype html><title>Error</title><p>Something went wrong here. It was not you.</p>");
        (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
    }
}
