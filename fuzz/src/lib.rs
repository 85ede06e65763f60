//! What the targets share: the keys and the moment of `tests/vectors`, so that tokens from there verify; and slow,
//! obvious twins of what the crate does fast.

pub mod cookies;
pub mod csrf;
pub mod json;
pub mod model;
pub mod moments;
pub mod options;
pub mod python;
pub mod sealed;

use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use django_session::{
    Algorithm, Clock, CookieOptions, CookieSessions, KeyRing, SecretKey, Session, Signer, StoredSessions,
    TimestampSigner,
};
use flate2::{Compress, Compression, FlushCompress, Status};

pub const SESSION_SALT: &str = "django.contrib.sessions.backends.signed_cookies";
pub const STORED_SALT: &str = "django.contrib.sessions.SessionStore";

/// The current key, and a fallback.
pub const KEYS: [&str; 2] = ["secret", "last year's secret"];

pub fn ring(key: &str) -> KeyRing {
    KeyRing::new(SecretKey::new(key).unwrap())
}

pub fn keys() -> KeyRing {
    ring(KEYS[0]).with_fallback(SecretKey::new(KEYS[1]).unwrap())
}

pub fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

pub fn sessions(keys: &KeyRing, options: CookieOptions) -> CookieSessions {
    CookieSessions::new(keys, options).with_clock(Clock::fixed(now()))
}

pub fn stamper(keys: &KeyRing, salt: &str) -> TimestampSigner {
    TimestampSigner::new(keys, salt).unwrap().with_clock(Clock::fixed(now()))
}

pub fn sessionid() -> CookieOptions {
    CookieOptions::builder("sessionid").build().unwrap()
}

/// Sessions in a cookie named "sessionid".
pub static STORE: LazyLock<CookieSessions> = LazyLock::new(|| sessions(&keys(), sessionid()));

/// Sessions in a database, of Django 3.1 and 3.2 too.
pub static STORED: LazyLock<StoredSessions> = LazyLock::new(|| {
    StoredSessions::new(&keys(), CookieOptions::default()).with_clock(Clock::fixed(now())).with_legacy()
});

/// All that a holder of our keys may sign with this salt: what nobody else can make is one of their tokens, to the byte.
pub struct Signers(Vec<Signer>);

impl Signers {
    pub fn new(salt: &str) -> Self {
        let signer = |algorithm, key| Signer::new(&ring(key), salt).unwrap().with_algorithm(algorithm);
        let of_all_keys = |algorithm| KEYS.map(|key| signer(algorithm, key));
        Self([Algorithm::Sha256, Algorithm::Sha1].into_iter().flat_map(of_all_keys).collect())
    }

    pub fn made(&self, token: &str) -> bool {
        token.rsplit_once(':').is_some_and(|(value, _)| self.0.iter().any(|signer| signer.sign(value) == token))
    }
}

/// A payload of any bytes; the first says how the others become text.
pub fn payload(data: &[u8]) -> String {
    let (form, data) = data.split_first().unwrap_or((&0, &[]));
    match form % 4 {
        0 => String::from_utf8_lossy(data).into_owned(),
        1 => BASE64URL.encode(data),
        2 => format!(".{}", BASE64URL.encode(data)),
        _ => compressed(data),
    }
}

/// The payload that these bytes have when compressed, though they may not get any shorter.
pub fn compressed(data: &[u8]) -> String {
    thread_local!(static DEFLATE: RefCell<Compress> = Compress::new(Compression::fast(), true).into());
    // Room for what cannot be compressed, too.
    let mut zlib = Vec::with_capacity(data.len() + data.len() / 100 + 64);
    let status = DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        deflate.compress_vec(data, &mut zlib, FlushCompress::Finish)
    });
    assert_eq!(status.unwrap(), Status::StreamEnd);
    format!(".{}", BASE64URL.encode(zlib))
}

/// What the session holds, in JSON texts as Python would write them.
pub fn items(session: &Session) -> Vec<(String, String)> {
    session.iter().map(|(key, json)| (python::escape(&key), python::escape(json))).collect()
}
