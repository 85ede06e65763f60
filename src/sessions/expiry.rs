use std::time::{Duration, SystemTime};

use time::format_description::StaticFormatDescription;
use time::macros::{datetime, format_description};
use time::{Date, OffsetDateTime, Time, UtcOffset};

use crate::clock::{self, MaxAge, Timestamp};
use crate::codec::{JsonSerializer, Serializer as _};
use crate::error::{BadSignature, DecodeError, EncodeError};

/// When a session ends, if not with the store's [`max_age`](crate::CookieOptions::max_age).
///
/// Django: the argument of `set_expiry`, which is a number, a date, a span or nothing, with 0 for "at browser close".
///
/// ```
/// use django_session::{CookieOptions, Expiry, KeyRing, SecretKey, CookieSessions};
/// use std::time::Duration;
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let mut session = sessions.load(None);
/// session.set_expiry(Expiry::Inactivity(Duration::from_secs(300)));
///
/// let cookie = sessions.commit(&session, 200)?.set_cookie.unwrap();
/// assert!(cookie.as_str().contains("; Max-Age=300;"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// When the browser closes; the store's age still limits it. Django: `set_expiry(0)`.
    BrowserClose,
    /// So long after the session was last written: whole seconds, rounded up. None at all is over at once; it is kept as
    /// -1, for 0 says "browser close". Django: `set_expiry(300)`.
    Inactivity(Duration),
    /// At this moment, to the microsecond, within the years 1 to 9999. Django: `set_expiry(datetime)`.
    At(OffsetDateTime),
}

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
pub enum ExpiryPolicy {
    /// The session's own expiry if it has one, else the store's age: as proposed for Django 6.2.
    #[default]
    OwnElseAge,
    /// The store's age alone; what was asked of `set_expiry` only reaches the browser: Django up to 6.1.
    CookieAgeOnly,
    /// Both: the stricter one counts.
    Both,
}

/// What stands under `_session_expiry`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stored {
    /// Seconds; only Django writes negative ones.
    Seconds(time::Duration),
    At(OffsetDateTime),
}

/// Where Django keeps a session's own expiry.
pub(super) const KEY: &str = "_session_expiry";

const DATE: StaticFormatDescription = format_description!("[year]-[month]-[day]");
const TIME: StaticFormatDescription =
    format_description!(version = 2, "[hour]:[minute][optional [:[second][optional [.[subsecond]]]]]");
const OFFSET: StaticFormatDescription =
    format_description!(version = 2, "[offset_hour sign:mandatory]:[offset_minute][optional [:[offset_second]]]");

impl Expiry {
    /// What Django keeps under `_session_expiry`; a date without an offset if there is a `naive` one.
    pub(super) fn to_json(self, naive: Option<UtcOffset>) -> String {
        match self {
            Self::BrowserClose => "0".to_owned(),
            Self::Inactivity(Duration::ZERO) => "-1".to_owned(),
            Self::Inactivity(time) => {
                let seconds = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
                seconds.min(i64::MAX.unsigned_abs()).to_string()
            }
            Self::At(at) => format!("\"{}\"", to_iso(at, naive)),
        }
    }
}

impl Stored {
    /// From the JSON text under `_session_expiry`. A date without an offset is one of `naive`'s.
    pub(super) fn parse(json: &str, naive: UtcOffset) -> Result<Option<Self>, Malformed> {
        if json == "null" {
            return Ok(None);
        }
        if json.starts_with('"') {
            let text: String = JsonSerializer.loads(json.as_bytes()).map_err(|_| Malformed)?;
            return from_iso(&text, naive).map(|at| Some(Self::At(at))).ok_or(Malformed);
        }
        let seconds = match (json.parse(), json.parse()) {
            (Ok(seconds), _) => Some(time::Duration::seconds(seconds)),
            (_, Ok(seconds)) => time::Duration::checked_seconds_f64(seconds),
            _ => None,
        };
        seconds.map(|seconds| Some(Self::Seconds(seconds))).ok_or(Malformed)
    }

    pub(super) fn expiry(self) -> Expiry {
        match self {
            Self::Seconds(seconds) if seconds.is_zero() => Expiry::BrowserClose,
            Self::Seconds(seconds) => Expiry::Inactivity(seconds.try_into().unwrap_or(Duration::ZERO)),
            Self::At(at) => Expiry::At(at),
        }
    }

    /// What is left from `modification` on; for a date in whole seconds, rounded down, as in Django.
    pub(super) fn left(self, modification: SystemTime) -> time::Duration {
        match self {
            Self::Seconds(seconds) => seconds,
            Self::At(at) => {
                let left = at.unix_timestamp_nanos().saturating_sub(clock::nanos_since_epoch(modification));
                time::Duration::seconds(clock::floor_seconds(left))
            }
        }
    }

