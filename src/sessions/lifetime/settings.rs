//! Lifetime settings that Django does not have: refresh, re-signing, absolute age and ids.

use std::time::Duration;

#[cfg(feature = "pickle")]
use crate::sessions::CachedSessions;
use crate::sessions::{CookieSessions, StoredSessions, Unstamped};

impl<S> CookieSessions<S> {
    /// Refreshes a session that was read and was signed more than `age` ago. Default: never.
    ///
    /// A visitor who keeps coming stays logged in, without a cookie in each response. Use within `age` of the last signing
    /// is not recorded, so a session ends between [`max_age`](crate::CookieOptions::max_age) minus `age` and `max_age`
    /// after its last use: choose a small part of `max_age`. Every read counts as use.
    ///
    /// The session is written as it was loaded: changes that a parallel request wrote meanwhile are lost.
    ///
    /// ```
    /// # use django_session::{Clock, CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let at = |seconds| {
    ///     CookieSessions::new(&keys, CookieOptions::default())
    ///         .with_refresh_after(Duration::from_secs(3600))
    ///         .with_clock(Clock::fixed(UNIX_EPOCH + Duration::from_secs(seconds)))
    /// };
    /// let mut session = at(0).load(None);
    /// session.insert("a", 1)?;
    /// let cookie = at(0).commit(&session, 200)?.set_cookie.expect("the session changed");
    /// for (seconds, refreshed) in [(3600, false), (3601, true)] {
    ///     let session = at(seconds).load(Some(cookie.value()));
    ///     assert_eq!(session.get("a")?, Some(1));
    ///     assert_eq!(at(seconds).commit(&session, 200)?.set_cookie.is_some(), refreshed);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_refresh_after(mut self, age: Duration) -> Self {
        self.refresh_after = Some(age);
        self
    }

    /// Sets whether a session is re-signed if it was read and a fallback key signed it. Default: no.
    ///
    /// The session keeps its date, so its expiry does not change.
    ///
    /// Only the ring that signs is considered. If [`with_encryption`](crate::CookieSessions#method.with_encryption) has
    /// another ring, a session that a fallback key of that ring encrypted is not re-encrypted.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let old = KeyRing::new(SecretKey::new("old")?);
    /// let sessions = CookieSessions::new(&old, CookieOptions::default());
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    ///
    /// let rotated = old.rotate(SecretKey::new("new")?);
    /// let sessions = CookieSessions::new(&rotated, CookieOptions::default()).with_resign(true);
    /// let session = sessions.load(Some(cookie.value()));
    /// assert_eq!((session.get("a")?, session.key_index()), (Some(1), Some(1)));
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the key is a fallback");
    /// let again = sessions.load(Some(cookie.value()));
    /// assert_eq!((again.key_index(), again.signed_at()), (Some(0), session.signed_at()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_resign(mut self, resign: bool) -> Self {
        self.resign = resign;
        self
    }

    /// Rejects a session that began more than `max_age` ago, however often it was written. Default: no limit.
    ///
    /// The start is stored in the session, under `_session_started`, in Unix seconds. A session begins when it is first
    /// written, and again when [`SessionAuth::login`](crate::SessionAuth::login) logs in a user who was not logged in
    /// before. To begin anew for a user of your own, call [`flush`](crate::Session::flush) first. `Max-Age` is at most
    /// what is left of the absolute age. `unstamped` says what to do with a session that has no start.
    ///
    /// ```
    /// # use django_session::{Clock, CookieOptions, CookieSessions, DecodeError, KeyRing, SecretKey, Unstamped};
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let at = |seconds| {
    ///     CookieSessions::new(&keys, CookieOptions::default())
    ///         .with_absolute_age(Duration::from_secs(3600), Unstamped::Stamp)
    ///         .with_clock(Clock::fixed(UNIX_EPOCH + Duration::from_secs(seconds)))
    /// };
    /// let mut session = at(0).load(None);
    /// session.insert("a", 1)?;
    /// let cookie = at(0).commit(&session, 200)?.set_cookie.expect("the session changed");
    ///
    /// let mut session = at(3000).load(Some(cookie.value()));
    /// session.insert("a", 2)?;
    /// let cookie = at(3000).commit(&session, 200)?.set_cookie.expect("the session changed");
    /// assert!(cookie.as_str().contains("; Max-Age=600;"));
    ///
    /// let (age, max_age) = (Duration::from_secs(3601), Duration::from_secs(3600));
    /// let session = at(3601).load(Some(cookie.value()));
    /// assert_eq!(session.rejection(), Some(DecodeError::SessionTooOld { age, max_age }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_absolute_age(mut self, max_age: Duration, unstamped: Unstamped) -> Self {
        self.terms.limit_age(max_age, unstamped);
        self
    }

    /// Gives each session an [id](crate::Session::id), by which a server-side record can end it. Default: no ids.
    ///
    /// The id is stored in the session, under `_session_id`: 16 random bytes in base64url. A session gets its id when
    /// it is first written, another when [`SessionAuth::login`](crate::SessionAuth::login) logs in a user who was not
    /// logged in before, and another after [`flush`](crate::Session::flush). It keeps the id when it is
    /// written again, so all copies of a session have one id. You keep and check the list of ended ids: see the
    /// guide's page on lifetimes.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionAuth, SessionUser};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::default()).with_ids();
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    /// let mut session = sessions.load(Some(cookie.value()));
    /// let id = session.id().map(str::to_owned);
    /// let ada = SessionUser { id: "7", backend: "a.Backend", password_hash: "column" };
    /// SessionAuth::new(&keys).login(&mut session, &ada);
    /// let _ = sessions.commit(&session, 200)?;
    /// assert!(id.is_some() && session.id().is_some() && session.id() != id.as_deref());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_ids(mut self) -> Self {
        self.terms.ids = true;
        self
    }
}

