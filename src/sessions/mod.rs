//! The session: Cookie header → session → Set-Cookie header.

mod auth;
#[cfg(feature = "pickle")]
mod cached;
mod commit;
mod cookie;
mod data;
mod items;
mod iter;
mod lifetime;
mod provenance;
mod search;
mod session;
mod stored;

pub use auth::{AuthKey, SessionAuth, SessionUser};
#[cfg(feature = "pickle")]
pub use cached::CachedSessions;
pub use commit::Commit;
pub use cookie::CookieSessions;
pub use iter::{SessionItems, SessionKeys};
pub use lifetime::{Expiry, ExpiryPolicy};
pub use session::Session;
pub use stored::StoredSessions;
