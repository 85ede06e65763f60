//! The four error types: for configuration, for writing, for verifying and for reading.
//!
//! None of them contains a secret key, a signature, a payload or any other part of rejected input, so their `Display`
//! can be logged. Only the `Debug` and the `source` of [`EncodeError::Serialize`] may contain a value: they are those
//! of your implementation of `Serialize`. [`CookieTooLarge`] and [`EncodeError::Unreadable`] name keys of the session,
//! which a developer needs to know.

use std::error::Error;
use std::fmt;
use std::time::Duration;

#[cfg(feature = "pickle")]
use crate::python_type::PythonType;
use crate::random::NoRandomBytes;
use crate::size::CookieTooLarge;

/// The program is configured wrongly, and the operator has to correct it.
///
/// Most of these errors are found at start-up. Exceptions are [`NestedSessions`](Self::NestedSessions), and the empty
/// salt of [`dumps`](crate::dumps) and [`loads`](crate::loads).
///
/// ```
/// use django_session::{ConfigError, SecretKey};
///
/// assert_eq!(SecretKey::new("").unwrap_err(), ConfigError::EmptyKey);
/// assert_eq!(ConfigError::EmptyKey.to_string(), "secret key is empty or white space");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The secret key has no bytes, or only white space. (Django silently uses `SECRET_KEY` instead of an empty key.)
    EmptyKey,
    /// The list of keys is empty.
    NoKeys,
    /// The operating system's random number generator failed.
    NoRandomBytes,
    /// The salt is empty. (Django silently uses the signer's class name instead.)
    EmptySalt,
    /// The separator is empty or consists only of `A`–`Z`, `a`–`z`, `0`–`9` and ``[ \ ] ^ _ ` - =``. Django
    /// rejects the same separators, because they could be part of the text that they separate.
    UnsafeSeparator,
    /// The cookie's name is empty, longer than 1024 bytes, or contains one of `( ) < > @ , ; \ " / [ ] ? = { }` or a
    /// character that is not visible ASCII.
    CookieName,
    /// The cookie's path does not start with "/", contains ";" or a character that is not visible ASCII, or is longer
    /// than the 1024 bytes that browsers accept.
    CookiePath,
    /// The cookie's domain does not consist of labels of letters, digits, "-" and "_" joined by ".", or is longer than
    /// 253 bytes. A leading "." is allowed.
    CookieDomain,
    /// A cookie named `__Host-…` must be Secure, with the path "/" and no domain; one named `__Secure-…` must be
    /// Secure; and one named `__Http-…` or `__Host-Http-…` must be Secure and HttpOnly.
    CookiePrefix,
    /// A cookie with `SameSite=None` or `Partitioned` must be Secure.
    CookieNotSecure,
    /// The cookie's lifetime is less than a second, or more than the 400 days that browsers allow.
    CookieMaxAge,
    /// A trusted origin is not `scheme://host` or `scheme://*.domain` in lower case, or contains the default port of
    /// its scheme, which browsers omit.
    TrustedOrigin,
    /// The name of the header that carries the CSRF token is not a token of RFC 9110.
    HeaderName,
    /// Two session layers or middlewares are nested, and have one cookie name, but different settings. Share one
    /// [`CookieSessions`](crate::CookieSessions) between them, or give each cookie a name. Only
    /// [`EncodeError::Config`] contains this.
    NestedSessions,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyKey => "secret key is empty or white space",
            Self::NoKeys => "list of keys is empty",
            Self::NoRandomBytes => "operating system's random number generator failed",
            Self::EmptySalt => "salt is empty",
            Self::UnsafeSeparator => "separator is empty or consists only of A-z0-9-_=",
            Self::CookieName => "cookie name is empty, too long or contains an invalid character",
            Self::CookiePath => "cookie path is not an absolute path of at most 1024 visible ASCII characters",
            Self::CookieDomain => "cookie domain is not a host name",
            Self::CookiePrefix => "cookie does not meet the requirements of its name's prefix",
            Self::CookieNotSecure => "cookie with SameSite=None or Partitioned is not Secure",
            Self::CookieMaxAge => "cookie max_age is not between 1 second and 400 days",
            Self::TrustedOrigin => "trusted origin is not scheme://host or scheme://*.domain as browsers send it",
            Self::HeaderName => "header name is not a valid HTTP header name",
            Self::NestedSessions => "nested session layers have one cookie name, but different settings",
        })
    }
}

