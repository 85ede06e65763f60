use time::UtcOffset;

use crate::clock::Clock;
use crate::cookie::CookieOptions;
use crate::error::{DecodeError, EncodeError};
use crate::json;
use crate::pickle;
use crate::sessions::keyed::Keyed;
use crate::sessions::provenance::Provenance;
use crate::sessions::{SentCookie, Session, SessionKey, StoredCommit};

/// Sessions of Django's cache engines, found by the key in the cookie. Feature `pickle`.
///
/// Reads and writes the bytes of cache entries, for example in Redis or Memcached. Returns how to change the entry: see
/// [`commit`](Self::commit). Does no I/O: the caller talks to the cache, with any client.
///
/// | cache backend | bytes |
/// |---|---|
/// | `RedisCache`, django-redis, `PyMemcacheCache` | the pickle, or JSON |
/// | `DatabaseCache` | base64 of the pickle |
/// | `FileBasedCache` | another pickle (when it expires), then the pickle in zlib |
///
/// # Data only
///
/// Loading a pickle in Python can run any code: **anyone who can write to that cache can run code in Django.** This
/// type runs nothing in a pickle. It reads pickles of protocols 2 to 5 as data:
///
/// - For a value that JSON cannot represent (a date, a `Decimal`, a tuple, a set, bytes, any other class),
///   [`get`](Session::get) returns [`DecodeError::BeyondJson`], which names the type. The other keys can be read.
/// - A session with one of these values is not written: the error is [`EncodeError::Unreadable`], which names the key.
///   Remove the key, or set another value. A key that is not text cannot be removed alone; only
///   [`clear`](Session::clear) and [`flush`](Session::flush) remove it.
/// - A value that is referenced in several places is copied to each. Integers of up to 4300 digits, NaN, the infinities
///   and lone surrogates are preserved.
/// - A pickle may hold at most 65,536 values and keys, nested at most 1024 levels deep, and 32 KiB of integers beyond
///   64 bits. A reference to an earlier value counts as that value again. All references together may add at most 1 MiB
///   of JSON. Reading does not recurse.
///
/// Python 3.4 and later can read what this type writes.
///
/// Django: `SESSION_ENGINE = "django.contrib.sessions.backends.cache"`, and the cache of `cached_db`, whose rows in the
/// database [`StoredSessions`](crate::StoredSessions) reads.
///
/// ```
/// use django_session::{CachedSessions, CookieOptions, StoredChange};
///
/// let sessions = CachedSessions::new(CookieOptions::default());
///
/// // 1. The cookie holds a key.
/// let sent = sessions.sent_cookie("sessionid=3h07yf0nyr279n7rgulv1k4mir3sxh4l");
/// let cache_key = sent.key().map(|key| sessions.cache_key("", 1, key)).expect("a key");
/// assert_eq!(cache_key, ":1:django.contrib.sessions.cache3h07yf0nyr279n7rgulv1k4mir3sxh4l");
///
/// // 2. GET {cache_key}: {"_auth_user_id": "7"}, as Django wrote it
/// let bytes = b"\x80\x05\x95\x18\0\0\0\0\0\0\0}\x94\x8c\r_auth_user_id\x94\x8c\x017\x94s.";
/// let mut session = sessions.load(sent, Some(bytes));
/// assert_eq!(session.get::<String>("_auth_user_id")?.as_deref(), Some("7"));
/// session.insert("visits", 1)?;
///
/// // 3. Update the entry and the response.
/// let commit = sessions.commit(&session, 200)?;
/// let StoredChange::Update { row } = &commit.change else { panic!() };
/// // SET {cache_key} {row.data} EX {row.time_to_live} XX
/// assert_eq!(row.data, b"\x80\x04}(\x8c\r_auth_user_id\x8c\x017\x8c\x06visitsK\x01u.");
/// assert_eq!(row.time_to_live.as_secs(), 1_209_600);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[doc(alias = "cache")]
#[doc(alias = "cached_db")]
pub struct CachedSessions {
    engine: &'static str,
    format: Format,
    pub(super) keyed: Keyed,
    clock: Clock,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Pickle,
    Json,
}

/// Django: `KEY_PREFIX` of the engines' modules.
const CACHE: &str = "django.contrib.sessions.cache";
const CACHED_DB: &str = "django.contrib.sessions.cached_db";

