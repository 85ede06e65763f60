use std::time::{Duration, SystemTime};

use time::{OffsetDateTime, UtcOffset};

use crate::clock;
use crate::error::{DecodeError, EncodeError};
use crate::json;
use crate::sessions::lifetime::iso::{from_iso, to_iso};

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
#[non_exhaustive]
pub enum Expiry {
    /// When the browser closes; the store's age still limits it. Django: `set_expiry(0)`.
    BrowserClose,
    /// So long after the session was last written: whole seconds, rounded up. None at all is over at once; it is kept as
    /// -1, for 0 says "browser close". Django: `set_expiry(300)`.
    Inactivity(Duration),
    /// At this moment, to the microsecond, within the years 1 to 9999. Django: `set_expiry(datetime)`.
    At(OffsetDateTime),
}

/// What stands under `_session_expiry`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::sessions) enum Stored {
    /// Seconds; only Django writes negative ones.
    Seconds(time::Duration),
    At(OffsetDateTime),
}

/// Where Django keeps a session's own expiry.
pub(in crate::sessions) const KEY: &str = "_session_expiry";

impl Expiry {
    /// What Django keeps under `_session_expiry`; a date without an offset if there is a `naive` one.
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
    /// From the JSON text under `_session_expiry`. A date without an offset is one of `naive`'s.
    pub(in crate::sessions) fn parse(json: &str, naive: UtcOffset) -> Result<Option<Self>, Malformed> {
        if json == "null" {
            return Ok(None);
        }
        if json.starts_with('"') {
            let text: String = json::read(json).map_err(|_| Malformed)?;
            return from_iso(&text, naive).map(|at| Some(Self::At(at))).ok_or(Malformed);
        }
        let seconds = match (json.parse(), json.parse()) {
            (Ok(seconds), _) => Some(time::Duration::seconds(seconds)),
            (_, Ok(seconds)) => time::Duration::checked_seconds_f64(seconds),
            _ => None,
        };
        seconds.map(|seconds| Some(Self::Seconds(seconds))).ok_or(Malformed)
    }

    pub(in crate::sessions) fn expiry(self) -> Expiry {
        match self {
            Self::Seconds(seconds) if seconds.is_zero() => Expiry::BrowserClose,
            Self::Seconds(seconds) => Expiry::Inactivity(seconds.try_into().unwrap_or(Duration::ZERO)),
            Self::At(at) => Expiry::At(at),
        }
    }

    /// What is left from `modification` on; for a date in whole seconds, rounded down, as in Django.
    pub(in crate::sessions) fn left(self, modification: SystemTime) -> time::Duration {
        match self {
            Self::Seconds(seconds) => seconds,
            Self::At(at) => {
                let left = at.unix_timestamp_nanos().saturating_sub(clock::nanos_since_epoch(modification));
                time::Duration::seconds(clock::floor_seconds(left))
            }
        }
    }

    pub(in crate::sessions) fn date(self, modification: SystemTime) -> Option<OffsetDateTime> {
        match self {
            Self::Seconds(seconds) => date(modification)?.checked_add(seconds),
            Self::At(at) => Some(at),
        }
    }
}

/// Neither seconds nor a date.
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

/// `None` outside the years that dates are written for.
fn date(time: SystemTime) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(clock::nanos_since_epoch(time)).ok()
}