impl Error for ConfigError {}

impl From<NoRandomBytes> for ConfigError {
    fn from(_: NoRandomBytes) -> Self {
        Self::NoRandomBytes
    }
}

/// A value could not be written. The cause is in the application or its data, not in what a client sent.
///
/// ```
/// use django_session::{Codec, EncodeError};
///
/// let rejected = Codec::default().encode(&f64::NAN).unwrap_err();
/// assert!(matches!(rejected, EncodeError::Serialize(_)));
/// assert_eq!(rejected.to_string(), "value cannot be serialized");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// [`dumps`](crate::dumps) could not create its signer, or nested session layers do not fit together.
    Config(ConfigError),
    /// The serializer rejected the value; the reason is the [`source`](Error::source).
    Serialize(Box<dyn Error + Send + Sync>),
    /// The serializer is read-only: [`PickleSerializer`](crate::PickleSerializer). Feature `pickle`.
    #[cfg(feature = "pickle")]
    ReadOnly,
    /// The session contains a value or a key that could not be read, and that writing the session would lose. Only a
    /// pickled session can contain one.
    Unreadable {
        /// The first key whose value could not be read, cut after 64 characters; `None` if a key could not be read.
        key: Option<String>,
        /// Why it could not be read.
        reason: Box<DecodeError>,
        /// How many more values could not be read.
        others: usize,
    },
    /// The key already has a value, of another type than the requested one.
    Occupied(DecodeError),
    /// The value of `_session_expiry` is neither seconds nor a date.
    MalformedExpiry,
    /// The expiry is before the year 1 or after the year 9999, which the date of a cookie cannot represent.
    ExpiryOutOfRange,
    /// The cookie's value contains a character that is not allowed in cookies: a control character, a space, `"`, `,`,
    /// `;`, `\` or anything outside ASCII.
    CookieValue,
    /// The cookie is so large that browsers would drop it.
    CookieTooLarge(Box<CookieTooLarge>),
    /// The operating system's random number generator failed, so there is no nonce for the encryption.
    NoRandomBytes,
    /// The value is to be written as plaintext while encryption is being introduced, but it is not a JSON object, so no
    /// reader would recognize it as plaintext. Feature `encryption`.
    NotAnObject,
    /// The value is longer than 64 GiB, the most that can be encrypted in one payload. Feature `encryption`.
    TooLong,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Serialize(_) => f.write_str("value cannot be serialized"),
            #[cfg(feature = "pickle")]
            Self::ReadOnly => f.write_str("pickle serializer is read-only"),
            Self::Unreadable { key: Some(key), others: 0, .. } => write!(f, "session value cannot be written: {key:?}"),
            Self::Unreadable { key: Some(key), others, .. } => {
                write!(f, "session values cannot be written: {key:?} and {others} more")
            }
            Self::Unreadable { key: None, .. } => f.write_str("session has a key that cannot be written"),
            Self::Occupied(_) => f.write_str("key holds a value of another type"),
            Self::MalformedExpiry => f.write_str("_session_expiry is neither seconds nor a date"),
            Self::ExpiryOutOfRange => f.write_str("expiry is outside the years 1 to 9999"),
            Self::CookieValue => f.write_str("cookie value contains a character that is not allowed in cookies"),
            Self::CookieTooLarge(report) => report.fmt(f),
            Self::NoRandomBytes => f.write_str("operating system's random number generator failed"),
            Self::NotAnObject => f.write_str("plaintext is not a JSON object"),
            Self::TooLong => f.write_str("value is too long to encrypt"),
        }
    }
}

