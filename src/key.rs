//! Secret keys, and the key ring that makes rotation possible.

use std::fmt;
use std::sync::Arc;

use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

use crate::error::ConfigError;
use crate::random;

/// A secret signing key: the bytes of Django's `SECRET_KEY` (its text in UTF-8).
///
/// It cannot be printed, compared, cloned or serialized. Give it at least 32 random bytes; Django's own keys have 50
/// characters.
///
/// The key, and everything that is derived from it, is wiped from memory when the last ring and the last signer that
/// use it are dropped. Not wiped are the text or bytes that the key was created from, which belong to the caller, and
/// copies made by the compiler, the CPU's registers or the operating system (swap, core dumps). A process that is
/// killed wipes nothing.
///
/// ```
/// use django_session::SecretKey;
///
/// let key = SecretKey::new("django-insecure-…")?;
/// assert_eq!(format!("{key:?}"), "SecretKey(..)");
/// # Ok::<(), django_session::ConfigError>(())
/// ```
pub struct SecretKey(Zeroizing<Box<[u8]>>);

impl SecretKey {
    /// Creates a key from a copy of these bytes.
    ///
    /// All bytes count: a trailing newline, for example from a file that an editor saved, makes a different key.
    ///
    /// # Errors
    /// [`ConfigError::EmptyKey`] if there are no bytes, or only white space.
    ///
    /// ```
    /// use django_session::{ConfigError, SecretKey};
    ///
    /// assert!(SecretKey::new(b"\x00\xff any bytes").is_ok());
    /// assert_eq!(SecretKey::new(" \n").unwrap_err(), ConfigError::EmptyKey);
    /// ```
    #[doc(alias = "SECRET_KEY")]
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let bytes = bytes.as_ref();
        if is_blank(bytes).into() {
            return Err(ConfigError::EmptyKey);
        }
        Ok(Self(Zeroizing::new(bytes.into())))
    }

    /// Creates a key from 64 random bytes of the operating system.
    ///
    /// The key cannot be printed or stored, so nothing can verify what it signed after the process has ended. Use it in
    /// tests, not in a program that is restarted.
    ///
    /// # Errors
    /// [`ConfigError::NoRandomBytes`].
    ///
    /// ```
    /// use django_session::{KeyRing, SecretKey, Signer};
    ///
    /// let signer = || Ok::<_, django_session::ConfigError>(Signer::new(&KeyRing::new(SecretKey::generate()?), "salt")?);
    /// assert!(signer()?.unsign(&signer()?.sign("hello")).is_err());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "get_random_secret_key")]
    pub fn generate() -> Result<Self, ConfigError> {
        let mut bytes = Zeroizing::new(vec![0; 64].into_boxed_slice());
        random::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Returns whether all bytes are white space. Compares every byte, so that the time does not depend on their values.
fn is_blank(bytes: &[u8]) -> Choice {
    let is_white = |byte: &u8| b" \t\n\x0c\r".iter().fold(Choice::from(0), |any, white| any | byte.ct_eq(white));
    bytes.iter().fold(Choice::from(1), |all, byte| all & is_white(byte))
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// The keys of a site, newest first: the first signs, all of them verify.
///
/// To rotate, put the new key in front and keep the old one until everything it signed has expired; then drop it.
/// [`Verified::key_index`](crate::Verified::key_index) returns the index of the key that a token was signed with.
///
/// Each fallback costs one more MAC over the token, but only for tokens that the keys before it did not sign.
///
/// It cannot be cloned. Pass it to each constructor as `&keys`. Signers and sessions keep what they need, so the ring
/// can be dropped afterwards.
///
/// Django: `SECRET_KEY` and `SECRET_KEY_FALLBACKS`.
///
/// ```
/// use django_session::{KeyRing, SecretKey, Signer};
///
/// let last_year = Signer::new(&KeyRing::new(SecretKey::new("last year's key")?), "salt")?;
/// let token = last_year.sign("hello");
///
/// let keys = KeyRing::new(SecretKey::new("this year's key")?).with_fallback(SecretKey::new("last year's key")?);
/// let verified = Signer::new(&keys, "salt")?.unsign(&token)?;
/// assert_eq!(verified.as_str(), "hello");
/// assert_eq!(verified.key_index(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[doc(alias = "SECRET_KEY_FALLBACKS")]
pub struct KeyRing(Vec<Arc<SecretKey>>);

impl KeyRing {
    /// Creates a ring of one key, which signs.
    ///
    /// ```
    /// use django_session::{KeyRing, SecretKey};
    ///
    /// assert_eq!(KeyRing::new(SecretKey::new("secret")?).len(), 1);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new(current: SecretKey) -> Self {
        Self(vec![Arc::new(current)])
    }

    /// Creates a ring of these keys: the first signs, the others are fallbacks in this order.
    ///
    /// # Errors
    /// [`ConfigError::NoKeys`] if there are no keys.
    ///
    /// ```
    /// use django_session::{ConfigError, KeyRing, SecretKey};
    ///
    /// let setting = "this year's key\nlast year's key";
    /// let keys = setting.lines().map(SecretKey::new).collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(KeyRing::from_keys(keys)?.len(), 2);
    /// assert_eq!(KeyRing::from_keys([]).unwrap_err(), ConfigError::NoKeys);
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn from_keys(keys: impl IntoIterator<Item = SecretKey>) -> Result<Self, ConfigError> {
        let keys: Vec<_> = keys.into_iter().map(Arc::new).collect();
        if keys.is_empty() { Err(ConfigError::NoKeys) } else { Ok(Self(keys)) }
    }

    /// Adds an older key, which is tried after all others and never signs.
    ///
    /// ```
    /// use django_session::{KeyRing, SecretKey};
    ///
    /// let keys = KeyRing::new(SecretKey::new("current")?)
    ///     .with_fallback(SecretKey::new("last year's")?)
    ///     .with_fallback(SecretKey::new("the year before's")?);
    /// assert_eq!(keys.len(), 3);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_fallback(mut self, older: SecretKey) -> Self {
        self.0.push(Arc::new(older));
        self
    }

    /// Adds a new key in front: it signs from now on, and all existing keys become fallbacks.
    ///
    /// Existing signers keep the keys that they were created with.
    ///
    /// ```
    /// use django_session::{KeyRing, SecretKey, Signer};
    ///
    /// let keys = KeyRing::new(SecretKey::new("old")?);
    /// let token = Signer::new(&keys, "salt")?.sign("hello");
    ///
    /// let keys = keys.rotate(SecretKey::new("new")?);
    /// assert_eq!(Signer::new(&keys, "salt")?.unsign(&token)?.key_index(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rotate(mut self, new: SecretKey) -> Self {
        self.0.insert(0, Arc::new(new));
        self
    }

    /// Returns the number of keys, which is never zero.
    ///
    /// ```
    /// use django_session::{KeyRing, SecretKey};
    ///
    /// assert_eq!(KeyRing::new(SecretKey::new("secret")?).len(), 1);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a ring is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns another ring of the same keys, without copying their bytes.
    pub(crate) fn share(&self) -> Self {
        Self(self.0.clone())
    }

    /// Returns the ring's identity, which is unique as long as its current key is alive.
    #[cfg(feature = "encryption")]
    pub(crate) fn id(&self) -> RingId {
        RingId(self.0.first().map_or(0, |current| Arc::as_ptr(current).addr()))
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &SecretKey> {
        self.0.iter().map(AsRef::as_ref)
    }
}

