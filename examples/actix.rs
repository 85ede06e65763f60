//! Beside a Django site: the same cookie and the same login, served by actix-web.
//!
//! ```sh
//! cargo run --example actix --features actix-web   # then open http://127.0.0.1:8002, and log in as ada with lovelace
//! ```
//!
//! `SECRET_KEY` is Django's; `PORT` is 8002 unless set. The cookie is Secure. Browsers take such from `http://127.0.0.1`
//! and `http://localhost` too (Safari does not); anywhere else there has to be TLS in front of this.

use std::collections::HashMap;
use std::error::Error;
use std::{env, io};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorForbidden, ErrorInternalServerError};
use actix_web::http::Method;
use actix_web::http::header::LOCATION;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, Form, Html};
use actix_web::{App, HttpResponse, HttpServer, Result};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use django_session::middleware::actix::SessionMiddleware;
use django_session::{
    CookieOptions, CookieSessions, EncodeError, KeyRing, SecretKey, Session, SessionAuth, SessionHandle,
};
use hmac::digest::CtOutput;
use sha2::Sha256;

/// What stands in the session of whoever logged in with Django's own form.
const BACKEND: &str = "django.contrib.auth.backends.ModelBackend";

/// One row of `auth_user`: id, username and password, of which the hash is `lovelace`. Django would take a thousand times
/// the iterations.
const ADA: (&str, &str, &str) =
    ("1", "ada", "pbkdf2_sha256$1000$lovelaces$k/ySeC79IknwArSKwYwAgxAP86iL7CWmoDhCKBieM2E=");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let secret_key = env::var("SECRET_KEY").unwrap_or_else(|_| {
        eprintln!("SECRET_KEY is not set: taking one that everybody knows");
        "django-insecure-everybody-knows-this-one".to_owned()
    });
    let keys = KeyRing::new(SecretKey::new(secret_key)?);
    let sessions = SessionMiddleware::new(CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?));
    let auth = Data::new(SessionAuth::new(&keys));
    let port = env::var("PORT").map_or(Ok(8002), |port| port.parse())?;

    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::clone(&auth))
            .route("/", web::get().to(index))
            .route("/login", web::post().to(login))
            .route("/logout", web::post().to(logout))
            .route("/test-cookie", web::post().to(test_cookie))
            .wrap(sessions.clone())
            .wrap(from_fn(only_own_forms))
    });
    eprintln!("listening on http://127.0.0.1:{port}");
    Ok(server.bind(("127.0.0.1", port))?.run().await?)
}

/// In place of Django's CSRF token. SameSite=Lax keeps another site's POST from sending the session along, but not from
/// being answered with a new one, which replaces it; and from a sibling domain it keeps nothing. All browsers send this
/// header, to HTTPS and to localhost.
async fn only_own_forms<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>> {
    let own = request.headers().get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    if own || [Method::GET, Method::HEAD].contains(request.method()) {
        next.call(request).await
    } else {
        Err(ErrorForbidden("This form is not one of ours."))
    }
}

async fn index(session: SessionHandle, auth: Data<SessionAuth>) -> Result<Html> {
    let visit = |session: &mut Session| {
        let visits = session.get::<u64>("visits")?.unwrap_or(0).saturating_add(1);
        session.insert("visits", visits)?;
        let cookies_work = session.test_cookie_worked() && session.delete_test_cookie();
        Ok(Html::new(page(logged_in(&auth, session)?, visits, cookies_work)))
    };
    session.with(visit).map_err(|error: Box<dyn Error>| {
        tracing::error!(%error, "a request failed");
        ErrorInternalServerError("") // nothing that a visitor need know
    })
}

async fn login(
    session: SessionHandle,
    auth: Data<SessionAuth>,
    Form(form): Form<HashMap<String, String>>,
) -> Result<HttpResponse> {
    let (id, name, column) = ADA;
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let password = field("password");
    // Hashing is meant to take long: not on a thread that has other requests to answer. And a name that nobody has takes
    // as long to refuse as a wrong password.
    let vouched = web::block(move || password_is(&password, column)).await?;
    if vouched && field("username") == name {
        session.with(|session| auth.login(session, id, BACKEND, column))?;
    }
    Ok(to_index())
}

async fn logout(session: SessionHandle) -> HttpResponse {
    session.with(Session::flush);
    to_index()
}

async fn test_cookie(session: SessionHandle) -> HttpResponse {
    session.with(Session::set_test_cookie);
    to_index()
}

fn to_index() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/")).finish()
}

/// The user of this session, if the password is still the one it was begun with: what `request.user` is at Django.
fn logged_in(auth: &SessionAuth, session: &mut Session) -> Result<Option<&'static str>, EncodeError> {
    let (id, name, column) = ADA;
    let ours = session.auth_user_backend().as_deref() == Some(BACKEND);
    if !ours || session.auth_user_id().as_deref() != Some(id) {
        return Ok(None);
    }
    let vouched = auth.verify(session, column);
    match vouched {
        Some(0) => {}
        Some(_) => auth.update_hash(session, column)?,
        None => session.flush(),
    }
    Ok(vouched.map(|_| name))
}

/// Django's `check_password`, for its default hasher.
fn password_is(password: &str, column: &str) -> bool {
    let ["pbkdf2_sha256", iterations, salt, hash] = column.split('$').collect::<Vec<_>>()[..] else { return false };
    let (Ok(iterations), Ok(hash)) = (iterations.parse(), BASE64_STANDARD.decode(hash)) else { return false };
    let Ok(hash) = <[u8; 32]>::try_from(hash) else { return false };
    let ours: [u8; 32] = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password.as_bytes(), salt.as_bytes(), iterations);
    CtOutput::<Sha256>::new(ours.into()) == CtOutput::new(hash.into()) // in constant time
}

fn page(user: Option<&str>, visits: u64, cookies_work: bool) -> String {
    let user = escape(user.unwrap_or("nobody"));
    let flash = if cookies_work { r#"<p id="flash">cookies work</p>"# } else { "" };
    format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Beside Django</title>
<h1>Hello, <span id="user">{user}</span></h1>
{flash}
<p>Visits: <span id="visits">{visits}</span></p>
<form id="login" method="post" action="/login">
  <input name="username" placeholder="username" autocomplete="username" required>
  <input name="password" type="password" placeholder="password" autocomplete="current-password" required>
  <button>Log in</button>
</form>
<form id="logout" method="post" action="/logout"><button>Log out</button></form>
<form id="test-cookie" method="post" action="/test-cookie"><button>Do cookies work?</button></form>
</html>
"#
    )
}

fn escape(text: &str) -> String {
    let entities = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];
    entities.iter().fold(text.to_owned(), |text, (char, entity)| text.replace(*char, entity))
}
