//! Formats and parses times and durations.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::time::format_description::StaticFormatDescription;
use ::time::macros::format_description;
use ::time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};
use django_session::Timestamp;

const SHOWN: StaticFormatDescription = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
const ROW: StaticFormatDescription = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// Converts a timestamp to a `SystemTime`, if the system can represent it.
pub(crate) fn system_time(timestamp: Timestamp) -> Option<SystemTime> {
    let seconds = timestamp.as_secs();
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
}

/// Formats a date in UTC, or as seconds since 1970 if it is out of range.
pub(crate) fn date(seconds: i64) -> String {
    let date = OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(|date| date.format(&SHOWN).ok());
    date.unwrap_or_else(|| format!("{seconds} s after 1970"))
}

/// Formats a duration in its two largest units.
pub(crate) fn span(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        let (count, left) = (rest.checked_div(size).unwrap_or(0), rest.checked_rem(size).unwrap_or(0));
        if count > 0 {
            parts.push(format!("{count} {unit}"));
            rest = left;
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// Parses a duration such as `3600`, `90m`, `12h`, `14d` or `2w`.
pub(crate) fn parse_span(text: &str) -> Option<Duration> {
    let (digits, size) = match text.char_indices().next_back()? {
        (at, 's') => (text.get(..at)?, 1),
        (at, 'm') => (text.get(..at)?, 60),
        (at, 'h') => (text.get(..at)?, 3600),
        (at, 'd') => (text.get(..at)?, 86_400),
        (at, 'w') => (text.get(..at)?, 604_800),
        _ => (text, 1),
    };
    Some(Duration::from_secs(digits.parse::<u64>().ok()?.checked_mul(size)?))
}

/// Parses the `expire_date` of a row: `2026-12-09 10:22:05.123+00`, or `2026-12-09T10:22:05Z`.
pub(crate) fn parse_date(text: &str) -> Option<OffsetDateTime> {
    let (day, rest) = (text.get(..10)?, text.get(11..)?);
    let clock = rest.get(..8)?;
    let date = PrimitiveDateTime::parse(&format!("{day} {clock}"), &ROW).ok()?;
    let zone = rest.get(8..)?.trim_start_matches(|char: char| char == '.' || char.is_ascii_digit());
    Some(date.assume_offset(offset(zone.trim())?))
}

fn offset(zone: &str) -> Option<UtcOffset> {
    if zone.is_empty() || zone.eq_ignore_ascii_case("z") {
        return Some(UtcOffset::UTC);
    }
    let (negative, digits) = match zone.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, zone.strip_prefix('+')?),
    };
    let digits = digits.replace(':', "");
    let hours: i8 = digits.get(..2)?.parse().ok()?;
    let minutes: i8 = digits.get(2..4).map_or(Some(0), |digits| digits.parse().ok())?;
    let sign = if negative { -1_i8 } else { 1 };
    UtcOffset::from_hms(hours.checked_mul(sign)?, minutes.checked_mul(sign)?, 0).ok()
}
