//! Values of `_session_expiry`, with the results of Django 5.2.19 on Python 3.11 and 6.1.3 on 3.12.

use std::time::Duration;

use crate::common::{clock, moment, ring};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use django_session::{
    CookieOptions, CookieSessions, DecodeError, EncodeError, Expiry, ExpiryPolicy, Session, TimestampSigner,
};
use serde_json::value::RawValue;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

const SALT: &str = "django.contrib.sessions.backends.signed_cookies";
/// 2025-11-25T10:10:10.25Z.
const NOW: f64 = 1_764_065_410.25;

/// Returns sessions with `SESSION_EXPIRE_AT_BROWSER_CLOSE = True`, which shows which values override it.
fn sessions() -> CookieSessions {
    let options = CookieOptions::builder("sessionid").expire_at_browser_close(true).build().unwrap();
    CookieSessions::new(&ring("secret"), options).with_clock(clock(NOW)).with_expiry_policy(ExpiryPolicy::CookieAgeOnly)
}

/// Loads a cookie with this value, as Django would have written it.
fn loaded(sessions: &CookieSessions, value: &str) -> Result<Session, DecodeError> {
    let signer = TimestampSigner::new(&ring("secret"), SALT).unwrap().with_clock(clock(NOW));
    sessions.try_load(&signer.sign(&BASE64URL.encode(format!("{{\"_session_expiry\":{value}}}"))))
}