impl Error for EncodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Config(error) => error.source(),
            Self::Serialize(source) => Some(source.as_ref()),
            Self::Occupied(error) => Some(error),
            Self::Unreadable { reason, .. } => Some(&**reason),
            Self::CookieTooLarge(report) => report.source(),
            Self::MalformedExpiry
            | Self::ExpiryOutOfRange
            | Self::CookieValue
            | Self::NoRandomBytes
            | Self::NotAnObject
            | Self::TooLong => None,
            #[cfg(feature = "pickle")]
            Self::ReadOnly => None,
        }
    }
}

impl From<NoRandomBytes> for EncodeError {
    fn from(_: NoRandomBytes) -> Self {
        Self::NoRandomBytes
    }
}

impl From<ConfigError> for EncodeError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

/// A token was rejected: it was not signed with one of the keys, or its timestamp is not accepted.
///
/// ```
/// use django_session::{BadSignature, KeyRing, SecretKey, Signer};
///
/// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
/// assert_eq!(signer.unsign("no separator").unwrap_err(), BadSignature::MissingSeparator);
/// assert_eq!(signer.unsign("value:forged").unwrap_err(), BadSignature::Mismatch);
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadSignature {
    /// The token is longer than the signer's limit. It was not read.
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The token has no separator.
    MissingSeparator,
    /// The signature was not made with any key of the ring.
    Mismatch,
    /// The signature is valid, but the timestamp is missing or is not a base62 number of seconds.
    MalformedTimestamp,
    /// The signature is valid, but too old.
    Expired {
        /// Time since signing.
        age: Duration,
        /// The maximum that was allowed.
        max_age: Duration,
    },
    /// The signature is valid, but further in the future than allowed.
    FromTheFuture {
        /// Time until the moment of signing.
        ahead: Duration,
        /// The maximum that was allowed.
        limit: Duration,
    },
}

impl fmt::Display for BadSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { limit } => write!(f, "token is longer than {limit} bytes"),
            Self::MissingSeparator => f.write_str("token has no separator"),
            Self::Mismatch => f.write_str("signature does not match"),
            Self::MalformedTimestamp => f.write_str("timestamp is malformed"),
            Self::Expired { age, max_age } => write!(f, "signature age {age:?} exceeds {max_age:?}"),
            Self::FromTheFuture { ahead, limit } => {
                write!(f, "signature is {ahead:?} in the future, more than the limit of {limit:?}")
            }
        }
    }
}

impl Error for BadSignature {}

