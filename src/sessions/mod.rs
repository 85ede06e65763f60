//! The session: Cookie header → session → Set-Cookie header.

mod auth;
mod commit;
mod data;
mod expiry;
mod items;
mod lifetime;
mod scan;
mod session;
mod store;
mod stored;

pub use auth::SessionAuth;
pub use commit::Commit;
pub use expiry::{Expiry, ExpiryPolicy};
pub use session::Session;
pub use store::SessionStore;
pub use stored::StoredSessions;
