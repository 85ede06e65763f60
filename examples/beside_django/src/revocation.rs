//! Revocation of sessions through Redis: the list of revoked ids, which `django_session_rs` checks too, and the page
//! "Your sessions".
//!
//! Ending all sessions of a user needs no list: see [`User::log_out_everywhere`].

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Form, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use axum::{BoxError, Router};
use django_session::Session;
use minijinja::context;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult, pipe};
use serde::{Deserialize, Serialize};

use crate::Site;
use crate::error::AppError;
use crate::page::Page;
use crate::session::WebSession;
use crate::user::User;

/// Whether sessions are accepted unchecked while Redis is down. If not, requests that need the user are answered with
/// 503. In Django, the setting is `SESSION_REVOCATION_FAILURE`.
const ACCEPT_WHILE_REDIS_IS_DOWN: bool = false;

const DOWN: &str = "We cannot currently check whether you are logged in.";
const DOWN_AT_LOGOUT: &str = "This browser is logged out, but copies of its cookie are still valid.";

pub struct Revocation {
    redis: ConnectionManager,
    /// The maximum age of a session, and therefore how long its id stays on the list.
    absolute_age: Duration,
}

impl Revocation {
    pub async fn connect(url: &str, absolute_age: Duration) -> Result<Self, BoxError> {
        // Few retries, so that visitors do not wait while Redis is down.
        let config = ConnectionManagerConfig::new().set_number_of_retries(1);
        Ok(Self { redis: Client::open(url)?.get_connection_manager_with_config(config).await?, absolute_age })
    }

    /// Returns whether this session is on the list, and records that its user has used it.
    pub async fn is_revoked(&self, session: &WebSession, user: &User) -> Result<bool, AppError> {
        let Some(id) = id(session) else { return Ok(false) };
        let mut pipe = pipe();
        pipe.cmd("EXISTS").arg(revoked(&id));
        pipe.cmd("ZADD").arg(&user.sessions).arg(now()).arg(&id).ignore();
        pipe.cmd("EXPIRE").arg(&user.sessions).arg(self.absolute_age.as_secs()).ignore();
        let (listed,) = unless_down(pipe.query_async(&mut self.redis.clone()).await, DOWN)?;
        Ok(listed)
    }

    /// Ends the session and all copies of its cookie.
    pub async fn log_out(&self, session: &WebSession) -> Result<(), AppError> {
        let id = id(session);
        session.with(Session::flush);
        match id {
            Some(id) => unless_down(self.revoke(&id).await, DOWN_AT_LOGOUT),
            None => Ok(()),
        }
    }

    /// Logs a user in. If that replaces the session of another user, ends all copies of the replaced one.
    pub async fn log_in(&self, session: &WebSession, log_in: impl FnOnce(&mut Session)) -> Result<(), AppError> {
        let replaced = session.with(|session| {
            let before = session.auth_user_id().and(session.id()).map(str::to_owned);
            log_in(session);
            before.filter(|before| session.id() != Some(before))
        });
        match replaced {
            Some(id) => unless_down(self.revoke(&id).await, DOWN),
            None => Ok(()),
        }
    }

    async fn revoke(&self, id: &str) -> RedisResult<()> {
        let mut set = redis::cmd("SET");
        set.arg(revoked(id)).arg(1).arg("EX").arg(self.absolute_age.as_secs()).arg("NX");
        set.query_async(&mut self.redis.clone()).await
    }

    /// Returns the ids of the user's sessions that are not revoked, with the time of their last use; the latest first.
    async fn sessions(&self, user: &User) -> RedisResult<Vec<(String, u64)>> {
        let redis = &mut self.redis.clone();
        let oldest = now().saturating_sub(self.absolute_age.as_secs());
        let mut range = redis::cmd("ZRANGE");
        range.arg(&user.sessions).arg("+inf").arg(oldest).arg("BYSCORE").arg("REV").arg("WITHSCORES");
        let listed: Vec<(String, u64)> = range.query_async(redis).await?;
        if listed.is_empty() {
            return Ok(listed);
        }
        let keys: Vec<_> = listed.iter().map(|(id, _)| revoked(id)).collect();
        let ended: Vec<Option<String>> = redis::cmd("MGET").arg(keys).query_async(redis).await?;
        Ok(listed.into_iter().zip(ended).filter(|(_, ended)| ended.is_none()).map(|(session, _)| session).collect())
    }
}

fn revoked(id: &str) -> String {
    format!("session:revoked:{id}")
}

fn id(session: &WebSession) -> Option<String> {
    session.with(|session| session.id().map(str::to_owned))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn unless_down<T: Default>(result: RedisResult<T>, text: &'static str) -> Result<T, AppError> {
    result.or_else(|error| {
        tracing::error!(%error, "Redis does not answer");
        if ACCEPT_WHILE_REDIS_IS_DOWN { Ok(T::default()) } else { Err(AppError::Unavailable(text)) }
    })
}

/// The pages that only this service has.
pub fn routes() -> Router<Arc<Site>> {
    Router::new().route("/account/sessions/", get(list)).route("/account/sessions/end", post(end))
}

#[derive(Serialize)]
struct Shown {
    id: String,
    is_this: bool,
    last_use: String,
}

async fn list(
    State(site): State<Arc<Site>>,
    user: User,
    session: WebSession,
    page: Page,
) -> Result<Response, AppError> {
    let revocation = site.revocation.as_ref().ok_or(AppError::NotFound)?;
    let (this, now) = (id(&session), now());
    let shown = |(id, time): (String, u64)| {
        let last_use = ago(now.saturating_sub(time));
        Shown { is_this: this.as_ref() == Some(&id), id, last_use }
    };
    let sessions: Vec<_> = unless_down(revocation.sessions(&user).await, DOWN)?.into_iter().map(shown).collect();
    page.render("sessions.html", context! { sessions })
}

#[derive(Deserialize)]
struct Chosen {
    id: String,
}

async fn end(
    State(site): State<Arc<Site>>,
    user: User,
    Form(Chosen { id }): Form<Chosen>,
) -> Result<Redirect, AppError> {
    let revocation = site.revocation.as_ref().ok_or(AppError::NotFound)?;
    // Ids may be logged, so knowing an id is not enough: the session must be the user's own.
    let sessions = unless_down(revocation.sessions(&user).await, DOWN)?;
    if !sessions.iter().any(|(own, _)| *own == id) {
        return Err(AppError::NotFound);
    }
    unless_down(revocation.revoke(&id).await, DOWN)?;
    Ok(Redirect::to("/account/sessions/"))
}

fn ago(seconds: u64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    match units.into_iter().find(|(size, _)| seconds >= *size) {
        None => "just now".to_owned(),
        Some((size, unit)) if seconds / size == 1 => format!("1 {unit} ago"),
        Some((size, unit)) => format!("{} {unit}s ago", seconds / size),
    }
}
