use std::time::SystemTime;

use time::{Duration, OffsetDateTime};

use crate::cookie::set_cookie::Lifetime;
use crate::error::EncodeError;
use crate::sessions::Session;
use crate::sessions::lifetime::expiry::End;
use crate::sessions::lifetime::{Expiry, KEY, Stored, Terms};

impl Session {
    /// Sets when this session ends, in place of the settings; `None` removes the override.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
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
                let json = expiry.to_json(self.terms().naive);
                let written = self.write([(KEY, json)]);
                debug_assert!(written.is_ok(), "every expiry that is written can be read");
            }
            None => _ = self.remove(KEY),
        }
    }

    fn read_expiry(&self) -> Option<Stored> {
        self.read();
        self.own_expiry()
    }

    /// Returns the lifetime of the cookie from `now` on, for a session that was dated `elapsed` ago.
    ///
    /// `None` means "until the browser closes". Does not count as access.
    pub(in crate::sessions) fn cookie_lifetime(
        &self,
        terms: Terms,
        elapsed: std::time::Duration,
        now: SystemTime,
    ) -> Result<Option<Lifetime>, EncodeError> {
        if terms.ends_with_browser(self.own_expiry()) {
            return Ok(None);
        }
        Lifetime::new(self.end(terms, elapsed, now).left(now), now).map(Some)
    }

    /// Returns the nearest end: the session's own or the setting's, or that of an age that the session must not exceed.
    pub(in crate::sessions) fn end(&self, terms: Terms, elapsed: std::time::Duration, now: SystemTime) -> End {
        let end = terms.end(self.own_expiry()).written_before(elapsed);
        let limits = [terms.cookie_age_left(elapsed), self.absolute_age_left(terms, now)];
        let nearest = limits.into_iter().flatten().min().filter(|left| *left < end.left(now));
        nearest.map_or(end, End::After)
    }

    /// Returns the session's own expiry, or `None` if the settings apply.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// use django_session::Expiry;
    /// use std::time::Duration;
    ///
    /// session.set_expiry(Expiry::Inactivity(Duration::from_secs(300)));
    /// assert_eq!(session.expiry(), Some(Expiry::Inactivity(Duration::from_secs(300))));
    /// assert_eq!(session.get("_session_expiry")?, Some(300)); // where Django stores it
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn expiry(&self) -> Option<Expiry> {
        self.read_expiry().and_then(Stored::expiry)
    }

    /// Returns the time from `modification`, when the session was last written, to its end.
    ///
    /// The time is negative if the end has passed. For a session that ends with the browser, it is the cookie's
    /// `max_age`. The time to a date is in whole seconds, rounded down. Only a number that Django wrote has a fraction.
    ///
    /// An absolute age and [`ExpiryPolicy`](crate::ExpiryPolicy), which Django does not have, do not count, so the
    /// session may end earlier or later.
    ///
    /// Django: `get_expiry_age`, in seconds.
    ///
    /// ```
    /// let session = django_session::Session::default();
    /// use std::time::SystemTime;
    ///
    /// assert_eq!(session.expiry_age(SystemTime::now()).whole_seconds(), 1_209_600);
    /// ```
    #[must_use]
    #[doc(alias = "get_expiry_age")]
    pub fn expiry_age(&self, modification: SystemTime) -> Duration {
        self.terms().end(self.read_expiry()).left(modification)
    }

    /// Returns when the session ends, if it was last written at `modification`. The date of
    /// [`Expiry::At`](crate::Expiry::At) keeps its offset, as in Django.
    ///
    /// As for [`expiry_age`](Self::expiry_age), an absolute age and the policy do not count. Returns `None` beyond the
    /// year 9999. Django: `get_expiry_date`.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// use std::time::UNIX_EPOCH;
    ///
    /// assert_eq!(session.expiry_date(UNIX_EPOCH).unwrap().unix_timestamp(), 1_209_600);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "get_expiry_date")]
    pub fn expiry_date(&self, modification: SystemTime) -> Option<OffsetDateTime> {
        self.terms().end(self.read_expiry()).date(modification)
    }

    /// Returns whether the session ends when the browser closes. Django: `get_expire_at_browser_close`.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
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
        self.terms().ends_with_browser(self.read_expiry())
    }
}
