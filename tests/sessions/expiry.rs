//! `_session_expiry`: its formats, and when a session has expired.

use std::time::Duration;

use django_session::{BadSignature, DecodeError, EncodeError, Expiry, ExpiryPolicy};
use time::macros::{datetime, offset};

use crate::common::{self, clock};
use crate::{NOW, sessions, token};

#[test]
fn every_session_expiry_of_a_wrong_type_is_refused() {
    let malformed = DecodeError::Deserialize { reason: "_session_expiry is neither seconds nor a date" };
    for expiry in [
        "[1]",
        "{\"a\":1}",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "99999999999999999999",
        "\"tomorrow\"",
        "\"2023-11-14T25:00:00\"",
        "\"2023-13-14\"",
        "\"2023-11-14T\"",
        "\"2023-11-14T10:00:00+25:00\"",
        "\"2023-11-14T10:00:00 UTC\"",
        "\"0000-01-01\"",
    ] {
        let token = token(&format!(r#"{{"_session_expiry":{expiry}}}"#), 0.0);
        assert_eq!(sessions().try_load(&token).map(drop), Err(malformed), "{expiry}");
        assert!(sessions().load(Some(&token)).is_empty());
    }
    let mut session = sessions().load(None);
    assert!(matches!(session.insert("_session_expiry", "tomorrow"), Err(EncodeError::MalformedExpiry)));
    assert!(session.is_empty() && !session.is_modified());
}

#[test]
fn expiry_forms() {
    let expiry = |json: &str| {
        let token = token(&format!(r#"{{"_session_expiry":{json}}}"#), 0.0);
        sessions().with_expiry_policy(ExpiryPolicy::CookieAgeOnly).try_load(&token).unwrap().expiry()
    };
    let seconds = |seconds: f64| Some(Expiry::Inactivity(Duration::from_secs_f64(seconds)));
    let at = |at| Some(Expiry::At(at));
    for (json, meaning) in [
        ("null", None),
        ("0", Some(Expiry::BrowserClose)),
        ("0.0", Some(Expiry::BrowserClose)),
        ("300", seconds(300.0)),
        ("90.5", seconds(90.5)),
        ("3e2", seconds(300.0)),
        ("-5", seconds(0.0)),
        ("\"2030-01-02\"", at(datetime!(2030-01-02 0:00 UTC))),
        ("\"\\u0032030-01-02\"", at(datetime!(2030-01-02 0:00 UTC))),
        ("\"2030-01-02T03:04\"", at(datetime!(2030-01-02 3:04 UTC))),
        ("\"2030-01-02T03:04:05\"", at(datetime!(2030-01-02 3:04:05 UTC))),
        ("\"2030-01-02T03:04:05.678901\"", at(datetime!(2030-01-02 3:04:05.678901 UTC))),
        ("\"2030-01-02T03:04:05Z\"", at(datetime!(2030-01-02 3:04:05 UTC))),
        ("\"2030-01-02 03:04:05+05:30\"", at(datetime!(2030-01-02 3:04:05 +5:30))),
        ("\"2030-01-02T03:04:05.250-09:30:15\"", at(datetime!(2030-01-02 3:04:05.25 -9:30:15))),
    ] {
        assert_eq!(expiry(json), meaning, "{json}");
    }
}

#[test]
fn set_expiry_stores_what_django_reads() {
    let stored = |expiry: Expiry| {
        let mut session = sessions().load(None);
        session.set_expiry(expiry);
        session.get_json("_session_expiry").unwrap().to_owned()
    };
    for (expiry, json) in [
        (Expiry::BrowserClose, "0"),
        (Expiry::Inactivity(Duration::from_secs(300)), "300"),
        (Expiry::Inactivity(Duration::from_millis(1)), "1"),
        (Expiry::Inactivity(Duration::ZERO), "-1"),
        (Expiry::Inactivity(Duration::from_millis(300_001)), "301"),
        (Expiry::At(datetime!(2030-01-02 3:04:05 UTC)), "\"2030-01-02T03:04:05+00:00\""),
        (Expiry::At(datetime!(2030-01-02 3:04:05.5 -9:30)), "\"2030-01-02T03:04:05.500000-09:30\""),
        (Expiry::At(datetime!(2030-01-02 3:04:05 -23:59:59)), "\"2030-01-02T03:04:05-23:59:59\""),
        (Expiry::At(datetime!(2030-01-02 3:04:05 +24:00)), "\"2030-01-01T03:04:05+00:00\""),
        (Expiry::At(datetime!(2030-01-02 3:04:05 +25:00)), "\"2030-01-01T02:04:05+00:00\""),
        (Expiry::At(datetime!(2030-01-02 3:04:05.000001 +5:30:15)), "\"2030-01-02T03:04:05.000001+05:30:15\""),
    ] {
        assert_eq!(stored(expiry), json);
    }
    let mut tokyo = sessions().with_naive_dates(offset!(+9)).load(None);
    tokyo.set_expiry(Expiry::At(datetime!(2030-01-02 3:04:05 UTC)));
    assert_eq!(tokyo.get_json("_session_expiry"), Some("\"2030-01-02T12:04:05\""));
    assert_eq!(tokyo.expiry(), Some(Expiry::At(datetime!(2030-01-02 3:04:05 UTC))));
    tokyo.set_expiry(Expiry::At(datetime!(9999-12-31 23:59:59 UTC)));
    assert_eq!(tokyo.get_json("_session_expiry"), Some("\"9999-12-31T23:59:59.999999\""), "where Python's dates end");
}

/// Reading an expiry and setting it again does not change it, and does not revive an expired session.
#[test]
fn expiry_again() {
    for stored in ["0", "300", "-5", "\"2030-01-02T03:04:05+00:00\"", "\"1999-01-01\""] {
        let json = format!(r#"{{"_session_expiry":{stored}}}"#);
        let sessions = sessions().with_expiry_policy(ExpiryPolicy::CookieAgeOnly);
        let mut session = sessions.try_load(&token(&json, 0.0)).unwrap();
        let before = (session.expiry(), session.expiry_age(common::moment(NOW)).is_negative());
        session.set_expiry(session.expiry());
        assert_eq!((session.expiry(), session.expiry_age(common::moment(NOW)).is_negative()), before, "{stored}");
    }
}

/// As in Django, Max-Age is truncated, and the date includes the fraction.
#[test]
fn fractions_of_a_second() {
    let sessions = sessions().with_clock(clock(NOW + 0.75));
    let mut session = sessions.load(None);
    session.insert("_session_expiry", 90.5).unwrap();
    let header = sessions.commit(&session, 200).unwrap().set_cookie.unwrap().into_string();
    assert!(header.contains("expires=Tue, 14 Nov 2023 22:14:51 GMT") && header.contains("Max-Age=90;"), "{header}");
}

/// Ages as large as the types allow can be stored for Django, but a cookie with such an expiry cannot be set.
#[test]
fn expiry_beyond_the_calendar() {
    let now = common::moment(NOW);
    for expiry in [
        Expiry::Inactivity(Duration::MAX),
        Expiry::Inactivity(Duration::from_secs(i64::MAX.unsigned_abs())),
        Expiry::At(datetime!(9999-12-31 23:59:59.999999999 -23:59)),
    ] {
        let mut session = sessions().load(None);
        session.set_expiry(expiry);
        let _ =
            (session.expiry(), session.expiry_age(now), session.expiry_date(now), session.expires_at_browser_close());
        assert!(matches!(sessions().commit(&session, 200), Err(EncodeError::ExpiryOutOfRange)), "{expiry:?}");
    }
    let mut session = sessions().load(None);
    session.set_expiry(Expiry::At(datetime!(9999-12-31 23:59:59 UTC)));
    assert!(
        sessions()
            .commit(&session, 200)
            .unwrap()
            .set_cookie
            .unwrap()
            .as_str()
            .contains("expires=Fri, 31 Dec 9999 23:59:59 GMT")
    );
    session.set_expiry(Expiry::At(datetime!(-0005-01-01 0:00 UTC)));
    assert_eq!(
        session.get_json("_session_expiry"),
        Some("\"0001-01-01T00:00:00+00:00\""),
        "where Python's dates begin"
    );
    session.set_expiry(Expiry::At(datetime!(1969-12-31 23:59:59 UTC)));
    assert!(sessions().commit(&session, 200).unwrap().set_cookie.unwrap().as_str().contains("Max-Age=-1700000001;"));
}

/// Whether a session is accepted, by its own expiry, its age and the policy.
#[test]
fn expiry_policies() {
    let day = 86_400.0;
    let [own_else, cookie_only, both] = [ExpiryPolicy::OwnElseAge, ExpiryPolicy::CookieAgeOnly, ExpiryPolicy::Both];
    assert_eq!(ExpiryPolicy::default(), own_else);
    let accepted = |policy: ExpiryPolicy, json: &str, age: f64| {
        let sessions = sessions().with_expiry_policy(policy);
        match sessions.try_load(&token(json, age)) {
            Ok(_) => true,
            Err(DecodeError::Signature(BadSignature::Expired { age: found, max_age })) => {
                assert!(found > max_age && found.as_secs_f64() - age < 1.0);
                false
            }
            Err(DecodeError::SessionExpired { since }) => {
                assert!(!json.is_empty() && policy != cookie_only && since.as_secs_f64() > 0.0);
                false
            }
            Err(other) => panic!("{other}"),
        }
    };
    let five_minutes = r#"{"_session_expiry":300}"#;
    let thirty_days = r#"{"_session_expiry":2592000}"#;
    let browser_close = r#"{"_session_expiry":0}"#;
    let tomorrow = r#"{"_session_expiry":"2023-11-15T22:13:20+00:00"}"#;
    let yesterday = r#"{"_session_expiry":"2023-11-13T22:13:20+00:00"}"#;
    let negative = r#"{"_session_expiry":-5}"#;
    for (json, age, by_own_else, by_cookie_only, by_both) in [
        ("{}", 14.0 * day, true, true, true),
        ("{}", 14.0 * day + 0.5, false, false, false),
        (five_minutes, 300.0, true, true, true),
        (five_minutes, 301.0, false, true, false),
        (thirty_days, 20.0 * day, true, false, false),
        (thirty_days, 31.0 * day, false, false, false),
        (browser_close, 13.0 * day, true, true, true),
        (browser_close, 15.0 * day, false, false, false),
        (tomorrow, 10.0, true, true, true),
        (tomorrow, 15.0 * day, true, false, false),
        (yesterday, 10.0, false, true, false),
        (negative, 0.0, false, true, false),
    ] {
        if json != yesterday && json != negative {
            assert_eq!(accepted(own_else, json, age), by_own_else, "{json} at {age}");
            assert_eq!(accepted(both, json, age), by_both, "{json} at {age}");
        } else {
            assert!(sessions().try_load(&token(json, age)).is_err(), "{json} at {age}");
        }
        assert_eq!(accepted(cookie_only, json, age), by_cookie_only, "{json} at {age}");
    }
    assert!(sessions().try_load(&token(five_minutes, -3600.0)).is_ok(), "from the future, as in Django");
}
