use std::time::Duration;

use time::UtcOffset;

use crate::clock::{Clock, MaxAge};
use crate::codec::{Codec, Compression};
#[cfg(feature = "legacy")]
use crate::codec::{JsonSerializer, Serializer as _};
#[cfg(feature = "legacy")]
use crate::encoding;
#[cfg(feature = "legacy")]
use crate::error::BadSignature;
use crate::error::{DecodeError, EncodeError};
use crate::key::KeyRing;
use crate::sessions::Session;
use crate::sessions::lifetime::Terms;
use crate::sessions::provenance::Provenance;
#[cfg(feature = "legacy")]
use crate::signing::{Algorithm, SaltedHmac};
use crate::signing::{Signer, TimestampSigner};

/// What Django salts the text of its stored sessions with.
const SALT: &[u8] = b"django.contrib.sessions.SessionStore";

/// The text that Django's other session engines keep: `django_session.session_data` of the database and `cached_db`
/// engines, and the files of the file engine. With any database client, this reads a site that keeps its sessions there.
///
/// Such a text has no age of its own: the `expire_date` column, or the file's date, says when it ends, and whoever reads
/// the row must heed it.
///
/// Django: `SessionStore.encode` and `SessionStore.decode`, since 3.1.
///
/// ```
/// use django_session::{KeyRing, SecretKey, StoredSessions};
///
/// let sessions = StoredSessions::new(&KeyRing::new(SecretKey::new("secret")?));
///
/// // SELECT session_data FROM django_session WHERE session_key = ? AND expire_date > now()
/// let mut session = sessions.decode("eyJhIjoxfQ:1r31eq:LCqGWTQrIoydnMbNSWtFF-F-L8oddWBGrXkjMkkC0SI")?;
/// assert_eq!(session.get("a")?, Some(1));
///
/// session.insert("b", 2)?;
/// let text = sessions.encode(&session)?; // UPDATE django_session SET session_data = ?, expire_date = ?
/// assert_eq!(sessions.decode(&text)?.get("b")?, Some(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[doc(alias = "session_data")]
pub struct StoredSessions {
    signer: TimestampSigner,
    codec: Codec,
    terms: Terms,
    #[cfg(feature = "legacy")]
    legacy: Legacy,
}