/// Django's results for a session: `Max-Age` and `expires` if its cookie has them, `get_expiry_age` in microseconds,
/// and `get_expiry_date`.
type Answer = (Option<(i64, &'static str)>, i64, &'static str);

fn assert_answer(sessions: &CookieSessions, value: &str, (lifetime, age, date): Answer) {
    let mut session = loaded(sessions, value).unwrap_or_else(|error| panic!("{value}: {error}"));
    assert_eq!(session.expires_at_browser_close(), lifetime.is_none(), "{value}");
    assert_eq!(session.expiry_age(moment(NOW)), time::Duration::microseconds(age), "{value}");
    assert_eq!(session.expiry_date(moment(NOW)), OffsetDateTime::parse(date, &Rfc3339).ok(), "{value}");

    session.mark_modified();
    let cookie = sessions.commit(&session, 200).unwrap().set_cookie.unwrap().into_string();
    let attributes = lifetime.map_or_else(
        || "; HttpOnly; Path=/".to_owned(),
        |(max_age, expires)| format!("; expires={expires} GMT; HttpOnly; Max-Age={max_age}; Path=/"),
    );
    assert!(cookie.contains(&attributes), "{value}: {cookie}");

    // A value that can be read can also be inserted.
    let json = RawValue::from_string(value.to_owned()).unwrap();
    let mut written = sessions.load(None);
    written.insert("_session_expiry", json).unwrap();
    assert_eq!(written.expiry(), session.expiry(), "{value}");
}

const TWO_WEEKS: Answer =
    (Some((1_209_600, "Tue, 09 Dec 2025 10:10:10")), 1_209_600_000_000, "2025-12-09T10:10:10.25Z");
const BROWSER_CLOSE: Answer = (None, TWO_WEEKS.1, TWO_WEEKS.2);

#[test]
fn values_that_are_no_dates() {
    let some = |max_age, expires, age, date| (Some((max_age, expires)), age, date);
    for (value, answer) in [
        ("true", some(1, "Tue, 25 Nov 2025 10:10:11", 1_000_000, "2025-11-25T10:10:11.25Z")),
        ("false", BROWSER_CLOSE),
        ("0.0", BROWSER_CLOSE),
        ("-0.0", BROWSER_CLOSE),
        ("-0", BROWSER_CLOSE),
        ("1e-400", BROWSER_CLOSE),
        ("null", BROWSER_CLOSE),
        // Django's get_expiry_date fails for the empty text.
        ("\"\"", TWO_WEEKS),
        ("[]", TWO_WEEKS),
        ("{}", TWO_WEEKS),
        ("[ \t]", TWO_WEEKS),
        ("{\n}", TWO_WEEKS),
        ("90.7", some(90, "Tue, 25 Nov 2025 10:11:40", 90_700_000, "2025-11-25T10:11:40.95Z")),
        ("-90.7", some(-90, "Tue, 25 Nov 2025 10:08:39", -90_700_000, "2025-11-25T10:08:39.55Z")),
        ("89.75", some(89, "Tue, 25 Nov 2025 10:11:40", 89_750_000, "2025-11-25T10:11:40Z")),
        ("0.5", some(0, "Tue, 25 Nov 2025 10:10:10", 500_000, "2025-11-25T10:10:10.75Z")),
        ("-0.5", some(0, "Tue, 25 Nov 2025 10:10:09", -500_000, "2025-11-25T10:10:09.75Z")),
        ("1e-9", some(0, "Tue, 25 Nov 2025 10:10:10", 0, "2025-11-25T10:10:10.25Z")),
        ("-1e-9", some(0, "Tue, 25 Nov 2025 10:10:10", 0, "2025-11-25T10:10:10.25Z")),
        ("9e1", some(90, "Tue, 25 Nov 2025 10:11:40", 90_000_000, "2025-11-25T10:11:40.25Z")),
    ] {
        assert_answer(&sessions(), value, answer);
    }
}

/// Half a microsecond is rounded to even, as in a `timedelta`. `Max-Age` is truncated, even if the fraction is almost a
/// second.
#[test]
fn fractions_end_at_microseconds() {
    for (value, nanos) in [
        ("0.0000005", 0),
        ("0.0000015", 2_000),
        ("1.0000005", 1_000_001_000), // a float slightly above
        ("1.123456789", 1_123_457_000),
        ("90.9999999999", 90_999_999_000),
        ("-90.9999999999", -90_999_999_000),
    ] {
        let session = loaded(&sessions(), value).unwrap();
        assert_eq!(session.expiry_age(moment(NOW)), time::Duration::nanoseconds(nanos), "{value}");
        assert_eq!(session.expiry(), Some(Expiry::Inactivity(Duration::from_nanos(nanos.try_into().unwrap_or(0)))));
    }
}

#[test]
fn dates_with_an_offset() {
    for (value, max_age, expires, date) in [
        ("20251125T101110+00:00", 59, "Tue, 25 Nov 2025 10:11:09", "2025-11-25T10:11:10Z"),
        ("2025-11-25T10+00:00", -611, "Tue, 25 Nov 2025 09:59:59", "2025-11-25T10:00:00Z"),
        ("2025-11-25T11Z", 2989, "Tue, 25 Nov 2025 10:59:59", "2025-11-25T11:00:00Z"),
        ("20251125T11+0030", 1189, "Tue, 25 Nov 2025 10:29:59", "2025-11-25T11:00:00+00:30"),
        ("2025-11-25T10:11:10,5Z", 60, "Tue, 25 Nov 2025 10:11:10", "2025-11-25T10:11:10.5Z"),
        ("2025-11-25T10:11:10.123456789Z", 59, "Tue, 25 Nov 2025 10:11:09", "2025-11-25T10:11:10.123456Z"),
        ("2025-11-25T101110.25+00", 60, "Tue, 25 Nov 2025 10:11:10", "2025-11-25T10:11:10.25Z"),
        ("2025-W48-2T11:00Z", 2989, "Tue, 25 Nov 2025 10:59:59", "2025-11-25T11:00:00Z"),
        ("2025W482T11Z", 2989, "Tue, 25 Nov 2025 10:59:59", "2025-11-25T11:00:00Z"),
        ("2025W48T11Z", -83411, "Mon, 24 Nov 2025 10:59:59", "2025-11-24T11:00:00Z"),
        ("2025-W48T11Z", -83411, "Mon, 24 Nov 2025 10:59:59", "2025-11-24T11:00:00Z"),
        ("2025-11-25é11:00Z", 2989, "Tue, 25 Nov 2025 10:59:59", "2025-11-25T11:00:00Z"),
        (r"2025-11-25\ud80011:00Z", 2989, "Tue, 25 Nov 2025 10:59:59", "2025-11-25T11:00:00Z"),
        ("2025-11-25T11:00:00+00:00:30", 2959, "Tue, 25 Nov 2025 10:59:29", "2025-11-25T10:59:30Z"),
        ("2025-11-25T11:00:00-00:00:30.250000", 3020, "Tue, 25 Nov 2025 11:00:30", "2025-11-25T11:00:30.25Z"),
        ("2025-11-25T11:00+00:99", -2951, "Tue, 25 Nov 2025 09:20:59", "2025-11-25T11:00:00+01:39"),
        ("2025-11-25T11:00:00.5+23:59:59.999999", -83410, "Mon, 24 Nov 2025 11:00:00", "2025-11-24T11:00:00.500001Z"),
    ] {
        assert_answer(&sessions(), &format!("\"{value}\""), (Some((max_age, expires)), max_age * 1_000_000, date));
    }
}

/// The results of Django with `USE_TZ = False` in UTC.
#[test]
fn dates_without_an_offset() {
    let sessions = sessions().with_naive_dates(UtcOffset::UTC);
    for (value, max_age, expires, date) in [
        ("20251125T101110", 59, "Tue, 25 Nov 2025 10:11:09", "2025-11-25T10:11:10Z"),
        ("2025-W48-2", -36611, "Mon, 24 Nov 2025 23:59:59", "2025-11-25T00:00:00Z"),
        ("2025-11-26", 49789, "Tue, 25 Nov 2025 23:59:59", "2025-11-26T00:00:00Z"),
        ("20251126", 49789, "Tue, 25 Nov 2025 23:59:59", "2025-11-26T00:00:00Z"),
    ] {
        assert_answer(&sessions, &format!("\"{value}\""), (Some((max_age, expires)), max_age * 1_000_000, date));
    }
}

/// Django raises an error for a date with an offset if dates should have none, and the other way round. It also raises
/// one for a response with status 500 if the session cannot be written.
#[test]
fn where_django_raises_an_error_and_we_do_not() {
    let expires = |sessions: CookieSessions, value: &str| loaded(&sessions, value).unwrap().expiry_date(moment(NOW));
    let in_tokyo = || sessions().with_naive_dates(UtcOffset::from_hms(9, 0, 0).unwrap());
    let noon = OffsetDateTime::parse("2025-11-25T12:00:00Z", &Rfc3339).ok();
    assert_eq!(expires(sessions(), "\"2025-11-25T12\""), noon);
    assert_eq!(expires(in_tokyo(), "\"2025-11-25T21\""), noon);
    assert_eq!(expires(in_tokyo(), "\"2025-11-25T12Z\""), noon);

    let mut session = loaded(&sessions(), "1e12").unwrap();
    session.mark_modified();
    assert!(matches!(sessions().commit(&session, 200), Err(EncodeError::ExpiryOutOfRange)));
    assert_eq!(sessions().commit(&session, 500).unwrap().set_cookie, None);
}

/// Django raises an error for any of these when it writes the session.
#[test]
fn values_without_a_meaning() {
    let malformed = DecodeError::Deserialize { reason: "_session_expiry is neither seconds nor a date" };
    for value in [
        "[1]",
        r#"{"a":1}"#,
        "NaN",
        "Infinity",
        "-Infinity",
        "1e300",
        "9223372036854775808",
        "\"soon\"",
        "\"2025-11-25T\"",
        "\"2025-11-25T24:00\"",
        "\"2025-11-25T11:00+24:00\"",
        "\"2025-W53-1\"",
        "\"2025-1125\"",
        "\"2025-11-25T11:60Z\"",
        "\"20251125101010\"",
        "\"0000-01-01\"",
        "\"2025-11-25T11:0\"",
        r#""2025-11-25T11:00\ud800""#,
    ] {
        assert_eq!(loaded(&sessions(), value).map(drop), Err(malformed), "{value}");
        let Ok(json) = RawValue::from_string(value.to_owned()) else { continue };
        let rejected = sessions().load(None).insert("_session_expiry", json);
        assert!(matches!(rejected, Err(EncodeError::MalformedExpiry)), "{value}");
    }
}

/// A value that ends the session immediately does not mean "browser close". With an empty value, the age of the
/// settings applies.
#[test]
fn values_are_enforced() {
    let sessions = sessions().with_expiry_policy(ExpiryPolicy::OwnElseAge);
    for (value, admitted) in [("true", false), ("90.7", true), ("90.2", false), ("false", true), ("[]", true)] {
        let signer = TimestampSigner::new(&ring("secret"), SALT).unwrap().with_clock(clock(NOW - 90.25));
        let token = signer.sign(&BASE64URL.encode(format!("{{\"_session_expiry\":{value}}}")));
        assert_eq!(sessions.try_load(&token).is_ok(), admitted, "{value}");
    }
}
