//! The settings of all servers: the cookie and its age.

use django_session::{Compression, CookieOptions, CookieSessions, Encryption, KeyRing, StoredSessions, Unstamped};

use benches::ours::{MAX_AGE, key_ring};
use benches::scheme::KEY;

pub const COOKIE: &str = "sessionid";

pub fn sessions() -> CookieSessions {
    CookieSessions::new(&keys(), CookieOptions::default())
}

/// Returns encrypted sessions. With compression, because the 3 KiB session would not fit into a cookie without it.
pub fn encrypted_sessions() -> CookieSessions {
    sessions().with_encryption(Encryption::new(&keys()).with_compression(Compression::IfLarge))
}

/// Returns sessions with refresh, an absolute age and ids.
pub fn limited_sessions() -> CookieSessions {
    sessions().with_refresh_after(MAX_AGE / 2).with_absolute_age(MAX_AGE, Unstamped::Refuse).with_ids()
}

/// Returns sessions in the table `django_session`. The cookie contains the session key.
pub fn stored_sessions() -> StoredSessions {
    StoredSessions::new(&keys(), CookieOptions::default())
}

fn keys() -> KeyRing {
    key_ring(KEY)
}
