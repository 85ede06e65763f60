//! The four errors, by the moment they happen and by whose fault they are.
//!
//! None of them holds a key, a signature, a payload or any other part of what was rejected, so all of them may be
//! logged as they are. (A [`CookieTooLarge`] names the session's keys, for they are what a developer must know.)

use std::error::Error;
use std::fmt;
use std::time::Duration;

#[cfg(feature = "pickle")]
use crate::python_type::PythonType;
use crate::random::NoRandomBytes;
use crate::size::CookieTooLarge;

/// The program was set up wrongly: found at start-up, to be mended by whoever runs it.
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
    /// The secret key has no bytes, or nothing but white space. (Django silently takes `SECRET_KEY` for an empty one.)
    EmptyKey,
    /// The list of keys holds none.
    NoKeys,
    /// The operating system's random number generator failed.
    NoRandomBytes,
    /// The salt has no bytes. (Django silently takes the signer's class name instead.)
    EmptySalt,
    /// The separator is empty or made only of `A`–`Z`, `a`–`z`, `0`–`9`, `-`, `_` and `=`, so that it could be part of what
    /// it separates.
    UnsafeSeparator,
    /// The cookie's name is empty, longer than 1024 bytes, or holds something else than visible ASCII without
    /// `( ) < > @ , ; \ " / [ ] ? = { }`.
    CookieName,
    /// The cookie's path does not start with "/", holds something else than visible ASCII without ";", or is longer
    /// than the 1024 bytes that browsers accept.
    CookiePath,
    /// The cookie's domain is not letters, digits, "-" and "_" in labels joined by ".", or longer than 253 bytes.
    CookieDomain,
    /// A cookie named `__Host-…` must be Secure, with the path "/" and no domain; one named `__Secure-…` must be Secure;
    /// and one named `__Http-…` or `__Host-Http-…` must be Secure and HttpOnly.
    CookiePrefix,
    /// A cookie with `SameSite=None` or `Partitioned` must be Secure.
    CookieNotSecure,
    /// The cookie lives less than a second, or longer than the 400 days that browsers grant.
    CookieMaxAge,
    /// A trusted origin is not `scheme://host` or `scheme://*.domain` in lower case, or names the port that browsers leave
    /// out.
    TrustedOrigin,
    /// The name of the header that carries the CSRF token is not a token of RFC 9110.
    HeaderName,
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
        })
    }
}

impl Error for ConfigError {}

impl From<NoRandomBytes> for ConfigError {
    fn from(_: NoRandomBytes) -> Self {
        Self::NoRandomBytes
    }
}

/// A value could not be written: found on output, the fault of our own data.
///
/// ```
/// use django_session::{Codec, EncodeError};
///
/// let refused = Codec::default().encode(&f64::NAN).unwrap_err();
/// assert!(matches!(refused, EncodeError::Serialize(_)));
/// assert_eq!(refused.to_string(), "value cannot be serialized");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// The signer could not be made; only [`dumps`](crate::dumps), which makes its own, returns this.
    Config(ConfigError),
    /// The serializer refused the value; its reason is the [`source`](Error::source).
    Serialize(Box<dyn Error + Send + Sync>),
    /// The serializer reads and never writes: [`PickleSerializer`](crate::PickleSerializer). Feature `pickle`.
    #[cfg(feature = "pickle")]
    ReadOnly,
    /// The session holds a value, or a key, that could not be read: writing the session would lose it. Only a pickle can
    /// hold either.
    Unreadable {
        /// The first key whose value could not be read, cut after 64 characters; `None` if it is a key that could not.
        key: Option<String>,
        /// Why it could not be read.
        reason: Box<DecodeError>,
        /// How many more values could not be read.
        others: usize,
    },
    /// The key already holds a value, of another type than the one asked for.
    Occupied(DecodeError),
    /// The value of `_session_expiry` is neither seconds nor a date.
    MalformedExpiry,
    /// The expiry lies before the year 1 or after 9999, where no cookie's date reaches.
    ExpiryOutOfRange,
    /// The cookie's value holds something that no cookie can: a control character, a space, `"`, `,`, `;`, `\` or
    /// anything outside ASCII.
    CookieValue,
    /// Browsers would drop the cookie.
    CookieTooLarge(Box<CookieTooLarge>),
    /// The operating system's random number generator failed, so that there is no nonce to encrypt with.
    NoRandomBytes,
    /// The value is to be written as plaintext beside encrypted ones, and is not a JSON object, so that no reader would
    /// take it for plaintext. Feature `encryption`.
    NotAnObject,
    /// The value has more than the 64 GiB that can be encrypted at once. Feature `encryption`.
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

