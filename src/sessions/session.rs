use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, UtcOffset};

use crate::clock::Timestamp;
use crate::cookie::set_cookie::Lifetime;
use crate::error::{DecodeError, EncodeError};
use crate::object::{JsonSerializer, Serializer as _};
use crate::sessions::Expiry;
use crate::sessions::data::{self, Data};
use crate::sessions::expiry::Stored;

const EXPIRY: &str = "_session_expiry";
const QUOTED_EXPIRY: &str = "\"_session_expiry\"";
const TEST_COOKIE: (&str, &str) = ("testcookie", "worked");

/// The dict that a visitor carries: keys, and values of any type that JSON holds.
///
/// A session shared with Django comes back whole: a key that is not touched is written back to the byte, whatever
/// Python put there, and a value is read only when it is asked for.
///
/// It remembers whether it was read ([`is_accessed`](Self::is_accessed)) or changed
/// ([`is_modified`](Self::is_modified)), as Django's does; [`SessionStore::commit`](crate::SessionStore::commit) goes by
/// that. There is no way to change a value in place, so no change goes unnoticed.
///
/// ```
/// use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let mut session = store.load(None);
///
/// session.insert("cart", ["tea", "cup"])?;
/// assert_eq!(session.get::<Vec<String>>("cart")?.unwrap(), ["tea", "cup"]);
/// assert_eq!(session.get::<String>("absent")?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "request.session")]
pub struct Session {
    data: Data,
    accessed: AtomicBool,
    modified: bool,
    pub(super) cookie: Cookie,
    terms: Terms,
}

/// What the browser sent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cookie {
    /// A cookie of our name was there.
    pub(super) sent: bool,
    /// Django's session key is set: a value of 8 characters or more was there, or the session got a new one.
    pub(super) keyed: bool,
    pub(super) refusal: Option<DecodeError>,
    pub(super) key_index: Option<usize>,
    pub(super) signed_at: Option<Timestamp>,
}

/// What the store says about the life of sessions that do not say it themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// In seconds.
    pub(super) max_age: i64,
    pub(super) expire_at_browser_close: bool,
    /// What dates without an offset mean, if dates are written without one.
    pub(super) naive: Option<UtcOffset>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { max_age: 14 * 24 * 60 * 60, expire_at_browser_close: false, naive: None }
    }
}

impl Terms {
    fn naive_offset(self) -> UtcOffset {
        self.naive.unwrap_or(UtcOffset::UTC)
    }
}

impl Session {
    /// # Errors
    /// [`DecodeError::Deserialize`] if this is not a JSON object, or its `_session_expiry` is none.
    pub(super) fn parse(json: String, cookie: Cookie, terms: Terms) -> Result<Self, DecodeError> {
        let data = Data::parse(json)?;
        if let Some(expiry) = data.get(EXPIRY) {
            Stored::parse(expiry, terms.naive_offset())?;
        }
        Ok(Self { data, ..Self::empty(cookie, terms) })
    }

    pub(super) fn empty(cookie: Cookie, terms: Terms) -> Self {
        Self { data: Data::default(), accessed: AtomicBool::new(false), modified: false, cookie, terms }
    }

    /// For looking, which Django notes.
    fn read(&self) -> &Data {
        self.accessed.store(true, Ordering::Relaxed);
        &self.data
    }

    /// The one way to what the session holds, for changing it.
    fn change(&mut self) -> &mut Data {
        self.accessed.store(true, Ordering::Relaxed);
        self.modified = true;
        &mut self.data
    }

