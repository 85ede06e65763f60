//! The operations of a contestant.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The key of every contestant. The peers require 64 bytes.
pub const KEY: &[u8] = b"Yp7kq2vJx0Zr5mWc9sHd3uLf8tNb1eGa6iOo4RKjTQhVXwEyUBMnASDFgPIlzC-_";
/// The salt of Django's signed-cookie sessions.
pub const SALT: &str = "django.contrib.sessions.backends.signed_cookies";
/// Two weeks, Django's default. No token of a benchmark is older.
pub const MAX_AGE_SECS: u64 = 14 * 24 * 60 * 60;

/// A value to sign, which is serialized as JSON.
pub trait Value: Serialize + DeserializeOwned + PartialEq + Debug + 'static {}

impl<T: Serialize + DeserializeOwned + PartialEq + Debug + 'static> Value for T {}

/// A contestant that writes values as tokens and reads them.
pub trait Objects {
    /// The token: text, unless the peer reads another type.
    type Token: 'static;

    fn with_key(key: &[u8]) -> Self;

    /// Writes a token. With `compress`, it is compressed if that is shorter, which only Django's format supports.
    fn dumps<T: Value>(&self, value: &T, compress: bool) -> Self::Token;

    /// Reads a token. Returns `None` if it is rejected.
    fn loads<T: Value>(&self, token: &Self::Token) -> Option<T>;
}

/// A contestant that signs plain text.
pub trait Texts: Objects<Token = String> {
    fn sign(&self, text: &str) -> String;

    /// Verifies a token and passes the text to `read`. Returns `None` if it is rejected.
    fn unsign<R>(&self, token: &str, read: impl FnOnce(&str) -> R) -> Option<R>;
}
