use std::time::{Duration, SystemTime};

use time::{OffsetDateTime, UtcOffset};

use crate::clock::{self, Timestamp};
use crate::cookie::{CookieOptions, TWO_WEEKS};
use crate::error::{BadSignature, DecodeError};
use crate::sessions::lifetime::Stored;
use crate::sessions::lifetime::expiry::End;

/// The maximum ages that are enforced when a session is loaded.
///
/// ```
/// use django_session::{Clock, CookieOptions, CookieSessions, Expiry, ExpiryPolicy, KeyRing, SecretKey};
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let at = |days: u64| {
///     let clock = Clock::fixed(UNIX_EPOCH + Duration::from_secs(days * 24 * 60 * 60));
///     CookieSessions::new(&keys, CookieOptions::default()).with_clock(clock)
/// };
/// let mut session = at(0).load(None);
/// session.set_expiry(Expiry::Inactivity(Duration::from_secs(30 * 24 * 60 * 60)));
/// let cookie = at(0).commit(&session, 200)?.set_cookie.expect("the session changed");
///
/// // After twenty days: the setting says two weeks, the session a month.
/// let is_accepted = |policy| at(20).with_expiry_policy(policy).try_load(cookie.value()).is_ok();
/// assert!(is_accepted(ExpiryPolicy::OwnElseAge));
/// assert!(!is_accepted(ExpiryPolicy::CookieAgeOnly));
/// assert!(!is_accepted(ExpiryPolicy::Both));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ExpiryPolicy {
    /// The session's own expiry if it has one, otherwise the cookie's age. Proposed for Django 6.2.
    #[default]
    OwnElseAge,
    /// The cookie's age only. `set_expiry` then only sets when the browser drops the cookie. Django up to 6.1.
    CookieAgeOnly,
    /// Both. The earlier end applies.
    Both,
}

/// The treatment of a session that has no start, or no id although [`with_ids`](crate::CookieSessions::with_ids) is on.
///
/// Django writes these sessions, unless it has the package `django-session-rs`.
///
/// ```
/// use django_session::{Clock, CookieOptions, CookieSessions, DecodeError, KeyRing, SecretKey, SessionAuth, SessionUser, Unstamped};
/// use std::time::Duration;
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let django = CookieSessions::new(&keys, CookieOptions::default());
/// let mut session = django.load(None);
/// let ada = SessionUser { id: "7", backend: "django.contrib.auth.backends.ModelBackend", password_hash: "column" };
/// SessionAuth::new(&keys).login(&mut session, &ada);
/// let cookie = django.commit(&session, 200)?.set_cookie.expect("the session changed");
///
/// let day = Duration::from_secs(24 * 60 * 60);
/// let sessions = CookieSessions::new(&keys, CookieOptions::default()).with_absolute_age(day, Unstamped::Stamp);
/// assert_eq!(sessions.load(Some(cookie.value())).rejection(), None);
///
/// let strict = sessions.with_absolute_age(day, Unstamped::Refuse);
/// assert_eq!(strict.load(Some(cookie.value())).rejection(), Some(DecodeError::Unstamped));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unstamped {
    /// The session is accepted. It gets its start and its id when it is next written. The choice for a service without
    /// Django, where every session has them.
    Stamp,
    /// The session is rejected if a user is logged in with [`SessionAuth`](crate::SessionAuth) or by Django. Otherwise
    /// it is accepted.
    ///
    /// Django must then write the start and the id, as the package `django-session-rs` does. With `Stamp`, a Django
    /// without that package could keep a copied cookie valid forever, by re-signing it.
    Refuse,
}

/// The limit on the time since a session began, however often it is written.
#[derive(Debug, Clone, Copy, Hash)]
pub(in crate::sessions) struct AbsoluteAge {
    pub(in crate::sessions) max_age: Duration,
    pub(in crate::sessions) unstamped: Unstamped,
}

