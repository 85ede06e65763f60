use std::time::{Duration, SystemTime};

use time::UtcOffset;

use crate::clock::{self, Timestamp};
use crate::cookie::TWO_WEEKS;
use crate::error::BadSignature;
use crate::sessions::lifetime::Stored;
use crate::sessions::lifetime::expiry::End;

/// Which ages are held against a session when it is loaded.
///
/// ```
/// use django_session::{CookieOptions, ExpiryPolicy, KeyRing, SecretKey, CookieSessions};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?)
///     .with_expiry_policy(ExpiryPolicy::Both);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ExpiryPolicy {
    /// The session's own expiry if it has one, else the cookie's age: as proposed for Django 6.2.
    #[default]
    OwnElseAge,
    /// The cookie's age alone; what was asked of `set_expiry` only reaches the browser: Django up to 6.1.
    CookieAgeOnly,
    /// Both: the stricter one counts.
    Both,
}

/// The settings that decide how long a session lives.
#[derive(Debug, Clone, Copy)]
pub(in crate::sessions) struct Terms {
    pub(in crate::sessions) max_age: Duration,
    pub(in crate::sessions) expire_at_browser_close: bool,
    pub(in crate::sessions) policy: ExpiryPolicy,
    /// The offset of dates without one, if dates are written without one.
    pub(in crate::sessions) naive: Option<UtcOffset>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { max_age: TWO_WEEKS, expire_at_browser_close: false, policy: ExpiryPolicy::default(), naive: None }
    }
}

impl Terms {
    /// The one place where the age of a session is judged: one that was signed at `signed` and has an expiry of its `own`.
    ///
    /// # Errors
    /// [`BadSignature::Expired`].
    pub(in crate::sessions) fn admit(
        self,
        own: Option<Stored>,
        signed: Timestamp,
        now: SystemTime,
    ) -> Result<(), BadSignature> {
        let start = clock::nanos(signed.as_secs());
        let after = |nanos: u128| start.saturating_add(nanos.try_into().unwrap_or(i128::MAX));
        let max_age = Some(after(self.max_age.as_nanos()));
        let own = match own {
            Some(Stored::At(at)) => Some(at.unix_timestamp_nanos()),
            Some(Stored::Seconds(own)) if !own.is_zero() => Some(start.saturating_add(own.whole_nanoseconds())),
            _ => None,
        };
        let ends = match self.policy {
            ExpiryPolicy::OwnElseAge => [own.or(max_age), None],
            ExpiryPolicy::CookieAgeOnly => [max_age, None],
            ExpiryPolicy::Both => [max_age, own],
        };
        let now = clock::nanos_since_epoch(now);
        match ends.into_iter().flatten().find(|end| now > *end) {
            None => Ok(()),
            Some(end) => {
                let since_start = |nanos: i128| clock::duration(nanos.saturating_sub(start));
                Err(BadSignature::Expired { age: since_start(now), max_age: since_start(end) })
            }
        }
    }

    /// The end that the session sets itself, or else that of the setting.
    pub(super) fn end(self, own: Option<Stored>) -> End {
        let max_age = time::Duration::seconds(0_i64.saturating_add_unsigned(self.max_age.as_secs()));
        own.and_then(Stored::end).unwrap_or(End::After(max_age))
    }

    pub(super) fn ends_with_browser(self, own: Option<Stored>) -> bool {
        own.map_or(self.expire_at_browser_close, |own| own == Stored::BrowserClose)
    }

    pub(in crate::sessions) fn naive_offset(self) -> UtcOffset {
        self.naive.unwrap_or(UtcOffset::UTC)
    }
}
