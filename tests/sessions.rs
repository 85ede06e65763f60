//! What a session does, and what a response then says: Django's rules and the differences of ours.

mod common;

use std::time::Duration;

use common::json::Json;
use common::{clock, json_of, key, payload, ring, written};
use django_session::{
    Algorithm, BadSignature, CookieOptions, CookieOptionsBuilder, CookieSessions, DecodeError, EncodeError, Expiry,
    ExpiryPolicy, JsonSerializer, KeyRing, Serializer, Session, SessionAuth, StoredSessions, TimestampSigner,
};
use proptest::prelude::*;
use time::macros::{datetime, offset};

const SALT: &str = "django.contrib.sessions.backends.signed_cookies";
const NOW: f64 = 1_700_000_000.0; // 2023-11-14 22:13:20 UTC

fn options() -> CookieOptionsBuilder {
    CookieOptions::builder("sessionid")
}

fn sessions() -> CookieSessions {
    store_with(options())
}

fn store_with(options: CookieOptionsBuilder) -> CookieSessions {
    CookieSessions::new(&ring("secret"), options.build().unwrap()).with_clock(clock(NOW))
}

/// A token for this payload, whatever it is, signed `age` seconds ago.
fn token(json: &str, age: f64) -> String {
    let signer = TimestampSigner::new(&ring("secret"), SALT).unwrap().with_clock(clock(NOW - age));
    signer.sign(&base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, json))
}

#[test]
fn a_new_session_is_empty_and_says_nothing() {
    let session = sessions().load(None);
    assert_eq!((session.rejection(), session.key_index(), session.signed_at()), (None, None, None));
    assert!(!session.is_accessed() && !session.is_modified());
    let commit = sessions().commit(&session, 200).unwrap();
    assert!(commit.set_cookie.is_none() && !commit.vary_on_cookie);
    assert!(session.is_empty());
}