/// The settings that decide how long a session lives.
#[derive(Debug, Clone, Copy, Hash)]
pub(in crate::sessions) struct Terms {
    pub(in crate::sessions) max_age: Duration,
    pub(in crate::sessions) expire_at_browser_close: bool,
    pub(in crate::sessions) policy: ExpiryPolicy,
    /// The offset for dates that are read and written without one. With `None`, dates are written with their offset,
    /// and dates without one are read as UTC.
    pub(in crate::sessions) naive: Option<UtcOffset>,
    pub(in crate::sessions) absolute: Option<AbsoluteAge>,
    /// Whether sessions have ids.
    pub(in crate::sessions) ids: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            max_age: TWO_WEEKS,
            expire_at_browser_close: false,
            policy: ExpiryPolicy::default(),
            naive: None,
            absolute: None,
            ids: false,
        }
    }
}

impl Terms {
    pub(in crate::sessions) fn of(cookie: &CookieOptions) -> Self {
        Self { max_age: cookie.max_age(), expire_at_browser_close: cookie.expire_at_browser_close(), ..Self::default() }
    }

    pub(in crate::sessions) fn limit_age(&mut self, max_age: Duration, unstamped: Unstamped) {
        self.absolute = Some(AbsoluteAge { max_age, unstamped });
    }

    /// Checks the age of a session that was signed at `signed` and may have its `own` expiry.
    ///
    /// # Errors
    /// [`BadSignature::Expired`] if the setting's age has passed, [`DecodeError::SessionExpired`] if its own expiry
    /// has.
    pub(in crate::sessions) fn admit(
        self,
        own: Option<Stored>,
        signed: Timestamp,
        now: SystemTime,
    ) -> Result<(), DecodeError> {
        let start = clock::nanos(signed.as_secs());
        let after = |nanos: u128| start.saturating_add(nanos.try_into().unwrap_or(i128::MAX));
        let age_end = after(self.max_age.as_nanos());
        let own_end = own.and_then(Stored::end).map(|end| match end {
            End::At(at) => at.unix_timestamp_nanos(),
            End::After(time) => start.saturating_add(time.whole_nanoseconds()),
        });
        let (by_age, by_own) = match self.policy {
            ExpiryPolicy::OwnElseAge => (own_end.is_none(), true),
            ExpiryPolicy::CookieAgeOnly => (true, false),
            ExpiryPolicy::Both => (true, true),
        };
        let now = clock::nanos_since_epoch(now);
        if by_age && now > age_end {
            let age = clock::duration(now.saturating_sub(start));
            return Err(BadSignature::Expired { age, max_age: self.max_age }.into());
        }
        match own_end.filter(|end| by_own && now > *end) {
            Some(end) => Err(ended(end, now)),
            None => Ok(()),
        }
    }

    /// Returns the end that the session sets itself, or else that of the setting.
    pub(in crate::sessions) fn end(self, own: Option<Stored>) -> End {
        let max_age = time::Duration::seconds(0_i64.saturating_add_unsigned(self.max_age.as_secs()));
        own.and_then(Stored::end).unwrap_or(End::After(max_age))
    }

    /// Returns what is left of the setting's age, if the policy applies it to a session with its own expiry.
    pub(super) fn cookie_age_left(self, elapsed: Duration) -> Option<time::Duration> {
        let left = self.max_age.saturating_sub(elapsed);
        (self.policy == ExpiryPolicy::Both).then(|| left.try_into().unwrap_or(time::Duration::MAX))
    }

    pub(super) fn ends_with_browser(self, own: Option<Stored>) -> bool {
        own.map_or(self.expire_at_browser_close, |own| own == Stored::BrowserClose)
    }

    pub(in crate::sessions) fn naive_offset(self) -> UtcOffset {
        self.naive.unwrap_or(UtcOffset::UTC)
    }
}

/// Checks that a session whose row expires at `end` has not expired.
///
/// # Errors
/// [`DecodeError::SessionExpired`].
pub(in crate::sessions) fn admit_until(end: Option<OffsetDateTime>, now: SystemTime) -> Result<(), DecodeError> {
    let now = clock::nanos_since_epoch(now);
    match end.map(OffsetDateTime::unix_timestamp_nanos).filter(|end| now >= *end) {
        Some(end) => Err(ended(end, now)),
        None => Ok(()),
    }
}

fn ended(end: i128, now: i128) -> DecodeError {
    DecodeError::SessionExpired { since: clock::duration(now.saturating_sub(end)) }
}
