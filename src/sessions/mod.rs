//! The session: Cookie header → session → Set-Cookie header.

mod auth;
mod commit;
mod cookie;
mod data;
mod expiry;
mod items;
mod lifetime;
mod scan;
mod session;
mod stored;

pub use auth::SessionAuth;
pub use commit::Commit;
pub use cookie::CookieSessions;
pub use expiry::{Expiry, ExpiryPolicy};
pub use session::Session;
pub use stored::StoredSessions;