impl CachedSessions {
    /// Creates sessions of the cache engine, as pickles, with this cookie.
    ///
    /// ```
    /// use django_session::{CachedSessions, CookieOptions};
    ///
    /// let sessions = CachedSessions::new(CookieOptions::default());
    /// assert_eq!(sessions.encode(&sessions.create())?, b"\x80\x04}.");
    /// # Ok::<(), django_session::EncodeError>(())
    /// ```
    #[must_use]
    pub fn new(cookie: CookieOptions) -> Self {
        Self { engine: CACHE, format: Format::Pickle, keyed: Keyed::new(cookie), clock: Clock::system() }
    }

    /// Uses the [cache keys](Self::cache_key) of the `cached_db` engine.
    ///
    /// That engine stores a session in the database, and a copy in the cache. Load the copy with this type. Load from
    /// the database, and commit, with [`StoredSessions`](crate::StoredSessions). Once the database is written,
    /// [encode](Self::encode) the copy with this type.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions, SessionKey};
    /// let sessions = CachedSessions::new(CookieOptions::default()).with_cached_db();
    /// let key = SessionKey::parse("mepy8nb0xzowiy5kyzk5ihdhzllcaq5w").expect("a key");
    /// assert_eq!(sessions.cache_key("", 1, &key), ":1:django.contrib.sessions.cached_dbmepy8nb0xzowiy5kyzk5ihdhzllcaq5w");
    /// ```
    #[must_use]
    pub fn with_cached_db(mut self) -> Self {
        self.engine = CACHED_DB;
        self
    }

