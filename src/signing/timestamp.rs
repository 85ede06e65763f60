use std::time::{Duration, SystemTime};

use crate::clock::{Clock, MaxAge, Timestamp};
use crate::encoding;
use crate::error::{BadSignature, ConfigError};
use crate::key::KeyRing;
use crate::signing::{Signer, Verified};

/// Text ⇄ `text:timestamp:signature`, a token whose age can be limited. Django: `django.core.signing.TimestampSigner`.
///
/// ```
/// use django_session::{BadSignature, Clock, KeyRing, SecretKey, TimestampSigner};
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let at = |second| Clock::fixed(UNIX_EPOCH + Duration::from_secs(second));
/// let signer = TimestampSigner::new(&KeyRing::new(SecretKey::new("secret")?), "reset password")?;
///
/// let signer = signer.with_clock(at(1_000_000));
/// let token = signer.sign("ada");
/// assert_eq!(token, "ada:4C92:CKXKTZw1DygQ68uF7zyUvqZxKUSYnwLv3MrFo1lHpkI");
///
/// let an_hour = Duration::from_secs(3600);
/// assert_eq!(signer.unsign(&token, an_hour)?.as_str(), "ada");
///
/// let later = signer.with_clock(at(1_003_601));
/// let (age, max_age) = (Duration::from_secs(3601), an_hour);
/// assert_eq!(later.unsign(&token, an_hour).unwrap_err(), BadSignature::Expired { age, max_age });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TimestampSigner {
    signer: Signer,
    clock: Clock,
    max_ahead: Option<Duration>,
}

impl TimestampSigner {
    /// Creates a signer for one purpose, as [`Signer::new`] does, with the system's clock.
    ///
    /// For another separator, algorithm or limit, create it [`from`](Self#impl-From<Signer>-for-TimestampSigner) a
    /// [`Signer`].
    ///
    /// # Errors
    /// [`ConfigError::EmptySalt`].
    ///
    /// ```
    /// use django_session::{ConfigError, KeyRing, SecretKey, TimestampSigner};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// assert!(TimestampSigner::new(&keys, "reset password").is_ok());
    /// assert_eq!(TimestampSigner::new(&keys, "").unwrap_err(), ConfigError::EmptySalt);
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn new(keys: &KeyRing, salt: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Signer::new(keys, salt).map(Self::from)
    }

    /// Creates the signer of one signed cookie, as Django's `set_signed_cookie` writes and `get_signed_cookie` reads it
    /// since 5.2.15 and 6.0.6.
    ///
    /// Signatures are bound to the pair of name and salt, so that no two pairs share signatures
    /// ([CVE-2026-6873](https://www.cve.org/CVERecord?id=CVE-2026-6873)). The salt may be empty, as in Django.
    ///
    /// ```
    /// use django_session::{KeyRing, MaxAge, SecretKey, TimestampSigner};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let theme = TimestampSigner::for_cookie(&keys, "theme", "");
    /// let cookie = theme.sign("dark");
    /// assert_eq!(theme.unsign(&cookie, MaxAge::Unlimited)?.as_str(), "dark");
    /// assert!(TimestampSigner::for_cookie(&keys, "them", "e").unsign(&cookie, MaxAge::Unlimited).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "set_signed_cookie")]
    #[doc(alias = "get_signed_cookie")]
    pub fn for_cookie(keys: &KeyRing, cookie_name: &str, salt: &str) -> Self {
        let bound = format!("django.http.cookies.v2:{}:{salt}{cookie_name}", salt.chars().count());
        Signer::for_cookies(keys, bound.as_bytes()).into()
    }

