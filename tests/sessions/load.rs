//! Cookie header → session: which cookie is read, and why one is rejected.

use django_session::{BadSignature, CookieSessions, DecodeError};

use crate::common::{clock, key, ring, written};
use crate::{NOW, options, sessions, token};

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
