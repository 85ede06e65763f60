use std::time::Duration;

use time::UtcOffset;

use crate::error::{DecodeError, EncodeError};
use crate::json;
use crate::pickle;
use crate::sessions::Session;
use crate::sessions::lifetime::Terms;
use crate::sessions::provenance::Provenance;

/// Reads and writes the sessions that Django's cache engines keep in Redis or Memcached. Feature `pickle`.
///
/// The cache maps a [key](Self::key), made of the session key in the visitor's cookie, to the session as a pickle. (With
/// `JSONSerializer`, django-redis keeps JSON: see [`with_json`](Self::with_json).) The time to live in the cache is the
/// [expiry age](Session::expiry_age) of the session; if that is not positive, the entry is to be deleted. Any client of
/// Redis or Memcached does the rest:
///
/// | cache backend | bytes |
/// |---|---|
/// | `RedisCache`, django-redis, `PyMemcacheCache` | the pickle, or JSON |
/// | `DatabaseCache` | base64 of the pickle |
/// | `FileBasedCache` | another pickle (when it expires), then the pickle in zlib |
///
/// # Data only
///
/// To load a pickle in Python is to run it: **whoever can write to that cache, can run code in Django.** Here nothing in a
/// pickle is run. It is read as data, in protocols 2 to 5:
///
/// - A value that JSON cannot hold (a date, a `Decimal`, a tuple, a set, bytes, any other class) makes
///   [`get`](Session::get) of its key [`DecodeError::BeyondJson`], which names its type. The other keys are read.
/// - Such a session is not written: that is [`EncodeError::Unreadable`], which names the key. Remove the key, or put
///   another value there. A key of the session that is not text cannot be removed; only [`clear`](Session::clear) and
///   [`flush`](Session::flush) can.
/// - A value in several places is a copy in each. Integers of up to 4300 digits, NaN, the infinities and lone surrogates come
///   back as they are.
/// - A pickle holds at most 65,536 values and keys, which nest 1024 levels deep, and 32 KiB of integers beyond 64 bits;
///   references to earlier values count again, and add at most 1 MiB of JSON. There is no recursion.
///
/// What is written is read by every Python from 3.4 on.
///
/// Django: `SESSION_ENGINE = "django.contrib.sessions.backends.cache"`, and the cache of `cached_db`, whose rows in the
/// database [`StoredSessions`](crate::StoredSessions) reads.
///
/// ```
/// use django_session::CachedSessions;
///
/// let sessions = CachedSessions::new();
/// let key = sessions.key("", 1, "3h07yf0nyr279n7rgulv1k4mir3sxh4l").expect("a session key");
/// assert_eq!(key, ":1:django.contrib.sessions.cache3h07yf0nyr279n7rgulv1k4mir3sxh4l");
///
/// // GET {key}: {"_auth_user_id": "7"}, from a Django
/// let bytes = b"\x80\x05\x95\x18\0\0\0\0\0\0\0}\x94\x8c\r_auth_user_id\x94\x8c\x017\x94s.";
/// let mut session = sessions.decode(bytes)?;
/// assert_eq!(session.get::<String>("_auth_user_id")?.as_deref(), Some("7"));
///
/// session.insert("visits", 1)?;
/// let bytes = sessions.encode(&session)?; // SET {key} {bytes} EX {seconds}
/// assert_eq!(bytes, b"\x80\x04}(\x8c\r_auth_user_id\x8c\x017\x8c\x06visitsK\x01u.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "cache")]
#[doc(alias = "cached_db")]
pub struct CachedSessions {
    engine: &'static str,
    format: Format,
    terms: Terms,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Pickle,
    Json,
}

/// Django: `KEY_PREFIX` of the engines' `SessionStore`.
const CACHE: &str = "django.contrib.sessions.cache";
const CACHED_DB: &str = "django.contrib.sessions.cached_db";