    /// Creates the signer of [`for_cookie`](Self::for_cookie) that also accepts, but never writes, the signatures of
    /// Django versions before those.
    ///
    /// Their salt was `cookie_name + salt`, so that the cookie `ab` with the salt `c` verifies as `a` with the salt
    /// `bc`. An expired token in the new format is rejected as expired.
    ///
    /// Django: `SIGNED_COOKIE_LEGACY_SALT_FALLBACK = True`.
    ///
    /// ```
    /// use django_session::{KeyRing, MaxAge, SecretKey, TimestampSigner};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let django_5_2_14 = "dark:1vb66i:9Ee3d--M7FCHuBPDzoBLlnRMWt3C2wFpwBkR9o-zTvM";
    /// let theme = TimestampSigner::for_cookie_or_legacy(&keys, "theme", "");
    /// assert_eq!(theme.unsign(django_5_2_14, MaxAge::Unlimited)?.as_str(), "dark");
    /// assert!(TimestampSigner::for_cookie(&keys, "theme", "").unsign(django_5_2_14, MaxAge::Unlimited).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SIGNED_COOKIE_LEGACY_SALT_FALLBACK")]
    pub fn for_cookie_or_legacy(keys: &KeyRing, cookie_name: &str, salt: &str) -> Self {
        Self::for_cookie(keys, cookie_name, salt).accept_legacy_salt(cookie_name, salt)
    }

    /// Also accepts what Django signed for this cookie before 5.2.15 and 6.0.6.
    pub(crate) fn accept_legacy_salt(self, cookie_name: &str, salt: &str) -> Self {
        let legacy = format!("{cookie_name}{salt}");
        self.map_signer(|signer| signer.accept_salt(legacy.as_bytes()))
    }

