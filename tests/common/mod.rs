//! Helpers of the tests: Django's vectors, and short constructors for keys, times and JSON.
#![allow(dead_code, unreachable_pub, clippy::unnecessary_wraps, reason = "each test program uses only some of it")]

#[cfg(any(feature = "actix-web", feature = "tower"))]
pub mod events;
pub mod json;

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, path::Path};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use django_session::{Algorithm, Clock, Commit, KeyRing, SecretKey, Session};
use flate2::read::ZlibDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// The Django versions for which `tests/vectors` has files.
pub const DJANGOS: [&str; 12] = ["1.11", "2.2", "3.0", "3.1", "3.2", "4.0", "4.1", "4.2", "5.0", "5.1", "5.2", "6.1"];

/// Returns all vectors of one group from the files `django-*.json` or `sessions-*.json`, each with its Django version.
pub fn vectors<T: DeserializeOwned>(kind: &str, group: &str) -> Vec<(&'static str, T)> {
    let mut all = Vec::new();
    let read = |django: &str| -> Box<RawValue> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/vectors/{kind}-{django}.json"));
        let mut file: HashMap<String, Box<RawValue>> =
            serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        file.remove(group).unwrap()
    };
    for django in DJANGOS {
        let mut vectors = read(django);
        // A version instead of vectors: they are the same as that version's.
        if let Ok(earlier) = serde_json::from_str(vectors.get()) {
            vectors = read(earlier);
        }
        let vectors: Vec<T> = serde_json::from_str(vectors.get()).unwrap();
        all.extend(vectors.into_iter().map(|vector| (django, vector)));
    }
    assert!(!all.is_empty(), "no vectors of {group}");
    all
}

/// Bytes that are written in hexadecimal.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Hex(pub Vec<u8>);

impl TryFrom<String> for Hex {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

pub fn key(bytes: impl AsRef<[u8]>) -> SecretKey {
    SecretKey::new(bytes).unwrap()
}

pub fn ring(current: impl AsRef<[u8]>) -> KeyRing {
    KeyRing::new(key(current))
}

pub fn ring_of(current: &Hex, fallbacks: &[Hex]) -> KeyRing {
    fallbacks.iter().fold(ring(&current.0), |keys, older| keys.with_fallback(key(&older.0)))
}

/// Returns the time `seconds` after 1970, where `seconds` is a Python float.
pub fn moment(seconds: f64) -> SystemTime {
    let distance = Duration::from_secs_f64(seconds.abs());
    if seconds < 0.0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
}

pub fn clock(seconds: f64) -> Clock {
    Clock::fixed(moment(seconds))
}

/// Decodes the serialized value in a token without using the crate.
pub fn payload(token: &str) -> String {
    let text = token.split(':').next().unwrap();
    let data = BASE64URL.decode(text.trim_start_matches('.')).unwrap();
    if !text.starts_with('.') {
        return String::from_utf8(data).unwrap();
    }
    let mut payload = String::new();
    std::io::Read::read_to_string(&mut ZlibDecoder::new(&data[..]), &mut payload).unwrap();
    payload
}

/// Returns an algorithm by its name in hashlib, or `None` if it needs the feature `legacy` and that is disabled.
pub fn algorithm(name: &str) -> Option<Algorithm> {
    Some(match name {
        #[cfg(feature = "legacy")]
        "sha1" => Algorithm::Sha1,
        #[cfg(not(feature = "legacy"))]
        "sha1" => return None,
        "sha224" => Algorithm::Sha224,
        "sha256" => Algorithm::Sha256,
        "sha384" => Algorithm::Sha384,
        "sha512" => Algorithm::Sha512,
        other => panic!("no such algorithm: {other}"),
    })
}

/// Returns the cookie value that is set, or `Some("")` for a removal.
pub fn written(commit: &Commit) -> Option<String> {
    let header = commit.set_cookie.as_ref()?.as_str();
    Some(header.split(';').next()?.split_once('=')?.1.trim_matches('"').to_owned())
}

pub fn json_of(session: &Session) -> Vec<(String, String)> {
    session.iter().map(|(key, json)| (key.into_owned(), json.to_owned())).collect()
}
