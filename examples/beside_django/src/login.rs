//! The login page. It is not moved by default: see `MOVED` in `../README.md`.

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::response::Response;
use axum::{Router, routing::get};
use django_session::{CsrfToken, Expiry, Session, SessionUser};
use minijinja::context;
use percent_encoding::{CONTROLS, utf8_percent_encode};
use serde::Deserialize;

use crate::error::AppError;
use crate::page::Page;
use crate::session::WebSession;
use crate::user::{BACKEND, Row};
use crate::{Site, password};

const WRONG: &str = "The name or the password is wrong.";

pub fn routes() -> Router<Arc<Site>> {
    Router::new().route("/accounts/login/", get(form).post(login))
}

#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    next: String,
}

async fn form(page: Page, Query(Target { next }): Query<Target>) -> Result<Response, AppError> {
    page.render("registration/login.html", context! { next })
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
    #[serde(default)]
    next: String,
    /// A checkbox: present if it is checked.
    remember: Option<String>,
}

async fn login(
    State(site): State<Arc<Site>>,
    session: WebSession,
    csrf: CsrfToken,
    page: Page,
    Form(Credentials { username, password, next, remember }): Form<Credentials>,
) -> Result<Response, AppError> {
    let row = Row::by_name(&site.database, &username).await?;
    let column = row.as_ref().map_or(password::UNUSABLE, |row| &row.password).to_owned();
    // Hashing is slow on purpose and must not block the other requests of this thread.
    let right = tokio::task::spawn_blocking(move || password::check(&password, &column)).await?;
    let Some(Row { user, hashed, .. }) = row.filter(|_| right) else {
        return page.render("registration/login.html", context! { errors => [WRONG], username, next });
    };

    let log_in = |session: &mut Session| {
        let id = user.id.to_string();
        site.auth.login(session, &SessionUser { id: &id, backend: BACKEND, password_hash: &hashed });
        session.set_expiry(if remember.is_some() { None } else { Some(Expiry::BrowserClose) });
    };
    match &site.revocation {
        Some(revocation) => revocation.log_in(&session, log_in).await?,
        None => session.with(log_in),
    }
    // An attacker may have set the token before the login.
    csrf.rotate()?;
    let sql = "UPDATE auth_user SET last_login = CURRENT_TIMESTAMP WHERE id = $1";
    sqlx::query(sql).bind(user.id).execute(&site.database).await?;
    page.flash.success(format!("Welcome, {}.", user.name()), &here(&next))
}

/// Returns where to redirect after the login: only to a path of this site. (Django: `url_has_allowed_host_and_scheme`.)
fn here(next: &str) -> String {
    // Two slashes start the name of another host. Browsers read a backslash as a slash, and drop tabs and newlines.
    let mut start = next.chars();
    let path = start.next() == Some('/') && !matches!(start.next(), Some('/' | '\\'));
    let clean = !next.contains(|c: char| c.is_control());
    if path && clean { utf8_percent_encode(next, CONTROLS).to_string() } else { "/".to_owned() }
}
