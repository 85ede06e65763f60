//! Generates random views: what they do with a session, and the values that they put into it.

use time::{OffsetDateTime, UtcOffset};

use crate::common::json::Json;
use crate::dates::date;
use crate::random::Random;
use crate::sites;
use crate::visit::{Site, Spelled, Step, Visit, spell};

const KEYS: &[&str] = &["a", "a", "b", "c", "visits", "é", "🔑", "", "quo\"te\\", "\u{7f}\t", "1", "testcookie"];
const EXPIRY: &str = "_session_expiry";
const LOGIN: &[&str] = &["_auth_user_id", "_auth_user_id", "_auth_user_backend", "_auth_user_hash", "_csrftoken"];
const INFLATE_LIMIT: usize = 256 << 10;
/// The maximum length of a value's text, so that cookies do not get too large.
const LONGEST: usize = 150;

/// Generates a visit by a browser with these tokens.
pub fn visit(random: &mut Random, site: &Site, jar: &[String], now: f64) -> Visit {
    Visit {
        cookie: sites::header(random, site, jar),
        steps: steps(random, now),
        status: status(random),
        site: site.clone(),
    }
}

/// Generates the time of a visitor's next visit: often about `end`, when the session of `age` seconds expires.
pub fn comes_back(random: &mut Random, now: f64, end: f64, age: u64) -> f64 {
    match random.below(10) {
        0 => end,
        1 => end + 0.125,
        2 => end - 0.125,
        3 => now - 10.0,
        4 => now + random.below(age as usize) as f64,
        _ => now + random.pick(&[0.0, 0.125, 1.0, 60.0]),
    }
}

pub fn steps(random: &mut Random, now: f64) -> Vec<Step> {
    let count = random.pick(&[0, 0, 1, 1, 2, 3, 5, 8]);
    (0..count).map(|_| step(random, now)).collect()
}

pub fn status(random: &mut Random) -> u16 {
    if random.once_in(2) { 200 } else { 200 + random.below(400) as u16 }
}

fn step(random: &mut Random, now: f64) -> Step {
    match random.below(42) {
        0..=3 => Step::Get { key: key(random) },
        4 | 5 => Step::Contains { key: key(random) },
        6..=10 => {
            let (key, value) = pair(random, now);
            Step::Set { key, value }
        }
        11 | 12 => Step::Delete { key: key(random) },
        13 | 14 => Step::Pop { key: key(random) },
        15 | 16 => {
            let (key, value) = pair(random, now);
            Step::Setdefault { key, value }
        }
        17 => {
            let count = random.below(4);
            Step::Update { pairs: (0..count).map(|_| pair(random, now)).collect() }
        }
        18 => Step::Clear,
        19 => Step::Flush,
        20 => Step::CycleKey,
        21 => Step::Keys,
        22 => Step::Items,
        23 => Step::MarkModified,
        24 => random.pick(&[Step::IsModified, Step::IsAccessed]),
        25 => {
            let number = number(random);
            Step::SetExpiry { value: Spelled(random.pick(&[Json::Null, Json::Int(0), number.clone(), number])) }
        }
        26 => Step::SetExpiryIn { seconds: distance(random) },
        27 => Step::SetExpiryAt { micros: micros(now + distance(random)), offset: offset(random) },
        28 => Step::GetExpiryAge { modification: modification(random, now) },
        29 => Step::GetExpiryDate { modification: modification(random, now) },
        30 => Step::GetExpireAtBrowserClose,
        31 => Step::SetTestCookie,
        32 => Step::TestCookieWorked,
        33 => Step::DeleteTestCookie,
        34 | 35 => Step::Login { id: random.pick(&["1", "1", "42"]).to_owned(), password: password(random) },
        36 => Step::Discard,
        37 => plant(random),
        38..=40 => Step::GetUser { password: Some(password(random)).filter(|_| !random.once_in(8)) },
        _ => Step::UpdateHash { password: password(random) },
    }
}

