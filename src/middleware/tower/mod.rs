//! For services on tower: axum, tonic, hyper. Feature `tower`; with `axum`, handlers may take a
//! [`SessionHandle`](crate::SessionHandle) for an argument.
//!
//! The layers are for sessions in cookies ([`CookieSessions`](crate::CookieSessions)). For the other engines of Django, see
//! the guide's page on engines.

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
