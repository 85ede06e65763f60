//! A page that counts visits and remembers a name. A Django site with the same `SECRET_KEY` shares that session.
//!
//! ```sh
//! cargo run --example actix --features actix-web   # then open http://127.0.0.1:8002
//! ```
//!
//! `PORT` is 8002 unless set. The cookie is Secure: Chromium and Firefox accept it from `http://127.0.0.1` too, Safari does
//! not.

use std::env;
use std::error::Error;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorForbidden, ErrorInternalServerError};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Form, Html, Redirect};
use actix_web::{App, HttpServer, Result};
use django_session::middleware::actix::SessionMiddleware;
use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, Session, SessionHandle};
use serde::Deserialize;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let secret_key = env::var("SECRET_KEY").unwrap_or_else(|_| "django-insecure-for-this-example-only".to_owned());
    let keys = KeyRing::new(SecretKey::new(secret_key)?);
    let sessions = SessionMiddleware::new(CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?));

    let server = HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(index))
            .route("/name", web::post().to(remember))
            .route("/forget", web::post().to(forget))
            .wrap(sessions.clone())
            .wrap(from_fn(only_own_forms))
    });
    let port = env::var("PORT").map_or(Ok(8002), |port| port.parse())?;
    println!("listening on http://127.0.0.1:{port}");
    Ok(server.bind(("127.0.0.1", port))?.run().await?)
}

async fn index(session: SessionHandle) -> Result<Html> {
    session.with(|session| {
        let visits = session.get::<u64>("visits").map_err(internal)?.unwrap_or(0) + 1;
        session.insert("visits", visits).map_err(internal)?;
        Ok(Html::new(page(session.get("name").map_err(internal)?, visits)))
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

/// Rejects a form that a page of another site has sent, in place of Django's CSRF token. All browsers send this header, to
/// HTTPS and to localhost.
async fn only_own_forms<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>> {
    let own = request.headers().get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    if own || [Method::GET, Method::HEAD].contains(request.method()) {
        next.call(request).await
    } else {
        Err(ErrorForbidden("This form was sent from another site."))
    }
}

fn page(name: Option<String>, visits: u64) -> String {
    let title = name.map_or_else(|| "Welcome".to_owned(), |name| format!("Welcome, {}", escape(&name)));
    let body = format!(
        r#"<p>This is visit number <b id="visits">{visits}</b> of this session.</p>
<form id="name" method="post" action="/name">
  <input name="name" placeholder="Your name" aria-label="Your name" required maxlength="40"> <button>Remember me</button>
</form>
<form id="forget" method="post" action="/forget"><button>Forget me</button></form>"#
    );
    format!(include_str!("page.html"), title = title, body = body)
}

fn escape(text: &str) -> String {
    let entities = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];
    entities.iter().fold(text.to_owned(), |text, (char, entity)| text.replace(*char, entity))
}

/// Whatever should not happen: the log has the reason, the visitor a few words.
fn internal(error: impl Error) -> actix_web::Error {
    tracing::error!(%error, "a request failed");
    ErrorInternalServerError("Something went wrong here. Please try again.")
}
