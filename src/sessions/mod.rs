//! The session: Cookie header → session → Set-Cookie header.

mod auth;
#[cfg(feature = "pickle")]
mod cached;
mod commit;
mod cookie;
mod data;
#[cfg(feature = "encryption")]
mod encrypted;
#[cfg(any(feature = "actix-web", feature = "tower"))]
mod fingerprint;
mod items;
mod iter;
mod keyed;
mod lifetime;
mod provenance;
mod search;
mod session;
mod session_key;
mod stored;
mod stored_commit;

#[cfg(feature = "csrf")]
pub(crate) use auth::CSRF_SECRET;
pub use auth::{AuthKey, SessionAuth, SessionUser};
#[cfg(feature = "pickle")]
pub use cached::CachedSessions;
pub use commit::Commit;
pub use cookie::CookieSessions;
#[cfg(any(feature = "actix-web", feature = "tower"))]
pub(crate) use fingerprint::Fingerprint;
pub use iter::{SessionItems, SessionKeys};
pub use keyed::SentCookie;
pub use lifetime::{Expiry, ExpiryPolicy, Unstamped};
pub use session::Session;
pub use session_key::SessionKey;
pub use stored::StoredSessions;
pub use stored_commit::{StoredChange, StoredCommit, StoredRow};
