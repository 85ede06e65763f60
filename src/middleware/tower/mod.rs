//! Layers for tower services: axum, tonic, hyper. Feature `tower`.
//!
//! With the feature `axum`, handlers can take a [`SessionHandle`](crate::SessionHandle) as an argument.
//!
//! [`SessionLayer`] is for sessions in cookies ([`CookieSessions`](crate::CookieSessions)). For the other engines of
//! Django, see the guide's page on engines. `CsrfLayer` works with all of them, unless the CSRF secret is in the
//! session.

#[cfg(feature = "csrf")]
mod csrf;
#[cfg(all(feature = "axum", feature = "csrf"))]
mod csrf_extract;
#[cfg(feature = "axum")]
mod extract;
mod layer;
mod response;

#[cfg(feature = "csrf")]
pub use csrf::{CsrfLayer, CsrfService};
pub use layer::{SessionLayer, SessionService};
