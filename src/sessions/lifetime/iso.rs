//! Dates as Python writes and reads them: `isoformat` and `fromisoformat`.

use time::macros::datetime;
use time::{Date, Duration, Month, OffsetDateTime, Time, UtcOffset, Weekday};

/// The first and the last date that Python represents.
const FIRST: OffsetDateTime = datetime!(0001-01-01 0:00 UTC);
const LAST: OffsetDateTime = datetime!(9999-12-31 23:59:59.999999 UTC);

fn is_year(year: i32) -> bool {
    (1..=9999).contains(&year)
}

fn is_offset(offset: UtcOffset) -> bool {
    offset.whole_hours().abs() < 24
}

/// Writes a date as Python's `isoformat` does: without microseconds, and without seconds of the offset, if they are
/// zero.
pub(super) fn to_iso(at: OffsetDateTime, naive: Option<UtcOffset>) -> String {
    // Python has no offset of a day or more. Such a date is written in UTC.
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

/// Reads whatever `datetime.fromisoformat` of CPython 3.11 reads. A date without an offset gets the offset `naive`.
///
/// The text is UTF-8, but a surrogate may separate date and time. As in C, a NUL ends the text in some places.
pub(super) fn from_iso(text: &[u8], naive: UtcOffset) -> Option<OffsetDateTime> {
    // 1. date
    let (date, rest) = text.split_at_checked(date_len(text)?)?;
    let date = read_date(date)?;
    // 2. any one character
    let Some(separator) = rest.first() else { return Some(date.midnight().assume_offset(naive)) };
    let rest = rest.get(char_len(*separator)..)?;
    let rest = str::from_utf8(rest).ok()?.as_bytes();
    // 3. time
    let (time, offset) = rest.split_at(rest.iter().position(|byte| b"Z+-".contains(byte)).unwrap_or(rest.len()));
    let (Clock { hms: [hour, minute, second], micros }, is_clean) = Clock::read(time)?;
    let local = date.with_time(Time::from_hms_micro(hour, minute, second, micros).ok()?);
    // 4. offset
    match offset {
        [] => is_clean.then(|| local.assume_offset(naive)),
        [b'Z'] | [b'Z', 0, ..] => Some(local.assume_utc()),
        [b'Z', ..] => None,
        [sign, offset @ ..] => {
            let (offset, true) = Clock::read(offset)? else { return None };
            let (offset, micros) = offset.ahead_of_utc(*sign == b'-')?;
            local.assume_offset(offset).checked_sub(micros)
        }
    }
}

/// Returns the length of the date: `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-Www-D`, `YYYYWwwD`, `YYYY-Www` or `YYYYWww`.
fn date_len(text: &[u8]) -> Option<usize> {
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    Some(match (text.get(4)?, text.get(5)?) {
        // After "YYYY-Www-", one digit is the day; two digits are the hour.
        (b'-', b'W') if text.get(8) != Some(&b'-') || is_digit(10) => 8,
        (b'-', _) => 10,
        // A digit may separate date and time. The numbers of a time have two digits, so parity shows whether there is a
        // day.
        (b'W', _) => match (7..text.len()).find(|at| !is_digit(*at)).unwrap_or(text.len()) {
            end @ ..9 => end,
            end if end.is_multiple_of(2) => 7,
            _ => 8,
        },
        _ => 8,
    })
}

/// Returns the length in bytes of a character that begins with this byte.
fn char_len(first: u8) -> usize {
    match first {
        ..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    }
}

fn read_date(text: &[u8]) -> Option<Date> {
    let (year, rest) = number(text, 4)?;
    let hyphen: &[u8] = if rest.starts_with(b"-") { b"-" } else { b"" };
    let rest = rest.strip_prefix(hyphen)?;
    let date = if let Some(rest) = rest.strip_prefix(b"W") {
        let (week, rest) = number(rest, 2)?;
        let day: u8 = if rest.is_empty() { 1 } else { number(rest.strip_prefix(hyphen)?, 1)?.0 };
        let day = (1..=7).contains(&day).then(|| Weekday::Sunday.nth_next(day))?;
        Date::from_iso_week_date(year, week, day)
    } else {
        let (month, rest): (u8, _) = number(rest, 2)?;
        let (day, _) = number(rest.strip_prefix(hyphen)?, 2)?;
        Date::from_calendar_date(year, Month::try_from(month).ok()?, day)
    };
    date.ok().filter(|date| is_year(date.year()))
}

/// A time of day or an offset. Its numbers may be out of range.
struct Clock {
    hms: [u8; 3],
    micros: u32,
}

impl Clock {
    /// Reads `HH`, `HH:MM`, `HHMM`, `HH:MM:SS` or `HHMMSS`, with or without decimals. Also returns whether that is all
    /// of the text: Python ignores the rest of a time that an offset follows.
    fn read(text: &[u8]) -> Option<(Self, bool)> {
        let (mut hms, mut rest) = ([0; 3], text);
        let has_colons = text.get(2) == Some(&b':');
        for part in &mut hms {
            (*part, rest) = number(rest, 2)?;
            rest = match rest {
                [] | [0] => return Some((Self { hms, micros: 0 }, true)),
                [_] => return Some((Self { hms, micros: 0 }, false)),
                [b':', rest @ ..] if has_colons => rest,
                [b'.' | b',', decimals @ ..] => {
                    rest = decimals;
                    break;
                }
                _ if has_colons => return None,
                _ => rest,
            };
        }
        let (decimals, rest) = rest.split_at_checked(6).unwrap_or((rest, &[]));
        let micros = value(decimals.iter().chain(b"000000").take(6))?;
        let behind = rest.iter().find(|byte| !byte.is_ascii_digit());
        Some((Self { hms, micros }, matches!(behind, None | Some(0))))
    }

    /// Returns the offset in whole seconds and the microseconds that remain. Python drops the microseconds of an offset
    /// of less than a second.
    fn ahead_of_utc(self, is_behind: bool) -> Option<(UtcOffset, Duration)> {
        let [hours, minutes, seconds] = self.hms.map(i32::from);
        let seconds = hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)?.checked_add(seconds)?;
        let micros = if seconds == 0 { 0 } else { i64::from(self.micros) };
        let (seconds, micros) =
            if is_behind { (seconds.checked_neg()?, micros.checked_neg()?) } else { (seconds, micros) };
        let offset = UtcOffset::from_whole_seconds(seconds).ok().filter(|offset| is_offset(*offset))?;
        Some((offset, Duration::microseconds(micros)))
    }
}

/// Reads a number of `len` digits. Also returns what follows.
fn number<N: TryFrom<u32>>(text: &[u8], len: usize) -> Option<(N, &[u8])> {
    let (digits, rest) = text.split_at_checked(len)?;
    Some((value(digits)?.try_into().ok()?, rest))
}

fn value<'d>(digits: impl IntoIterator<Item = &'d u8>) -> Option<u32> {
    let mut digits = digits.into_iter().map(|digit| char::from(*digit).to_digit(10));
    digits.try_fold(0_u32, |value, digit| value.checked_mul(10)?.checked_add(digit?))
}
