//! The session in any `Cookie` headers is the one that the documented rules find there.
#![no_main]

use std::sync::LazyLock;

use django_session::CookieSessions;
use fuzz::cookies::{Loaded, values};
use fuzz::{STORE, keys, ring, sessionid, sessions};
use libfuzzer_sys::fuzz_target;

/// What stands in the input for a token, because no fuzzer guesses one: by the current key, by a fallback, by a stranger.
static TOKENS: LazyLock<[(u8, String); 3]> = LazyLock::new(|| {
    let token = |sessions: CookieSessions| {
        let mut session = sessions.load(None);
        session.insert("key", "value").unwrap();
        let header = sessions.commit(&session, 200).unwrap().set_cookie.unwrap().into_string();
        fuzz::cookies::set_cookie(&header).1.to_owned()
    };
    let of = |keys| token(sessions(&keys, sessionid()));
    [(b'@', of(keys())), (b'#', of(ring("last year's secret"))), (b'!', of(ring("a stranger's")))]
});

fuzz_target!(|data: &[u8]| {
    let mut text = Vec::new();
    for byte in data {
        match TOKENS.iter().find(|(mark, _)| mark == byte) {
            Some((_, token)) => text.extend_from_slice(token.as_bytes()),
            None => text.push(*byte),
        }
    }
    let headers: Vec<_> = text.split(|byte| *byte == b'\n').collect();
    let loaded = Loaded::from(&STORE, STORE.load_headers(headers.iter().copied()));
    assert_eq!(loaded, Loaded::expected(&STORE, &values(&headers, "sessionid")));
});
