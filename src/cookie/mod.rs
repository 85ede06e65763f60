//! Token ⇄ header: `Set-Cookie` and `Cookie`.

mod builder;
pub(crate) mod header;
mod options;
mod search;
pub(crate) mod set_cookie;
mod signed_cookie;

pub use builder::CookieOptionsBuilder;
pub(crate) use options::TWO_WEEKS;
pub use options::{CookieOptions, SameSite};
pub(crate) use search::Search;
pub use set_cookie::SetCookie;
pub use signed_cookie::SignedCookie;
