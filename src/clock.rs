//! Clocks, timestamps and age limits.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The source of the time: the system's clock, or another one in tests.
///
/// ```
/// use django_session::{Clock, Timestamp};
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let clock = Clock::fixed(UNIX_EPOCH + Duration::from_millis(1_700_000_000_500));
/// assert_eq!(Timestamp::from(clock.now()).as_secs(), 1_700_000_000);
/// ```
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Fixed(SystemTime),
    Function(Arc<dyn Fn() -> SystemTime + Send + Sync>),
}

impl Clock {
    /// Returns the clock of the system.
    ///
    /// ```
    /// use django_session::Clock;
    /// use std::time::UNIX_EPOCH;
    ///
    /// assert!(Clock::system().now() > Clock::fixed(UNIX_EPOCH).now());
    /// ```
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// Creates a clock that always returns the same time.
    ///
    /// ```
    /// use std::time::UNIX_EPOCH;
    ///
    /// assert_eq!(django_session::Clock::fixed(UNIX_EPOCH).now(), UNIX_EPOCH);
    /// ```
    #[must_use]
    pub const fn fixed(at: SystemTime) -> Self {
        Self(Source::Fixed(at))
    }

    /// Creates a clock that calls `now` for each reading.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// let an_hour_ahead = django_session::Clock::from_fn(|| SystemTime::now() + Duration::from_secs(3600));
    /// assert!(an_hour_ahead.now() > SystemTime::now());
    /// ```
    #[must_use]
    pub fn from_fn(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Source::Function(Arc::new(now)))
    }

    /// Returns the time by this clock.
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// let before = SystemTime::now();
    /// assert!(django_session::Clock::system().now() >= before);
    /// ```
    #[must_use]
    pub fn now(&self) -> SystemTime {
        match &self.0 {
            Source::System => SystemTime::now(),
            Source::Fixed(at) => *at,
            Source::Function(now) => now(),
        }
    }
}

/// [`Clock::system`].
impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::System => f.write_str("Clock::system"),
            Source::Fixed(at) => write!(f, "Clock::fixed({at:?})"),
            Source::Function(_) => f.write_str("Clock::from_fn(..)"),
        }
    }
}

/// The moment a token was signed: whole seconds since 1970-01-01 00:00 UTC, negative before.
///
/// ```
/// use django_session::{Clock, KeyRing, MaxAge, SecretKey, Timestamp, TimestampSigner};
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let signer = TimestampSigner::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?
///     .with_clock(Clock::fixed(UNIX_EPOCH + Duration::from_secs(1_700_000_000)));
/// let token = signer.sign("hello");
/// assert_eq!(signer.unsign(&token, MaxAge::Unlimited)?.timestamp(), Some(Timestamp::from_secs(1_700_000_000)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Creates a timestamp from seconds since 1970-01-01 00:00 UTC.
    ///
    /// ```
    /// assert!(django_session::Timestamp::from_secs(-1) < django_session::Timestamp::from_secs(0));
    /// ```
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Returns the seconds since 1970-01-01 00:00 UTC.
    ///
    /// ```
    /// assert_eq!(django_session::Timestamp::from_secs(61).as_secs(), 61);
    /// ```
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0
    }

    /// Returns how long before `now` this moment was, or `Err` with how long after `now` it is.
    ///
    /// # Errors
    /// The time until this moment, if `now` is before it.
    ///
    /// ```
    /// use django_session::Timestamp;
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// let now = UNIX_EPOCH + Duration::from_millis(10_250);
    /// assert_eq!(Timestamp::from_secs(8).age(now), Ok(Duration::from_millis(2_250)));
    /// assert_eq!(Timestamp::from_secs(11).age(now), Err(Duration::from_millis(750)));
    /// ```
    pub fn age(self, now: SystemTime) -> Result<Duration, Duration> {
        let age = nanos_since_epoch(now).saturating_sub(nanos(self.0));
        if age < 0 { Err(duration(age.saturating_neg())) } else { Ok(duration(age)) }
    }
}

/// The seconds since 1970-01-01 00:00 UTC.
///
/// ```
/// assert_eq!(django_session::Timestamp::from_secs(1_700_000_000).to_string(), "1700000000");
/// ```
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Drops the fraction, toward 1970, as Django's `int(time.time())` does.
///
/// ```
/// use django_session::Timestamp;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// assert_eq!(Timestamp::from(UNIX_EPOCH + Duration::from_millis(1_999)), Timestamp::from_secs(1));
/// assert_eq!(Timestamp::from(UNIX_EPOCH - Duration::from_millis(1_999)), Timestamp::from_secs(-1));
/// ```
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self(0_i64.saturating_add_unsigned(after.as_secs())),
            Err(before) => Self(0_i64.saturating_sub_unsigned(before.duration().as_secs())),
        }
    }
}

/// The maximum age of a token. `Unlimited` has to be written out, so that a search of the code finds it.
///
/// A token whose age is exactly the limit is still valid, and ages include fractions of a second, as in Django.
///
/// ```
/// use django_session::MaxAge;
/// use std::time::Duration;
///
/// assert_eq!(MaxAge::from(Duration::from_secs(60)), MaxAge::AtMost(Duration::from_secs(60)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias = "max_age")]
#[non_exhaustive]
pub enum MaxAge {
    /// Any age. Django: `max_age=None`.
    Unlimited,
    /// At most this old.
    AtMost(Duration),
}

impl From<Duration> for MaxAge {
    fn from(limit: Duration) -> Self {
        Self::AtMost(limit)
    }
}

const NANOS_PER_SEC: i128 = 1_000_000_000;

/// Converts seconds to nanoseconds.
pub(crate) fn nanos(seconds: i64) -> i128 {
    i128::from(seconds).saturating_mul(NANOS_PER_SEC)
}

/// Converts nanoseconds to seconds, rounding down.
pub(crate) fn floor_seconds(nanos: i128) -> i64 {
    i64::try_from(nanos.div_euclid(NANOS_PER_SEC)).unwrap_or(if nanos.is_negative() { i64::MIN } else { i64::MAX })
}

/// Returns the nanoseconds since 1970-01-01 00:00 UTC, negative before.
pub(crate) fn nanos_since_epoch(time: SystemTime) -> i128 {
    let nanos = |distance: Duration| i128::try_from(distance.as_nanos()).unwrap_or(i128::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => nanos(after),
        Err(before) => nanos(before.duration()).saturating_neg(),
    }
}

/// Converts nanoseconds to a duration, which is zero if they are negative.
pub(crate) fn duration(nanos: i128) -> Duration {
    const NANOS_PER_SEC: u128 = self::NANOS_PER_SEC.unsigned_abs();
    let nanos = u128::try_from(nanos).unwrap_or(0);
    let seconds = u64::try_from(nanos / NANOS_PER_SEC).unwrap_or(u64::MAX);
    let fraction = u32::try_from(nanos % NANOS_PER_SEC).unwrap_or(0);
    Duration::new(seconds, fraction)
}