    /// Changes the underlying signer: its separator, algorithm or limit.
    ///
    /// ```
    /// # use django_session::{Algorithm, KeyRing, SecretKey, TimestampSigner};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let theme = TimestampSigner::for_cookie(&keys, "theme", "");
    /// let theme = theme.map_signer(|signer| signer.with_algorithm(Algorithm::Sha384));
    /// assert_eq!(theme.sign("dark").rsplit(':').next().map(str::len), Some(64));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn map_signer(mut self, change: impl FnOnce(Signer) -> Signer) -> Self {
        self.signer = change(self.signer);
        self
    }

    pub(crate) fn try_map_signer<E>(mut self, change: impl FnOnce(Signer) -> Result<Signer, E>) -> Result<Self, E> {
        self.signer = change(self.signer)?;
        Ok(self)
    }

    /// Uses another clock than the system's.
    ///
    /// ```
    /// # use django_session::{Clock, KeyRing, SecretKey, TimestampSigner};
    /// # use std::time::UNIX_EPOCH;
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let signer = TimestampSigner::new(&keys, "salt")?.with_clock(Clock::fixed(UNIX_EPOCH));
    /// assert!(signer.sign("hello").starts_with("hello:0:"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Limits how far in the future a token may have been signed. Default: no limit, as in Django.
    ///
    /// Allow for a difference between the servers' clocks.
    ///
    /// ```
    /// # use django_session::{BadSignature, Clock, KeyRing, MaxAge, SecretKey, TimestampSigner};
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let at = |second| Clock::fixed(UNIX_EPOCH + Duration::from_secs(second));
    /// let limit = Duration::from_secs(60);
    /// let signer = TimestampSigner::new(&keys, "salt")?.with_max_ahead(limit).with_clock(at(100));
    /// let token = signer.sign("hello");
    /// assert!(signer.unsign(&token, MaxAge::Unlimited).is_ok());
    ///
    /// let rejected = signer.with_clock(at(39)).unsign(&token, MaxAge::Unlimited).unwrap_err();
    /// assert_eq!(rejected, BadSignature::FromTheFuture { ahead: Duration::from_secs(61), limit });
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_max_ahead(mut self, limit: Duration) -> Self {
        self.max_ahead = Some(limit);
        self
    }

    /// Appends the time, and the signature over value and time.
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, TimestampSigner};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let signer = TimestampSigner::new(&keys, "salt")?;
    /// assert!(signer.sign("hello").starts_with("hello:"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn sign(&self, value: &str) -> String {
        let mut token = Vec::with_capacity(value.len().saturating_add(self.overhead()));
        token.extend_from_slice(value.as_bytes());
        self.seal(token)
    }

    /// Verifies the signature and then the age, and returns the signed value.
    ///
    /// # Errors
    /// Those of [`Signer::unsign`]; then [`BadSignature::MalformedTimestamp`] for anything but an optional "-" and
    /// base62 digits that fit in an `i64`, [`Expired`](BadSignature::Expired), and
    /// [`FromTheFuture`](BadSignature::FromTheFuture) if there is a [limit](Self::with_max_ahead).
    ///
    /// ```
    /// # use django_session::{BadSignature, KeyRing, MaxAge, SecretKey, TimestampSigner};
    /// # use std::time::Duration;
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let signer = TimestampSigner::new(&keys, "salt")?;
    /// let token = signer.sign("hello");
    /// assert_eq!(signer.unsign(&token, MaxAge::Unlimited)?.as_str(), "hello");
    /// assert_eq!(signer.unsign(&token, Duration::from_secs(60))?.as_str(), "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unsign<'t>(&self, token: &'t str, max_age: impl Into<MaxAge>) -> Result<Verified<'t>, BadSignature> {
        self.unsign_at(token, max_age.into(), self.now())
    }

    /// As [`unsign`](Self::unsign), at the time `now`.
    pub(crate) fn unsign_at<'t>(
        &self,
        token: &'t str,
        max_age: MaxAge,
        now: SystemTime,
    ) -> Result<Verified<'t>, BadSignature> {
        let verified = self.signer.unsign(token)?;
        let parts = self.signer.split(verified.as_str());
        let (value, timestamp) = parts.map_err(|_| BadSignature::MalformedTimestamp)?;
        let timestamp = encoding::base62_decode(timestamp).ok_or(BadSignature::MalformedTimestamp)?;
        let timestamp = Timestamp::from_secs(timestamp);
        self.check_age(timestamp, max_age, now)?;
        Ok(Verified { value, timestamp: Some(timestamp), ..verified })
    }

    /// Returns the time of this signer's clock.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Returns the limits of the token's length, and of how far ahead its time may be.
    #[cfg(any(feature = "actix-web", feature = "tower"))]
    pub(crate) fn limits(&self) -> (usize, Option<Duration>) {
        (self.signer.max_token_len(), self.max_ahead)
    }

    #[cfg(any(feature = "actix-web", feature = "tower"))]
    pub(crate) fn fingerprints(&self) -> Box<[u64]> {
        self.signer.fingerprints()
    }

    fn check_age(&self, timestamp: Timestamp, max_age: MaxAge, now: SystemTime) -> Result<(), BadSignature> {
        match (timestamp.age(now), max_age, self.max_ahead) {
            (Ok(age), MaxAge::AtMost(max_age), _) if age > max_age => Err(BadSignature::Expired { age, max_age }),
            (Err(ahead), _, Some(limit)) if ahead > limit => Err(BadSignature::FromTheFuture { ahead, limit }),
            _ => Ok(()),
        }
    }

    /// Returns how many bytes [`seal`](Self::seal) appends at most.
    pub(crate) fn overhead(&self) -> usize {
        let stamp = self.signer.sep().len().saturating_add(encoding::BASE62_ROOM);
        self.signer.overhead().saturating_add(stamp)
    }

    /// Creates a token from UTF-8 text, in place if there is room for [`overhead`](Self::overhead) more bytes.
    pub(crate) fn seal(&self, value: Vec<u8>) -> String {
        self.seal_at(value, self.now().into())
    }

    /// As [`seal`](Self::seal), with this timestamp.
    pub(crate) fn seal_at(&self, mut value: Vec<u8>, date: Timestamp) -> String {
        value.extend_from_slice(self.signer.sep().as_bytes());
        encoding::base62_encode(date.as_secs(), &mut value);
        self.signer.seal(value)
    }
}

/// Adds a timestamp to what a [`Signer`] signs. Keeps the signer's separator, algorithm and limit.
///
/// ```
/// use django_session::{Algorithm, KeyRing, MaxAge, SecretKey, Separator, Signer, TimestampSigner};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let signer = Signer::new(&keys, "salt")?.with_sep(Separator::new("|")?).with_algorithm(Algorithm::Sha384);
/// let signer = TimestampSigner::from(signer);
/// let token = signer.sign("hello");
/// assert_eq!(token.split('|').map(str::len).collect::<Vec<_>>(), [5, 6, 64]);
/// assert_eq!(signer.unsign(&token, MaxAge::Unlimited)?.as_str(), "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl From<Signer> for TimestampSigner {
    fn from(signer: Signer) -> Self {
        Self { signer, clock: Clock::default(), max_ahead: None }
    }
}
