//! Token ⇄ header: what the browser is told, and what it sends.

pub(crate) mod header;
mod options;
pub(crate) mod set_cookie;

pub use options::{CookieOptions, CookieOptionsBuilder, SameSite};
pub use set_cookie::SetCookie;