/// `accessed` and `modified`, by operation: each on a fresh session with `{"a":1}`.
#[test]
fn flags() {
    let operations: [(&str, Operation, bool, bool); 25] = [
        ("nothing", |_| {}, false, false),
        ("get", |s| assert_eq!(s.get("a").unwrap(), Some(1)), true, false),
        ("get of what is not there", |s| assert_eq!(s.get::<u8>("b").unwrap(), None), true, false),
        ("get_json", |s| assert_eq!(s.get_json("a"), Some("1")), true, false),
        ("contains_key", |s| assert!(s.contains_key("a")), true, false),
        ("keys", |s| assert_eq!(s.keys().count(), 1), true, false),
        ("iter", |s| assert_eq!(s.iter().count(), 1), true, false),
        ("len", |s| assert_eq!(s.len(), 1), true, false),
        ("is_empty", |s| assert!(!s.is_empty()), true, false),
        ("insert", |s| s.insert("b", 2).unwrap(), true, true),
        ("insert the same", |s| s.insert("a", 1).unwrap(), true, true),
        ("insert what is no JSON", |s| assert!(s.insert("a", f64::NAN).is_err()), false, false),
        ("extend", |s| s.extend([("b", 2), ("c", 3)]).unwrap(), true, true),
        ("extend with nothing", |s| s.extend([("", 0); 0]).unwrap(), true, true),
        ("remove", |s| assert!(s.remove("a")), true, true),
        ("remove what is not there", |s| assert!(!s.remove("b")), true, false),
        ("get_or_insert_with, there", |s| assert_eq!(s.get_or_insert_with("a", || 5).unwrap(), 1), true, false),
        ("get_or_insert_with", |s| assert_eq!(s.get_or_insert_with("b", || 5).unwrap(), 5), true, true),
        ("clear", Session::clear, true, true),
        ("flush", Session::flush, true, true),
        ("cycle_key", Session::cycle_key, true, true),
        ("set_expiry", |s| s.set_expiry(Expiry::BrowserClose), true, true),
        ("set_expiry(None) without one", |s| s.set_expiry(None), true, false),
        ("set_test_cookie", Session::set_test_cookie, true, true),
        ("mark_modified", Session::mark_modified, false, true),
    ];
    for (name, operation, accessed, modified) in operations {
        let mut session = sessions().load(Some(&token(r#"{"a":1}"#, 0.0)));
        operation(&mut session);
        assert_eq!((session.is_accessed(), session.is_modified()), (accessed, modified), "{name}");
    }
}

#[test]
fn the_test_cookie() {
    let mut session = sessions().load(None);
    assert!(!session.test_cookie_worked());
    session.set_test_cookie();
    let mut session = sessions().load(written(&sessions().commit(&session, 200).unwrap()).as_deref());
    assert_eq!(session.get_json("testcookie"), Some("\"worked\""));
    assert!(session.test_cookie_worked());
    assert!(session.delete_test_cookie());
    assert!(!session.delete_test_cookie() && !session.test_cookie_worked());
}

#[test]
fn values_keep_their_places() {
    let mut session = sessions().load(Some(&token(r#"{"b":1,"a":[1,2],"é":"x","_language":"de"}"#, 0.0)));
    session.insert("a", "changed").unwrap();
    session.insert("new", ()).unwrap();
    session.remove("_language");
    assert_eq!(
        json_of(&session),
        [("b", "1"), ("a", "\"changed\""), ("é", "\"x\""), ("new", "null")].map(|(k, v)| (k.to_owned(), v.to_owned()))
    );
}

/// What no Rust type holds comes back to the byte, beside keys that are changed.
#[test]
fn untouched_keys_come_back_to_the_byte() {
    let odd = concat!(
        r#""big":123456789012345678901234567890123456789012345678901234567890,"floats":[1e+16,1E5,-0,0.10,5e-324],"#,
        r#""nan":[NaN,Infinity,-Infinity],"lone":"\ud800","\ud83d":"\ude00","":"","sl\/ash":"\/","#,
        r#""1":"int","1":"text","deep":[[[[{"a":[{}]}]]]]"#
    );
    let mut session = sessions().load(Some(&token(&format!("{{{odd}}}"), 0.0)));
    assert_eq!(session.rejection(), None);
    session.insert("mine", 1).unwrap();
    let written = written(&sessions().commit(&session, 200).unwrap()).unwrap();
    assert_eq!(payload(&written), format!(r#"{{{odd},"mine":1}}"#));

    assert_eq!(session.get_json("nan"), Some("[NaN,Infinity,-Infinity]"));
    assert!(session.get::<Vec<f64>>("nan").is_err(), "NaN is not JSON to Rust");
    assert_eq!(session.get_json("1"), Some("\"text\""), "of two, the last counts");
    assert_eq!(session.get("sl/ash").unwrap(), Some("/".to_owned()));
    assert!(session.keys().any(|key| key == r"\ud83d"), "no string holds it, so it shows as it stands");
}

/// Wherever a session is cut off, it is none.
#[test]
fn sessions_cut_short() {
    let json =
        r#" { "a\u00e9\n" : [ -1.5e-3 , 0 , NaN , Infinity , true , [ ] , { } ] , "b" : { "c" : null , "d" : "" } } "#;
    assert!(sessions().try_load(&token(json, 0.0)).is_ok());
    for end in 0..json.trim_end().len() {
        let refusal = sessions().try_load(&token(&json[..end], 0.0)).map(drop);
        assert_eq!(refusal, Err(DecodeError::Deserialize { reason: "not a JSON object" }), "{}", &json[..end]);
    }
}

#[test]
fn not_a_session() {
    let refused = |json: &str| sessions().try_load(&token(json, 0.0)).map(drop).expect_err(json);
    let not_an_object = DecodeError::Deserialize { reason: "not a JSON object" };
    for json in [
        "",
        "null",
        "[1]",
        "\"a\"",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":1e}",
        "{\"a\":-}",
        "{\"a\":-NaN}",
        "{\"a\":nan}",
        "{\"a\":tru}",
        "{\"a\":[1}",
        "{\"a\":[1,]}",
        "{\"a\":{\"b\":1]}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":1}x",
        "{\"a\":1}{}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "\u{feff}{}",
    ] {
        assert_eq!(refused(json), not_an_object, "{json}");
    }
    for json in [
        "{}",
        " { } ",
        "{\"a\" : [ ] ,\t\"b\":\r\n{ } }",
        "{\"a\":-0.5e-3}",
        "{\"a\":\"\\ud800\\/\"}",
        "{\"a\":-Infinity}",
    ] {
        assert!(sessions().try_load(&token(json, 0.0)).is_ok(), "{json}");
    }
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(sessions().try_load(&token(&nested(1024), 0.0)).is_ok());
    assert_eq!(refused(&nested(1025)), not_an_object);
}

/// Every byte at every place of a string, in which several are looked at at once: taken or refused as serde_json does.
#[test]
fn every_byte_at_every_place_of_a_string() {
    for len in [1, 7, 8, 9, 16, 17] {
        for place in 0..len {
            for byte in 0..=u8::MAX {
                let mut text = vec![b'a'; len];
                text[place] = byte;
                let json = [&b"{\"k\":[\""[..], &text, b"\"],\"after\":1}"].concat();
                let payload = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, &json);
                let signer = TimestampSigner::new(&ring("secret"), SALT).unwrap().with_clock(clock(NOW));
                let session = sessions().try_load(&signer.sign(&payload));
                let taken = session.is_ok_and(|session| session.get_json("after") == Some("1"));
                assert_eq!(taken, serde_json::from_slice::<serde_json::Value>(&json).is_ok(), "{byte:#x} at {place}");
            }
        }
    }
}

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

/// Whatever the expiry is, it survives being asked for and set again, and no session comes back to life by that.
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

/// As in Django: `int` for Max-Age, and the fraction in the sum for the date.
#[test]
fn fractions_of_a_second() {
    let sessions = sessions().with_clock(clock(NOW + 0.75));
    let mut session = sessions.load(None);
    session.insert("_session_expiry", 90.5).unwrap();
    let header = sessions.commit(&session, 200).unwrap().set_cookie.unwrap().into_string();
    assert!(header.contains("expires=Tue, 14 Nov 2023 22:14:51 GMT") && header.contains("Max-Age=90;"), "{header}");
}

/// Ages as large as types allow: written for Django to see, but no cookie has such a date.
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

/// (own expiry, age) → accepted, by policy.
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

/// What was refused, to the caller; to the visitor, it is an empty session.
#[test]
fn refusals() {
    let mismatch = DecodeError::Signature(BadSignature::Mismatch);
    for (sent, refusal) in [
        ("x".repeat(8), Some(DecodeError::Signature(BadSignature::MissingSeparator))),
        ("payload:time:signature".to_owned(), Some(mismatch)),
        (token("{}", 0.0).replace(':', "%3A"), Some(DecodeError::Signature(BadSignature::MissingSeparator))),
        (token("[]", 0.0), Some(DecodeError::Deserialize { reason: "not a JSON object" })),
        ("x".repeat(8193), Some(DecodeError::Signature(BadSignature::TooLong { limit: 8192 }))),
        ("x".repeat(7), None), // to Django, that is no cookie
        (String::new(), None),
    ] {
        let session = sessions().load(Some(&sent));
        assert!(!session.is_modified() && !session.is_accessed() && session.is_empty());
        assert_eq!(session.rejection(), refusal, "{sent:.20}");
        assert!(sessions().try_load(&sent).is_err());
    }
}

type Operation = fn(&mut Session);

/// What the response does, by what the browser sent, what was done, and the status.
#[test]
fn commit_rules() {
    let good = token(r#"{"a":1}"#, 60.0);
    let empty = token("{}", 60.0);
    let [none, good, empty, forged, short] =
        [None, Some(good.as_str()), Some(empty.as_str()), Some("forged:by:somebody"), Some("short")];
    let nothing: Operation = |_| {};
    let read: Operation = |s| _ = s.get::<u8>("a");
    let write: Operation = |s| s.insert("a", 2).unwrap();
    let remove: Operation = |s| _ = s.remove("a");
    let [clear, flush, cycle]: [Operation; 3] = [Session::clear, Session::flush, Session::cycle_key];
    let (keep, set, unset) = ("keeps", "sets", "removes");

    for (sent, operation, status, does, varies) in [
        (none, nothing, 200, keep, false),
        (none, read, 200, keep, true),
        (none, write, 200, set, true),
        (none, write, 499, set, true),
        (none, write, 500, keep, true),
        (none, clear, 200, keep, true),
        (none, flush, 200, keep, true),
        (none, cycle, 200, keep, true), // Django writes {}
        (good, nothing, 200, keep, false),
        (good, read, 200, keep, true),
        (good, write, 200, set, true),
        (good, write, 503, keep, true),
        (good, cycle, 200, set, true),
        (good, remove, 200, unset, true), // Django writes {}
        (good, remove, 500, keep, true),
        (good, clear, 200, unset, true), // Django writes {}
        (good, flush, 200, unset, true),
        (good, flush, 500, unset, true),
        (empty, read, 200, keep, true),
        (empty, write, 200, set, true),
        (forged, nothing, 200, keep, false),
        (forged, read, 200, unset, true), // Django writes {}
        (forged, read, 500, keep, true),
        (forged, write, 200, set, true),
        (short, nothing, 200, unset, true),
        (short, nothing, 500, unset, true),
        (short, write, 200, set, true),
        (short, flush, 200, unset, true),
    ] {
        let mut session = sessions().load(sent);
        operation(&mut session);
        let commit = sessions().commit(&session, status).unwrap();
        let did = match written(&commit).as_deref() {
            None => keep,
            Some("") => unset,
            Some(_) => set,
        };
        assert_eq!((did, commit.vary_on_cookie), (does, varies), "{sent:?} {status} {:?}", json_of(&session));
    }
}

#[test]
fn save_every_request() {
    assert!(!sessions().saves_every_request());
    let sessions = sessions().with_save_every_request(true);
    assert!(sessions.saves_every_request());
    for (sent, status, sets) in [
        (None, 200, false),
        (Some(token(r#"{"a":1}"#, 60.0)), 200, true),
        (Some(token(r#"{"a":1}"#, 60.0)), 500, false),
    ] {
        let session = sessions.load(sent.as_deref());
        let commit = sessions.commit(&session, status).unwrap();
        assert_eq!((commit.set_cookie.is_some(), commit.vary_on_cookie), (sets, sets), "CVE-2026-35192");
        if let Some(renewed) = written(&commit) {
            assert_ne!(Some(renewed), sent, "with a new date");
        }
    }
    let forged = sessions.load(Some("forged:by:somebody"));
    assert_eq!(written(&sessions.commit(&forged, 200).unwrap()).as_deref(), Some(""));
}

#[test]
fn rotation() {
    let old = written(
        &sessions()
            .commit(
                &{
                    let mut s = sessions().load(None);
                    s.insert("a", 1).unwrap();
                    s
                },
                200,
            )
            .unwrap(),
    )
    .unwrap();
    let keys = ring("new").with_fallback(key("secret"));
    let rotated = CookieSessions::new(&keys, options().build().unwrap()).with_clock(clock(NOW));
    let mut session = rotated.load(Some(&old));
    assert_eq!((session.get("a").unwrap(), session.key_index()), (Some(1), Some(1)));
    session.cycle_key();
    let new = written(&rotated.commit(&session, 200).unwrap()).unwrap();
    assert_eq!(rotated.load(Some(&new)).key_index(), Some(0));
    assert!(sessions().try_load(&new).is_err(), "the old key signs no more");
}

#[test]
fn a_cookie_header() {
    let (one, two) = (token(r#"{"n":1}"#, 0.0), token(r#"{"n":2}"#, 0.0));
    let n = |header: &str| sessions().load_header(header).get::<u8>("n").unwrap();
    for (header, expected) in [
        (String::new(), None),
        (format!("sessionid={one}"), Some(1)),
        (format!("a=b; sessionid={one}; c=d"), Some(1)),
        (format!("a;b;;=;sessionid={one};"), Some(1)),
        (format!(" sessionid = {one} "), Some(1)),
        (format!("sessionid=\"{one}\""), Some(1)),
        (format!("sessionid={one}; sessionid={two}"), Some(2)),
        (format!("sessionid={one}; sessionid=tossed:by:another"), Some(1)), // Django logs this visitor out
        (format!("sessionid={one}; sessionid="), Some(1)),
        (format!("sessionid=tossed; sessionid={one}"), Some(1)),
        (format!("\tsessionid\t=\t{one}\t"), Some(1)),
        (format!("\u{2000}sessionid={one}"), None), // or a sibling domain could plant "__Host-" cookies
        (format!("\u{a0}sessionid={one}"), None),
        (format!("\u{b}sessionid={one}"), None),
        (format!("SESSIONID={one}"), None),
        (format!("xsessionid={one}"), None),
        (format!("sessionid2={one}"), None),
        (format!("session%69d={one}"), None),
        (format!("sessionid={}", one.replace(':', "%3A")), None),
        (format!("a=b, sessionid={one}"), None),
    ] {
        assert_eq!(n(&header), expected, "{header}");
    }
    let passed_over = |header: String| sessions().load_header(&header).passed_over();
    assert_eq!(
        passed_over(format!("sessionid={one}; sessionid=tossed:by:another")),
        Some(DecodeError::Signature(BadSignature::Mismatch))
    );
    assert_eq!(passed_over(format!("sessionid=tossed:by:another; sessionid={one}")), None, "it was not looked at");
    assert_eq!(passed_over("sessionid=tossed:by:another".to_owned()), None, "it was refused");
}

#[test]
fn several_cookie_headers_and_bytes() {
    let (one, two) = (token(r#"{"n":1}"#, 0.0), token(r#"{"n":2}"#, 0.0));
    let n = |headers: &[&[u8]]| sessions().load_headers(headers.iter().copied()).get::<u8>("n").unwrap();
    let (one, two) = (format!("sessionid={one}"), format!("sessionid={two}"));
    assert_eq!(n(&[]), None);
    assert_eq!(n(&[one.as_bytes(), two.as_bytes()]), Some(2));
    assert_eq!(n(&[one.as_bytes(), b"theme=dark"]), Some(1));
    assert_eq!(n(&[&[b"name=\xff\xfe; ", one.as_bytes()].concat()]), Some(1), "another's cookie may be any bytes");
    assert_eq!(n(&[&[one.as_bytes(), b"\xff"].concat()]), None);
    let not_ours = sessions().load_header(&b"sessionid=\xff\xff\xff\xff\xff\xff\xff\xff\xff"[..]);
    assert_eq!(not_ours.rejection(), Some(DecodeError::Signature(BadSignature::MissingSeparator)));
    let seven_characters = sessions().load_header("sessionid=ééééééé");
    assert_eq!(seven_characters.rejection(), None, "characters are counted, not bytes");
}

#[test]
fn huge_cookie_headers() {
    let good = token(r#"{"n":1}"#, 0.0);
    let n = |header: String| sessions().load_header(&header).get::<u8>("n").unwrap();
    assert_eq!(n(format!("x={}; sessionid={good}", "y".repeat(1 << 20))), Some(1));
    assert_eq!(n(format!("sessionid={}", "y".repeat(1 << 20))), None);
    assert_eq!(n(format!("{}sessionid={good}", "a=b; ".repeat(10_000))), Some(1));
    assert_eq!(n(format!("sessionid={good}; {}", format!("sessionid={}; ", "forged:x:AAAA").repeat(200))), Some(1));
    assert_eq!(n(";".repeat(1 << 20)), None);
}

#[test]
fn login_for_django() {
    let keys = ring("secret");
    let auth = SessionAuth::new(&keys);
    let backend = "django.contrib.auth.backends.ModelBackend";
    let mut session = sessions().load(None);
    assert_eq!(
        (session.auth_user_id(), session.auth_user_backend(), auth.verify(&session, "column")),
        (None, None, None)
    );

    session.insert("cart", [1]).unwrap();
    auth.login(&mut session, "7", backend, "column").unwrap();
    assert_eq!(session.auth_user_id().as_deref(), Some("7"));
    assert_eq!(session.auth_user_backend().as_deref(), Some(backend));
    assert_eq!(auth.verify(&session, "column"), Some(0));
    assert!(session.contains_key("cart"), "what an anonymous visitor collected stays");

    auth.login(&mut session, "7", backend, "column").unwrap();
    assert!(session.contains_key("cart"), "the same user again");
    auth.login(&mut session, "7", backend, "changed column").unwrap();
    assert!(!session.contains_key("cart"), "the same user with another password");
    session.insert("cart", [1]).unwrap();
    auth.update_hash(&mut session, "column").unwrap();
    assert_eq!((auth.verify(&session, "column"), auth.verify(&session, "changed column")), (Some(0), None));
    assert!(session.contains_key("cart"), "who changes his password stays, with all that he has");
    session.insert("cart", [1]).unwrap();
    auth.login(&mut session, "8", backend, "column").unwrap();
    assert!(!session.contains_key("cart"), "another user");

    let hash: String = session.get("_auth_user_hash").unwrap().unwrap();
    for forged in
        [String::new(), hash[1..].to_owned(), format!("{hash}0"), hash.to_uppercase(), hash.replace(&hash[..1], "g")]
    {
        session.insert("_auth_user_hash", &forged).unwrap();
        assert_eq!(auth.verify(&session, "column"), None, "{forged}");
    }
    session.insert("_auth_user_hash", 5).unwrap();
    assert_eq!(auth.verify(&session, "column"), None);

    auth.login(&mut session, "8", backend, "column").unwrap();
    session.remove("_auth_user_backend");
    assert_eq!(auth.verify(&session, "column"), None, "Django's user is anonymous then");
}

/// Django 3.1 and 3.2 take a SHA-1 hash, and write SHA-256.
#[test]
fn login_with_a_legacy_algorithm() {
    let keys = ring("secret");
    let before = || SessionAuth::new(&keys).with_algorithm(Algorithm::Sha512);
    let between = || SessionAuth::new(&keys).with_legacy_algorithm(Algorithm::Sha512);
    let after = || SessionAuth::new(&keys);
    let accepted = |written: SessionAuth| {
        let mut session = sessions().load(None);
        written.login(&mut session, "7", "backend", "column").unwrap();
        [before(), between(), after()].map(|auth| auth.verify(&session, "column").is_some())
    };
    assert_eq!(accepted(before()), [true, true, false]);
    assert_eq!(accepted(between()), [false, true, true]);
    assert_eq!(accepted(after()), [false, true, true]);
}

/// A session that another user's login has ended is gone, though the response fails. (Found by the live check.)
#[test]
fn login_ends_the_session_of_another_user_whatever_the_status() {
    let auth = SessionAuth::new(&ring("secret"));
    let mut session = sessions().load(None);
    auth.login(&mut session, "7", "backend", "column of 7").unwrap();
    let sent = written(&sessions().commit(&session, 200).unwrap());
    let mut session = sessions().load(sent.as_deref());
    auth.login(&mut session, "8", "backend", "column of 8").unwrap();
    session.clear();
    assert_eq!(written(&sessions().commit(&session, 500).unwrap()).as_deref(), Some(""));
}

#[test]
fn login_after_a_rotation_begins_anew_as_in_django() {
    let mut session = sessions().load(None);
    SessionAuth::new(&ring("secret")).login(&mut session, "7", "backend", "column").unwrap();
    session.insert("cart", [1]).unwrap();
    let rotated = SessionAuth::new(&ring("new").with_fallback(key("secret")));
    assert_eq!(rotated.verify(&session, "column"), Some(1));
    rotated.login(&mut session, "7", "backend", "column").unwrap();
    assert!(!session.contains_key("cart"));
}

/// A session that could be written and not be read would be lost with all that is in it.
#[test]
fn values_that_could_not_be_read_are_not_put_in() {
    struct Raw(&'static str);

    impl serde::Serialize for Raw {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            const NAME: &str = "$serde_json::private::RawValue";
            let mut raw = serializer.serialize_struct(NAME, 1)?;
            serde::ser::SerializeStruct::serialize_field(&mut raw, NAME, self.0)?;
            serde::ser::SerializeStruct::end(raw)
        }
    }

    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let mut session = sessions().load(None);
    let raw = |depth| serde_json::value::RawValue::from_string(nested(depth)).unwrap();
    session.insert("deep", raw(1024)).unwrap();
    let Err(EncodeError::Serialize(reason)) = session.insert("deeper", raw(1025)) else { panic!() };
    assert_eq!(reason.to_string(), "not one JSON value, or nested more than 1024 levels deep");
    // What calls itself a RawValue is written by serde_json as it is.
    for text in ["1,\"_auth_user_id\":\"1\"", "1 x", "", "nul"] {
        assert!(session.insert("raw", Raw(text)).is_err(), "{text}");
    }
    let written = written(&sessions().commit(&session, 200).unwrap()).unwrap();
    assert_eq!(sessions().load(Some(&written)).get_json("deep"), Some(nested(1024).as_str()));
}

/// Django: `test_decode_failure_logged_to_security`, `test_decode_serializer_exception`.
#[test]
fn stored_texts_that_will_not_do() {
    use base64::Engine as _;
    let sessions = StoredSessions::new(&ring("secret"));
    let signer = TimestampSigner::new(&ring("secret"), "django.contrib.sessions.SessionStore").unwrap();
    let signature = DecodeError::Signature;
    for (text, error) in [
        (base64::prelude::BASE64_STANDARD.encode("flaskdj:alkdjf"), signature(BadSignature::MissingSeparator)),
        ("bad:encoded:value".to_owned(), signature(BadSignature::Mismatch)),
        (String::new(), signature(BadSignature::MissingSeparator)),
        (signer.sign("invalid data"), DecodeError::Base64),
        (signer.sign("W10"), DecodeError::Deserialize { reason: "not a JSON object" }),
    ] {
        assert_eq!(sessions.decode(&text).map(drop), Err(error), "{text}");
        #[cfg(feature = "legacy")]
        {
            let error = if text == "Zmxhc2tkajphbGtkamY=" { signature(BadSignature::Mismatch) } else { error };
            assert_eq!(
                StoredSessions::new(&ring("secret")).with_legacy().decode(&text).map(drop),
                Err(error),
                "{text}"
            );
        }
    }
}

/// Django 2.2 and 3.0 compare the digest as text, in lower case, so that no other spelling of it will do.
#[cfg(feature = "legacy")]
#[test]
fn a_stored_digest_has_one_spelling() {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    let sessions = StoredSessions::new(&ring("secret")).with_legacy();
    let text = BASE64_STANDARD.decode("NTdkYjJhMDQwZDA4ZjIyNDFmMmM1YjM5Zjg5OGQ5MDNkMGE3MDQ0Zjp7ImEiOjF9").unwrap();
    let (digest, json) = text.split_at(40);
    let decode = |digest: &[u8]| sessions.decode(&BASE64_STANDARD.encode([digest, json].concat())).map(drop);
    assert_eq!(decode(digest), Ok(()));
    let mismatch = Err(DecodeError::Signature(BadSignature::Mismatch));
    assert_eq!(decode(&digest.to_ascii_uppercase()), mismatch);
    for at in digest.iter().enumerate().filter(|(_, byte)| byte.is_ascii_alphabetic()).map(|(at, _)| at) {
        let mut one_capital = digest.to_vec();
        one_capital[at].make_ascii_uppercase();
        assert_eq!(decode(&one_capital), mismatch, "at {at}");
    }
    for other in [&digest[1..], &digest[..39], &[b"0", digest].concat(), &[digest, b"0"].concat(), b"", b" "] {
        assert_eq!(decode(other), mismatch, "{}", other.escape_ascii());
    }
}

/// As with `USE_TZ = False`, by the clock of the site.
#[test]
fn stored_sessions_with_naive_dates() {
    let tokyo = StoredSessions::new(&ring("secret")).with_naive_dates(offset!(+9));
    let mut session = tokyo.create();
    session.set_expiry(Expiry::At(datetime!(2030-01-02 03:00 UTC)));
    assert_eq!(session.get_json("_session_expiry"), Some("\"2030-01-02T12:00:00\""));
    let text = tokyo.encode(&session).unwrap();
    let expiry = |sessions: &StoredSessions| sessions.decode(&text).unwrap().expiry();
    assert_eq!(expiry(&tokyo), Some(Expiry::At(datetime!(2030-01-02 03:00 UTC))));
    assert_eq!(expiry(&StoredSessions::new(&ring("secret"))), Some(Expiry::At(datetime!(2030-01-02 12:00 UTC))));
}

/// A row has no 4096 bytes to fit in, and what is written is read.
#[test]
fn large_stored_sessions() {
    let sessions = StoredSessions::new(&ring("secret"));
    for size in [1 << 10, 1 << 20, 3 << 20] {
        let mut session = sessions.create();
        session.insert("big", "x".repeat(size)).unwrap();
        let text = sessions.encode(&session).unwrap();
        assert_eq!(sessions.decode(&text).unwrap().get_json("big").unwrap().len(), size + 2);
    }
}

/// Django reads Latin-1, and would take anything else for other characters.
#[test]
fn stored_texts_are_in_ascii() {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    let signer = TimestampSigner::new(&ring("secret"), "django.contrib.sessions.SessionStore").unwrap();
    let sessions = StoredSessions::new(&ring("secret"));
    let session = sessions.decode(&signer.sign(&BASE64_URL_SAFE_NO_PAD.encode(r#"{"é":"🔑"}"#))).unwrap();
    let ascii = r#"{"\u00e9":"\ud83d\udd11"}"#;
    assert_eq!(payload(&sessions.encode(&session).unwrap()), ascii);
    #[cfg(feature = "legacy")]
    {
        let text = sessions.encode_legacy(&session);
        let digest_and_json = String::from_utf8(base64::prelude::BASE64_STANDARD.decode(&text).unwrap()).unwrap();
        assert_eq!(digest_and_json.split_once(':').unwrap().1, ascii);
        assert_eq!(sessions.with_legacy().decode(&text).unwrap().get::<String>("é").unwrap().as_deref(), Some("🔑"));
    }
}

/// A serializer that always fails: an empty session, which is removed once it is used. Django:
/// `test_unpickling_exception`.
#[test]
fn a_serializer_that_fails() {
    struct Broken;

    impl Serializer for Broken {
        fn dumps<T: serde::Serialize + ?Sized>(&self, _: &T, _: &mut Vec<u8>) -> Result<(), EncodeError> {
            Err(EncodeError::Serialize("broken".into()))
        }

        fn loads<'de, T: serde::Deserialize<'de>>(&self, _: &'de [u8]) -> Result<T, DecodeError> {
            Err(DecodeError::Deserialize { reason: "broken" })
        }
    }

    let sessions = sessions().with_serializer(Broken);
    let mut session = sessions.load(Some(&token(r#"{"a":1}"#, 0.0)));
    assert_eq!(session.rejection(), Some(DecodeError::Deserialize { reason: "broken" }));
    assert!(!session.contains_key("a") && session.is_modified());
    assert_eq!(written(&sessions.commit(&session, 200).unwrap()).as_deref(), Some(""));
    session.insert("a", 1).unwrap();
    assert!(matches!(sessions.commit(&session, 200), Err(EncodeError::Serialize(_))));
}

/// What was said before the serializer is chosen holds as what is said after it.
#[test]
fn another_serializer_keeps_the_settings() {
    let sessions = store_with(options().domain("example.com"))
        .with_clock(clock(NOW + 100.0))
        .with_algorithm(Algorithm::Sha512)
        .with_legacy_algorithm(Algorithm::Sha384)
        .with_save_every_request(true)
        .with_naive_dates(offset!(+9))
        .with_expiry_policy(ExpiryPolicy::CookieAgeOnly);
    let header = |sessions: &CookieSessions| {
        let mut session = sessions.load(None);
        session.set_expiry(Expiry::At(datetime!(2023-11-14 0:00 UTC)));
        sessions.commit(&session, 200).unwrap().set_cookie.unwrap().into_string()
    };
    let over = header(&sessions);
    let legacy = header(&store_with(options()).with_algorithm(Algorithm::Sha384));
    let sessions = sessions.with_serializer(JsonSerializer);
    assert_eq!(header(&sessions), over);
    assert!(sessions.saves_every_request());
    for header in [over, legacy] {
        let session = sessions.load_header(header.split(';').next().unwrap());
        assert_eq!((session.rejection(), session.is_empty()), (None, false), "its own expiry does not count");
    }
}

#[test]
fn stored_sessions_are_no_cookies() {
    let keys: KeyRing = ring("secret");
    let mut session = sessions().load(None);
    session.insert("a", 1).unwrap();
    let stored = StoredSessions::new(&keys).encode(&session).unwrap();
    assert!(sessions().try_load(&stored).is_err());
    assert!(StoredSessions::new(&keys).decode(&written(&sessions().commit(&session, 200).unwrap()).unwrap()).is_err());
}

#[derive(Debug, Clone)]
enum Step {
    Insert(usize, Json),
    Remove(usize),
    GetOrInsert(usize, Json),
    Clear,
    Flush,
    Extend(Vec<(usize, Json)>),
    Reload,
}

const KEYS: [&str; 6] = ["a", "b", "", "é", "\"quoted\\", "\u{1f511}"];

fn values() -> impl Strategy<Value = Json> {
    prop_oneof![
        any::<i64>().prop_map(|int| Json::Int(int.into())),
        any::<String>().prop_map(Json::String),
        prop::collection::vec(any::<bool>().prop_map(Json::Bool), 0..3).prop_map(Json::Array),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let key = 0..KEYS.len();
    prop_oneof![
        4 => (key.clone(), values()).prop_map(|(key, value)| Step::Insert(key, value)),
        2 => key.clone().prop_map(Step::Remove),
        1 => (key.clone(), values()).prop_map(|(key, value)| Step::GetOrInsert(key, value)),
        1 => Just(Step::Clear),
        1 => Just(Step::Flush),
        1 => prop::collection::vec((key, values()), 0..3).prop_map(Step::Extend),
        2 => Just(Step::Reload),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Against a plain list of pairs, with the session sent to the browser and back in between.
    #[test]
    fn random_operations(steps in prop::collection::vec(steps(), 0..30)) {
        let sessions = store_with(options().size_rule(django_session::SizeRule::Rfc6265bis));
        let mut session = sessions.load(None);
        let mut model: Vec<(&str, Json)> = Vec::new();
        let put = |model: &mut Vec<(&'static str, Json)>, key: usize, value: Json| {
            match model.iter_mut().find(|(known, _)| *known == KEYS[key]) {
                Some((_, old)) => *old = value,
                None => model.push((KEYS[key], value)),
            }
        };
        for step in steps {
            match step {
                Step::Insert(key, value) => {
                    session.insert(KEYS[key], &value).unwrap();
                    put(&mut model, key, value);
                }
                Step::Remove(key) => {
                    let there = model.iter().position(|(known, _)| *known == KEYS[key]);
                    prop_assert_eq!(session.remove(KEYS[key]), there.map(|at| model.remove(at)).is_some());
                }
                Step::GetOrInsert(key, value) => {
                    let there = model.iter().find(|(known, _)| *known == KEYS[key]).map(|(_, value)| value.clone());
                    let expected = there.clone().unwrap_or_else(|| value.clone());
                    prop_assert_eq!(session.get_or_insert_with(KEYS[key], || value.clone()).unwrap(), expected);
                    if there.is_none() {
                        put(&mut model, key, value);
                    }
                }
                Step::Clear => {
                    session.clear();
                    model.clear();
                }
                Step::Flush => {
                    session.flush();
                    model.clear();
                }
                Step::Extend(pairs) => {
                    session.extend(pairs.iter().map(|(key, value)| (KEYS[*key], value))).unwrap();
                    for (key, value) in pairs {
                        put(&mut model, key, value);
                    }
                }
                Step::Reload => {
                    session.mark_modified();
                    match sessions.commit(&session, 200) {
                        Ok(commit) => session = sessions.load(written(&commit).filter(|token| !token.is_empty()).as_deref()),
                        Err(error) => prop_assert!(matches!(error, EncodeError::CookieTooLarge(_))),
                    }
                    prop_assert_eq!(session.rejection(), None);
                }
            }
            prop_assert_eq!(session.len(), model.len());
            prop_assert_eq!(session.is_empty(), model.is_empty());
            for ((key, json), (known, value)) in session.iter().zip(&model) {
                prop_assert_eq!(key.as_ref(), *known);
                prop_assert_eq!(&Json::parse(json), value);
            }
            for key in KEYS {
                let expected = model.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone());
                prop_assert_eq!(session.contains_key(key), expected.is_some());
                prop_assert_eq!(session.get::<Json>(key).unwrap(), expected);
            }
        }
    }

    /// The scanner takes what serde_json takes.
    #[test]
    fn scanning_agrees_with_serde_json(text in r#"[\[\]{}:,"\\ 0-9eE.+\-atrufnls\n]{0,24}"#) {
        let json = format!("{{\"k\":{text}}}");
        let theirs = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&json);
        let ours = sessions().try_load(&token(&json, 0.0));
        match theirs {
            Ok(_) => prop_assert!(ours.is_ok(), "{}", json),
            // Numbers beyond all floats and lone surrogates are JSON all the same.
            Err(error) if ours.is_ok() => {
                let message = error.to_string();
                prop_assert!(message.contains("out of range") || message.contains("surrogate"), "{} {}", json, message);
            }
            Err(_) => {}
        }
    }
}
