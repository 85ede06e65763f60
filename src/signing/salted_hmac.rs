use std::fmt;

use crate::encoding;
use crate::error::ConfigError;
use crate::key::KeyRing;
use crate::signing::Algorithm;
use crate::signing::mac::{MacRing, Tag};
use crate::signing::salt::non_empty;

/// Computes and verifies Django's salted HMACs in lower-case hexadecimal, with the keys of a ring.
///
/// Django: `salted_hmac(salt, value, algorithm="sha256").hexdigest()`. Django itself uses it for the hash of a
/// logged-in user's password, which [`SessionAuth`](crate::SessionAuth) covers; sites use it for links and tokens of
/// their own.
///
/// ```
/// use django_session::{KeyRing, SaltedHmac, SecretKey};
///
/// let hmac = SaltedHmac::new(&KeyRing::new(SecretKey::new("secret")?), "newsletter")?;
/// let digest = hmac.hexdigest("ada@example.org");
/// assert_eq!(digest, "b0ebcd06651652e04a04f23d057cf7c05a701f28e387d7fd331ac02eaafbca2c");
/// assert_eq!(hmac.verify("ada@example.org", &digest), Some(0));
/// assert_eq!(hmac.verify("eve@example.org", &digest), None);
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Clone)]
#[doc(alias = "salted_hmac")]
pub struct SaltedHmac(MacRing);

impl SaltedHmac {
    /// Creates an HMAC for one purpose, with SHA-256.
    ///
    /// # Errors
    /// [`ConfigError::EmptySalt`].
    ///
    /// ```
    /// use django_session::{ConfigError, KeyRing, SaltedHmac, SecretKey};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// assert_eq!(SaltedHmac::new(&keys, "").unwrap_err(), ConfigError::EmptySalt);
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn new(keys: &KeyRing, salt: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Ok(Self::salted(keys, non_empty(salt.as_ref())?))
    }

    /// Creates an HMAC. The salt must not be empty.
    pub(crate) fn salted(keys: &KeyRing, salt: &[u8]) -> Self {
        Self(MacRing::new(keys, b"", salt))
    }

    /// Returns the same settings with another salt.
    pub(crate) fn with_salt(self, salt: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self(self.0.with_salt(non_empty(salt)?)))
    }

    /// Computes and verifies with another hash than SHA-256. `salted_hmac` itself defaults to SHA-1, which needs the
    /// feature `legacy`.
    ///
    /// ```
    /// # use django_session::{Algorithm, KeyRing, SaltedHmac, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let hmac = SaltedHmac::new(&keys, "newsletter")?.with_algorithm(Algorithm::Sha512);
    /// assert_eq!(hmac.hexdigest("ada@example.org").len(), 128);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_algorithm(self, algorithm: Algorithm) -> Self {
        Self(self.0.with_algorithm(algorithm))
    }

    /// Accepts, but never computes, digests of one more algorithm.
    ///
    /// ```
    /// # use django_session::{Algorithm, KeyRing, SaltedHmac, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let old = SaltedHmac::new(&keys, "newsletter")?.with_algorithm(Algorithm::Sha224);
    /// let new = SaltedHmac::new(&keys, "newsletter")?.with_legacy_algorithm(Algorithm::Sha224);
    /// assert_eq!(new.verify("ada", old.hexdigest("ada")), Some(0));
    /// assert_eq!(old.verify("ada", new.hexdigest("ada")), None);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_legacy_algorithm(self, algorithm: Algorithm) -> Self {
        Self(self.0.accept_algorithm(algorithm))
    }

    /// Returns the HMAC of `value` by the current key, in lower-case hexadecimal.
    ///
    /// ```
    /// # use django_session::{KeyRing, SaltedHmac, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// assert_eq!(SaltedHmac::new(&keys, "newsletter")?.hexdigest("ada@example.org").len(), 64);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn hexdigest(&self, value: impl AsRef<[u8]>) -> String {
        encoding::hex_encode(self.0.tag(value.as_ref()).as_bytes())
    }

    /// Returns the index of the key whose HMAC of `value` is this digest: 0 is the current key. Compares in constant
    /// time.
    ///
    /// ```
    /// # use django_session::{KeyRing, SaltedHmac, SecretKey};
    /// let keys = KeyRing::new(SecretKey::new("old")?);
    /// let digest = SaltedHmac::new(&keys, "newsletter")?.hexdigest("ada");
    /// let rotated = keys.rotate(SecretKey::new("new")?);
    /// assert_eq!(SaltedHmac::new(&rotated, "newsletter")?.verify("ada", digest), Some(1));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn verify(&self, value: impl AsRef<[u8]>, hexdigest: impl AsRef<[u8]>) -> Option<usize> {
        let tag = Tag::presented(|bytes| encoding::hex_decode(hexdigest.as_ref(), bytes))?;
        self.0.verify(value.as_ref(), &tag)
    }
}

impl fmt::Debug for SaltedHmac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SaltedHmac(..)")
    }
}
