//! The session: Cookie header → session → Set-Cookie header.

mod auth;
mod data;
mod expiry;
mod scan;
mod session;
mod store;
mod stored;

pub use auth::SessionAuth;
pub use expiry::{Expiry, ExpiryPolicy};
pub use session::Session;
pub use store::{Commit, SessionStore};
pub use stored::StoredSessions;