/// The identity of a ring: the address of its current key. Rings that share that key have the same keys at the indexes
/// that both have.
#[cfg(feature = "encryption")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RingId(usize);

/// Traits that keys do not implement, so that they are not copied or printed by accident. Each `compile_fail` example
/// fails because one trait is missing:
///
/// ```
/// fn has<T: std::fmt::Debug + Send + Sync>() {}
/// has::<(django_session::SecretKey, django_session::KeyRing)>();
/// fn have<T: Clone + PartialEq + std::fmt::Display + serde::Serialize + Default>() {}
/// have::<String>();
/// ```
/// ```compile_fail,E0277
/// fn has<T: Clone>() {}
/// has::<django_session::SecretKey>();
/// ```
/// ```compile_fail,E0277
/// fn has<T: PartialEq>() {}
/// has::<django_session::SecretKey>();
/// ```
/// ```compile_fail,E0277
/// fn has<T: std::fmt::Display>() {}
/// has::<django_session::SecretKey>();
/// ```
/// ```compile_fail,E0277
/// fn has<T: serde::Serialize>() {}
/// has::<django_session::SecretKey>();
/// ```
/// ```compile_fail,E0277
/// fn has<T: Default>() {}
/// has::<django_session::SecretKey>();
/// ```
/// ```compile_fail,E0277
/// fn has<T: Clone>() {}
/// has::<django_session::KeyRing>();
/// ```
/// ```compile_fail,E0277
/// fn has<T: PartialEq>() {}
/// has::<django_session::KeyRing>();
/// ```
/// ```compile_fail,E0277
/// fn has<T: std::fmt::Display>() {}
/// has::<django_session::KeyRing>();
/// ```
/// ```compile_fail,E0277
/// fn has<T: serde::Serialize>() {}
/// has::<django_session::KeyRing>();
/// ```
/// ```compile_fail,E0277
/// fn has<T: Default>() {}
/// has::<django_session::KeyRing>();
/// ```
#[cfg(doctest)]
struct KeysStayWhereTheyAre;
