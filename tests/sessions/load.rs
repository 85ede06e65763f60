//! Loading a session from the Cookie header: which cookie is read, and why one is rejected.

use std::time::Duration;

use django_session::{BadSignature, ConfigError, CookieOptions, CookieSessions, DecodeError, Signer};

use crate::common::{clock, key, ring, written};
use crate::{NOW, SALT, options, sessions, store_with, token};

/// `try_load` returns the reason of a rejection; `load` returns an empty session.
#[test]
fn refusals() {
    let mismatch = DecodeError::Signature(BadSignature::Mismatch);
    for (sent, refusal) in [
        ("x".repeat(8), Some(DecodeError::Signature(BadSignature::MissingSeparator))),
        ("payload:time:signature".to_owned(), Some(mismatch)),
        (token("{}", 0.0).replace(':', "%3A"), Some(DecodeError::Signature(BadSignature::MissingSeparator))),
        (token("[]", 0.0), Some(DecodeError::Deserialize { reason: "not a JSON object" })),
        ("x".repeat(8193), Some(DecodeError::Signature(BadSignature::TooLong { limit: 8192 }))),
        ("x".repeat(7), Some(DecodeError::Signature(BadSignature::MissingSeparator))), // Django ignores it
        (String::new(), Some(DecodeError::Signature(BadSignature::MissingSeparator))),
        ("8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2".to_owned(), Some(DecodeError::SessionKey)),
        ("8vbzqm3m5ewqdkvy0u4awi5bb1vzo0qA".to_owned(), Some(DecodeError::Signature(BadSignature::MissingSeparator))),
    ] {
        let session = sessions().load(Some(&sent));
        assert!(!session.is_modified() && !session.is_accessed() && session.is_empty());
        assert_eq!(session.rejection(), refusal, "{sent:.20}");
        assert!(sessions().try_load(&sent).is_err());
    }
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
        (format!("\u{2000}sessionid={one}"), None), // otherwise, a sibling domain could set "__Host-" cookies
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
    assert_eq!(passed_over(format!("sessionid=tossed:by:another; sessionid={one}")), None, "it was not read");
    assert_eq!(passed_over("sessionid=tossed:by:another".to_owned()), None, "it was rejected");
}

/// The last cookie that our keys signed is used, even if it is rejected: an expired one is not replaced by an older
/// one.
#[test]
fn the_last_cookie_of_ours_is_the_answer() {
    let older = token(r#"{"n":1}"#, 3600.0);
    let expired = token(r#"{"n":2,"_session_expiry":300}"#, 400.0);
    let undecodable = token("[]", 0.0);
    let ahead = token(r#"{"n":3}"#, -3600.0);
    let sessions = sessions().with_max_ahead(Duration::from_secs(60));
    let undated = Signer::new(&ring("secret"), SALT).unwrap().sign("e30");
    for (ours, reason) in [
        (&undated, DecodeError::Signature(BadSignature::MalformedTimestamp)),
        (&expired, DecodeError::SessionExpired { since: Duration::from_secs(100) }),
        (&undecodable, DecodeError::Deserialize { reason: "not a JSON object" }),
        (
            &ahead,
            DecodeError::Signature(BadSignature::FromTheFuture {
                ahead: Duration::from_secs(3600),
                limit: Duration::from_secs(60),
            }),
        ),
    ] {
        for foreign in ["", "; sessionid=tossed:by:another", "; sessionid=8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2"] {
            let session = sessions.load_header(&format!("sessionid={older}; sessionid={ours}{foreign}"));
            assert_eq!((session.rejection(), session.len()), (Some(reason), 0), "{foreign}");
            assert_eq!(session.passed_over().is_some(), !foreign.is_empty());
            assert_eq!(session.cookie_count(), if foreign.is_empty() { 2 } else { 3 });
        }
    }
    let session = sessions.load_header(&format!("sessionid={expired}; sessionid={older}"));
    assert_eq!((session.get("n").unwrap(), session.rejection()), (Some(1), None));
}

/// A cookie of another purpose is rejected under the name of the session cookie.
#[test]
fn salts_keep_session_cookies_apart() {
    let prefs = store_with(options());
    let admin = || CookieSessions::new(&ring("secret"), CookieOptions::builder("__Host-admin").build().unwrap());
    let admin_salted = admin().with_clock(clock(NOW)).with_salt("admin").unwrap();
    let mut session = prefs.load(None);
    session.insert("is_admin", true).unwrap();
    let renamed = format!("__Host-admin={}", written(&prefs.commit(&session, 200).unwrap()).unwrap());
    assert_eq!(admin().with_clock(clock(NOW)).load_header(&renamed).get("is_admin").unwrap(), Some(true));
    assert_eq!(admin_salted.load_header(&renamed).rejection(), Some(DecodeError::Signature(BadSignature::Mismatch)));
    assert_eq!(admin().with_salt("").unwrap_err(), ConfigError::EmptySalt);
}

/// The limits of signer and codec can be set.
#[test]
fn limits_can_be_set() {
    let token = token(&format!(r#"{{"a":"{}"}}"#, "a".repeat(1000)), 0.0);
    let rejection = |sessions: CookieSessions| sessions.load(Some(&token)).rejection();
    assert_eq!(rejection(sessions()), None);
    let limit = token.len() - 1;
    assert_eq!(
        rejection(sessions().with_max_token_len(limit)),
        Some(DecodeError::Signature(BadSignature::TooLong { limit }))
    );
    let inflating = |bytes: usize| {
        let writer = sessions().with_inflate_limit(1 << 20);
        let mut session = writer.load(None);
        session.insert("a", "a".repeat(bytes - r#"{"a":""}"#.len())).unwrap();
        let cookie = written(&writer.commit(&session, 200).unwrap()).unwrap();
        sessions().try_load(&cookie).map(|session| session.len())
    };
    assert_eq!(inflating(256 << 10), Ok(1));
    assert_eq!(inflating((256 << 10) + 1), Err(DecodeError::InflatesPast { limit: 256 << 10 }));
}

#[test]
fn several_cookie_headers_and_bytes() {
    let (one, two) = (token(r#"{"n":1}"#, 0.0), token(r#"{"n":2}"#, 0.0));
    let n = |headers: &[&[u8]]| sessions().load_headers(headers.iter().copied()).get::<u8>("n").unwrap();
    let (one, two) = (format!("sessionid={one}"), format!("sessionid={two}"));
    assert_eq!(n(&[]), None);
    assert_eq!(n(&[one.as_bytes(), two.as_bytes()]), Some(2));
    assert_eq!(n(&[one.as_bytes(), b"theme=dark"]), Some(1));
    assert_eq!(n(&[&[b"name=\xff\xfe; ", one.as_bytes()].concat()]), Some(1), "other cookies may contain any bytes");
    assert_eq!(n(&[&[one.as_bytes(), b"\xff"].concat()]), None);
    let not_ours = sessions().load_header(&b"sessionid=\xff\xff\xff\xff\xff\xff\xff\xff\xff"[..]);
    assert_eq!(not_ours.rejection(), Some(DecodeError::Signature(BadSignature::MissingSeparator)));
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
    assert!(sessions().try_load(&new).is_err(), "the old key no longer signs");
}

/// A session of `try_load` knows that the browser has its cookie, which a flush removes.
#[test]
fn a_session_of_try_load_has_a_cookie() {
    let mut session = sessions().try_load(&token(r#"{"a":1}"#, 0.0)).unwrap();
    assert_eq!(session.cookie_count(), 1);
    session.flush();
    assert_eq!(sessions().commit(&session, 200).unwrap().set_cookie, Some(sessions().cookie().removal()));
}
