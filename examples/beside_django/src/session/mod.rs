//! The session of a request.

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use django_session::middleware::tower::SessionLayer;
use django_session::{CookieOptions, CookieSessions, KeyRing};

use crate::Site;

pub use django_session::SessionHandle as WebSession;

/// Gives the handlers of these routes the session.
pub fn layer(routes: Router<Arc<Site>>, keys: &KeyRing) -> Result<Router<Arc<Site>>, Box<dyn Error>> {
    let cookie = CookieOptions::builder("sessionid").build()?;
    Ok(routes.layer(SessionLayer::new(CookieSessions::new(keys, cookie))))
}
