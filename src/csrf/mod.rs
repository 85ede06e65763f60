//! Django's protection against cross-site request forgery: tokens, and the check of a request.

mod alphabet;
mod builder;
mod check;
mod cookie;
mod form;
mod host;
mod origin;
mod rejection;
mod request;
mod secret;
mod session;

pub use builder::{Csrf, CsrfBuilder};
pub use cookie::CsrfCookie;
pub use rejection::{CsrfRejection, CsrfTokenSource};
pub use request::CsrfRequest;
