//! Session → Set-Cookie header: when a cookie is set, kept or removed, and when the response varies.

use django_session::Session;

use crate::common::{json_of, written};
use crate::{Operation, sessions, token};

#[test]
fn a_new_session_is_empty_and_says_nothing() {
    let session = sessions().load(None);
    assert_eq!((session.rejection(), session.key_index(), session.signed_at()), (None, None, None));
    assert!(!session.is_accessed() && !session.is_modified());
    let commit = sessions().commit(&session, 200).unwrap();
    assert!(commit.set_cookie.is_none() && !commit.vary_on_cookie);
    assert!(session.is_empty());
}

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
