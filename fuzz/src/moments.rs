//! Dates as Python's `isoformat` spells them, counted year by year.

use crate::json::Json;
use crate::python;

/// Nanoseconds since 1970, and the offset of the clock that says so, in seconds.
pub type Moment = (i128, i128);

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 24 * 60 * 60;
const DAYS_BEFORE_1970: i128 = 719_162;

fn days_in_month(year: i128, month: i128) -> i128 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_in_year(year: i128) -> i128 {
    (1..=12).map(|month| days_in_month(year, month)).sum()
}

/// Numbers of so many digits each, with `mark` between them.
fn numbers<const N: usize>(text: &str, mark: char, widths: [usize; N]) -> Option<[i128; N]> {
    let parts: [&str; N] = text.split(mark).collect::<Vec<_>>().try_into().ok()?;
    let fits = |(part, width): (&&str, _)| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.iter().zip(widths).all(fits).then(|| parts.map(|part| part.parse().unwrap()))
}

/// "HH:MM" or "HH:MM:SS", in seconds.
fn clock(text: &str) -> Option<i128> {
    let with_seconds = format!("{text}:00");
    let clock = numbers(text, ':', [2, 2, 2]).or_else(|| numbers(&with_seconds, ':', [2, 2, 2]));
    let [hour, minute, second] = clock?;
    (hour < 24 && minute < 60 && second < 60).then_some((hour * 60 + minute) * 60 + second)
}

/// A date; or a date, any character, and a time to the second with decimals or without, and with an offset or in UTC.
pub fn from_iso(text: &str) -> Option<Moment> {
    let (date, rest) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    if year == 0 || !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    let before = (1..year).map(days_in_year).chain((1..month).map(|month| days_in_month(year, month))).sum::<i128>();
    let midnight = (before + day - 1 - DAYS_BEFORE_1970) * DAY * SECOND;

    let mut rest = rest.chars();
    if rest.next().is_none() {
        return Some((midnight, 0));
    }
    let rest = rest.as_str();
    let (time, offset) = rest.split_at(rest.find(['+', '-', 'Z']).unwrap_or(rest.len()));
    let (time, decimals) = match time.split_once('.') {
        // The time crate reads no more than 32.
        Some((time, decimals)) if time.len() == 8 && (1..=32).contains(&decimals.len()) => (time, decimals),
        Some(_) => return None,
        None => (time, "0"),
    };
    let [nanos] = numbers(&format!("{decimals:0<9.9}"), ':', [9])?;
    decimals.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    let offset = match offset.split_at_checked(1) {
        None | Some(("Z", "")) => 0,
        Some(("+", offset)) => clock(offset)?,
        Some(("-", offset)) => -clock(offset)?,
        _ => return None,
    };
    Some((midnight + (clock(time)? - offset) * SECOND + nanos, offset))
}

/// Year, month, day, hour, minute and second, so many seconds after 1970.
fn calendar(seconds: i128) -> [i128; 6] {
    let (mut year, mut month, mut day) = (1, 1, seconds.div_euclid(DAY) + DAYS_BEFORE_1970);
    while day >= days_in_year(year) {
        day -= days_in_year(year);
        year += 1;
    }
    while day >= days_in_month(year, month) {
        day -= days_in_month(year, month);
        month += 1;
    }
    let [hour, minute, second] = hms(seconds.rem_euclid(DAY));
    [year, month, day + 1, hour, minute, second]
}

fn hms(seconds: i128) -> [i128; 3] {
    [seconds / 3600, seconds / 60 % 60, seconds % 60]
}

/// Python's `isoformat`, without what is smaller than a microsecond.
pub fn to_iso((nanos, offset): Moment) -> String {
    let local = nanos + offset * SECOND;
    let [year, month, day, hour, minute, second] = calendar(local.div_euclid(SECOND));
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    let micros = local.rem_euclid(SECOND) / 1000;
    if micros != 0 {
        text += &format!(".{micros:06}");
    }
    let [hours, minutes, seconds] = hms(offset.abs());
    text += &format!("{}{hours:02}:{minutes:02}", if offset < 0 { '-' } else { '+' });
    if seconds != 0 {
        text += &format!(":{seconds:02}");
    }
    text
}

/// A cookie's date (RFC 9110, section 5.6.7), so many seconds after 1970, which began on a Thursday.
pub fn imf_fixdate(seconds: i128) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let [year, month, day, hour, minute, second] = calendar(seconds);
    let weekday = DAYS[seconds.div_euclid(DAY).rem_euclid(7) as usize];
    let month = MONTHS[month as usize - 1];
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// What may be written for an expiry that was read as this JSON number: whole seconds, rounded up, with -1 for any time
/// before and `None` for no expiry at all. The crate counts nanoseconds, so less than one may go either way.
pub fn seconds(json: &str) -> [Option<String>; 2] {
    let seconds = match python::loads(json) {
        Some(Json::Int(seconds)) if i64::try_from(seconds).is_ok() => {
            return [(); 2].map(|()| Some(seconds.max(-1).to_string()));
        }
        Some(Json::Int(seconds)) => seconds as f64,
        Some(Json::Float(seconds)) => seconds,
        _ => return [None, None],
    };
    let limit = 2_f64.powi(63);
    if !(-limit..limit).contains(&seconds) {
        return [None, None];
    }
    let written = |seconds: f64| Some(if seconds < 0.0 { -1 } else { seconds.ceil() as i64 }.to_string());
    let near = (seconds - seconds.round()).abs() < 1e-9;
    [written(seconds), written(if near { seconds.round() } else { seconds })]
}