/// A token is rejected: it was not signed with one of the keys, or it is too old.
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
    /// The token is longer than the signer's limit; it was not looked at.
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The token has no separator.
    MissingSeparator,
    /// No key of the ring made this signature.
    Mismatch,
    /// The signature is ours, but there is no timestamp, or it is not a base62 number of seconds.
    MalformedTimestamp,
    /// The signature is ours, but too old.
    Expired {
        /// Time since signing.
        age: Duration,
        /// The most that was allowed.
        max_age: Duration,
    },
    /// The signature is ours, but lies further in the future than allowed.
    FromTheFuture {
        /// Time until the moment of signing.
        ahead: Duration,
        /// The most that was allowed.
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
/// Everything but [`Config`](Self::Config) and [`Signature`](Self::Signature) is found *behind* a signature that was
/// ours: it means that another program shares the key and the salt, or that the requested type has changed.
///
/// ```
/// use django_session::{BadSignature, DecodeError, KeyRing, MaxAge, SecretKey, loads};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let refused = loads::<String>("forged:1234:token", &keys, "salt", MaxAge::Unlimited).unwrap_err();
/// assert_eq!(refused, DecodeError::Signature(BadSignature::Mismatch));
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The signer could not be made; only [`loads`](crate::loads), which makes its own, returns this.
    Config(ConfigError),
    /// The token is not ours, or no longer.
    Signature(BadSignature),
    /// The payload is not canonical base64url without padding.
    Base64,
    /// The payload has no bytes, where an encrypted one is expected. Feature `encryption`.
    Empty,
    /// The payload is a JSON object, where only encrypted ones are accepted. Feature `encryption`.
    NotEncrypted,
    /// The payload is not of a version of the encrypted format. Feature `encryption`.
    UnknownVersion,
    /// The payload is shorter than the 30 bytes of the shortest encrypted value. Feature `encryption`.
    TooShort,
    /// No key of the ring decrypts the payload. Feature `encryption`.
    Decrypt,
    /// The payload says that it is compressed, but is not exactly one whole zlib stream.
    Zlib,
    /// The payload inflates to more than the codec's limit.
    InflatesPast {
        /// The limit in bytes.
        limit: usize,
    },
    /// The cookie holds a session id of Django's other session engines, not a signed session: the site's `SESSION_ENGINE`
    /// is not `signed_cookies`. [`StoredSessions`](crate::StoredSessions) reads those.
    SessionId,
    /// The cookie does not hold a session key, as with the engines of Django that keep sessions elsewhere. A signed session
    /// there means that `SESSION_ENGINE` is `signed_cookies`: use [`CookieSessions`](crate::CookieSessions).
    NotASessionKey,
    /// No stored session has the key that the browser sent. It was ended, or it expired and was deleted.
    NotStored,
    /// The session's own expiry has passed, or the `expire_date` of its row:
    /// [`Session::set_expiry`](crate::Session::set_expiry).
    SessionExpired {
        /// Time since it passed.
        since: Duration,
    },
    /// The session began too long ago: see [`with_absolute_age`](crate::CookieSessions::with_absolute_age).
    SessionTooOld {
        /// Time since it began.
        age: Duration,
        /// The most that was allowed.
        max_age: Duration,
    },
    /// A user is logged in, and the session does not say when it began, or has no id although sessions have one: see
    /// [`Unstamped::Refuse`](crate::Unstamped::Refuse).
    Unstamped,
    /// The serializer refused the payload: not its format, or not the requested type.
    Deserialize {
        /// What was wrong. A fixed sentence, so that it cannot carry any of the payload.
        reason: &'static str,
    },
    /// The value is one that Python pickled and JSON cannot hold. Feature `pickle`.
    #[cfg(feature = "pickle")]
    BeyondJson {
        /// What it is in Python.
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
            Self::SessionId => f.write_str("cookie holds a session id, not a signed session"),
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
    /// Whether one of our keys signed what was rejected.
    pub(crate) fn is_authentic(self) -> bool {
        match self {
            Self::Config(_) | Self::SessionId | Self::NotASessionKey | Self::NotStored => false,
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
