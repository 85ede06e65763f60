//! A stored text of either format is read only if a holder of our keys created it. What was read can be written in both
//! formats, in ASCII, and is read again as the same. With a valid signature, the crate reads the objects that Python
//! reads as a session.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD as BASE64, BASE64_URL_SAFE_NO_PAD as BASE64URL};
use django_session::{CookieOptions, DecodeError, Session, StoredSessions, TimestampSigner};
use fuzz::{KEYS, STORED, STORED_SALT, Signers, items, keys, payload, python, ring, stamper};
use libfuzzer_sys::fuzz_target;

const NO_OBJECT: DecodeError = DecodeError::Deserialize { reason: "not a JSON object" };

static SIGNER: LazyLock<TimestampSigner> = LazyLock::new(|| stamper(&keys(), STORED_SALT));
static OURS: LazyLock<Signers> = LazyLock::new(|| Signers::new(STORED_SALT));
static OURS_BEFORE: LazyLock<[StoredSessions; 2]> =
    LazyLock::new(|| KEYS.map(|key| StoredSessions::new(&ring(key), CookieOptions::default())));

/// Returns whether a holder of our keys creates this text, in one of the two formats.
fn made(text: &str, session: &Session) -> bool {
    OURS.made(text) || OURS_BEFORE.iter().any(|stored| stored.encode_legacy(session).is_ok_and(|made| made == text))
}

fn survives(session: &Session) {
    let (new, old) = (STORED.encode(session).unwrap(), STORED.encode_legacy(session).unwrap());
    for text in [&new, &old] {
        assert_eq!(items(&STORED.decode(text).unwrap()), items(session));
    }
    assert!(BASE64.decode(old).unwrap().is_ascii(), "Django would read anything else as Latin-1");
}

fuzz_target!(|data: &[u8]| {
    if let Some((text, session)) = str::from_utf8(data).ok().and_then(|text| Some((text, STORED.decode(text).ok()?))) {
        assert!(made(text, &session));
        survives(&session);
    }
    if let Ok(session) = STORED.decode(&SIGNER.sign(&payload(data))) {
        survives(&session);
    }
    let Ok(json) = str::from_utf8(data) else { return };
    let keys = python::loads_session(json).map(|pairs| pairs.len());
    match STORED.decode(&SIGNER.sign(&BASE64URL.encode(json))) {
        Ok(session) => assert_eq!(Some(session.len()), keys),
        Err(refusal) => assert_eq!(refusal == NO_OBJECT, keys.is_none()),
    }
});
