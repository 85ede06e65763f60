use serde::{Deserialize, Serialize};

use crate::codec::Serializer;
use crate::error::{DecodeError, EncodeError};
use crate::json;
use crate::pickle;

/// A read-only serializer for what Django's `PickleSerializer` wrote, for moving a site of Django 4.2 or earlier to
/// JSON. Feature `pickle`.
///
/// Django unpickles these cookies, so anyone who knows the secret key can run code on the server. Here no code of a
/// pickle is run: it is read as data, within the limits that [`CachedSessions`](crate::CachedSessions) documents. JSON
/// must be able to represent all values. Writing fails with [`EncodeError::ReadOnly`].
///
/// Django: `django.contrib.sessions.serializers.PickleSerializer`, removed in 5.0.
///
/// ```
/// use django_session::{Clock, CookieOptions, CookieSessions, KeyRing, PickleSerializer, SecretKey};
/// # use std::time::{Duration, UNIX_EPOCH};
/// # let now = Clock::fixed(UNIX_EPOCH + Duration::from_secs(1_700_000_000));
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let options = CookieOptions::builder("sessionid").build()?;
/// let json = CookieSessions::new(&keys, options.clone());
/// let pickled = CookieSessions::new(&keys, options).with_serializer(PickleSerializer);
/// # let (json, pickled) = (json.with_clock(now.clone()), pickled.with_clock(now));
///
/// // {"n": 1}
/// let cookie = "gAWVCgAAAAAAAAB9lIwBbpRLAXMu:1r31eq:F88s1TcY-V-A49PyD7p7QZ6mSIhboCEtGBo2ESD0sx4";
/// let mut session = json.try_load(cookie).or_else(|_| pickled.try_load(cookie))?;
/// assert_eq!(session.get("n")?, Some(1));
///
/// // Once it is written, it is JSON.
/// session.insert("n", 2)?;
/// assert!(pickled.commit(&session, 200).is_err());
/// assert!(json.commit(&session, 200)?.set_cookie.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PickleSerializer;

impl Serializer for PickleSerializer {
    /// Rejects every value with [`EncodeError::ReadOnly`].
    fn dumps<T: Serialize + ?Sized>(&self, _: &T, _: &mut Vec<u8>) -> Result<(), EncodeError> {
        Err(EncodeError::ReadOnly)
    }

    /// Reads a pickle as the JSON of its value. A `T` that borrows from the pickle is rejected.
    fn loads<'de, T: Deserialize<'de>>(&self, data: &'de [u8]) -> Result<T, DecodeError> {
        json::read_copied(&pickle::read_value(data)?)
    }

    fn dumps_json(&self, _: &str, _: &mut Vec<u8>) -> Result<(), EncodeError> {
        Err(EncodeError::ReadOnly)
    }

    fn loads_json(&self, data: &[u8], out: &mut String) -> Result<(), DecodeError> {
        *out = pickle::read_value(data)?;
        Ok(())
    }
}