impl StoredSessions {
    /// With a session age of two weeks.
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, StoredSessions};
    /// let sessions = StoredSessions::new(&KeyRing::new(SecretKey::new("secret")?));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new(keys: &KeyRing) -> Self {
        Self {
            // A row of one's own database is no stranger's input, and what was written must be read.
            signer: Signer::salted(keys, SALT).with_max_token_len(usize::MAX).into(),
            codec: Codec::default().with_compression(Compression::IfSmaller),
            terms: Terms::default(),
            #[cfg(feature = "legacy")]
            legacy: Legacy::new(keys),
        }
    }

    /// Another age of sessions that do not say their own, which [`Session::expiry_date`] then counts with.
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, StoredSessions};
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys).with_max_age(Duration::from_secs(3600));
    /// assert_eq!(sessions.create().expiry_date(UNIX_EPOCH).unwrap().unix_timestamp(), 3600);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_COOKIE_AGE")]
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.terms.max_age = max_age;
        self
    }

    /// For a Django with `USE_TZ = False`: see [`CookieSessions::with_naive_dates`](crate::CookieSessions::with_naive_dates).
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// use time::macros::offset;
    ///
    /// let beside_a_django_in_tokyo = StoredSessions::new(&keys).with_naive_dates(offset!(+9));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    #[doc(alias = "USE_TZ")]
    pub fn with_naive_dates(mut self, local: UtcOffset) -> Self {
        self.terms.naive = Some(local);
        self
    }

    /// Another clock than the system's, for the date in the text.
    ///
    /// ```
    /// # use django_session::{Clock, KeyRing, SecretKey, StoredSessions};
    /// # use std::time::UNIX_EPOCH;
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys).with_clock(Clock::fixed(UNIX_EPOCH));
    /// assert!(sessions.encode(&sessions.create())?.starts_with("e30:0:"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.signer = self.signer.with_clock(clock);
        self
    }

    /// Reads SHA-1 signatures and the form before Django 3.1 as well, as Django 3.1 and 3.2 do. Feature `legacy`.
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys).with_legacy();
    /// let session = sessions.decode("NTdkYjJhMDQwZDA4ZjIyNDFmMmM1YjM5Zjg5OGQ5MDNkMGE3MDQ0Zjp7ImEiOjF9")?;
    /// assert_eq!(session.get("a")?, Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "legacy")]
    #[must_use]
    pub fn with_legacy(mut self) -> Self {
        self.signer = self.signer.map_signer(|signer| signer.with_legacy_algorithm(Algorithm::Sha1));
        self.legacy.accepted = true;
        self
    }

    /// A session without keys.
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// assert!(StoredSessions::new(&keys).create().is_empty());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn create(&self) -> Session {
        Session::empty(Provenance::default(), self.terms)
    }

    /// Reads the session in a stored text.
    ///
    /// # Errors
    /// [`DecodeError`], of every kind but `Config`. (Django reads a text that will not do as an empty session.)
    ///
    /// ```
    /// # use django_session::{BadSignature, DecodeError, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let refused = StoredSessions::new(&keys).decode("eyJhIjoxfQ:1r31eq:forged").unwrap_err();
    /// assert_eq!(refused, DecodeError::Signature(BadSignature::Mismatch));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    pub fn decode(&self, text: &str) -> Result<Session, DecodeError> {
        #[cfg(feature = "legacy")]
        if let Some((json, key_index)) = self.legacy.decode(text)? {
            let provenance = Provenance { key_index: Some(key_index), ..Provenance::default() };
            return Session::parse(json, provenance, self.terms);
        }
        let verified = self.signer.unsign(text, MaxAge::Unlimited)?;
        let (key_index, signed_at) = (Some(verified.key_index()), verified.timestamp());
        let provenance = Provenance { key_index, signed_at, ..Provenance::default() };
        Session::parse(self.codec.decode_json(verified)?, provenance, self.terms)
    }

    /// Writes the text to sessions.
    ///
    /// # Errors
    /// [`EncodeError::Unreadable`] for a session from a cache that holds what JSON cannot.
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys);
    /// let mut session = sessions.create();
    /// session.insert("a", 1)?;
    /// assert!(sessions.encode(&session)?.starts_with("eyJhIjoxfQ:"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encode(&self, session: &Session) -> Result<String, EncodeError> {
        let payload = self.codec.encode_json_with_room(&session.data().to_json()?, self.signer.overhead())?;
        Ok(self.signer.seal(payload))
    }

    /// Writes the text as Django before 3.1 did. Feature `legacy`.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode).
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys);
    /// let mut session = sessions.create();
    /// session.insert("a", 1)?;
    /// let text = sessions.encode_legacy(&session)?;
    /// assert_eq!(text, "NTdkYjJhMDQwZDA4ZjIyNDFmMmM1YjM5Zjg5OGQ5MDNkMGE3MDQ0Zjp7ImEiOjF9");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "legacy")]
    pub fn encode_legacy(&self, session: &Session) -> Result<String, EncodeError> {
        Ok(self.legacy.encode(&session.data().to_json()?))
    }
}

/// The form before Django 3.1: base64 of `hexdigest:json`. Here base64 comes before the proof, for it is around it.
#[cfg(feature = "legacy")]
#[derive(Debug)]
struct Legacy {
    accepted: bool,
    digest: SaltedHmac,
}

#[cfg(feature = "legacy")]
impl Legacy {
    fn new(keys: &KeyRing) -> Self {
        let digest = SaltedHmac::salted(keys, b"django.contrib.sessionsSessionStore").with_algorithm(Algorithm::Sha1);
        Self { accepted: false, digest }
    }

    fn encode(&self, json: &str) -> String {
        // In ASCII, for Django reads Latin-1. JSON text is JSON already, so this cannot fail.
        let mut ascii = Vec::with_capacity(json.len());
        let _ = JsonSerializer.dumps_json(json, &mut ascii);
        encoding::standard_base64_encode(&[self.digest.hexdigest(&ascii).as_bytes(), b":", &ascii].concat())
    }

    /// `None` for a text of the newer form, which alone has colons.
    fn decode(&self, text: &str) -> Result<Option<(String, usize)>, DecodeError> {
        if !self.accepted || text.contains(':') {
            return Ok(None);
        }
        let data = encoding::standard_base64_decode(text).ok_or(DecodeError::Base64)?;
        let colon = data.iter().position(|&byte| byte == b':').ok_or(BadSignature::MissingSeparator)?;
        let (digest, json) = data.split_at_checked(colon).unwrap_or_default();
        let json = json.strip_prefix(b":").unwrap_or_default();
        let key_index = self.digest.verify(json, digest).ok_or(BadSignature::Mismatch)?;
        let mut text = String::new();
        JsonSerializer.loads_json(json, &mut text)?;
        Ok(Some((text, key_index)))
    }
}