    /// Writes JSON, as django-redis does with its `JSONSerializer`.
    ///
    /// Pickles and JSON are both read, whether this is set or not.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions};
    /// let sessions = CachedSessions::new(CookieOptions::default()).with_json();
    /// let session = sessions.decode(br#"{"a": 1}"#)?;
    /// assert_eq!(sessions.encode(&session)?, br#"{"a":1}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_json(mut self) -> Self {
        self.format = Format::Json;
        self
    }

    /// Sets whether an unchanged session is written too, so that it expires later. Default: no.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions, StoredChange};
    /// let sessions = CachedSessions::new(CookieOptions::default()).with_save_every_request(true);
    /// let session = sessions.load(sessions.sent_cookie("sessionid=abcdefgh"), Some(b"\x80\x04}."));
    /// assert!(matches!(sessions.commit(&session, 200)?.change, StoredChange::Update { .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_SAVE_EVERY_REQUEST")]
    pub fn with_save_every_request(mut self, save: bool) -> Self {
        self.keyed.save_every_request = save;
        self
    }

    /// Removes the cookie from a former scope (domain, path, partitioned) as well: see
    /// [`CookieSessions::with_former_cookie`](crate::CookieSessions::with_former_cookie).
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions};
    /// let present = CookieOptions::builder("sessionid").domain("example.com").build()?;
    /// let sessions = CachedSessions::new(present).with_former_cookie(&CookieOptions::default());
    /// let mut session = sessions.load(sessions.sent_cookie("sessionid=abcdefgh"), None);
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
    /// use django_session::{CachedSessions, CookieOptions, Expiry};
    /// use time::macros::{datetime, offset};
    ///
    /// let mut session = CachedSessions::new(CookieOptions::default()).with_naive_dates(offset!(+9)).create();
    /// session.set_expiry(Expiry::At(datetime!(2030-01-01 0:00 UTC)));
    /// assert_eq!(session.get_json("_session_expiry"), Some(r#""2030-01-01T09:00:00""#));
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
    /// # use django_session::{CachedSessions, Clock, CookieOptions, Expiry, StoredChange};
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # use time::OffsetDateTime;
    /// let sessions = CachedSessions::new(CookieOptions::default()).with_clock(Clock::fixed(UNIX_EPOCH));
    /// let mut session = sessions.load(sessions.sent_cookie(""), None);
    /// session.set_expiry(Expiry::At(OffsetDateTime::UNIX_EPOCH + Duration::from_secs(60)));
    /// let StoredChange::Insert { row, .. } = sessions.commit(&session, 200)?.change else { panic!() };
    /// assert_eq!(row.time_to_live, Duration::from_secs(60));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Returns the cookie's options.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions};
    /// assert_eq!(CachedSessions::new(CookieOptions::default()).cookie().name(), "sessionid");
    /// ```
    #[must_use]
    pub fn cookie(&self) -> &CookieOptions {
        &self.keyed.cookie
    }

    /// Returns the key of a session's cache entry.
    ///
    /// Django: `KEY_PREFIX` (default: empty) and `VERSION` (default: 1) of the cache, with the default `KEY_FUNCTION`.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions, SessionKey};
    /// let sessions = CachedSessions::new(CookieOptions::default());
    /// let key = SessionKey::parse("3h07yf0nyr279n7rgulv1k4mir3sxh4l").expect("a key");
    /// let cache_key = sessions.cache_key("shop", 2, &key);
    /// assert_eq!(cache_key, "shop:2:django.contrib.sessions.cache3h07yf0nyr279n7rgulv1k4mir3sxh4l");
    /// ```
    #[must_use]
    #[doc(alias = "make_key")]
    pub fn cache_key(&self, prefix: &str, version: u32, key: &SessionKey) -> String {
        format!("{prefix}:{version}:{}{}", self.engine, key.as_str())
    }

    /// Returns the session key in a whole `Cookie` header: see
    /// [`StoredSessions::sent_cookie`](crate::StoredSessions::sent_cookie).
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions, SessionKey};
    /// let sent = CachedSessions::new(CookieOptions::default()).sent_cookie("sessionid=abcdefgh; theme=dark");
    /// assert_eq!(sent.key().map(SessionKey::as_str), Some("abcdefgh"));
    /// ```
    #[must_use]
    pub fn sent_cookie(&self, header: &(impl AsRef<[u8]> + ?Sized)) -> SentCookie {
        self.sent_cookies([header])
    }

    /// Returns the session key in all `Cookie` headers of a request. Over HTTP/2 a browser may send several.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions, SessionKey};
    /// let sent = CachedSessions::new(CookieOptions::default()).sent_cookies(["theme=dark", "sessionid=abcdefgh"]);
    /// assert_eq!(sent.key().map(SessionKey::as_str), Some("abcdefgh"));
    /// ```
    #[must_use]
    pub fn sent_cookies<'h, I, H>(&self, headers: I) -> SentCookie
    where
        I: IntoIterator<Item = &'h H, IntoIter: DoubleEndedIterator>,
        H: AsRef<[u8]> + ?Sized + 'h,
    {
        self.keyed.sent_cookie(headers)
    }

    /// Loads the session of this cookie from the bytes of its entry.
    ///
    /// Pass `None` if the cache has no entry. An expired session has none, because the cache drops the entry.
    ///
    /// If the entry is missing or cannot be read, the session is empty, and [`rejection`](Session::rejection) returns
    /// why. The response leaves its cookie alone unless the session is changed, which begins a new entry, or flushed.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions, DecodeError};
    /// let sessions = CachedSessions::new(CookieOptions::default());
    /// let session = sessions.load(sessions.sent_cookie("sessionid=abcdefgh"), None);
    /// assert_eq!(session.rejection(), Some(DecodeError::NotStored));
    /// ```
    #[must_use]
    pub fn load(&self, sent: SentCookie, bytes: Option<&[u8]>) -> Session {
        self.keyed.load(sent, bytes.map(|bytes| self.decode(bytes)), self.clock.now())
    }

    /// Returns how to change the entry, and the headers that a response with this status needs.
    ///
    /// The rules are those of [`StoredSessions::commit`](crate::StoredSessions::commit). The cache's commands are:
    ///
    /// | change | Redis | Memcached |
    /// |---|---|---|
    /// | [`Update`](crate::StoredChange::Update) | `SET … EX … XX` | `replace` |
    /// | [`Replace`](crate::StoredChange::Replace) | `SET … EX … NX`, and `DEL` of `old`; if that deleted none, `DEL` of the new one | `add`, and `delete` of `old`; if there was none, `delete` of the new one |
    /// | [`Insert`](crate::StoredChange::Insert) | `SET … EX … NX`, and `DEL` | `add`, and `delete` |
    /// | [`Delete`](crate::StoredChange::Delete) | `DEL` | `delete` |
    ///
    /// If the [time to live](crate::StoredRow::time_to_live) is zero, delete the entry instead. Memcached reads more
    /// than thirty days as a date: add the current time. Set Memcached's flags to 1, by which Django's clients
    /// distinguish a pickle from bytes.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode); [`EncodeError::ExpiryOutOfRange`]; [`EncodeError::NoRandomBytes`] if a new
    /// key or id is needed. Then commit again with a status of 500.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions, StoredChange};
    /// let sessions = CachedSessions::new(CookieOptions::default());
    /// let mut session = sessions.load(sessions.sent_cookie("sessionid=abcdefgh"), Some(b"\x80\x04}."));
    /// session.cycle_key();
    /// let StoredChange::Replace { old, row } = sessions.commit(&session, 200)?.change else { panic!() };
    /// assert!(row.key != old && old.as_str() == "abcdefgh");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit(&self, session: &Session, status: u16) -> Result<StoredCommit<Vec<u8>>, EncodeError> {
        self.keyed.commit(session, status, self.clock.now(), |session| self.encode(session))
    }

    /// Creates an empty session.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions};
    /// assert!(CachedSessions::new(CookieOptions::default()).create().is_empty());
    /// ```
    #[must_use]
    pub fn create(&self) -> Session {
        Session::empty(Provenance::default(), self.keyed.terms)
    }

    /// Decodes a session from the bytes of a cache entry.
    ///
    /// Bytes that do not begin like a pickle of protocol 2 or later are read as JSON.
    ///
    /// # Errors
    /// [`DecodeError::Deserialize`] if the bytes are neither a pickled dict nor a JSON object, exceed the
    /// [limits](Self#data-only), or have a `_session_expiry` that is neither seconds nor a date.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions, DecodeError};
    /// let sessions = CachedSessions::new(CookieOptions::default());
    /// // {"when": datetime.date(2026, 11, 25), "n": 1}
    /// let pickle = b"\x80\x05}(\x8c\x04when\x8c\x08datetime\x8c\x04date\x93C\x04\x07\xea\x0b\x19\x85R\x8c\x01nK\x01u.";
    /// let session = sessions.decode(pickle)?;
    /// assert_eq!(session.get("n")?, Some(1));
    /// let rejected = session.get::<String>("when").unwrap_err();
    /// assert_eq!(rejected.to_string(), "JSON cannot represent this Python value: datetime.date");
    ///
    /// let rejected = sessions.decode(b"\x80\x05cos\nsystem\n(X\x02\0\0\0lstR.").unwrap_err();
    /// assert_eq!(rejected, DecodeError::Deserialize { reason: "pickled value is not a dict" });
    /// # Ok::<(), DecodeError>(())
    /// ```
    pub fn decode(&self, bytes: &[u8]) -> Result<Session, DecodeError> {
        let provenance = Provenance { accepted: true, ..Provenance::default() };
        match bytes {
            [pickle::PROTO, ..] => Session::unpickle(bytes, provenance, self.keyed.terms),
            _ => Session::parse(json::utf8(bytes)?.to_owned(), provenance, self.keyed.terms),
        }
    }

    /// Encodes a session for the cache: as a pickle of protocol 4, or as [JSON](Self::with_json).
    ///
    /// # Errors
    /// [`EncodeError::Unreadable`] if the session holds a value that JSON cannot represent. [`EncodeError::Serialize`]
    /// if the session exceeds the [limits](Self#data-only): a pickle that could not be read is not written.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions, EncodeError};
    /// let sessions = CachedSessions::new(CookieOptions::default());
    /// let mut session = sessions.decode(b"\x80\x05}\x8c\x04pairK\x01K\x02\x86s.")?; // {"pair": (1, 2)}
    /// let rejected = sessions.encode(&session).unwrap_err();
    /// assert_eq!(rejected.to_string(), r#"session value cannot be written: "pair""#);
    ///
    /// session.insert("pair", [1, 2])?;
    /// assert_eq!(sessions.encode(&session)?, b"\x80\x04}(\x8c\x04pair](K\x01K\x02eu.");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encode(&self, session: &Session) -> Result<Vec<u8>, EncodeError> {
        match self.format {
            Format::Pickle => {
                let written = pickle::write_dict(session.data().whole()?);
                written.map_err(|reason| EncodeError::Serialize(reason.into()))
            }
            Format::Json => {
                let mut out = Vec::new();
                json::to_ascii(&session.data().to_json()?, &mut out);
                Ok(out)
            }
        }
    }
}
