//! Slow twins of `isoformat` and `fromisoformat`, which count dates year by year.

use crate::json::Json;
use crate::python;

/// Nanoseconds since 1970, and the offset from UTC in seconds.
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

/// Returns whether the text begins with this format, where `d` is any digit.
fn begins(text: &[u8], form: &str) -> bool {
    let fits = |(byte, form)| if form == b'd' { u8::is_ascii_digit(byte) } else { *byte == form };
    text.len() >= form.len() && text.iter().zip(form.bytes()).all(fits)
}

fn number(digits: &[u8]) -> Option<i128> {
    digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().fold(0, |sum, byte| sum * 10 + i128::from(byte - b'0')))
}

/// Reads a date. Returns the days since 1970, and the text after the date.
fn day(text: &[u8]) -> Option<(i128, &[u8])> {
    const FORMS: [&str; 6] = ["dddd-dd-dd", "dddd-Wdd-d", "dddd-Wdd", "ddddWddd", "ddddWdd", "dddddddd"];
    // A digit in the position of a weekday may belong to the time: in `-HH`, or in `xHH` with a digit as x, with more
    // pairs of digits.
    let digits_from_7 = text.iter().skip(7).take_while(|byte| byte.is_ascii_digit()).count();
    let is_time = |form: &str| match form {
        "dddd-Wdd-d" => begins(text, "dddd-Wdd-dd"),
        "ddddWddd" => digits_from_7 > 1 && digits_from_7 % 2 == 1,
        _ => false,
    };
    let form = FORMS.into_iter().find(|form| begins(text, form) && !is_time(form))?;
    let (day, rest) = text.split_at(form.len());
    let digits: Vec<u8> = day.iter().copied().filter(u8::is_ascii_digit).collect();
    let year = number(&digits[..4])?;
    let date = if form.contains('W') {
        // The first week is the one with January 4; 1970 began on a Thursday.
        let monday = |year| days(year) + 3 - (days(year) + 3 + 3).rem_euclid(7);
        let (week, day) = (number(&digits[4..6])?, digits.get(6).map_or(Some(1), |day| number(&[*day]))?);
        let day_of_year = (week - 1) * 7 + day - 1;
        let exists = (1..=7).contains(&day) && (0..monday(year + 1) - monday(year)).contains(&day_of_year);
        exists.then(|| monday(year) + day_of_year)?
    } else {
        let (month, day) = (number(&digits[4..6])?, number(&digits[6..])?);
        let exists = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        exists.then(|| days(year) + (1..month).map(|month| days_in_month(year, month)).sum::<i128>() + day - 1)?
    };
    (year > 0 && date < days(10_000)).then_some((date, rest))
}

/// Reads hours, minutes, seconds and microseconds, and returns whether only nothing or a NUL follows them.
fn clock(text: &[u8]) -> Option<([i128; 4], bool)> {
    let has_colons = text.get(2) == Some(&b':');
    let forms = if has_colons { ["dd:dd:dd", "dd:dd", "dd"] } else { ["dddddd", "dddd", "dd"] };
    let form = forms.into_iter().find(|form| begins(text, form))?;
    let (clock, rest) = text.split_at(form.len());
    let mut parts = [0; 4];
    for (part, digits) in parts.iter_mut().zip(clock.chunks(if has_colons { 3 } else { 2 })) {
        *part = number(&digits[..2])?;
    }
    if rest.len() < 2 {
        return Some((parts, rest == b"" || rest == b"\0"));
    }
    let decimals = match rest {
        [b'.' | b',', decimals @ ..] => decimals,
        [b':', decimals @ ..] if form == "dd:dd:dd" => decimals,
        decimals if form == "dddddd" => decimals,
        _ => return None,
    };
    let micros = format!("{:0<6}", str::from_utf8(&decimals[..decimals.len().min(6)]).ok()?);
    parts[3] = number(micros.as_bytes())?;
    Some((parts, matches!(decimals.iter().find(|byte| !byte.is_ascii_digit()), None | Some(0))))
}

/// Reads a date, or a date, any character and a time, with an offset or in UTC, like CPython 3.11.
pub fn from_iso(text: &str) -> Option<Moment> {
    let (date, rest) = day(text.as_bytes())?;
    let mut rest = text[text.len() - rest.len()..].chars();
    if rest.next().is_none() {
        return Some((date * DAY * SECOND, 0));
    }
    let rest = rest.as_str();
    let (time, zone) = rest.split_at(rest.find(['+', '-', 'Z']).unwrap_or(rest.len()));
    let ([hour, minute, second, micros], is_clean) = clock(time.as_bytes())?;
    let exists = hour < 24 && minute < 60 && second < 60;
    let local = exists.then_some((((date * 24 + hour) * 60 + minute) * 60 + second) * SECOND + micros * 1000)?;
    match zone.as_bytes() {
        [] => is_clean.then_some((local, 0)),
        [b'Z'] | [b'Z', 0, ..] => Some((local, 0)),
        [b'Z', ..] => None,
        [sign, zone @ ..] => {
            let ([hours, minutes, seconds, micros], true) = clock(zone)? else { return None };
            let sign = if *sign == b'-' { -1 } else { 1 };
            let seconds = (hours * 60 + minutes) * 60 + seconds;
            // Python reads an offset of only microseconds as UTC. The crate adds these microseconds to the local time.
            let local = local - if seconds == 0 { 0 } else { sign * micros * 1000 };
            let exists = seconds < DAY && local < days(10_000) * DAY * SECOND;
            exists.then_some((local - sign * seconds * SECOND, sign * seconds))
        }
    }
}

/// Returns the days from 1970 to the start of this year.
fn days(year: i128) -> i128 {
    (1..year).map(days_in_year).sum::<i128>() - DAYS_BEFORE_1970
}

/// Converts seconds since 1970 to year, month, day, hour, minute and second.
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

/// Python's `isoformat`, truncated to microseconds.
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

/// Formats seconds since 1970 as the date of a cookie (RFC 9110, section 5.6.7). 1970 began on a Thursday.
pub fn imf_fixdate(seconds: i128) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let [year, month, day, hour, minute, second] = calendar(seconds);
    let weekday = DAYS[seconds.div_euclid(DAY).rem_euclid(7) as usize];
    let month = MONTHS[month as usize - 1];
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Returns what may be written for an expiry that was read from this JSON number: whole seconds, rounded up, with -1
/// for zero and negative values, and `None` for no expiry. The crate counts microseconds, so smaller fractions may be
/// rounded either way.
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
    let written = |rounded: f64| match rounded.ceil() as i64 {
        0 if seconds == 0.0 => Some("0".to_owned()),
        whole => Some(if whole > 0 { whole } else { -1 }.to_string()),
    };
    let near = (seconds - seconds.round()).abs() < 1e-6;
    [written(seconds), written(if near { seconds.round() } else { seconds })]
}
