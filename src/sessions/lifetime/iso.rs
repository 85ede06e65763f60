//! Dates as Python writes and reads them: `isoformat` and `fromisoformat`.

use time::format_description::StaticFormatDescription;
use time::macros::{datetime, format_description};
use time::{Date, OffsetDateTime, Time, UtcOffset};

const DATE: StaticFormatDescription = format_description!("[year]-[month]-[day]");
const TIME: StaticFormatDescription =
    format_description!(version = 2, "[hour]:[minute][optional [:[second][optional [.[subsecond]]]]]");
const OFFSET: StaticFormatDescription =
    format_description!(version = 2, "[offset_hour sign:mandatory]:[offset_minute][optional [:[offset_second]]]");

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
pub(super) fn to_iso(at: OffsetDateTime, naive: Option<UtcOffset>) -> String {
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
pub(super) fn from_iso(text: &str, naive: UtcOffset) -> Option<OffsetDateTime> {
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
