//! The account page, and logout.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Form, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};
use django_session::{Expiry, Session};
use minijinja::context;
use serde::Deserialize;

use crate::Site;
use crate::error::AppError;
use crate::flash::Flash;
use crate::page::Page;
use crate::session::WebSession;
use crate::user::User;

/// The choices for "Keep me logged in", in seconds. 0 means until the browser closes; an empty value is the site's
/// default.
const CHOICES: [(&str, &str); 3] = [("0", "until I close the browser"), ("86400", "for a day"), ("", "for two weeks")];

pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/account/", get(account))
        .route("/account/remember", post(remember))
        .route("/account/everywhere", post(log_out_everywhere))
        .route("/accounts/logout/", post(log_out))
        // Reads the session and leaves it as it is: its cookie is sent only when a refresh is due.
        .route("/account/name", get(name))
        // The handler does not use the session, so the response sets no cookie and has no `Vary`.
        .route("/account/health", get(async || StatusCode::NO_CONTENT))
}

async fn account(_user: User, session: WebSession, page: Page) -> Result<Response, AppError> {
    let remember = match session.with(|session| session.expiry()) {
        Some(Expiry::BrowserClose) => "0".to_owned(),
        Some(Expiry::Inactivity(age)) => age.as_secs().to_string(),
        _ => String::new(),
    };
    page.render("account.html", context! { choices => CHOICES, remember })
}

#[derive(Deserialize)]
struct Remember {
    seconds: String,
}

async fn remember(
    _user: User,
    session: WebSession,
    Form(Remember { seconds }): Form<Remember>,
) -> Result<Redirect, AppError> {
    let expiry = match (seconds.as_str(), seconds.parse::<u32>()) {
        ("", _) => None,
        (_, Ok(0)) => Some(Expiry::BrowserClose),
        (_, Ok(seconds)) => Some(Expiry::Inactivity(Duration::from_secs(seconds.into()))),
        (_, Err(_)) => return Err(AppError::BadRequest("The value is not a number of seconds.")),
    };
    session.with(|session| session.set_expiry(expiry));
    Ok(Redirect::to("/account/"))
}

async fn name(user: User) -> String {
    user.username
}

async fn log_out(State(site): State<Arc<Site>>, session: WebSession, flash: Flash) -> Result<Response, AppError> {
    match &site.revocation {
        Some(revocation) => revocation.log_out(&session).await?,
        None => session.with(Session::flush),
    }
    flash.success("You have logged out. See you soon!", "/")
}

async fn log_out_everywhere(
    State(site): State<Arc<Site>>,
    user: User,
    session: WebSession,
    flash: Flash,
) -> Result<Response, AppError> {
    user.log_out_everywhere(&site.database).await?;
    session.with(Session::flush);
    flash.success("You have logged out everywhere.", "/")
}
