//! A page that counts visits and remembers a name. A Django site with the same `SECRET_KEY` shares that session.
//!
//! ```sh
//! cargo run --example axum --features axum,csrf   # then open http://127.0.0.1:8001
//! ```
//!
//! `PORT` is 8001 unless set. The cookie is Secure: Chromium and Firefox accept it from `http://127.0.0.1` too, Safari
//! does not. `examples/beside_django` is a complete shop, with Django's users, a database and all session engines.

use std::env;
use std::error::Error;

use axum::Router;
use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use django_session::middleware::tower::{CsrfLayer, SessionLayer};
use django_session::{
    CookieOptions, CookieSessions, Csrf, CsrfGuard, CsrfToken, KeyRing, SecretKey, Session, SessionHandle,
};
use serde::Deserialize;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let secret_key = env::var("SECRET_KEY").unwrap_or_else(|_| "django-insecure-for-this-example-only".to_owned());
    let keys = KeyRing::new(SecretKey::new(secret_key)?);
    let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    // By default, the CSRF check expects the site to be served over HTTPS.
    let csrf = CsrfGuard::from(Csrf::builder().build()?).with_secure(false);

    let app = Router::new()
        .route("/", get(index))
        .route("/name", post(remember))
        .route("/forget", post(forget))
        .layer(SessionLayer::new(sessions))
        .layer(CsrfLayer::new(csrf));

    let port = env::var("PORT").unwrap_or_else(|_| "8001".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn index(session: SessionHandle, csrf: CsrfToken) -> Result<Html<String>, AppError> {
    session.with(|session| {
        let visits = session.get::<u64>("visits")?.unwrap_or(0) + 1;
        session.insert("visits", visits)?;
        Ok(Html(page(session.get("name")?, visits, &csrf.field()?)))
    })
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

async fn remember(session: SessionHandle, Form(Name { name }): Form<Name>) -> Result<Redirect, AppError> {
    session.with(|session| session.insert("name", name))?;
    Ok(Redirect::to("/"))
}

async fn forget(session: SessionHandle) -> Redirect {
    session.with(Session::flush);
    Redirect::to("/")
}

fn page(name: Option<String>, visits: u64, csrf: &str) -> String {
    let title = name.map_or_else(|| "Welcome".to_owned(), |name| format!("Welcome, {}", escape(&name)));
    let body = format!(
        r#"<p>This is visit number <b id="visits">{visits}</b> of this session.</p>
<form id="name" method="post" action="/name">{csrf}
  <input name="name" placeholder="Your name" aria-label="Your name" required maxlength="40"> <button>Remember me</button>
</form>
<form id="forget" method="post" action="/forget">{csrf}<button>Forget me</button></form>"#
    );
    format!(include_str!("page.html"), title = title, body = body)
}

fn escape(text: &str) -> String {
    let entities = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];
    entities.iter().fold(text.to_owned(), |text, (char, entity)| text.replace(*char, entity))
}

/// An unexpected error. The reason is logged; the visitor sees a general message.
struct AppError(Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for AppError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        tracing::error!(error = %self.0, "a request failed");
        (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here. Please try again.").into_response()
    }
}