/// Generates a step that changes a key that a login has written, or sets one that looks like it.
pub fn plant(random: &mut Random) -> Step {
    let key = random.pick(LOGIN).to_owned();
    if random.once_in(4) {
        return Step::Delete { key };
    }
    let text = |text: &str| Json::String(text.to_owned());
    let value = match (key.as_str(), random.below(8)) {
        ("_auth_user_id", 0..=2) => Json::Int(random.pick(&[1, 42, -1, 0])),
        ("_auth_user_id", 3) => Json::Float(random.pick(&[1.0, 42.0, 42.5, -1.0, -0.0, 1e16, f64::NAN])),
        ("_auth_user_id", 4) => text(random.pick(&["+1", "01", " 1", "1.0", "1_0", "٤٢", "-1", "ada", ""])),
        ("_auth_user_id", 5) => random.pick(&[Json::Null, Json::Bool(true), Json::Array(vec![Json::Int(1)])]),
        ("_auth_user_id", _) => text(random.pick(&["1", "42"])),
        ("_auth_user_backend", 0..=3) => text(random.pick(&["accounts.Backend", "of.another.Site", ""])),
        _ => value(random),
    };
    Step::Set { key, value: Spelled(value) }
}

/// Generates the JSON text of a session that Django might have.
pub fn session(random: &mut Random, now: f64) -> String {
    let mut pairs: Vec<String> = Vec::new();
    for _ in 0..random.pick(&[0, 1, 2, 3, 5]) {
        let key = if random.once_in(16) { "\"\\ud800\"".to_owned() } else { quoted(random.pick(KEYS)) };
        let value = if random.once_in(3) { random.pick(ONLY_PYTHON).to_owned() } else { spell(&value(random)) };
        pairs.push(format!("{key}:{value}"));
    }
    if random.once_in(2) {
        let at = random.below(pairs.len() + 1);
        pairs.insert(at, format!("{}:{}", quoted(EXPIRY), spell(&expiry(random, now))));
    }
    if random.once_in(4) {
        let planted = (0..2).map(|_| plant(random)).filter_map(|step| match step {
            Step::Set { key, value: Spelled(value) } => Some(format!("{}:{}", quoted(&key), spell(&value))),
            _ => None,
        });
        pairs.extend(planted);
    }
    if random.once_in(400) {
        // Just below, at or just above the inflate limit, if the session has no other keys.
        let wide = INFLATE_LIMIT - "{\"wide\":\"\"}".len() + random.below(3) - 1;
        pairs.retain(|_| random.once_in(2));
        pairs.push(format!("\"wide\":\"{}\"", "a".repeat(wide)));
    } else if random.once_in(100) {
        let long = Json::String((0..12_000).map(|_| char::from(b'0' + random.below(64) as u8)).collect());
        pairs.push(format!("\"long\":{}", spell(&long)));
    }
    format!("{{{}}}", pairs.join(","))
}

fn pair(random: &mut Random, now: f64) -> (String, Spelled) {
    let key = key(random);
    let value = if key == EXPIRY { expiry(random, now) } else { value(random) };
    (key, Spelled(value))
}

fn key(random: &mut Random) -> String {
    if random.once_in(16) { EXPIRY } else { random.pick(KEYS) }.to_owned()
}

fn value(random: &mut Random) -> Json {
    let value = match random.below(12) {
        0 => Json::Int(i128::from(random.bits()) * i128::from(random.bits() >> 2)),
        1 => Json::Array(vec![Json::Float(random.pick(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]))]),
        2 => Json::Float(f64::NAN),
        3 => Json::String("long ".repeat(random.below(30))), // worth compressing
        _ => random.json(2),
    };
    if spell(&value).len() > LONGEST { Json::Null } else { value }
}

