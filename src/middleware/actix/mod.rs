//! Middlewares for actix-web 4. Feature `actix-web`.
//!
//! They are for sessions in cookies ([`CookieSessions`](crate::CookieSessions)). For the other engines of Django, see
//! the guide's page on engines.

#[cfg(feature = "csrf")]
mod csrf;
mod error;
mod extract;
mod middleware;
mod response;

#[cfg(feature = "csrf")]
pub use csrf::{CsrfMiddleware, CsrfService};
pub use error::SessionError;
pub use middleware::{SessionMiddleware, SessionService};
