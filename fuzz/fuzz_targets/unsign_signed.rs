//! With a valid signature, any payload is read or rejected. What was read can be written, and is read again as the
//! same.
#![no_main]

use std::sync::LazyLock;

use django_session::{
    Codec, CookieSessions, DecodeError, EncodeError, MaxAge, MessagePackSerializer, Serializer, TimestampSigner,
};
use fuzz::json::Json;
use fuzz::{SESSION_SALT, STORE, compressed, cookies, items, keys, payload, sessionid, sessions, stamper};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 1024;

static SIGNER: LazyLock<TimestampSigner> = LazyLock::new(|| stamper(&keys(), SESSION_SALT));
static PACKED: LazyLock<CookieSessions<MessagePackSerializer>> =
    LazyLock::new(|| sessions(&keys(), sessionid()).with_serializer(MessagePackSerializer));

fn session_survives<S: Serializer>(sessions: &CookieSessions<S>, token: &str) {
    let Ok(mut session) = sessions.try_load(token) else { return };
    session.mark_modified();
    match sessions.commit(&session, 200) {
        Ok(commit) => {
            let header = commit.set_cookie.unwrap().into_string();
            let again = sessions.load(Some(cookies::set_cookie(&header).1));
            assert_eq!(items(&again), items(&session));
        }
        Err(error) => assert!(matches!(error, EncodeError::CookieTooLarge(_) | EncodeError::ExpiryOutOfRange)),
    }
}

fuzz_target!(|data: &[u8]| {
    let token = SIGNER.sign(&payload(data));
    session_survives(&STORE, &token);
    session_survives(&PACKED, &token);

    let codec = Codec::default().with_inflate_limit(LIMIT);
    if let Ok(value) = SIGNER.unsign_object::<Json, _>(&token, &codec, MaxAge::Unlimited) {
        let again = SIGNER.sign_object(&value, &codec).unwrap();
        assert_eq!(SIGNER.unsign_object::<Json, _>(&again, &codec, MaxAge::Unlimited), Ok(value));
    }
    // Lengths at and just above the limit, which a fuzzer does not hit exactly.
    for len in [LIMIT, LIMIT + 1] {
        let mut padded = data.to_vec();
        padded.resize(len, b' ');
        let token = SIGNER.sign(&compressed(&padded));
        let refusal = SIGNER.unsign_object::<Json, _>(&token, &codec, MaxAge::Unlimited).err();
        assert_eq!(refusal == Some(DecodeError::InflatesPast { limit: LIMIT }), len > LIMIT);
    }
});
