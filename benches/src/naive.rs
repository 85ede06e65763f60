//! A simple and correct implementation of Django's format, without optimization.

use std::io::{Read, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::scheme::{MAX_AGE_SECS, Objects, SALT, Texts, Value};

pub struct Naive(Vec<u8>);

const DIGITS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Naive {
    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        let key = Sha256::digest([format!("{SALT}signer").as_bytes(), &self.0].concat());
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length");
        mac.update(signed.as_bytes());
        mac
    }
}

impl Objects for Naive {
    type Token = String;

    fn with_key(key: &[u8]) -> Self {
        Self(key.to_vec())
    }

    fn dumps<T: Value>(&self, value: &T, compress: bool) -> String {
        let json = serde_json::to_vec(value).expect("JSON");
        if compress {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&json).expect("memory");
            let compressed = encoder.finish().expect("memory");
            if compressed.len() < json.len() - 1 {
                return self.sign(&format!(".{}", URL_SAFE_NO_PAD.encode(compressed)));
            }
        }
        self.sign(&URL_SAFE_NO_PAD.encode(json))
    }

    fn loads<T: Value>(&self, token: &String) -> Option<T> {
        let payload = self.unsign(token, str::to_owned)?;
        let json = if let Some(payload) = payload.strip_prefix('.') {
            let compressed = URL_SAFE_NO_PAD.decode(payload).ok()?;
            let mut json = Vec::new();
            ZlibDecoder::new(&compressed[..]).read_to_end(&mut json).ok()?;
            json
        } else {
            URL_SAFE_NO_PAD.decode(payload).ok()?
        };
        serde_json::from_slice(&json).ok()
    }
}

impl Texts for Naive {
    fn sign(&self, text: &str) -> String {
        let mut stamp = String::new();
        let mut rest = now();
        while rest > 0 {
            stamp.insert(0, DIGITS.as_bytes()[rest as usize % 62] as char);
            rest /= 62;
        }
        let signed = format!("{text}:{stamp}");
        let signature = URL_SAFE_NO_PAD.encode(self.mac(&signed).finalize().into_bytes());
        format!("{signed}:{signature}")
    }

    fn unsign<R>(&self, token: &str, read: impl FnOnce(&str) -> R) -> Option<R> {
        let (signed, signature) = token.rsplit_once(':')?;
        self.mac(signed).verify_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        let (text, stamp) = signed.rsplit_once(':')?;
        let stamp = stamp.chars().try_fold(0, |sum, digit| Some(sum * 62 + DIGITS.find(digit)? as u64))?;
        (now().saturating_sub(stamp) <= MAX_AGE_SECS).then(|| read(text))
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
