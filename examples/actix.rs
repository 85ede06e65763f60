//! A page that counts visits and remembers a name. A Django site with the same `SECRET_KEY` shares that session.
//!
//! ```sh
//! cargo run --example actix --features actix-web,csrf   # then open http://127.0.0.1:8002
//! ```
//!
//! `PORT` is 8002 unless set. The cookie is Secure: Chromium and Firefox accept it from `http://127.0.0.1` too, Safari
//! does not.

use std::env;
use std::error::Error;

use actix_web::error::ErrorInternalServerError;
use actix_web::web::{self, Form, Html, Redirect};
use actix_web::{App, HttpServer, Result};
use django_session::middleware::actix::{CsrfMiddleware, SessionMiddleware};
use django_session::{
    CookieOptions, CookieSessions, Csrf, CsrfGuard, CsrfToken, KeyRing, SecretKey, Session, SessionHandle,
};
use serde::Deserialize;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let secret_key = env::var("SECRET_KEY").unwrap_or_else(|_| "django-insecure-for-this-example-only".to_owned());
    let keys = KeyRing::new(SecretKey::new(secret_key)?);
    let sessions = SessionMiddleware::new(CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?));
    // By default, the CSRF check expects the site to be served over HTTPS.
    let csrf = CsrfMiddleware::new(CsrfGuard::from(Csrf::builder().build()?).with_secure(false));

    let server = HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(index))
            .route("/name", web::post().to(remember))
            .route("/forget", web::post().to(forget))
            .wrap(sessions.clone())
            .wrap(csrf.clone())
    });
    let port = env::var("PORT").map_or(Ok(8002), |port| port.parse())?;
    println!("listening on http://127.0.0.1:{port}");
    Ok(server.bind(("127.0.0.1", port))?.run().await?)
}

async fn index(session: SessionHandle, csrf: CsrfToken) -> Result<Html> {
    session.with(|session| {
        let visits = session.get::<u64>("visits").map_err(internal)?.unwrap_or(0) + 1;
        session.insert("visits", visits).map_err(internal)?;
        let field = csrf.field().map_err(internal)?;
        Ok(Html::new(page(session.get("name").map_err(internal)?, visits, &field)))
    })
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

async fn remember(session: SessionHandle, Form(Name { name }): Form<Name>) -> Result<Redirect> {
    session.with(|session| session.insert("name", name)).map_err(internal)?;
    Ok(Redirect::to("/").see_other())
}

async fn forget(session: SessionHandle) -> Redirect {
    session.with(Session::flush);
    Redirect::to("/").see_other()
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

/// Logs an unexpected error. The visitor sees a general message.
fn internal(error: impl Error) -> actix_web::Error {
    tracing::error!(%error, "a request failed");
    ErrorInternalServerError("Something went wrong here. Please try again.")
}
