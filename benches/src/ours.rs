//! This crate as it is meant to be used, and its two free functions.

use std::time::Duration;

use django_session::{Codec, Compression, Encryption, KeyRing, SecretKey, TimestampSigner, dumps, loads};

use crate::scheme::{MAX_AGE_SECS, Objects, SALT, Texts, Value};

pub const MAX_AGE: Duration = Duration::from_secs(MAX_AGE_SECS);

/// A signer and codecs that are created once.
pub struct Ours {
    pub signer: TimestampSigner,
    pub raw: Codec,
    pub compressed: Codec,
}

impl Objects for Ours {
    type Token = String;

    fn with_key(key: &[u8]) -> Self {
        Self {
            signer: TimestampSigner::new(&key_ring(key), SALT).expect("a salt"),
            raw: Codec::default(),
            compressed: Codec::default().with_compression(Compression::IfSmaller),
        }
    }

    fn dumps<T: Value>(&self, value: &T, compress: bool) -> String {
        let codec = if compress { &self.compressed } else { &self.raw };
        self.signer.sign_object(value, codec).expect("JSON")
    }

    fn loads<T: Value>(&self, token: &String) -> Option<T> {
        self.signer.unsign_object(token, &self.raw, MAX_AGE).ok()
    }
}

impl Texts for Ours {
    fn sign(&self, text: &str) -> String {
        self.signer.sign(text)
    }

    fn unsign<R>(&self, token: &str, read: impl FnOnce(&str) -> R) -> Option<R> {
        self.signer.unsign(token, MAX_AGE).ok().map(|verified| read(verified.as_str()))
    }
}

/// `dumps` and `loads`, which derive the key each time.
pub struct Free(KeyRing);

impl Objects for Free {
    type Token = String;

    fn with_key(key: &[u8]) -> Self {
        Self(key_ring(key))
    }

    fn dumps<T: Value>(&self, value: &T, compress: bool) -> String {
        assert!(!compress, "dumps does not compress");
        dumps(value, &self.0, SALT).expect("JSON")
    }

    fn loads<T: Value>(&self, token: &String) -> Option<T> {
        loads(token, &self.0, SALT, MAX_AGE).ok()
    }
}

/// Encrypted payloads, with the signing keys.
pub struct Encrypted {
    pub signer: TimestampSigner,
    pub codec: Codec,
}

impl Encrypted {
    pub fn with_keys(keys: &KeyRing) -> Self {
        Self {
            signer: TimestampSigner::new(keys, SALT).expect("a salt"),
            codec: Codec::default().with_encryption(Encryption::new(keys)),
        }
    }
}

impl Objects for Encrypted {
    type Token = String;

    fn with_key(key: &[u8]) -> Self {
        Self::with_keys(&key_ring(key))
    }

    fn dumps<T: Value>(&self, value: &T, compress: bool) -> String {
        assert!(!compress, "encrypted payloads are not compressed");
        self.signer.sign_object(value, &self.codec).expect("JSON")
    }

    fn loads<T: Value>(&self, token: &String) -> Option<T> {
        self.signer.unsign_object(token, &self.codec, MAX_AGE).ok()
    }
}

pub fn key_ring(key: &[u8]) -> KeyRing {
    KeyRing::new(SecretKey::new(key).expect("a key"))
}