/// A token could not be turned back into a value.
///
/// For signed tokens, all variants except [`Config`](Self::Config), [`Signature`](Self::Signature) and
/// [`SessionKey`](Self::SessionKey) occur only *after* the signature was verified. A payload that cannot be read then
/// means that another program shares the key and the salt, or that the requested type has changed. The date of a row is
/// checked before its signature, and a row of the format before Django 3.1 (feature `legacy`) is decoded before it.
///
/// ```
/// use django_session::{BadSignature, DecodeError, KeyRing, MaxAge, SecretKey, loads};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let rejected = loads::<String>("forged:1234:token", &keys, "salt", MaxAge::Unlimited).unwrap_err();
/// assert_eq!(rejected, DecodeError::Signature(BadSignature::Mismatch));
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The signer could not be created. Only [`loads`](crate::loads), which creates its own signer, returns this.
    Config(ConfigError),
    /// The token's signature was rejected.
    Signature(BadSignature),
    /// The payload is not canonical base64url without padding, or a row of the format before Django 3.1 is not base64.
    Base64,
    /// The payload is empty, but an encrypted one is expected. Feature `encryption`.
    Empty,
    /// The payload is a JSON object, but only encrypted payloads are accepted. Feature `encryption`.
    NotEncrypted,
    /// The payload does not start with a known version of the encrypted format. Feature `encryption`.
    UnknownVersion,
    /// The payload is shorter than the 30 bytes of the shortest encrypted value. Feature `encryption`.
    TooShort,
    /// No key of the ring decrypts the payload. Feature `encryption`.
    Decrypt,
    /// The payload is marked as compressed, but is not exactly one complete zlib stream.
    Zlib,
    /// The payload inflates to more than the codec's limit.
    InflatesPast {
        /// The limit in bytes.
        limit: usize,
    },
    /// The cookie contains a session key of one of Django's other session engines, not a signed session: the site's
    /// `SESSION_ENGINE` is not `signed_cookies`. [`StoredSessions`](crate::StoredSessions) reads those sessions.
    SessionKey,
    /// The cookie's value is not a session key. Django's engines that store sessions on the server put one there. If
    /// it is a signed session, `SESSION_ENGINE` is `signed_cookies`: use [`CookieSessions`](crate::CookieSessions).
    NotASessionKey,
    /// No stored session has the key that the browser sent. The session was ended, or it expired and was deleted.
    NotStored,
    /// The session has expired: its own expiry ([`Session::set_expiry`](crate::Session::set_expiry)) or the
    /// `expire_date` of its row has passed.
    SessionExpired {
        /// Time since it passed.
        since: Duration,
    },
    /// The session began too long ago: see [`with_absolute_age`](crate::CookieSessions::with_absolute_age).
    SessionTooOld {
        /// Time since it began.
        age: Duration,
        /// The maximum that was allowed.
        max_age: Duration,
    },
    /// A user is logged in, but the session has no start time, or no id although ids are enabled: see
    /// [`Unstamped::Refuse`](crate::Unstamped::Refuse).
    Unstamped,
    /// The serializer rejected the payload: it is not in the serializer's format, or not of the requested type.
    Deserialize {
        /// What is wrong. A fixed sentence, so that it cannot contain any part of the payload.
        reason: &'static str,
    },
    /// The value was pickled by Python, and JSON cannot represent it. Feature `pickle`.
    #[cfg(feature = "pickle")]
    BeyondJson {
        /// The value's type in Python.
        python_type: PythonType,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Signature(error) => error.fmt(f),
            Self::Base64 => f.write_str("payload is not base64url"),
            Self::Empty => f.write_str("payload is empty"),
            Self::NotEncrypted => f.write_str("payload is not encrypted"),
            Self::UnknownVersion => f.write_str("payload has an unknown encryption version"),
            Self::TooShort => f.write_str("encrypted payload is too short"),
            Self::Decrypt => f.write_str("no key decrypts the payload"),
            Self::Zlib => f.write_str("payload is not a zlib stream"),
            Self::InflatesPast { limit } => write!(f, "payload inflates to more than {limit} bytes"),
            Self::SessionKey => f.write_str("cookie holds a session key, not a signed session"),
            Self::NotASessionKey => f.write_str("cookie value is not a session key"),
            Self::NotStored => f.write_str("no stored session has this key"),
            Self::SessionExpired { since } => write!(f, "session expired {since:?} ago"),
            Self::SessionTooOld { age, max_age } => write!(f, "session age {age:?} exceeds {max_age:?}"),
            Self::Unstamped => f.write_str("session of a logged-in user has no start time or no id"),
            Self::Deserialize { reason } => write!(f, "payload cannot be deserialized: {reason}"),
            #[cfg(feature = "pickle")]
            Self::BeyondJson { python_type } => write!(f, "JSON cannot represent this Python value: {python_type}"),
        }
    }
}

impl Error for DecodeError {}

impl DecodeError {
    /// Returns whether the rejected token was signed with one of the keys.
    pub(crate) fn is_authentic(self) -> bool {
        match self {
            Self::Config(_) | Self::SessionKey | Self::NotASessionKey | Self::NotStored => false,
            Self::Signature(reason) => !matches!(
                reason,
                BadSignature::TooLong { .. } | BadSignature::MissingSeparator | BadSignature::Mismatch
            ),
            Self::Base64
            | Self::Empty
            | Self::NotEncrypted
            | Self::UnknownVersion
            | Self::TooShort
            | Self::Decrypt
            | Self::Zlib
            | Self::InflatesPast { .. }
            | Self::Deserialize { .. }
            | Self::SessionExpired { .. }
            | Self::SessionTooOld { .. }
            | Self::Unstamped => true,
            #[cfg(feature = "pickle")]
            Self::BeyondJson { .. } => true,
        }
    }
}

impl From<ConfigError> for DecodeError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<BadSignature> for DecodeError {
    fn from(error: BadSignature) -> Self {
        Self::Signature(error)
    }
}