impl CachedSessions {
    /// Returns sessions of the cache engine, in pickles, with a session age of two weeks.
    ///
    /// ```
    /// use django_session::CachedSessions;
    ///
    /// assert_eq!(CachedSessions::new().encode(&CachedSessions::new().create())?, b"\x80\x04}.");
    /// # Ok::<(), django_session::EncodeError>(())
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self { engine: CACHE, format: Format::Pickle, terms: Terms::default() }
    }

    /// Makes the [keys](Self::key) of the `cached_db` engine.
    ///
    /// ```
    /// use django_session::CachedSessions;
    ///
    /// let key = CachedSessions::new().with_cached_db().key("", 1, "mepy8nb0xzowiy5kyzk5ihdhzllcaq5w");
    /// assert_eq!(key.unwrap(), ":1:django.contrib.sessions.cached_dbmepy8nb0xzowiy5kyzk5ihdhzllcaq5w");
    /// ```
    #[must_use]
    pub fn with_cached_db(mut self) -> Self {
        self.engine = CACHED_DB;
        self
    }

    /// Writes JSON, as django-redis does with its `JSONSerializer`. What is read may be either.
    ///
    /// ```
    /// use django_session::CachedSessions;
    ///
    /// let sessions = CachedSessions::new().with_json();
    /// let session = sessions.decode(br#"{"a": 1}"#)?;
    /// assert_eq!(sessions.encode(&session)?, br#"{"a":1}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_json(mut self) -> Self {
        self.format = Format::Json;
        self
    }

    /// Sets the age of sessions that do not say their own, which [`Session::expiry_age`] then counts with.
    ///
    /// ```
    /// use django_session::CachedSessions;
    /// use std::time::{Duration, SystemTime};
    ///
    /// let sessions = CachedSessions::new().with_max_age(Duration::from_secs(3600));
    /// assert_eq!(sessions.create().expiry_age(SystemTime::now()).whole_seconds(), 3600);
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_COOKIE_AGE")]
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.terms.max_age = max_age;
        self
    }

    /// Reads and writes dates of expiry in this time zone, without an offset, for a Django with `USE_TZ = False`: see
    /// [`CookieSessions::with_naive_dates`](crate::CookieSessions::with_naive_dates).
    ///
    /// ```
    /// use django_session::{CachedSessions, Expiry};
    /// use time::macros::{datetime, offset};
    ///
    /// let mut session = CachedSessions::new().with_naive_dates(offset!(+9)).create();
    /// session.set_expiry(Expiry::At(datetime!(2030-01-01 0:00 UTC)));
    /// assert_eq!(session.get_json("_session_expiry"), Some(r#""2030-01-01T09:00:00""#));
    /// ```
    #[must_use]
    #[doc(alias = "USE_TZ")]
    pub fn with_naive_dates(mut self, local: UtcOffset) -> Self {
        self.terms.naive = Some(local);
        self
    }

    /// Returns the cache key of a session; `None` if the session key is not 32 characters of `a`–`z` and `0`–`9`, as
    /// Django makes them.
    ///
    /// The session key comes from a cookie: this keeps a visitor from reaching other keys of the cache.
    ///
    /// Django: `KEY_PREFIX` (empty unless set) and `VERSION` (1 unless set) of the cache, with its own `KEY_FUNCTION`.
    ///
    /// ```
    /// use django_session::CachedSessions;
    ///
    /// let sessions = CachedSessions::new();
    /// let key = sessions.key("shop", 2, "3h07yf0nyr279n7rgulv1k4mir3sxh4l").unwrap();
    /// assert_eq!(key, "shop:2:django.contrib.sessions.cache3h07yf0nyr279n7rgulv1k4mir3sxh4l");
    /// assert_eq!(sessions.key("shop", 2, "d_db3h07yf0nyr279n7rgulv1k4mir3sxh4l"), None);
    /// ```
    #[must_use]
    #[doc(alias = "make_key")]
    pub fn key(&self, prefix: &str, version: u32, session_key: &str) -> Option<String> {
        let is_ours = session_key.len() == 32
            && session_key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        is_ours.then(|| format!("{prefix}:{version}:{}{session_key}", self.engine))
    }

    /// Returns a session without keys.
    ///
    /// ```
    /// assert!(django_session::CachedSessions::new().create().is_empty());
    /// ```
    #[must_use]
    pub fn create(&self) -> Session {
        Session::empty(Provenance::default(), self.terms)
    }

    /// Reads a session from the cache. Bytes that do not begin as a pickle of protocol 2 or later are read as JSON.
    ///
    /// It is for the cache to forget a session that has expired.
    ///
    /// # Errors
    /// [`DecodeError::Deserialize`] for what is not the pickle of a dict or a JSON object, or goes beyond the
    /// [limits](Self#data-only); or if `_session_expiry` is neither seconds nor a date.
    ///
    /// ```
    /// use django_session::{CachedSessions, DecodeError};
    ///
    /// // {"when": datetime.date(2026, 11, 25), "n": 1}
    /// let pickle = b"\x80\x05}(\x8c\x04when\x8c\x08datetime\x8c\x04date\x93C\x04\x07\xea\x0b\x19\x85R\x8c\x01nK\x01u.";
    /// let session = CachedSessions::new().decode(pickle)?;
    /// assert_eq!(session.get("n")?, Some(1));
    /// let refused = session.get::<String>("when").unwrap_err();
    /// assert_eq!(refused.to_string(), "JSON cannot hold this value of Python: datetime.date");
    ///
    /// let refused = CachedSessions::new().decode(b"\x80\x05cos\nsystem\n(X\x02\0\0\0lstR.").unwrap_err();
    /// assert_eq!(refused, DecodeError::Deserialize { reason: "pickle of something else than a dict" });
    /// # Ok::<(), DecodeError>(())
    /// ```
    pub fn decode(&self, bytes: &[u8]) -> Result<Session, DecodeError> {
        match bytes {
            [pickle::PROTO, ..] => Session::unpickle(bytes, Provenance::default(), self.terms),
            _ => Session::parse(json::utf8(bytes)?.to_owned(), Provenance::default(), self.terms),
        }
    }

    /// Writes a session for the cache: a pickle of protocol 4, or [JSON](Self::with_json).
    ///
    /// # Errors
    /// [`EncodeError::Unreadable`] if the session holds a value that JSON cannot. [`EncodeError::Serialize`] for a session
    /// beyond the [limits](Self#data-only): what could not be read is not written.
    ///
    /// ```
    /// use django_session::{CachedSessions, EncodeError};
    ///
    /// let sessions = CachedSessions::new();
    /// let mut session = sessions.decode(b"\x80\x05}\x8c\x04pairK\x01K\x02\x86s.")?; // {"pair": (1, 2)}
    /// let refused = sessions.encode(&session).unwrap_err();
    /// assert_eq!(refused.to_string(), r#"session value cannot be written: "pair""#);
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

/// As [`CachedSessions::new`].
///
/// ```
/// assert!(django_session::CachedSessions::default().create().is_empty());
/// ```
impl Default for CachedSessions {
    fn default() -> Self {
        Self::new()
    }
}
