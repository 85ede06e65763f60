//! What a contestant can do.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The key of every contestant; the peers want 64 bytes.
pub const KEY: &[u8] = b"Yp7kq2vJx0Zr5mWc9sHd3uLf8tNb1eGa6iOo4RKjTQhVXwEyUBMnASDFgPIlzC-_";
/// The salt of Django's signed-cookie sessions.
pub const SALT: &str = "django.contrib.sessions.backends.signed_cookies";
/// Two weeks, Django's default: no token made here is older.
pub const MAX_AGE_SECS: u64 = 14 * 24 * 60 * 60;

/// What is carried: JSON on the way.
pub trait Value: Serialize + DeserializeOwned + PartialEq + Debug + 'static {}

impl<T: Serialize + DeserializeOwned + PartialEq + Debug + 'static> Value for T {}

/// Whoever makes a token of a value, and a value of a token.
pub trait Objects {
    /// What travels: text, except where the peer reads something else.
    type Token: 'static;

    fn with_key(key: &[u8]) -> Self;

    /// `compress`: where it makes the token shorter. Only Django's format knows of it.
    fn dumps<T: Value>(&self, value: &T, compress: bool) -> Self::Token;

    /// `None`: refused.
    fn loads<T: Value>(&self, token: &Self::Token) -> Option<T>;
}

/// Whoever signs plain text.
pub trait Texts: Objects<Token = String> {
    fn sign(&self, text: &str) -> String;

    /// Hands the text to `read`; `None`: refused.
    fn unsign<R>(&self, token: &str, read: impl FnOnce(&str) -> R) -> Option<R>;
}
