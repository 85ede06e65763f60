use time::{OffsetDateTime, UtcOffset};

use crate::clock::{Clock, MaxAge};
use crate::codec::Codec;
#[cfg(feature = "legacy")]
use crate::codec::{JsonSerializer, Serializer as _};
use crate::compression::Compression;
use crate::cookie::CookieOptions;
#[cfg(feature = "legacy")]
use crate::encoding;
#[cfg(feature = "legacy")]
use crate::error::BadSignature;
use crate::error::{ConfigError, DecodeError, EncodeError};
use crate::key::KeyRing;
use crate::sessions::keyed::Keyed;
use crate::sessions::lifetime;
use crate::sessions::provenance::Provenance;
use crate::sessions::{SentCookie, Session, StoredCommit};
#[cfg(feature = "legacy")]
use crate::signing::{Algorithm, SaltedHmac};
use crate::signing::{Signer, TimestampSigner};

/// Django's salt for the text of its stored sessions.
const SALT: &[u8] = b"django.contrib.sessions.SessionStore";

/// Sessions of Django's `db`, `cached_db` and `file` engines, found by the key in the cookie.
///
/// Reads and writes the text that the `db` engine (the default) and the `cached_db` engine store in
/// `django_session.session_data`, and the `file` engine in its files. Returns how to change the row. Does no I/O: the
/// caller runs the SQL, with any database client. The rules are those of Django's `SessionMiddleware` and
/// `SessionStore`: see [`commit`](Self::commit).
///
/// To delete expired rows, run Django's `clearsessions`, or in PostgreSQL
/// `DELETE FROM django_session WHERE expire_date < now()`.
///
/// Django: `SESSION_ENGINE = "django.contrib.sessions.backends.db"`, since 3.1.
///
/// ```
/// use django_session::{CookieOptions, KeyRing, SecretKey, StoredChange, StoredSessions};
/// use time::macros::datetime;
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = StoredSessions::new(&keys, CookieOptions::default());
///
/// // 1. The cookie holds a key.
/// let sent = sessions.sent_cookie("sessionid=8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2");
/// assert!(sent.key().is_some());
///
/// // 2. SELECT session_data, expire_date FROM django_session WHERE session_key = ?
/// let text = "eyJhIjoxfQ:1r31eq:LCqGWTQrIoydnMbNSWtFF-F-L8oddWBGrXkjMkkC0SI";
/// let mut session = sessions.load(sent, Some(text), Some(datetime!(2100-01-01 0:00 UTC)));
/// assert_eq!(session.get("a")?, Some(1));
/// session.insert("b", 2)?;
///
/// // 3. Update the row and the response.
/// let commit = sessions.commit(&session, 200)?;
/// match &commit.change {
///     // UPDATE django_session SET session_data = ?, expire_date = ? WHERE session_key = ?
///     StoredChange::Update { row } => assert_eq!(row.key.as_str(), "8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2"),
///     other => panic!("{other:?}"),
/// }
/// let set_cookie = commit.response.set_cookie.expect("the session is written");
/// assert_eq!(set_cookie.value(), "8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[doc(alias = "session_data")]
pub struct StoredSessions {
    signer: TimestampSigner,
    pub(super) codec: Codec,
    pub(super) keyed: Keyed,
    #[cfg(feature = "legacy")]
    legacy: Legacy,
}

