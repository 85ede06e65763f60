//! Helpers of the targets: the keys and the time of `tests/vectors`, so that those tokens verify; and slow, simple
//! twins of the crate's code.

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

/// Sessions in a database, read as by Django 3.1 and 3.2: with SHA-1 and the older format too.
pub static STORED: LazyLock<StoredSessions> = LazyLock::new(|| {
    StoredSessions::new(&keys(), CookieOptions::default()).with_clock(Clock::fixed(now())).with_legacy()
});

/// The signers of all our keys with one salt. A valid token must be exactly one that these signers create.
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

/// Returns a payload of any bytes. The first byte selects how the others are converted to text.
pub fn payload(data: &[u8]) -> String {
    let (form, data) = data.split_first().unwrap_or((&0, &[]));
    match form % 4 {
        0 => String::from_utf8_lossy(data).into_owned(),
        1 => BASE64URL.encode(data),
        2 => format!(".{}", BASE64URL.encode(data)),
        _ => compressed(data),
    }
}

/// Compresses these bytes, even if that does not make them shorter.
pub fn compressed(data: &[u8]) -> String {
    thread_local!(static DEFLATE: RefCell<Compress> = Compress::new(Compression::fast(), true).into());
    // Enough room for data that cannot be compressed.
    let mut zlib = Vec::with_capacity(data.len() + data.len() / 100 + 64);
    let status = DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        deflate.compress_vec(data, &mut zlib, FlushCompress::Finish)
    });
    assert_eq!(status.unwrap(), Status::StreamEnd);
    format!(".{}", BASE64URL.encode(zlib))
}

/// Returns the keys and values of the session, as JSON texts as Python would write them.
pub fn items(session: &Session) -> Vec<(String, String)> {
    session.iter().map(|(key, json)| (python::escape(&key), python::escape(json))).collect()
}