/// Generates a value for `_session_expiry`, which may be invalid.
fn expiry(random: &mut Random, now: f64) -> Json {
    match random.below(10) {
        0 => Json::Null,
        1 => Json::Int(0),
        2 => number(random),
        3 => random.pick(&[
            Json::Bool(true),
            Json::Bool(false),
            Json::String(String::new()),
            Json::Array(Vec::new()),
            Json::Object(Vec::new()),
            Json::Array(vec![Json::Int(1)]),
            Json::Float(f64::NAN),
        ]),
        4 => Json::String(random.pick(NO_DATES).to_owned()),
        5 => Json::String(date(random, &["1970", "2024", "2025"])),
        _ => {
            let end = now + distance(random);
            Json::String(iso_date(random, end))
        }
    }
}

/// Generates a number of seconds.
fn number(random: &mut Random) -> Json {
    match random.below(4) {
        0 => Json::Int(random.pick(&[1, -1, -5, 1 << 40, 1 << 62, -(1 << 62), 1 << 63, 1 << 80])),
        1 => Json::Float(random.pick(&[0.0, -0.0, 0.5, -0.5, 90.7, 300.0, -300.3, 1e-9, -1e-9, 1e12, 1e300])),
        _ => Json::Int(1 + i128::from(random.magnitude(26))),
    }
}

/// Generates a number of seconds from now to a date.
fn distance(random: &mut Random) -> f64 {
    let seconds = random.pick(&[0.0, 1.0, 90.0, 3600.0, 1e7]) + random.fraction();
    if random.once_in(4) { -seconds } else { seconds }
}

fn modification(random: &mut Random, now: f64) -> Option<f64> {
    random.once_in(2).then(|| now + distance(random))
}

pub fn password(random: &mut Random) -> String {
    random.pick(&["pbkdf2_sha256$870000$salt$hash", "pbkdf2_sha256$870000$salt$hash", "!", "schlüssel 🔑"]).to_owned()
}

fn micros(seconds: f64) -> i64 {
    (seconds * 1e6) as i64
}

fn offset(random: &mut Random) -> i32 {
    random.pick(&[0, 0, 7200, -12_600, 86_340, -86_340, 3661])
}

/// Generates a date, mostly in one of the formats of `isoformat`.
fn iso_date(random: &mut Random, seconds: f64) -> String {
    let offset = UtcOffset::from_whole_seconds(offset(random)).unwrap();
    let date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros(seconds)) * 1000).unwrap().to_offset(offset);
    let (hours, minutes, more) = offset.as_hms();
    let sign = if offset.is_negative() { '-' } else { '+' };
    let (hours, minutes, more) = (hours.abs(), minutes.abs(), more.abs());
    let offset = match random.below(6) {
        0 | 1 => String::new(),
        2 => "Z".to_owned(),
        _ if more != 0 => format!("{sign}{hours:02}:{minutes:02}:{more:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}"),
    };
    let day = date.date();
    let (hour, minute, second) = date.time().as_hms();
    let fraction = match (random.below(4), date.microsecond()) {
        (_, 0) => String::new(),
        (0, micros) => format!(".{:03}", micros / 1000),
        (_, micros) => format!(".{micros:06}"),
    };
    match random.below(16) {
        0 => day.to_string(),
        1 => format!("{day}T{hour:02}:{minute:02}{offset}"),
        2 => format!("{day} {hour:02}:{minute:02}:{second:02}{fraction}{offset}"),
        _ => format!("{day}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}"),
    }
}

fn quoted(key: &str) -> String {
    spell(&Json::String(key.to_owned()))
}

const NO_DATES: &[&str] =
    &["tomorrow", "2026-02-30", "2026-01-01T25:00:00", "2026-01-01T00:00:00+25:00", "2026-01-01T00:00:00 UTC", "300"];

/// JSON texts of values that Rust cannot represent, or that Python reads in its own way.
const ONLY_PYTHON: &[&str] = &[
    "NaN",
    "[-Infinity,{\"a\":Infinity}]",
    "123456789012345678901234567890123456789012345678901234567890",
    "-0.0",
    "1e16",
    "\"\\ud800\"",
    "[\"\\udfff\\ud800\"]",
    "{\"\\udc00\":1}",
    "[[[[[[[[[[{}]]]]]]]]]]",
    "\"\\ud83d\\udd11\"",
];
