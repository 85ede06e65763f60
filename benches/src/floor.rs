//! The floor: a minimal implementation of Django's format with the same crates. All parts are created once and reused.
//!
//! It is a target for speed, not for use: it has one key, one algorithm, no limits and no error reasons.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::Simd;
use base64::engine::general_purpose::NO_PAD;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::scheme::{MAX_AGE_SECS, Objects, SALT, Texts, Value};

/// The length of ":", six digits of time (until 2527), ":" and 43 characters of signature.
const TAIL: usize = 1 + 6 + 1 + 43;

pub struct Floor {
    mac: Hmac<Sha256>,
    base64: Simd,
    reused: RefCell<Reused>,
}

struct Reused {
    json: Vec<u8>,
    packed: Vec<u8>,
    plain: Vec<u8>,
    deflate: Compress,
    inflate: Decompress,
}

/// Returns the keyed HMAC of Django's signers.
pub fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let derived = Sha256::new().chain_update(SALT).chain_update("signer").chain_update(key).finalize();
    Hmac::new_from_slice(&derived).expect("any length")
}

impl Floor {
    pub fn with_level(key: &[u8], level: u32) -> Self {
        let reused = Reused {
            json: Vec::new(),
            packed: vec![0; 1 << 16],
            plain: vec![0; 1 << 16],
            deflate: Compress::new(Compression::new(level), true),
            inflate: Decompress::new(true),
        };
        Self { mac: keyed(key), base64: Simd::url_safe(NO_PAD), reused: reused.into() }
    }

    /// Appends the time and the signature, within the capacity.
    fn seal(&self, mut token: Vec<u8>) -> String {
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        token.push(b':');
        let (mut rest, mut stamp) = (now(), [0; 6]);
        for digit in stamp.iter_mut().rev() {
            *digit = DIGITS[(rest % 62) as usize];
            rest /= 62;
        }
        token.extend_from_slice(&stamp);
        let tag = self.mac.clone().chain_update(&token).finalize().into_bytes();
        token.push(b':');
        let start = token.len();
        token.resize(start + 43, 0);
        self.base64.encode_slice(tag, &mut token[start..]).expect("room");
        String::from_utf8(token).expect("ASCII, or text before it")
    }

    fn open<'t>(&self, token: &'t str) -> Option<&'t str> {
        let (signed, signature) = token.rsplit_once(':')?;
        let mut tag = [0; 32];
        self.base64.decode_slice(signature, &mut tag).ok()?;
        self.mac.clone().chain_update(signed).verify_slice(&tag).ok()?;
        let (value, stamp) = signed.rsplit_once(':')?;
        let stamp = stamp.bytes().try_fold(0_u64, |sum, digit| {
            let digit = match digit {
                b'0'..=b'9' => digit - b'0',
                b'A'..=b'Z' => digit - b'A' + 10,
                b'a'..=b'z' => digit - b'a' + 36,
                _ => return None,
            };
            sum.checked_mul(62)?.checked_add(digit.into())
        })?;
        (now().saturating_sub(stamp) <= MAX_AGE_SECS).then_some(value)
    }
}

impl Objects for Floor {
    type Token = String;

    fn with_key(key: &[u8]) -> Self {
        Self::with_level(key, Compression::default().level())
    }

    fn dumps<T: Value>(&self, value: &T, compress: bool) -> String {
        let Reused { json, packed, deflate, .. } = &mut *self.reused.borrow_mut();
        json.clear();
        serde_json::to_writer(&mut *json, value).expect("JSON");
        let (mut mark, mut data): (&[u8], &[u8]) = (b"", json);
        if compress {
            deflate.reset();
            let room = &mut packed[..json.len() - 2];
            if let Ok(Status::StreamEnd) = deflate.compress(json, room, FlushCompress::Finish) {
                (mark, data) = (b".", &packed[..deflate.total_out() as usize]);
            }
        }
        let len = (data.len() * 4).div_ceil(3);
        let mut token = Vec::with_capacity(mark.len() + len + TAIL);
        token.extend_from_slice(mark);
        token.resize(mark.len() + len, 0);
        self.base64.encode_slice(data, &mut token[mark.len()..]).expect("room");
        self.seal(token)
    }

    fn loads<T: Value>(&self, token: &String) -> Option<T> {
        let Reused { packed, plain, inflate, .. } = &mut *self.reused.borrow_mut();
        let payload = self.open(token)?;
        let json = if let Some(payload) = payload.strip_prefix('.') {
            let len = self.base64.decode_slice(payload, packed).ok()?;
            inflate.reset(true);
            match inflate.decompress(&packed[..len], plain, FlushDecompress::Finish) {
                Ok(Status::StreamEnd) => &plain[..inflate.total_out() as usize],
                _ => return None,
            }
        } else {
            let len = self.base64.decode_slice(payload, plain).ok()?;
            &plain[..len]
        };
        serde_json::from_str(str::from_utf8(json).ok()?).ok()
    }
}

impl Texts for Floor {
    fn sign(&self, text: &str) -> String {
        let mut token = Vec::with_capacity(text.len() + TAIL);
        token.extend_from_slice(text.as_bytes());
        self.seal(token)
    }

    fn unsign<R>(&self, token: &str, read: impl FnOnce(&str) -> R) -> Option<R> {
        self.open(token).map(read)
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
