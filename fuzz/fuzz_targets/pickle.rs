//! Bytes of a cache are read as data or rejected. Values are read as the text that Python would write. Without the
//! values that JSON cannot represent, a session can be written as a pickle and as JSON, and is read again as the same.
#![no_main]

use django_session::{CachedSessions, CookieOptions, PickleSerializer, Serializer as _};
use fuzz::{items, python};
use libfuzzer_sys::fuzz_target;

/// Returns whether there are integers that the slow twin reads as floats.
fn has_wide_integers(json: &str) -> bool {
    json.split(|char: char| !char.is_ascii_digit()).any(|digits| digits.len() >= 19)
}

fuzz_target!(|data: &[u8]| {
    let sessions = CachedSessions::new(CookieOptions::default());
    let json = CachedSessions::new(CookieOptions::default()).with_json();
    let Ok(mut session) = sessions.decode(data) else { return };
    let mut whole = String::new();
    let is_pickle = data[0] == 0x80;
    if PickleSerializer.loads_json(data, &mut whole).is_ok() {
        assert!(is_pickle);
        assert_eq!(json.encode(&session).unwrap(), whole.as_bytes());
    }

    let keys: Vec<String> = session.keys().map(String::from).collect();
    for key in keys.iter().filter(|key| session.get_json(key).is_none()).cloned().collect::<Vec<_>>() {
        session.remove(&key);
    }
    // A key may not be representable either, and JSON may contain more than a pickle.
    let Ok(written) = sessions.encode(&session) else { return };
    let again = sessions.decode(&written).unwrap();
    for (_, value) in again.iter().filter(|(_, value)| !has_wide_integers(value)) {
        assert!(python::loads(value).is_none_or(|read| python::dumps(&read) == value));
    }
    assert_eq!(items(&json.decode(&json.encode(&again).unwrap()).unwrap()), items(&again));
    if is_pickle {
        assert_eq!(items(&again), items(&session));
        assert_eq!(sessions.encode(&again).unwrap(), written);
    }
});