impl StoredSessions {
    /// Creates stored sessions with Django's defaults and this cookie.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions};
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default());
    /// assert_eq!(sessions.cookie().name(), "sessionid");
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new(keys: &KeyRing, cookie: CookieOptions) -> Self {
        Self {
            // No limit: rows come from our own database, and every row that was written must be readable.
            signer: Signer::salted(keys, SALT).with_max_token_len(usize::MAX).into(),
            codec: Codec::default().with_compression(Compression::IfSmaller),
            keyed: Keyed::new(cookie),
            #[cfg(feature = "legacy")]
            legacy: Legacy::new(keys),
        }
    }

    /// Signs with another salt than Django's.
    ///
    /// Django derives the salt from the name of the session's class: `django.contrib.sessions.ShopStore` for a class
    /// `ShopStore` of your own. Rows from before Django 3.1 keep the salt of Django's class.
    ///
    /// # Errors
    /// [`ConfigError::EmptySalt`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default());
    /// let shop = StoredSessions::new(&keys, CookieOptions::default()).with_salt("django.contrib.sessions.ShopStore")?;
    /// let text = shop.encode(&shop.create())?;
    /// assert!(shop.decode(&text).is_ok());
    /// assert!(sessions.decode(&text).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "key_salt")]
    pub fn with_salt(mut self, salt: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        self.signer = self.signer.try_map_signer(|signer| signer.with_salt(salt.as_ref()))?;
        Ok(self)
    }

    /// Sets whether an unchanged session is written too, so that it expires later. Default: no.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredChange, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default()).with_save_every_request(true);
    /// let text = sessions.encode(&sessions.create())?;
    /// let session = sessions.load(sessions.sent_cookie("sessionid=abcdefgh"), Some(&text), None);
    /// assert!(matches!(sessions.commit(&session, 200)?.change, StoredChange::Update { .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_SAVE_EVERY_REQUEST")]
    pub fn with_save_every_request(mut self, save: bool) -> Self {
        self.keyed.save_every_request = save;
        self
    }

    /// Limits the bytes that a session may inflate to. Default: 1 MiB.
    ///
    /// Django has no limit. A larger session is written without compression, which this limit does not reject.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// use django_session::DecodeError;
    ///
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default());
    /// let mut session = sessions.create();
    /// session.insert("a", "a".repeat(1000))?;
    /// let text = sessions.encode(&session)?;
    ///
    /// let strict = StoredSessions::new(&keys, CookieOptions::default()).with_inflate_limit(1000);
    /// assert_eq!(strict.decode(&text).unwrap_err(), DecodeError::InflatesPast { limit: 1000 });
    /// assert_eq!(sessions.decode(&text)?.get("a")?, Some("a".repeat(1000)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_inflate_limit(mut self, bytes: usize) -> Self {
        self.codec = self.codec.with_inflate_limit(bytes);
        self
    }

    /// Removes the cookie from a former scope (domain, path, partitioned) as well: see
    /// [`CookieSessions::with_former_cookie`](crate::CookieSessions::with_former_cookie).
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let present = CookieOptions::builder("sessionid").domain("example.com").build()?;
    /// let sessions = StoredSessions::new(&keys, present).with_former_cookie(&CookieOptions::default());
    /// let mut session = sessions.load(sessions.sent_cookie("sessionid=abcdefgh"), None, None);
    /// session.flush();
    /// assert_eq!(sessions.commit(&session, 200)?.response.into_set_cookies().count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_former_cookie(mut self, former: &CookieOptions) -> Self {
        self.keyed.with_former_cookie(former);
        self
    }

    /// Reads and writes dates for a Django with `USE_TZ = False`: see
    /// [`CookieSessions::with_naive_dates`](crate::CookieSessions::with_naive_dates).
    ///
    /// ```
    /// # use django_session::{CookieOptions, Expiry, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// use time::macros::{datetime, offset};
    ///
    /// let beside_a_django_in_tokyo = StoredSessions::new(&keys, CookieOptions::default()).with_naive_dates(offset!(+9));
    /// let mut session = beside_a_django_in_tokyo.create();
    /// session.set_expiry(Expiry::At(datetime!(2030-01-01 0:00 UTC)));
    /// assert_eq!(session.get_json("_session_expiry"), Some(r#""2030-01-01T09:00:00""#));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    #[doc(alias = "USE_TZ")]
    pub fn with_naive_dates(mut self, local: UtcOffset) -> Self {
        self.keyed.terms.naive = Some(local);
        self
    }

    /// Takes the time from another clock than the system's.
    ///
    /// ```
    /// # use django_session::{Clock, CookieOptions, KeyRing, SecretKey, StoredSessions};
    /// # use std::time::UNIX_EPOCH;
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default()).with_clock(Clock::fixed(UNIX_EPOCH));
    /// assert!(sessions.encode(&sessions.create())?.starts_with("e30:0:"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.signer = self.signer.with_clock(clock);
        self
    }

    /// Also reads SHA-1 signatures and the format before Django 3.1, as Django 3.1 and 3.2 do. Feature `legacy`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default()).with_legacy();
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

    /// Returns the cookie's options.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default());
    /// assert_eq!(sessions.cookie().max_age().as_secs(), 1_209_600);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn cookie(&self) -> &CookieOptions {
        &self.keyed.cookie
    }

    /// Returns the session key in a whole `Cookie` header, as text or bytes.
    ///
    /// If several cookies have our name, the last one with a well-formed key is used.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default());
    /// let sent = sessions.sent_cookie("sessionid=abcdefgh; theme=dark");
    /// assert_eq!(sent.key().map(SessionKey::as_str), Some("abcdefgh"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn sent_cookie(&self, header: &(impl AsRef<[u8]> + ?Sized)) -> SentCookie {
        self.sent_cookies([header])
    }

    /// Returns the session key in all `Cookie` headers of a request. Over HTTP/2 a browser may send several.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default());
    /// let sent = sessions.sent_cookies(["theme=dark", "sessionid=abcdefgh"]);
    /// assert_eq!(sent.key().map(SessionKey::as_str), Some("abcdefgh"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn sent_cookies<'h, I, H>(&self, headers: I) -> SentCookie
    where
        I: IntoIterator<Item = &'h H, IntoIter: DoubleEndedIterator>,
        H: AsRef<[u8]> + ?Sized + 'h,
    {
        self.keyed.sent_cookie(headers)
    }

    /// Loads the session of this cookie from the columns `session_data` and `expire_date` of its row.
    ///
    /// Pass `None` if there is no row. Without a date, the expiry is not checked. For a file, take the date from
    /// [`expiry_date`](Session::expiry_date).
    ///
    /// If the row is missing, has expired or was not signed with our keys, the session is empty, and
    /// [`rejection`](Session::rejection) returns why. The response leaves its cookie alone unless the session is
    /// changed, which begins a new row, or flushed.
    ///
    /// ```
    /// # use django_session::{CookieOptions, DecodeError, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default());
    /// let sent = sessions.sent_cookie("sessionid=8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2");
    /// assert_eq!(sessions.load(sent, None, None).rejection(), Some(DecodeError::NotStored));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn load(&self, sent: SentCookie, text: Option<&str>, expire_date: Option<OffsetDateTime>) -> Session {
        let now = self.signer.now();
        let read = |text| {
            lifetime::admit_until(expire_date, now)?;
            self.decode(text)
        };
        self.keyed.load(sent, text.map(read), now)
    }

    /// Returns how to change the row, and the headers that a response with this status needs.
    ///
    /// These are the rules of Django's `SessionMiddleware` and `SessionStore`, except that by default a request which
    /// only reads changes nothing:
    ///
    /// - A changed session is written. An unchanged session is written only for
    ///   [save-every-request](Self::with_save_every_request). Nothing is written with a status of 500 or more.
    /// - A new session gets a new key, of 32 random characters.
    /// - A session whose key was [cycled](Session::cycle_key), by [`SessionAuth::login`](crate::SessionAuth::login) or by
    ///   [`authenticate`](crate::SessionAuth::authenticate) after a rotation, gets a new key as well. Its old row is deleted, so that an
    ///   attacker who planted the key does not have the session.
    /// - A [flushed](Session::flush) session is deleted and its cookie removed, whatever the status. Keys that are
    ///   inserted afterwards are written as a new session.
    /// - The session of a row that is missing, has expired or was not signed with our keys is a new one. A row that was
    ///   not signed with our keys stays, unless the session is flushed.
    /// - The response varies on `Cookie` if the session was read or changed, or if a cookie is set or removed.
    ///
    /// Change the row before the response is sent, in one transaction.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode); [`EncodeError::ExpiryOutOfRange`]; [`EncodeError::NoRandomBytes`] if a new
    /// key or id is needed. Then commit again with a status of 500.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredChange, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default());
    /// let text = sessions.encode(&sessions.create())?;
    /// let mut session = sessions.load(sessions.sent_cookie("sessionid=abcdefgh"), Some(&text), None);
    /// assert_eq!(sessions.commit(&session, 200)?.change, StoredChange::Nothing);
    ///
    /// session.cycle_key();
    /// let StoredChange::Replace { old, row } = sessions.commit(&session, 200)?.change else { panic!() };
    /// assert!(row.key != old && old.as_str() == "abcdefgh");
    ///
    /// session.flush();
    /// assert_eq!(sessions.commit(&session, 500)?.change, StoredChange::Delete { key: old });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit(&self, session: &Session, status: u16) -> Result<StoredCommit, EncodeError> {
        self.keyed.commit(session, status, self.signer.now(), |session| self.encode(session))
    }

    /// Creates an empty session, as for a request without a cookie.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// assert!(StoredSessions::new(&keys, CookieOptions::default()).create().is_empty());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn create(&self) -> Session {
        Session::empty(Provenance::default(), self.keyed.terms)
    }

    /// Decodes a session from a stored text, without checking its age.
    ///
    /// # Errors
    /// [`DecodeError`] if the text was not signed with our keys or cannot be decoded. Django reads that text as an
    /// empty session.
    ///
    /// ```
    /// # use django_session::{BadSignature, CookieOptions, DecodeError, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let rejected = StoredSessions::new(&keys, CookieOptions::default()).decode("eyJhIjoxfQ:1r31eq:forged").unwrap_err();
    /// assert_eq!(rejected, DecodeError::Signature(BadSignature::Mismatch));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    pub fn decode(&self, text: &str) -> Result<Session, DecodeError> {
        #[cfg(feature = "legacy")]
        if let Some((json, key_index)) = self.legacy.decode(text, &self.codec)? {
            let provenance = Provenance { accepted: true, key_index: Some(key_index), ..Provenance::default() };
            return Session::parse(json, provenance, self.keyed.terms);
        }
        let verified = self.signer.unsign(text, MaxAge::Unlimited)?;
        let (key_index, signed_at) = (Some(verified.key_index()), verified.timestamp());
        let provenance = Provenance { accepted: true, key_index, signed_at, ..Provenance::default() };
        Session::parse(self.codec.decode_json(verified)?, provenance, self.keyed.terms)
    }

    /// Encodes a session as text to store.
    ///
    /// # Errors
    /// [`EncodeError::Unreadable`] if the session, from a cache, holds a value that JSON cannot represent;
    /// [`EncodeError::NoRandomBytes`] with encryption.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default());
    /// let mut session = sessions.create();
    /// session.insert("a", 1)?;
    /// assert!(sessions.encode(&session)?.starts_with("eyJhIjoxfQ:"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encode(&self, session: &Session) -> Result<String, EncodeError> {
        let payload = self.codec.encode_json_with_room(&session.data().to_json()?, self.signer.overhead())?;
        Ok(self.signer.seal(payload))
    }

    /// Encodes a session as Django before 3.1 did. Feature `legacy`.
    ///
    /// The text is never encrypted, because Django before 3.1 cannot read encrypted text.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode).
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default());
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

