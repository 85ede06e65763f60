//! For any `Cookie` headers, the session is the one that the documented rules choose. Reading it sends no cookie, and
//! flushing it removes the cookies that were sent.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use django_session::{Clock, CookieSessions, Signer};
use fuzz::cookies::{Loaded, values};
use fuzz::{SESSION_SALT, STORE, keys, now, ring, sessionid, sessions, stamper};
use libfuzzer_sys::fuzz_target;

static SIGNER: LazyLock<Signer> =
    LazyLock::new(|| Signer::new(&keys(), SESSION_SALT).unwrap().with_max_token_len(8192));

/// Placeholders in the input for tokens, because a fuzzer cannot guess them: signed by the current key, by a fallback
/// and by another key; and by the current key, one that has expired and one that is not a session.
static TOKENS: LazyLock<[(u8, String); 5]> = LazyLock::new(|| {
    let token = |sessions: CookieSessions| {
        let mut session = sessions.load(None);
        session.insert("key", "value").unwrap();
        let header = sessions.commit(&session, 200).unwrap().set_cookie.unwrap().into_string();
        fuzz::cookies::set_cookie(&header).1.to_owned()
    };
    let of = |keys| sessions(&keys, sessionid());
    let three_weeks_ago = Clock::fixed(now() - Duration::from_secs(21 * 24 * 60 * 60));
    [
        (b'@', token(of(keys()))),
        (b'#', token(of(ring("last year's secret")))),
        (b'!', token(of(ring("a stranger's")))),
        (b'$', token(of(keys()).with_clock(three_weeks_ago))),
        (b'%', stamper(&keys(), SESSION_SALT).sign("W10")),
    ]
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
    let tokens = values(&headers, "sessionid");
    let mut session = STORE.load_headers(headers.iter().copied());
    assert_eq!(Loaded::from(&session), Loaded::expected(&STORE, &SIGNER, &tokens));

    assert_eq!(STORE.commit(&session, 200).unwrap().set_cookie, None);
    session.flush();
    let removal = (!tokens.is_empty()).then(|| STORE.cookie().removal());
    assert_eq!(STORE.commit(&session, 500).unwrap().set_cookie, removal);
});
