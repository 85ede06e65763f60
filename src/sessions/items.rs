//! The dict methods of a session.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{DecodeError, EncodeError};
use crate::json;
use crate::sessions::{Session, SessionItems, SessionKeys};

/// Django: `TEST_COOKIE_NAME` and `TEST_COOKIE_VALUE`, as JSON text.
const TEST_COOKIE: (&str, &str) = ("testcookie", "\"worked\"");

impl Session {
    /// Returns the value for `key`, if there is one.
    ///
    /// # Errors
    /// [`DecodeError::Deserialize`] if the value is not a `T`; `DecodeError::BeyondJson` if it comes from a pickle and
    /// JSON cannot represent it.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.insert("visits", 3)?;
    /// assert_eq!(session.get("visits")?, Some(3));
    /// assert!(session.get::<String>("visits").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, DecodeError> {
        self.read().get(key)?.map(json::read).transpose()
    }

    /// Returns the JSON text of the value for `key`, byte for byte.
    ///
    /// Returns `None` also for a value that JSON cannot represent.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.insert("name", "Grüße")?;
    /// assert_eq!(session.get_json("name"), Some(r#""Gr\u00fc\u00dfe""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn get_json(&self, key: &str) -> Option<&str> {
        self.read().get(key).ok().flatten()
    }

    /// Sets the value for `key`. An old value is replaced in place.
    ///
    /// # Errors
    /// [`EncodeError::Serialize`] if JSON cannot represent the value; [`EncodeError::MalformedExpiry`] if the key is
    /// `_session_expiry` and the value is neither seconds nor a date.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.insert("visits", 1)?;
    /// assert!(session.is_modified());
    /// assert!(session.insert("ratio", f64::NAN).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "__setitem__")]
    pub fn insert<T: Serialize>(&mut self, key: &str, value: T) -> Result<(), EncodeError> {
        self.extend([(key, value)])
    }

    /// Sets several values, or none of them if one cannot be set. Django: `update`.
    ///
    /// # Errors
    /// Those of [`insert`](Self::insert).
    ///
    /// ```
    /// let mut session = django_session::Session::default();
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
        let entry = |(key, value): (K, V)| match json::to_text(&value)? {
            json if json::is_value(&json) => Ok((key, json)),
            _ => Err(EncodeError::Serialize("not one JSON value, or nested more than 1024 levels deep".into())),
        };
        let entries = pairs.into_iter().map(entry).collect::<Result<Vec<_>, EncodeError>>()?;
        Ok(self.write_all(entries)?)
    }

    /// Removes `key`, and returns whether it was there. The session is modified only if it was.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.insert("a", 1)?;
    /// assert!(session.remove("a"));
    /// assert!(!session.remove("a"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "__delitem__")]
    pub fn remove(&mut self, key: &str) -> bool {
        let is_there = self.contains_key(key);
        if is_there {
            self.erase(key);
        }
        is_there
    }

    /// Removes `key` and returns its value, if there is one. Django: `pop`.
    ///
    /// The session is modified only if the key was there.
    ///
    /// # Errors
    /// Those of [`get`](Self::get). The key then stays.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.insert("a", 1)?;
    /// assert!(session.take::<String>("a").is_err());
    /// assert_eq!(session.take("a")?, Some(1));
    /// assert_eq!(session.take::<u8>("a")?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "pop")]
    pub fn take<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, DecodeError> {
        let value = self.get(key)?;
        if value.is_some() {
            self.erase(key);
        }
        Ok(value)
    }

    /// Returns the value for `key`; if there is none, inserts what `default` returns. Django: `setdefault`.
    ///
    /// # Errors
    /// [`EncodeError::Occupied`] if there is a value that is not a `T`; otherwise those of [`insert`](Self::insert).
    ///
    /// ```
    /// let mut session = django_session::Session::default();
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

    /// Returns whether there is a value for `key`. Django: `in`.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.insert("a", 1)?;
    /// assert!(session.contains_key("a") && !session.contains_key("b"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "__contains__")]
    #[doc(alias = "has_key")]
    pub fn contains_key(&self, key: &str) -> bool {
        self.read().contains(key)
    }

    /// Returns the keys, in order.
    ///
    /// A key with a lone surrogate, which Python can write and a Rust string cannot hold, keeps its JSON escapes.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.extend([("b", 1), ("a", 2)])?;
    /// assert_eq!(session.keys().collect::<Vec<_>>(), ["b", "a"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn keys(&self) -> SessionKeys<'_> {
        SessionKeys(self.read().iter())
    }

    /// Returns the keys with the JSON text of their values, in order. Django: `items`.
    ///
    /// Duplicate JSON keys, which Python writes for `{1: …, "1": …}`, are returned twice and preserved when the session
    /// is written. [`get`](Self::get) finds the last one. Django merges them when it loads the session. A value that
    /// JSON cannot represent is left out.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.insert("a", [1, 2])?;
    /// assert_eq!(session.iter().next(), Some(("a".into(), "[1,2]")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "items")]
    pub fn iter(&self) -> SessionItems<'_> {
        SessionItems::new(self.read().iter())
    }

    /// Returns the number of keys.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.insert("a", 1)?;
    /// assert_eq!(session.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Returns whether there are no keys.
    ///
    /// This counts as access. Django's `is_empty` does not, so a cache could serve one visitor's page to another. It is
    /// also false while the cookie has a value.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// assert!(session.is_empty() && session.is_accessed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    /// Writes a test value. If the next request has it, the browser accepts cookies.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let sessions = CookieSessions::new(&KeyRing::new(SecretKey::new("secret")?), CookieOptions::default());
    /// let mut session = sessions.load(None);
    /// session.set_test_cookie();
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    ///
    /// assert!(sessions.load(Some(cookie.value())).test_cookie_worked());
    /// assert!(!sessions.load(None).test_cookie_worked());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_test_cookie(&mut self) {
        let (key, value) = TEST_COOKIE;
        let written = self.write([(key, value.to_owned())]);
        debug_assert!(written.is_ok(), "the test cookie is not an expiry");
    }

    /// Returns whether the browser sent back what [`set_test_cookie`](Self::set_test_cookie) wrote.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// assert!(!session.test_cookie_worked());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn test_cookie_worked(&self) -> bool {
        let (key, value) = TEST_COOKIE;
        self.get_json(key) == Some(value)
    }

    /// Removes the test value, and returns whether it was there.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.set_test_cookie();
    /// assert!(session.delete_test_cookie());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delete_test_cookie(&mut self) -> bool {
        self.remove(TEST_COOKIE.0)
    }
}
