//! With a valid signature, an encrypted payload of any version is decrypted with any key of the ring, or rejected with
//! the same error as by the slow twin. A session that was read can be written, and is read again as the same.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use django_session::{
    Codec, Compression, CookieSessions, DecodeError, EncodeError, Encryption, MaxAge, Plaintext, TimestampSigner,
};
use fuzz::sealed::{Raw, Twin, open};
use fuzz::{KEYS, SESSION_SALT, cookies, items, keys, sessionid, sessions, stamper};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 1024;

static TWINS: LazyLock<[Twin; 2]> = LazyLock::new(|| KEYS.map(Twin::new));
static SIGNER: LazyLock<TimestampSigner> = LazyLock::new(|| stamper(&keys(), SESSION_SALT));
static CODECS: LazyLock<[(Codec<Raw>, bool); 2]> = LazyLock::new(|| {
    [(Plaintext::Accept, true), (Plaintext::Reject, false)].map(|(plaintext, accepts)| {
        let encryption = Encryption::new(&keys()).with_plaintext(plaintext);
        (Codec::new(Raw).with_inflate_limit(LIMIT).with_encryption(encryption), accepts)
    })
});
static STORES: LazyLock<[CookieSessions; 2]> = LazyLock::new(|| {
    [Compression::Never, Compression::IfSmaller].map(|compression| {
        let encryption = Encryption::new(&keys()).with_compression(compression).with_plaintext(Plaintext::Accept);
        sessions(&keys(), sessionid()).with_encryption(encryption)
    })
});

fn reads_as_the_twin_does(payload: &[u8]) -> String {
    let token = SIGNER.sign(&BASE64URL.encode(payload));
    for (codec, accepts) in &*CODECS {
        let ours: Result<Vec<u8>, _> = SIGNER.unsign_object(&token, codec, MaxAge::Unlimited);
        match (ours, open(&*TWINS, *accepts, LIMIT, payload)) {
            // For a stream that is damaged after the limit, both errors are right.
            (Err(DecodeError::InflatesPast { .. }), Err(DecodeError::Zlib)) => {}
            (ours, theirs) => assert_eq!(ours, theirs),
        }
    }
    token
}

fn survives(token: &str) {
    for sessions in &*STORES {
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
}

fuzz_target!(|input: (u8, bool, [u8; 12], &[u8])| {
    let (version, older, nonce, data) = input;
    let twin = &TWINS[usize::from(older)];
    let sealed = [1, version % 4].map(|version| twin.seal(version, nonce, data));
    for payload in [data, &sealed[0], &sealed[1]] {
        survives(&reads_as_the_twin_does(payload));
    }
    // Any plaintext in version 1 is read back.
    let read = open(&*TWINS, false, LIMIT, &sealed[0]).ok();
    assert_eq!(read.as_deref(), Some(data).filter(|data| !data.is_empty()));
});
