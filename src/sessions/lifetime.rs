//! How long a session lives.

use std::time::SystemTime;

use time::OffsetDateTime;

use crate::cookie::set_cookie::Lifetime;
use crate::error::EncodeError;
use crate::sessions::expiry::{self, Expiry, Malformed, Stored};
use crate::sessions::session::{Session, Terms};

impl Session {
    /// Has this session end otherwise than the store says; `None` takes that back.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
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
                self.change().insert(expiry::KEY, &format!("\"{}\"", expiry::KEY), json);
            }
            None => _ = self.remove(expiry::KEY),
        }
    }

    /// For the sessions: this is no access.
    pub(super) fn own_expiry(&self) -> Result<Option<Stored>, Malformed> {
        match self.data().get(expiry::KEY) {
            Some(json) => Stored::parse(json, self.terms.naive_offset()),
            None => Ok(None),
        }
    }

    /// The same, for those who ask. A malformed one was refused before it came here.
    fn read_expiry(&self) -> Option<Stored> {
        self.read();
        self.own_expiry().ok().flatten()
    }

    /// What the cookie is told, for the sessions: this is no access. `None` is "until the browser closes".
    pub(super) fn cookie_lifetime(&self, now: SystemTime) -> Result<Option<Lifetime>, EncodeError> {
        let own = self.own_expiry()?;
        if ends_with_browser(own, self.terms) {
            return Ok(None);
        }
        Lifetime::new(or_stores(own, self.terms).left(now), now).map(Some)
    }

    /// How this session ends, if it says so itself.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
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
        self.read_expiry().map(Stored::expiry)
    }

    /// Seconds from `modification`, when it was last written, to its end: negative if that has passed. Where the session
    /// ends with the browser, the store's age. Django: `get_expiry_age`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
    /// use std::time::SystemTime;
    ///
    /// assert_eq!(session.expiry_age(SystemTime::now()), 1_209_600);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "get_expiry_age")]
    pub fn expiry_age(&self, modification: SystemTime) -> i64 {
        or_stores(self.read_expiry(), self.terms).left(modification).whole_seconds()
    }

    /// When it ends, if it was last written at `modification`; `None` beyond the year 9999. Django: `get_expiry_date`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
    /// use std::time::UNIX_EPOCH;
    ///
    /// assert_eq!(session.expiry_date(UNIX_EPOCH).unwrap().unix_timestamp(), 1_209_600);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "get_expiry_date")]
    pub fn expiry_date(&self, modification: SystemTime) -> Option<OffsetDateTime> {
        or_stores(self.read_expiry(), self.terms).date(modification)
    }

    /// Whether it ends when the browser closes. Django: `get_expire_at_browser_close`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
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
        ends_with_browser(self.read_expiry(), self.terms)
    }
}

/// A session's own expiry, or the store's if there is none or it speaks of the browser only.
fn or_stores(own: Option<Stored>, terms: Terms) -> Stored {
    let stores = Stored::Seconds(time::Duration::seconds(terms.max_age));
    own.filter(|own| own.expiry() != Expiry::BrowserClose).unwrap_or(stores)
}

fn ends_with_browser(own: Option<Stored>, terms: Terms) -> bool {
    own.map_or(terms.expire_at_browser_close, |own| own.expiry() == Expiry::BrowserClose)
}