/// The format before Django 3.1: base64 of `hexdigest:json`.
///
/// Base64 is decoded before the digest is verified, because it encloses both.
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
        // ASCII, because Django reads Latin-1. The text is JSON already, so this cannot fail.
        let mut ascii = Vec::with_capacity(json.len());
        let _ = JsonSerializer.dumps_json(json, &mut ascii);
        encoding::standard_base64_encode(&[self.digest.hexdigest(&ascii).as_bytes(), b":", &ascii].concat())
    }

    /// Returns the JSON and the index of the key, or `None` for a text of the newer format, which alone contains
    /// colons.
    fn decode(&self, text: &str, codec: &Codec) -> Result<Option<(String, usize)>, DecodeError> {
        if !self.accepted || text.contains(':') {
            return Ok(None);
        }
        let data = encoding::standard_base64_decode(text).ok_or(DecodeError::Base64)?;
        let colon = data.iter().position(|&byte| byte == b':').ok_or(BadSignature::MissingSeparator)?;
        let (digest, json) = data.split_at_checked(colon).unwrap_or_default();
        let json = json.strip_prefix(b":").unwrap_or_default();
        let key_index = self.digest.verify(json, digest).ok_or(BadSignature::Mismatch)?;
        Ok(Some((codec.decode_json_data(json)?, key_index)))
    }
}
