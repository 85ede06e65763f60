use std::time::{Duration, SystemTime};

use time::{OffsetDateTime, UtcOffset};

use crate::clock;
use crate::error::{DecodeError, EncodeError};
use crate::json;
use crate::sessions::lifetime::iso::{from_iso, to_iso};

/// When a session ends, in place of the cookie's [`max_age`](crate::CookieOptions::max_age).
///
/// Django: the argument of `set_expiry`, which is a number, a date, a `timedelta` or `None`. 0 means "at browser
/// close".
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
#[non_exhaustive]
pub enum Expiry {
    /// When the browser closes. The cookie's `max_age` still limits the session. Django: `set_expiry(0)`.
    BrowserClose,
    /// This long after the session was last written, in whole seconds, rounded up. Zero expires immediately; it is
    /// stored as -1, because Django reads 0 as "browser close". Django: `set_expiry(300)`.
    Inactivity(Duration),
    /// At this moment, to the microsecond, within the years 1 to 9999. Django: `set_expiry(datetime)`.
    At(OffsetDateTime),
}

/// The value of `_session_expiry`, as Python interprets it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::sessions) enum Stored {
    /// Zero or `false`.
    BrowserClose,
    /// An empty string, list or dict: the age of the setting, even if sessions end with the browser.
    CookieAge,
    /// Another number, or `true`. Only Django writes fractions, and negative numbers other than -1.
    Seconds(time::Duration),
    At(OffsetDateTime),
}

/// The end of a session that does not end with the browser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::sessions) enum End {
    After(time::Duration),
    At(OffsetDateTime),
}

/// The key under which Django stores a session's own expiry.
pub(in crate::sessions) const KEY: &str = "_session_expiry";

impl Expiry {
    /// Returns the JSON text for `_session_expiry`. With a `naive` offset, a date is written in it, without an offset.
    pub(in crate::sessions) fn to_json(self, naive: Option<UtcOffset>) -> String {
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
    /// Parses the JSON text of `_session_expiry`. A date without an offset gets the offset `naive`.
    pub(in crate::sessions) fn parse(json: &str, naive: UtcOffset) -> Result<Option<Self>, Malformed> {
        let stored = match json.as_bytes() {
            b"null" => return Ok(None),
            b"false" => Some(Self::BrowserClose),
            b"true" => Some(Self::Seconds(time::Duration::SECOND)),
            b"\"\"" => Some(Self::CookieAge),
            [b'[', inside @ .., b']'] | [b'{', inside @ .., b'}'] => {
                inside.trim_ascii().is_empty().then_some(Self::CookieAge)
            }
            [b'"', ..] => json::string_bytes(json).and_then(|text| from_iso(&text, naive)).map(Self::At),
            _ => match json.parse() {
                Ok(0) => Some(Self::BrowserClose),
                Ok(seconds) => Some(Self::Seconds(time::Duration::seconds(seconds))),
                Err(_) => json.parse().ok().and_then(Self::from_float),
            },
        };
        stored.map(Some).ok_or(Malformed)
    }

    /// Rounds the fraction to microseconds, as `timedelta` does, but never up to a second, which `Max-Age` would count.
    fn from_float(seconds: f64) -> Option<Self> {
        const MICROS: f64 = 1e6;
        let micros = (seconds.fract() * MICROS).round_ties_even().clamp(1.0 - MICROS, MICROS - 1.0);
        let whole = time::Duration::checked_seconds_f64(seconds.trunc())?;
        let time = whole.checked_add(time::Duration::checked_seconds_f64(micros / MICROS)?)?;
        Some(if seconds == 0.0 { Self::BrowserClose } else { Self::Seconds(time) })
    }

    /// Returns the expiry, or `None` if the age of the setting applies.
    pub(in crate::sessions) fn expiry(self) -> Option<Expiry> {
        match self {
            Self::BrowserClose => Some(Expiry::BrowserClose),
            Self::CookieAge => None,
            Self::Seconds(seconds) => Some(Expiry::Inactivity(seconds.try_into().unwrap_or(Duration::ZERO))),
            Self::At(at) => Some(Expiry::At(at)),
        }
    }

    /// Returns the end, or `None` if the setting or the browser decides.
    pub(super) fn end(self) -> Option<End> {
        match self {
            Self::BrowserClose | Self::CookieAge => None,
            Self::Seconds(seconds) => Some(End::After(seconds)),
            Self::At(at) => Some(End::At(at)),
        }
    }
}

impl End {
    /// Returns the end for a session that was written `elapsed` ago.
    pub(in crate::sessions) fn written_before(self, elapsed: Duration) -> Self {
        match self {
            Self::After(time) => Self::After(time.saturating_sub(elapsed.try_into().unwrap_or(time::Duration::MAX))),
            Self::At(at) => Self::At(at),
        }
    }

    /// Returns the time from `modification` to the end. For a date it is in whole seconds, rounded down, as in Django.
    pub(in crate::sessions) fn left(self, modification: SystemTime) -> time::Duration {
        match self {
            Self::After(time) => time,
            Self::At(at) => {
                let left = at.unix_timestamp_nanos().saturating_sub(clock::nanos_since_epoch(modification));
                time::Duration::seconds(clock::floor_seconds(left))
            }
        }
    }

    /// Returns the date of the end. [`At`](Self::At) keeps its offset.
    pub(in crate::sessions) fn date(self, modification: SystemTime) -> Option<OffsetDateTime> {
        match self {
            Self::After(time) => date(modification)?.checked_add(time),
            Self::At(at) => Some(at),
        }
    }

    /// Returns the date of the end in UTC, as databases without time zones compare it.
    pub(in crate::sessions) fn utc_date(self, modification: SystemTime) -> Option<OffsetDateTime> {
        self.date(modification)?.checked_to_offset(UtcOffset::UTC)
    }
}

/// The error for a `_session_expiry` that is neither seconds nor a date.
#[derive(Debug)]
pub(in crate::sessions) struct Malformed;

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

/// Returns the time as a date, or `None` if an [`OffsetDateTime`] cannot hold it.
fn date(time: SystemTime) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(clock::nanos_since_epoch(time)).ok()
}