    /// The value under this key, or `None` if there is none.
    ///
    /// # Errors
    /// [`DecodeError::Deserialize`] if it is not a `T`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let mut session = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?).load(None);
    /// session.insert("visits", 3)?;
    /// assert_eq!(session.get("visits")?, Some(3));
    /// assert!(session.get::<String>("visits").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get<'s, T: Deserialize<'s>>(&'s self, key: &str) -> Result<Option<T>, DecodeError> {
        self.read().get(key).map(|json| JsonSerializer.loads(json.as_bytes())).transpose()
    }

    /// The value under this key as JSON text, to the byte.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let mut session = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?).load(None);
    /// session.insert("name", "Grüße")?;
    /// assert_eq!(session.get_json("name"), Some(r#""Gr\u00fc\u00dfe""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get_json(&self, key: &str) -> Option<&str> {
        self.read().get(key)
    }

    /// Puts a value under this key, in the place of the old one if there was one.
    ///
    /// # Errors
    /// [`EncodeError::Serialize`] for a value that JSON cannot hold, and [`EncodeError::MalformedExpiry`] for one that
    /// `_session_expiry` cannot.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let mut session = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?).load(None);
    /// session.insert("visits", 1)?;
    /// assert!(session.is_modified());
    /// assert!(session.insert("ratio", f64::NAN).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "__setitem__")]
    pub fn insert<T: Serialize>(&mut self, key: &str, value: T) -> Result<(), EncodeError> {
        self.extend([(key, value)])
    }

    /// Puts all these values under their keys, or none of them. Django: `update`.
    ///
    /// # Errors
    /// Those of [`insert`](Self::insert).
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.extend([("a", 1), ("b", 2)])?;
    /// assert_eq!(session.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "update")]
    pub fn extend<K, V>(&mut self, pairs: impl IntoIterator<Item = (K, V)>) -> Result<(), EncodeError>
    where
        K: AsRef<str>,
        V: Serialize,
    {
        let naive = self.terms.naive_offset();
        let entry = |(key, value): (K, V)| {
            let (key, value) = (key.as_ref(), data::json(&value)?);
            if key == EXPIRY {
                Stored::parse(&value, naive)?;
            }
            Ok((key.to_owned(), data::json(key)?, value))
        };
        let entries = pairs.into_iter().map(entry).collect::<Result<Vec<_>, EncodeError>>()?;
        let data = self.change();
        for (key, quoted, value) in entries {
            data.insert(&key, &quoted, value);
        }
        Ok(())
    }

    /// Takes the key out; whether it was there. The session is modified only if it was.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.insert("a", 1)?;
    /// assert!(session.remove("a"));
    /// assert!(!session.remove("a"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "__delitem__")]
    #[doc(alias = "pop")]
    pub fn remove(&mut self, key: &str) -> bool {
        self.contains_key(key) && self.change().remove(key)
    }

    /// The value under this key; if there is none, what `default` makes, which is put there. Django: `setdefault`.
    ///
    /// # Errors
    /// [`EncodeError::Occupied`] if a value is there that is not a `T`; else those of [`insert`](Self::insert).
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// assert_eq!(session.get_or_insert_with("visits", || 1)?, 1);
    /// assert_eq!(session.get_or_insert_with("visits", || 2)?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "setdefault")]
    pub fn get_or_insert_with<T>(&mut self, key: &str, default: impl FnOnce() -> T) -> Result<T, EncodeError>
    where
        T: Serialize + DeserializeOwned,
    {
        if let Some(value) = self.get(key).map_err(EncodeError::Occupied)? {
            return Ok(value);
        }
        let value = default();
        self.insert(key, &value)?;
        Ok(value)
    }

    /// Whether there is a value under this key. Django: `in`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.insert("a", 1)?;
    /// assert!(session.contains_key("a") && !session.contains_key("b"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "__contains__")]
    #[doc(alias = "has_key")]
    pub fn contains_key(&self, key: &str) -> bool {
        self.read().get(key).is_some()
    }

    /// The keys, in the order in which they came.
    ///
    /// A key that is no Unicode text (Python can write lone surrogates) shows as its JSON escapes.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.extend([("b", 1), ("a", 2)])?;
    /// assert_eq!(session.keys().collect::<Vec<_>>(), ["b", "a"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.iter().map(|(key, _)| key)
    }

    /// The keys with the JSON text of their values, in the order in which they came. Django: `items`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.insert("a", [1, 2])?;
    /// assert_eq!(session.iter().next(), Some(("a".into(), "[1,2]")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "items")]
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
        self.read().iter()
    }

    /// How many keys there are.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.insert("a", 1)?;
    /// assert_eq!(session.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether there is no key. Unlike everything else, asking this is no access.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// assert!(session.is_empty() && !session.is_accessed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Takes all keys out.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.insert("a", 1)?;
    /// session.clear();
    /// assert!(session.is_empty() && session.is_modified());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clear(&mut self) {
        self.change().clear();
    }

    /// Ends the session, as at logout: everything is taken out, and the browser is told to forget the cookie, whatever the
    /// response's status.
    ///
    /// Who kept a copy of the cookie can still send it, until it expires.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// let mut session = store.load(Some("a cookie that will not do"));
    /// session.flush();
    /// assert_eq!(store.commit(&session, 500)?.set_cookie, Some(store.cookie().removal()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flush(&mut self) {
        self.clear();
        self.cookie.keyed = false;
    }

    /// Has the session written anew, with a new date, though nothing else changed.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.cycle_key();
    /// assert!(session.is_modified());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cycle_key(&mut self) {
        self.change();
        self.cookie.keyed = true;
    }

    /// Has this session end otherwise than the store says; `None` takes that back.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// use django_session::Expiry;
    ///
    /// session.set_expiry(Expiry::BrowserClose);
    /// assert_eq!(session.expiry(), Some(Expiry::BrowserClose));
    /// session.set_expiry(None);
    /// assert_eq!(session.expiry(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_expiry(&mut self, expiry: impl Into<Option<Expiry>>) {
        match expiry.into() {
            Some(expiry) => {
                let json = expiry.to_json(self.terms.naive);
                self.change().insert(EXPIRY, QUOTED_EXPIRY, json);
            }
            None => drop(self.remove(EXPIRY)),
        }
    }

    /// For the store: this is no access. What would not parse was refused before it came here.
    pub(super) fn own_expiry(&self) -> Option<Stored> {
        Stored::parse(self.data.get(EXPIRY)?, self.terms.naive_offset()).ok().flatten()
    }

    /// Its own expiry, or the store's.
    fn lifetime(&self) -> Stored {
        let stores = Stored::Seconds(time::Duration::seconds(self.terms.max_age));
        self.own_expiry().filter(|own| own.expiry() != Expiry::BrowserClose).unwrap_or(stores)
    }

    /// What the cookie is told, for the store: this is no access. `None` is "until the browser closes".
    pub(super) fn cookie_lifetime(&self, now: SystemTime) -> Result<Option<Lifetime>, EncodeError> {
        match self.own_expiry().map(Stored::expiry) {
            Some(Expiry::BrowserClose) => Ok(None),
            None if self.terms.expire_at_browser_close => Ok(None),
            _ => Lifetime::new(self.lifetime().age(now), now).map(Some),
        }
    }

    /// How this session ends, if it says so itself.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// use django_session::Expiry;
    /// use std::time::Duration;
    ///
    /// session.set_expiry(Expiry::Inactivity(Duration::from_secs(300)));
    /// assert_eq!(session.expiry(), Some(Expiry::Inactivity(Duration::from_secs(300))));
    /// assert_eq!(session.get("_session_expiry")?, Some(300)); // where Django looks
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn expiry(&self) -> Option<Expiry> {
        self.read();
        self.own_expiry().map(Stored::expiry)
    }

    /// Seconds from `modification`, when it was last written, to its end: negative if that has passed. Where the session
    /// ends with the browser, the store's age. Django: `get_expiry_age`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// use std::time::SystemTime;
    ///
    /// assert_eq!(session.expiry_age(SystemTime::now()), 1_209_600);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "get_expiry_age")]
    pub fn expiry_age(&self, modification: SystemTime) -> i64 {
        self.read();
        self.lifetime().age(modification)
    }

    /// When it ends, if it was last written at `modification`; `None` beyond the year 9999. Django: `get_expiry_date`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// use std::time::UNIX_EPOCH;
    ///
    /// assert_eq!(session.expiry_date(UNIX_EPOCH).unwrap().unix_timestamp(), 1_209_600);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "get_expiry_date")]
    pub fn expiry_date(&self, modification: SystemTime) -> Option<OffsetDateTime> {
        self.read();
        self.lifetime().date(modification)
    }

    /// Whether it ends when the browser closes. Django: `get_expire_at_browser_close`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// use django_session::Expiry;
    ///
    /// assert!(!session.expires_at_browser_close());
    /// session.set_expiry(Expiry::BrowserClose);
    /// assert!(session.expires_at_browser_close());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "get_expire_at_browser_close")]
    pub fn expires_at_browser_close(&self) -> bool {
        self.expiry().map_or(self.terms.expire_at_browser_close, |own| own == Expiry::BrowserClose)
    }

    /// Puts something there by which to see, with the next request, whether the browser keeps cookies.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.set_test_cookie();
    /// assert!(session.test_cookie_worked());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_test_cookie(&mut self) {
        let (key, value) = TEST_COOKIE;
        self.change().insert(key, &format!("\"{key}\""), format!("\"{value}\""));
    }

    /// Whether [`set_test_cookie`](Self::set_test_cookie) came back.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// assert!(!session.test_cookie_worked());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn test_cookie_worked(&self) -> bool {
        let (key, value) = TEST_COOKIE;
        self.get(key) == Ok(Some(Cow::Borrowed(value)))
    }

    /// Takes it out again; whether it was there.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.set_test_cookie();
    /// assert!(session.delete_test_cookie());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delete_test_cookie(&mut self) -> bool {
        self.remove(TEST_COOKIE.0)
    }

    /// Whether anything was changed since it was loaded.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.insert("a", 1)?;
    /// assert!(session.is_modified());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_modified(&self) -> bool {
        self.modified
    }

    /// Has the session written, as if it had been changed. Django: `session.modified = True`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.mark_modified();
    /// assert!(session.is_modified() && !session.is_accessed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mark_modified(&mut self) {
        self.modified = true;
    }

    /// Whether anything was read or changed since it was loaded: then the response depends on the cookie.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// assert!(!session.is_accessed());
    /// session.get::<u8>("a")?;
    /// assert!(session.is_accessed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_accessed(&self) -> bool {
        self.accessed.load(Ordering::Relaxed)
    }

    /// Why the cookie that the browser sent was refused, if it was: for logs and metrics. To the visitor, a refused cookie
    /// is an empty session.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// use django_session::{BadSignature, DecodeError};
    ///
    /// let session = store.load(Some("eyJhIjoxfQ:1r31eq:forged"));
    /// assert_eq!(session.refusal(), Some(DecodeError::Signature(BadSignature::Mismatch)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn refusal(&self) -> Option<DecodeError> {
        self.cookie.refusal
    }

    /// Which key of the ring signed the cookie that was loaded: 0 is the current one. After a rotation,
    /// [`cycle_key`](Self::cycle_key) moves a session to the current key.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// session.insert("a", 1)?;
    /// let cookie = store.commit(&session, 200)?.set_cookie.unwrap();
    /// let token = cookie.as_str().split(['=', ';']).nth(1).unwrap();
    /// assert_eq!(store.load(Some(token)).key_index(), Some(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn key_index(&self) -> Option<usize> {
        self.cookie.key_index
    }

    /// When the cookie that was loaded was signed.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = store.load(None);
    /// assert_eq!(session.signed_at(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.cookie.signed_at
    }

    pub(super) fn data(&self) -> &Data {
        &self.data
    }
}

/// How many keys there are and what happened to them, not what they hold.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("len", &self.data.len())
            .field("accessed", &self.is_accessed())
            .field("modified", &self.modified)
            .field("refusal", &self.cookie.refusal)
            .finish_non_exhaustive()
    }
}
