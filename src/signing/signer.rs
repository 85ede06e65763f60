use std::fmt;

use crate::clock::Timestamp;
use crate::encoding;
use crate::error::{BadSignature, ConfigError};
use crate::key::KeyRing;
#[cfg(feature = "encryption")]
use crate::key::RingId;
use crate::signing::mac::{MacRing, Tag};
use crate::signing::salt::non_empty;
use crate::signing::{Algorithm, Separator};

/// The default limit for the length of a token, in bytes.
const DEFAULT_MAX_TOKEN_LEN: usize = 1 << 20;

/// Text ⇄ `text:signature`, without a timestamp. Django: `django.core.signing.Signer`.
///
/// The salt separates purposes: a signer rejects tokens that were signed with another salt, even if the key is the
/// same. Give each purpose its own salt. Django's default salt is `"django.core.signing.Signer"`.
///
/// Create a signer once and reuse it, because the keys are derived when it is created.
///
/// ```
/// use django_session::{KeyRing, SecretKey, Signer};
///
/// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "unsubscribe")?;
/// let token = signer.sign("ada@example.org");
/// assert_eq!(token, "ada@example.org:p-tiubxA_zjxdUyfJ7YRePVPlnT4hvq07FqO-RBthts");
/// assert_eq!(signer.unsign(&token)?.as_str(), "ada@example.org");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Signer {
    macs: MacRing,
    sep: Separator,
    max_token_len: usize,
}

impl Signer {
    /// Creates a signer for one purpose, with ":" and SHA-256, for tokens of up to 1 MiB.
    ///
    /// # Errors
    /// [`ConfigError::EmptySalt`].
    ///
    /// ```
    /// use django_session::{ConfigError, KeyRing, SecretKey, Signer};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// assert!(Signer::new(&keys, "unsubscribe").is_ok());
    /// assert_eq!(Signer::new(&keys, "").unwrap_err(), ConfigError::EmptySalt);
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn new(keys: &KeyRing, salt: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Ok(Self::salted(keys, non_empty(salt.as_ref())?))
    }

    /// Returns the same settings with another salt.
    pub(crate) fn with_salt(mut self, salt: &[u8]) -> Result<Self, ConfigError> {
        self.macs = self.macs.with_salt(&signer_salt(non_empty(salt)?));
        Ok(self)
    }

    /// Creates a signer. The salt must not be empty.
    pub(crate) fn salted(keys: &KeyRing, salt: &[u8]) -> Self {
        Self::from_macs(MacRing::new(keys, b"", &signer_salt(salt)))
    }

    /// Creates Django's signer for cookies, which prepends a prefix to each secret. The salt must not be empty.
    pub(crate) fn for_cookies(keys: &KeyRing, salt: &[u8]) -> Self {
        Self::from_macs(MacRing::new(keys, b"django.http.cookies", &signer_salt(salt)))
    }

    fn from_macs(macs: MacRing) -> Self {
        Self { macs, sep: Separator::default(), max_token_len: DEFAULT_MAX_TOKEN_LEN }
    }

    /// Also accepts signatures that were made with this salt.
    pub(super) fn accept_salt(mut self, salt: &[u8]) -> Self {
        self.macs = self.macs.accept_salt(&signer_salt(salt));
        self
    }