    pub(super) fn date(self, modification: SystemTime) -> Option<OffsetDateTime> {
        match self {
            Self::Seconds(seconds) => date(modification)?.checked_add(seconds),
            Self::At(at) => Some(at),
        }
    }
}

impl ExpiryPolicy {
    /// What the token itself must meet.
    pub(super) fn token_age(self, max_age: Duration) -> MaxAge {
        match self {
            Self::CookieAgeOnly | Self::Both => MaxAge::AtMost(max_age),
            Self::OwnElseAge => MaxAge::Unlimited,
        }
    }

    /// What the session must meet, which says `own` and was signed at `signed`. The store's age holds for one that says
    /// nothing, or "browser close".
    pub(super) fn check(
        self,
        own: Option<Stored>,
        signed: Timestamp,
        now: SystemTime,
        max_age: Duration,
    ) -> Result<(), BadSignature> {
        if self == Self::CookieAgeOnly {
            return Ok(());
        }
        let start = clock::nanos(signed.as_secs());
        let end = match own {
            Some(Stored::At(at)) => at.unix_timestamp_nanos(),
            Some(Stored::Seconds(own)) if !own.is_zero() => start.saturating_add(own.whole_nanoseconds()),
            _ => start.saturating_add(max_age.as_nanos().try_into().unwrap_or(i128::MAX)),
        };
        let now = clock::nanos_since_epoch(now);
        if now <= end {
            return Ok(());
        }
        let since = |nanos: i128| clock::duration(nanos.saturating_sub(start));
        Err(BadSignature::Expired { age: since(now), max_age: since(end) })
    }
}

/// Neither seconds nor a date.
#[derive(Debug)]
pub(super) struct Malformed;

impl From<Malformed> for EncodeError {
    fn from(_: Malformed) -> Self {
        Self::MalformedExpiry
    }
}

impl From<Malformed> for DecodeError {
    fn from(_: Malformed) -> Self {
        Self::Deserialize { reason: "_session_expiry is neither seconds nor a date" }
    }
}

/// `None` outside the years that dates are written for.
fn date(time: SystemTime) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(clock::nanos_since_epoch(time)).ok()
}

/// Python's dates begin and end here.
const FIRST: OffsetDateTime = datetime!(0001-01-01 0:00 UTC);
const LAST: OffsetDateTime = datetime!(9999-12-31 23:59:59.999999 UTC);

fn is_year(year: i32) -> bool {
    (1..=9999).contains(&year)
}

fn is_offset(offset: UtcOffset) -> bool {
    offset.whole_hours().abs() < 24
}

/// As Python's `isoformat`: microseconds if there are any, and seconds of the offset if there are any.
fn to_iso(at: OffsetDateTime, naive: Option<UtcOffset>) -> String {
    // Python has no offset of a day or more, either.
    let own = if is_offset(at.offset()) { at.offset() } else { UtcOffset::UTC };
    let local = at.checked_to_offset(naive.unwrap_or(own)).filter(|at| is_year(at.year()));
    let local = local.unwrap_or(if at.unix_timestamp().is_negative() { FIRST } else { LAST });
    let (date, time, offset) = (local.date(), local.time(), local.offset());
    let fraction = match time.microsecond() {
        0 => String::new(),
        microsecond => format!(".{microsecond:06}"),
    };
    let offset = match (naive, offset.as_hms()) {
        (Some(_), _) => String::new(),
        (None, (hours, minutes, seconds)) => {
            let sign = if offset.is_negative() { '-' } else { '+' };
            let seconds = if seconds == 0 { String::new() } else { format!(":{:02}", seconds.unsigned_abs()) };
            format!("{sign}{:02}:{:02}{seconds}", hours.unsigned_abs(), minutes.unsigned_abs())
        }
    };
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second) = time.as_hms();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}")
}

/// As Python's `fromisoformat` before 3.11, which reads all that Django's `isoformat()` writes: a date, or a date, any
/// character and a time, with or without an offset. (Not the hour alone, nor microseconds of an offset.) And "Z".
fn from_iso(text: &str, naive: UtcOffset) -> Option<OffsetDateTime> {
    let (date, rest) = text.split_at_checked("2026-01-01".len())?;
    let date = Date::parse(date, DATE).ok().filter(|date| is_year(date.year()))?;
    let mut rest = rest.chars();
    if rest.next().is_none() {
        return Some(date.midnight().assume_offset(naive));
    }
    let rest = rest.as_str();
    let (time, offset) = rest.split_at_checked(rest.find(['+', '-', 'Z']).unwrap_or(rest.len()))?;
    let offset = match offset {
        "" => naive,
        "Z" => UtcOffset::UTC,
        offset => UtcOffset::parse(offset, OFFSET).ok().filter(|offset| is_offset(*offset))?,
    };
    Some(date.with_time(Time::parse(time, TIME).ok()?).assume_offset(offset))
}
