//! Value ⇄ token: a codec and a signer.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::MaxAge;
use crate::codec::{Codec, Serializer};
use crate::error::{DecodeError, EncodeError};
use crate::key::KeyRing;
use crate::signing::{Signer, TimestampSigner};

impl Signer {
    /// Encodes a value and signs it. Django: `Signer.sign_object`.
    ///
    /// # Errors
    /// Those of [`Codec::encode`].
    ///
    /// ```
    /// use django_session::{Codec, KeyRing, SecretKey, Signer};
    ///
    /// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
    /// let token = signer.sign_object("hello", &Codec::default())?;
    /// assert_eq!(token, "ImhlbGxvIg:tvNF4s68PgEeiejv0hSJmfCoK_tru3vDqBoYEJIzI_Q");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sign_object<T, S>(&self, value: &T, codec: &Codec<S>) -> Result<String, EncodeError>
    where
        T: Serialize + ?Sized,
        S: Serializer,
    {
        Ok(self.seal(codec.encode_with_room(value, self.overhead())?))
    }

    /// Verifies a token and decodes its value. Django: `Signer.unsign_object`.
    ///
    /// # Errors
    /// [`DecodeError::Signature`] with those of [`unsign`](Self::unsign), then those of [`Codec::decode`].
    ///
    /// ```
    /// use django_session::{Codec, KeyRing, SecretKey, Signer};
    ///
    /// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
    /// let codec = Codec::default();
    /// let token = signer.sign_object("hello", &codec)?;
    /// assert_eq!(signer.unsign_object::<String, _>(&token, &codec)?, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unsign_object<T, S>(&self, token: &str, codec: &Codec<S>) -> Result<T, DecodeError>
    where
        T: DeserializeOwned,
        S: Serializer,
    {
        codec.decode(self.unsign(token)?)
    }
}

impl TimestampSigner {
    /// Encodes a value, adds a timestamp and signs both. Django: `TimestampSigner.sign_object`.
    ///
    /// # Errors
    /// Those of [`Codec::encode`].
    ///
    /// ```
    /// use django_session::{Clock, Codec, KeyRing, SecretKey, TimestampSigner};
    /// use std::time::UNIX_EPOCH;
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let signer = TimestampSigner::new(&keys, "salt")?.with_clock(Clock::fixed(UNIX_EPOCH));
    /// let token = signer.sign_object("hello", &Codec::default())?;
    /// assert_eq!(token, "ImhlbGxvIg:0:0iOnEgDrnkYh2Fnqsr9tSVt_dDfgyIK-S4O6KQ3mJME");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sign_object<T, S>(&self, value: &T, codec: &Codec<S>) -> Result<String, EncodeError>
    where
        T: Serialize + ?Sized,
        S: Serializer,
    {
        Ok(self.seal(codec.encode_with_room(value, self.overhead())?))
    }

    /// Verifies a token and its age, and decodes its value. Django: `TimestampSigner.unsign_object`.
    ///
    /// # Errors
    /// [`DecodeError::Signature`] with those of [`unsign`](Self::unsign), then those of [`Codec::decode`].
    ///
    /// ```
    /// use django_session::{Codec, KeyRing, SecretKey, TimestampSigner};
    /// use std::time::Duration;
    ///
    /// let signer = TimestampSigner::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
    /// let codec = Codec::default();
    /// let token = signer.sign_object("hello", &codec)?;
    /// assert_eq!(signer.unsign_object::<String, _>(&token, &codec, Duration::from_secs(60))?, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unsign_object<T, S>(
        &self,
        token: &str,
        codec: &Codec<S>,
        max_age: impl Into<MaxAge>,
    ) -> Result<T, DecodeError>
    where
        T: DeserializeOwned,
        S: Serializer,
    {
        codec.decode(self.unsign(token, max_age)?)
    }
}

/// Signs a value as JSON with a timestamp, in one call. Django: `django.core.signing.dumps`, whose default salt is
/// `"django.core.signing"`.
///
/// Each call derives the keys. Create a [`TimestampSigner`] to sign more often, to compress, or to change another
/// setting.
///
/// # Errors
/// [`EncodeError::Config`] for an empty salt; [`EncodeError::Serialize`].
///
/// ```
/// use django_session::{KeyRing, SecretKey, dumps, loads};
/// use std::time::Duration;
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let token = dumps(&("ada", 36), &keys, "invitation")?;
/// let (name, age): (String, u8) = loads(&token, &keys, "invitation", Duration::from_secs(3600))?;
/// assert_eq!((name.as_str(), age), ("ada", 36));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn dumps<T>(value: &T, keys: &KeyRing, salt: impl AsRef<[u8]>) -> Result<String, EncodeError>
where
    T: Serialize + ?Sized,
{
    TimestampSigner::new(keys, salt)?.sign_object(value, &Codec::default())
}

/// Verifies a token of [`dumps`] and its age, and reads its value, in one call. Django: `django.core.signing.loads`.
///
/// # Errors
/// [`DecodeError::Config`] for an empty salt; then those of [`TimestampSigner::unsign_object`].
///
/// ```
/// use django_session::{BadSignature, DecodeError, KeyRing, MaxAge, SecretKey, dumps, loads};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let token = dumps("hello", &keys, "greeting")?;
/// assert_eq!(loads::<String>(&token, &keys, "greeting", MaxAge::Unlimited)?, "hello");
///
/// let rejected = loads::<String>(&token, &keys, "farewell", MaxAge::Unlimited).unwrap_err();
/// assert_eq!(rejected, DecodeError::Signature(BadSignature::Mismatch));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn loads<T>(
    token: &str,
    keys: &KeyRing,
    salt: impl AsRef<[u8]>,
    max_age: impl Into<MaxAge>,
) -> Result<T, DecodeError>
where
    T: DeserializeOwned,
{
    TimestampSigner::new(keys, salt)?.unsign_object(token, &Codec::default(), max_age)
}
