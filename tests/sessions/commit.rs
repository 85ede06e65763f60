//! The Set-Cookie header of a session: when a cookie is set, left or removed, and when the response varies.

use std::time::Duration;

use django_session::{
    BadSignature, Commit, Compression, CookieOptions, CookieSessions, DecodeError, EncodeError, Session,
};

use crate::common::{json_of, payload, ring, written};
use crate::{Operation, options, sessions, store_with, token};

#[test]
fn a_new_session_is_empty_and_says_nothing() {
    let session = sessions().load(None);
    assert_eq!((session.rejection(), session.key_index(), session.signed_at()), (None, None, None));
    assert!(!session.is_accessed() && !session.is_modified());
    let commit = sessions().commit(&session, 200).unwrap();
    assert!(commit.set_cookie.is_none() && !commit.vary_on_cookie);
    assert!(session.is_empty());
}

/// The effect on the response depends on the sent cookie, the operation and the status.
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
    let refill: Operation = |s| {
        s.flush();
        s.insert("a", 2).unwrap();
    };
    let fill_and_empty: Operation = |s| {
        s.insert("b", 2).unwrap();
        s.remove("b");
    };
    let discard: Operation = |s| {
        s.insert("a", 2).unwrap();
        s.discard();
    };
    let discard_and_change: Operation = |s| {
        s.discard();
        s.insert("a", 2).unwrap();
    };
    let discard_flush: Operation = |s| {
        s.flush();
        s.discard();
    };
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
        (forged, read, 200, keep, true), // Django writes {}
        (forged, remove, 200, keep, true),
        (forged, write, 200, set, true),
        (forged, write, 500, keep, true),
        (forged, clear, 200, keep, true),
        (forged, cycle, 200, keep, true),
        (forged, fill_and_empty, 200, keep, true),
        (good, fill_and_empty, 200, set, true),
        (empty, fill_and_empty, 200, unset, true),
        (forged, flush, 500, unset, true),
        (short, nothing, 200, keep, false), // Django removes it
        (short, read, 200, keep, true),
        (short, write, 200, set, true),
        (short, flush, 200, unset, true),
        (good, refill, 200, set, true),
        (good, refill, 500, unset, true), // Django leaves the old login
        (none, refill, 500, keep, true),
        (good, discard, 200, keep, true),
        (good, discard_and_change, 200, set, true),
        (good, discard_flush, 200, unset, true),
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
            assert_ne!(Some(renewed), sent, "it has a new timestamp");
        }
    }
    let empty = sessions.load(Some(&token("{}", 60.0)));
    assert_eq!(sessions.commit(&empty, 200).unwrap().set_cookie, None, "Django renews it");
    let mut discarded = sessions.load(Some(&token(r#"{"a":1}"#, 60.0)));
    discarded.discard();
    assert_eq!(sessions.commit(&discarded, 200).unwrap().set_cookie, None);
}

/// Reading does not change a cookie that the service rejects, because another server may have set it and still read it.
#[test]
fn a_reader_does_no_harm() {
    let of_another_key = CookieSessions::new(&ring("another"), options().build().unwrap());
    let mut session = of_another_key.load(None);
    session.insert("a", 1).unwrap();
    let of_another_key = written(&of_another_key.commit(&session, 200).unwrap()).unwrap();
    for (value, rejection) in [
        (of_another_key.as_str(), DecodeError::Signature(BadSignature::Mismatch)),
        ("garbage", DecodeError::Signature(BadSignature::MissingSeparator)),
        ("1234567", DecodeError::Signature(BadSignature::MissingSeparator)),
        ("", DecodeError::Signature(BadSignature::MissingSeparator)),
        (
            &token(r#"{"a":1,"_session_expiry":300}"#, 400.0),
            DecodeError::SessionExpired { since: Duration::from_secs(100) },
        ),
        (
            &token(r#"{"a":1}"#, 1_209_700.0),
            DecodeError::Signature(BadSignature::Expired {
                age: Duration::from_secs(1_209_700),
                max_age: Duration::from_secs(1_209_600),
            }),
        ),
        ("8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2", DecodeError::SessionKey),
    ] {
        for sessions in [sessions(), sessions().with_save_every_request(true)] {
            let read = sessions.load_header(&format!("sessionid={value}"));
            assert_eq!(read.get::<u8>("a").unwrap(), None);
            assert_eq!((read.rejection(), read.is_modified()), (Some(rejection), false), "{value}");
            let commit = sessions.commit(&read, 200).unwrap();
            assert_eq!((commit.set_cookie, commit.vary_on_cookie), (None, true), "{value}");
            assert_eq!(sessions.commit(&sessions.load(Some(value)), 200).unwrap(), Commit::default(), "{value}");

            let mut written_to = read.clone();
            written_to.insert("a", 2).unwrap();
            assert_eq!(payload(&written(&sessions.commit(&written_to, 200).unwrap()).unwrap()), r#"{"a":2}"#);
            let mut flushed = read;
            flushed.flush();
            assert_eq!(sessions.commit(&flushed, 200).unwrap().set_cookie, Some(sessions.cookie().removal()));
        }
    }
}

/// If the session that replaces a flushed one is too large, the old cookie is removed.
#[test]
fn a_flushed_session_is_removed_though_its_successor_is_too_large() {
    let mut session = sessions().load(Some(&token(r#"{"_auth_user_id":"7"}"#, 60.0)));
    session.flush();
    session.insert("noise", (0..3000).map(|n| n * n).collect::<Vec<u32>>()).unwrap();
    assert!(matches!(sessions().commit(&session, 200), Err(EncodeError::CookieTooLarge(_))));
    let commit = sessions().commit(&session, 500).unwrap();
    assert_eq!(commit.set_cookie, Some(sessions().cookie().removal()));
}

/// A domain was added later, and the browser still has the cookie of the host's own scope.
#[test]
fn former_cookies() {
    let former = options().build().unwrap();
    let present = || options().domain("example.com");
    // The name of the former options is ignored.
    let former_scope = CookieOptions::builder("other").build().unwrap();
    let sessions = store_with(present()).with_former_cookie(&former_scope);
    let present = present().build().unwrap();
    let (old, new) = (token(r#"{"a":1}"#, 60.0), token(r#"{"a":2}"#, 30.0));
    let headers = |cookies: &str, operation: Operation, status: u16| {
        let mut session = sessions.load_header(cookies);
        operation(&mut session);
        let commit = sessions.commit(&session, status).unwrap();
        commit.into_set_cookies().map(String::from).collect::<Vec<_>>()
    };
    let (one, two) = (format!("sessionid={new}"), format!("sessionid={old}; sessionid={new}"));
    let removals = [former.removal(), present.removal()].map(String::from);
    let [write, flush, read]: [Operation; 3] =
        [|s| s.insert("a", 3).unwrap(), Session::flush, |s| assert_eq!(s.get("a").unwrap(), Some(2))];
    assert_eq!(headers(&one, flush, 200), removals);
    assert_eq!(headers(&two, flush, 500), removals);
    assert_eq!(headers(&one, write, 200).len(), 2, "it may be the former one");
    assert_eq!(headers("", write, 200).len(), 1);
    let both = headers(&two, write, 200);
    assert_eq!((both.len(), &both[0]), (2, &removals[0]));
    assert!(both[1].contains("Domain=example.com") && !both[1].contains("Max-Age=0"));
    assert_eq!(headers(&two, read, 200), [""; 0]);
    assert_eq!(headers("", flush, 200), [""; 0]);

    // The scope of the current cookie is not a former one, in any spelling of its domain.
    let same = store_with(options().domain("example.com"))
        .with_former_cookie(&options().domain(".Example.com").secure(false).build().unwrap());
    let mut session = same.load_header(&two);
    session.flush();
    assert_eq!(same.commit(&session, 200).unwrap().into_set_cookies().count(), 1);
}

/// Reading how many bytes are left counts as access, because the result depends on the cookie.
#[test]
fn bytes_left_is_an_access() {
    let session = sessions().load(None);
    sessions().bytes_left(&session).unwrap();
    assert!(session.is_accessed() && sessions().commit(&session, 200).unwrap().vary_on_cookie);
}

/// The report is short, because it is logged, and a visitor may have chosen the keys.
#[test]
fn a_report_of_a_session_too_large_is_short() {
    let mut session = sessions().load(None);
    session.insert(&"é".repeat(1_000_000), "a").unwrap();
    session.extend((0..1000).map(|n| (format!("key {n}"), "noise"))).unwrap();
    let error = store_with(options()).with_compression(Compression::Never).commit(&session, 200).unwrap_err();
    assert!(error.to_string().len() < 300 && format!("{error:?}").len() < 2000, "{error}");
    let EncodeError::CookieTooLarge(report) = error else { panic!() };
    assert_eq!((report.keys[0].0.chars().count(), report.keys.len()), (65, 16));
}
