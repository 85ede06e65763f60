//! For actix-web 4. Feature `actix-web`.

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
