//! `_session_expiry`: dates are read as by Python's `fromisoformat`, and numbers as seconds. What was read is written
//! as by `isoformat`, and read again as the same.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use django_session::{Expiry, Session, TimestampSigner};
use fuzz::moments::{from_iso, seconds, to_iso};
use fuzz::{STORE, STORED, STORED_SALT, keys, now, stamper};
use libfuzzer_sys::fuzz_target;

static SIGNER: LazyLock<TimestampSigner> = LazyLock::new(|| stamper(&keys(), STORED_SALT));

/// Sets this session's expiry again, and returns its JSON text.
fn written(session: &mut Session) -> String {
    // The results do not matter, but none of these calls may panic.
    let _ = (STORE.commit(session, 200), session.expiry_age(now()), session.expiry_date(now()));
    session.set_expiry(session.expiry());
    let (json, expiry) = (session.get_json("_session_expiry").unwrap().to_owned(), session.expiry());
    session.set_expiry(expiry);
    assert_eq!(session.get_json("_session_expiry"), Some(json.as_str()));
    json
}

fuzz_target!(|text: &str| {
    let mut session = STORED.create();
    let read = session.insert("_session_expiry", text).ok().and_then(|()| match session.expiry() {
        Some(Expiry::At(at)) => Some((at.unix_timestamp_nanos(), at.offset().whole_seconds().into())),
        None if text.is_empty() => None,
        other => panic!("{other:?}"),
    });
    assert_eq!(read, from_iso(text));
    if let Some(moment) = read {
        assert_eq!(written(&mut session), format!("\"{}\"", to_iso(moment)));
    }
    if text.bytes().all(|byte| b"0123456789+-.eE".contains(&byte)) {
        let json = format!("{{\"_session_expiry\":{text}}}");
        let read = STORED.decode(&SIGNER.sign(&BASE64URL.encode(json))).ok();
        assert!(seconds(text).contains(&read.map(|mut session| written(&mut session))));
    }
});