    /// Uses another separator than ":".
    ///
    /// ```
    /// use django_session::{KeyRing, SecretKey, Separator, Signer};
    ///
    /// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?.with_sep(Separator::new("~~")?);
    /// assert!(signer.sign("hello").starts_with("hello~~"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_sep(mut self, sep: Separator) -> Self {
        self.sep = sep;
        self
    }

    /// Uses another hash than SHA-256, for signing and for verifying.
    ///
    /// ```
    /// use django_session::{Algorithm, KeyRing, SecretKey, Signer};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let signer = Signer::new(&keys, "salt")?.with_algorithm(Algorithm::Sha384);
    /// assert!(signer.unsign(&Signer::new(&keys, "salt")?.sign("hello")).is_err());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.macs = self.macs.with_algorithm(algorithm);
        self
    }

    /// Accepts, but never creates, signatures of one more algorithm. Use it while changing from one algorithm to
    /// another.
    ///
    /// Django 3.1 and 3.2 do this with SHA-1: `legacy_algorithm`.
    ///
    /// ```
    /// use django_session::{Algorithm, KeyRing, SecretKey, Signer};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let old = Signer::new(&keys, "salt")?;
    /// let new = Signer::new(&keys, "salt")?.with_algorithm(Algorithm::Sha512).with_legacy_algorithm(Algorithm::Sha256);
    /// assert_eq!(new.unsign(&old.sign("hello"))?.as_str(), "hello");
    /// assert!(old.unsign(&new.sign("hello")).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "legacy_algorithm")]
    pub fn with_legacy_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.macs = self.macs.accept_algorithm(algorithm);
        self
    }

    /// Rejects tokens of more than this many bytes without reading them. Default: 1 MiB.
    ///
    /// Verifying takes one pass over the token for each key, so this limits the work that a client can cause. Signing
    /// has no limit: raise this one if you sign longer tokens.
    ///
    /// ```
    /// use django_session::{BadSignature, KeyRing, SecretKey, Signer};
    ///
    /// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?.with_max_token_len(100);
    /// let rejected = signer.unsign(&"x".repeat(101)).unwrap_err();
    /// assert_eq!(rejected, BadSignature::TooLong { limit: 100 });
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_max_token_len(mut self, bytes: usize) -> Self {
        self.max_token_len = bytes;
        self
    }

    /// Appends the separator and the signature of the current key. The value stays readable.
    ///
    /// ```
    /// use django_session::{KeyRing, SecretKey, Signer};
    ///
    /// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
    /// assert_eq!(signer.sign("hello"), "hello:1sJO-f64SOGIc6JjBWADuGBjhQus0cFruSq7cy6A7kI");
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn sign(&self, value: &str) -> String {
        let mut token = Vec::with_capacity(value.len().saturating_add(self.overhead()));
        token.extend_from_slice(value.as_bytes());
        self.seal(token)
    }

    /// Verifies the signature with the current key and then with each fallback, and returns the signed value.
    ///
    /// # Errors
    /// [`BadSignature::TooLong`], [`MissingSeparator`](BadSignature::MissingSeparator) or
    /// [`Mismatch`](BadSignature::Mismatch).
    ///
    /// ```
    /// use django_session::{BadSignature, KeyRing, SecretKey, Signer};
    ///
    /// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
    /// let token = signer.sign("hello");
    /// assert_eq!(signer.unsign(&token)?.as_str(), "hello");
    /// assert_eq!(signer.unsign(&token.replace("hello", "hallo")).unwrap_err(), BadSignature::Mismatch);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unsign<'t>(&self, token: &'t str) -> Result<Verified<'t>, BadSignature> {
        if token.len() > self.max_token_len {
            return Err(BadSignature::TooLong { limit: self.max_token_len });
        }
        let (value, signature) = self.split(token)?;
        let key_index = self.verify(value, signature).ok_or(BadSignature::Mismatch)?;
        Ok(Verified {
            value,
            key_index,
            timestamp: None,
            #[cfg(feature = "encryption")]
            ring: self.macs.ring_id(),
        })
    }

    #[cfg(any(feature = "actix-web", feature = "tower"))]
    pub(super) fn max_token_len(&self) -> usize {
        self.max_token_len
    }

    /// Returns one number for each accepted combination of key, salt and algorithm. Their message has no timestamp, so
    /// it is not one that a [`TimestampSigner`](crate::TimestampSigner) signs.
    #[cfg(any(feature = "actix-web", feature = "tower"))]
    pub(super) fn fingerprints(&self) -> Box<[u64]> {
        self.macs.fingerprints(b"fingerprint")
    }

    /// Returns the index of the key that signed the value.
    ///
    /// Django encodes the expected MAC and compares texts. Here the presented text is decoded strictly instead: that
    /// accepts the same texts, and no secret byte is used as an index into a table.
    fn verify(&self, value: &str, signature: &str) -> Option<usize> {
        let tag = Tag::presented(|bytes| encoding::base64_decode_slice(signature.as_bytes(), bytes))?;
        self.macs.verify(value.as_bytes(), &tag)
    }

    pub(super) fn split<'t>(&self, text: &'t str) -> Result<(&'t str, &'t str), BadSignature> {
        self.sep.rsplit(text).ok_or(BadSignature::MissingSeparator)
    }

    pub(super) fn sep(&self) -> &str {
        self.sep.as_str()
    }

    /// Returns how many bytes [`seal`](Self::seal) appends.
    pub(crate) fn overhead(&self) -> usize {
        self.sep.as_str().len().saturating_add(encoding::base64_len(self.macs.tag_len()))
    }

    /// Creates a token from UTF-8 text, in place if there is room for [`overhead`](Self::overhead) more bytes.
    pub(crate) fn seal(&self, mut value: Vec<u8>) -> String {
        let tag = self.macs.tag(&value);
        value.extend_from_slice(self.sep.as_str().as_bytes());
        encoding::base64_encode(tag.as_bytes(), &mut value);
        encoding::into_text(value)
    }
}

