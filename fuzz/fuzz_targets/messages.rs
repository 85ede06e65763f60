//! Any cookie and any session result in messages or in a rejection. Messages can be written, and are read again as the
//! same. A cookie with another signature results in no messages.
#![no_main]

use std::sync::LazyLock;

use django_session::{Clock, Message, MessageLevel, MessageStorage, Session, TimestampSigner};
use fuzz::{KEYS, keys, now, payload, ring, sessionid, stamper};
use libfuzzer_sys::fuzz_target;

static STORAGES: LazyLock<[MessageStorage; 3]> = LazyLock::new(|| {
    let in_cookie = [MessageStorage::new, MessageStorage::in_cookie].map(|new| new(&keys(), &sessionid()).unwrap());
    let [fallback, in_cookie] = in_cookie.map(|storage| storage.with_clock(Clock::fixed(now())));
    [fallback, in_cookie, MessageStorage::in_session()]
});

/// Django's signer for cookies.
static SIGNER: LazyLock<TimestampSigner> =
    LazyLock::new(|| stamper(&ring(&format!("django.http.cookies{}", KEYS[1])), "django.contrib.messages"));

fuzz_target!(|data: &[u8]| {
    let token = SIGNER.sign(&payload(data));
    for (kind, storage) in STORAGES.iter().enumerate() {
        assert!(storage.load_header(data, None).is_empty());

        let mut session = Session::default();
        session.insert("_messages", String::from_utf8_lossy(data)).unwrap();
        let mut messages = storage.load(Some(&token), &session);
        messages.push(Message::new(MessageLevel::ERROR, String::from_utf8_lossy(data)).with_extra_tags("x"));
        let commit = storage.commit(&messages, &mut session).unwrap();
        assert!(commit.unstored.is_empty() || kind == 1);
        if commit.set_cookie.is_none() && kind != 2 {
            assert!(data.is_empty());
            continue;
        }
        let value = commit.set_cookie.as_ref().map(|cookie| cookie.value());
        assert!(value.is_none_or(|value| value.len() <= 2048));

        let mut again = storage.load(value, &session);
        assert!(again.rejection().is_none() || data.is_empty());
        let left: Vec<Message> = messages.drain().skip(commit.unstored.len()).collect();
        assert!(data.is_empty() || again.drain().eq(left));
    }
});