impl StoredSessions {
    /// Rejects a session that began more than `max_age` ago, however often it was written: see
    /// [`CookieSessions::with_absolute_age`](crate::CookieSessions::with_absolute_age).
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions, Unstamped};
    /// # use std::time::Duration;
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default())
    ///     .with_absolute_age(Duration::from_secs(3600), Unstamped::Stamp);
    /// let mut session = sessions.load(sessions.sent_cookie(""), None, None);
    /// session.insert("a", 1)?;
    /// let _ = sessions.commit(&session, 200)?;
    /// assert!(session.started_at().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_absolute_age(mut self, max_age: Duration, unstamped: Unstamped) -> Self {
        self.keyed.terms.limit_age(max_age, unstamped);
        self
    }

    /// Gives each session an [id](crate::Session::id): see
    /// [`CookieSessions::with_ids`](crate::CookieSessions::with_ids).
    ///
    /// Unlike the session's key, the id may appear in logs and in a list of ended sessions.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default()).with_ids();
    /// let mut session = sessions.load(sessions.sent_cookie(""), None, None);
    /// session.insert("a", 1)?;
    /// let _ = sessions.commit(&session, 200)?;
    /// assert!(session.id().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_ids(mut self) -> Self {
        self.keyed.terms.ids = true;
        self
    }
}

#[cfg(feature = "pickle")]
impl CachedSessions {
    /// Rejects a session that began more than `max_age` ago, however often it was written: see
    /// [`CookieSessions::with_absolute_age`](crate::CookieSessions::with_absolute_age).
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions, Unstamped};
    /// # use std::time::Duration;
    /// let sessions = CachedSessions::new(CookieOptions::default())
    ///     .with_absolute_age(Duration::from_secs(3600), Unstamped::Stamp);
    /// let mut session = sessions.load(sessions.sent_cookie(""), None);
    /// session.insert("a", 1)?;
    /// let _ = sessions.commit(&session, 200)?;
    /// assert!(session.started_at().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_absolute_age(mut self, max_age: Duration, unstamped: Unstamped) -> Self {
        self.keyed.terms.limit_age(max_age, unstamped);
        self
    }

    /// Gives each session an [id](crate::Session::id): see
    /// [`CookieSessions::with_ids`](crate::CookieSessions::with_ids).
    ///
    /// Unlike the session's key, the id may appear in logs and in a list of ended sessions.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions};
    /// let sessions = CachedSessions::new(CookieOptions::default()).with_ids();
    /// let mut session = sessions.load(sessions.sent_cookie(""), None);
    /// session.insert("a", 1)?;
    /// let _ = sessions.commit(&session, 200)?;
    /// assert!(session.id().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_ids(mut self) -> Self {
        self.keyed.terms.ids = true;
        self
    }
}