/// Adds the suffix that Django's signers add to every salt.
fn signer_salt(salt: &[u8]) -> Vec<u8> {
    [salt, b"signer"].concat()
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("sep", &self.sep)
            .field("max_token_len", &self.max_token_len)
            .finish_non_exhaustive()
    }
}

/// Proof that a text was signed with one of the signer's keys. Only a signer's `unsign` creates one.
///
/// [`Codec::decode`](crate::Codec::decode) accepts nothing else, so the decoders of base64, zlib and JSON never read
/// data that was not signed with one of the keys.
///
/// ```
/// use django_session::{KeyRing, SecretKey, Signer};
///
/// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
/// let token = signer.sign("hello");
/// let verified = signer.unsign(&token)?;
/// assert_eq!((verified.as_str(), verified.key_index(), verified.timestamp()), ("hello", 0, None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// There is no other way to create one:
///
/// ```compile_fail,E0451
/// let forged = django_session::Verified { value: "hello", key_index: 0, timestamp: None };
/// ```
/// ```compile_fail,E0277
/// fn made_from_nothing<T: Default>() {}
/// made_from_nothing::<django_session::Verified<'static>>();
/// ```
/// ```compile_fail,E0277
/// fn made_from_outside<T: serde::de::DeserializeOwned>() {}
/// made_from_outside::<django_session::Verified<'static>>();
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Verified<'t> {
    pub(super) value: &'t str,
    pub(super) key_index: usize,
    pub(super) timestamp: Option<Timestamp>,
    /// The ring of the signer.
    #[cfg(feature = "encryption")]
    pub(super) ring: RingId,
}

impl<'t> Verified<'t> {
    /// Returns the signed value.
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, Signer};
    /// # let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
    /// assert_eq!(signer.unsign(&signer.sign("hello"))?.as_str(), "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn as_str(&self) -> &'t str {
        self.value
    }

    /// Returns the index of the key that signed it: 0 is the current key, 1 the first fallback. If it is not 0, the
    /// value should be signed again.
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, Signer};
    /// # let token = Signer::new(&KeyRing::new(SecretKey::new("old")?), "salt")?.sign("hello");
    /// let keys = KeyRing::new(SecretKey::new("new")?).with_fallback(SecretKey::new("old")?);
    /// assert_eq!(Signer::new(&keys, "salt")?.unsign(&token)?.key_index(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn key_index(&self) -> usize {
        self.key_index
    }

    /// Returns when it was signed, if a [`TimestampSigner`](crate::TimestampSigner) verified it.
    ///
    /// ```
    /// # use django_session::{KeyRing, MaxAge, SecretKey, Timestamp, TimestampSigner};
    /// # use std::time::SystemTime;
    /// # let signer = TimestampSigner::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
    /// let token = signer.sign("hello");
    /// let signed_at = signer.unsign(&token, MaxAge::Unlimited)?.timestamp();
    /// assert!(signed_at.is_some_and(|at| at <= Timestamp::from(SystemTime::now())));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn timestamp(&self) -> Option<Timestamp> {
        self.timestamp
    }

    /// Returns the signer's ring and the index of the key that signed it.
    #[cfg(feature = "encryption")]
    pub(crate) const fn signed_by(&self) -> (RingId, usize) {
        (self.ring, self.key_index)
    }
}

/// Omits the signed value, which may be confidential.
impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key_index, timestamp, .. } = self;
        f.debug_struct("Verified").field("key_index", key_index).field("timestamp", timestamp).finish_non_exhaustive()
    }
}
