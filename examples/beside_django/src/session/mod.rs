//! The session of a request, for all engines.

mod cache;
mod database;
mod engine;
mod files;
mod stored;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::{BoxError, Router, middleware};
use django_session::middleware::tower::SessionLayer;
use django_session::{Session, SessionHandle};
use sqlx::AnyPool;

use crate::Site;
use crate::error::AppError;
use crate::session::engine::Engine;
use crate::session::stored::StoredHandle;
use crate::settings::Settings;

/// An extractor for the session: Django's `request.session`.
#[derive(Clone)]
pub enum WebSession {
    /// Stored in the cookie. The session layer of django-session loads and writes it.
    Signed(SessionHandle),
    /// Stored on the server. The cookie contains its key.
    Stored(StoredHandle),
}

impl WebSession {
    /// Gives access to the session. Changes are written before the response is sent.
    pub fn with<R>(&self, work: impl FnOnce(&mut Session) -> R) -> R {
        match self {
            Self::Signed(handle) => handle.with(work),
            Self::Stored(handle) => handle.with(work),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for WebSession {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AppError> {
        if let Some(mount) = parts.extensions.get::<stored::Mount>() {
            return Ok(Self::Stored(mount.load().await?));
        }
        Ok(Self::Signed(SessionHandle::from_request_parts(parts, state).await?))
    }
}

/// Adds a session layer to these routes.
pub async fn layer(
    routes: Router<Arc<Site>>,
    settings: &Settings,
    database: &AnyPool,
) -> Result<Router<Arc<Site>>, BoxError> {
    if settings.engine == "signed_cookies" {
        return Ok(routes.layer(SessionLayer::new(settings.cookie_sessions()?)));
    }
    let engine = Arc::new(Engine::open(settings, database).await?);
    Ok(routes.layer(middleware::from_fn_with_state(engine, stored::middleware)))
}
