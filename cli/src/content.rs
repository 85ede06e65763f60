//! Decodes payloads: base64, zlib, encryption, and then JSON, a pickle or MessagePack.
//!
//! The library decodes only verified text. To decode text that cannot be verified, this module signs it with a random
//! temporary key. The same strict decoder then reads it, under the same limits.

use std::collections::HashSet;

use django_session::{
    CachedSessions, Codec, Compression, CookieOptions, DecodeError, EncodeError, Encryption, JsonSerializer, KeyRing,
    MessagePackSerializer, Plaintext, SecretKey, Serializer, Session, Signer, Verified,
};
use serde::de::IgnoredAny;
use serde::de::value::BorrowedBytesDeserializer;
use serde::{Deserialize, Serialize};

/// The maximum length of a payload after decompression, in bytes.
const INFLATE_LIMIT: usize = 4 << 20;

/// A decoded payload.
pub(crate) struct Contents {
    pub(crate) value: Value,
    /// How it was serialized.
    pub(crate) format: Format,
    /// Bytes of the zlib stream, if it was compressed.
    pub(crate) zlib: Option<usize>,
    /// Bytes after decompression and decryption.
    pub(crate) bytes: usize,
    pub(crate) encrypted: bool,
    /// The JSON of a dict, unchanged.
    pub(crate) json: Option<String>,
}

impl Contents {
    /// Returns whether a key decrypted them. This authenticates them even without a valid signature.
    pub(crate) const fn is_decrypted(&self) -> bool {
        self.encrypted && !matches!(self.value, Value::Encrypted)
    }
}

/// The value of a payload.
pub(crate) enum Value {
    /// A dict.
    Session(Box<Session>),
    /// JSON that is not an object.
    Json(String),
    /// Text that is not encoded, as in a signed cookie.
    Text(String),
    /// Encrypted, and no key decrypts it.
    Encrypted,
    /// Not readable, for this reason.
    Unreadable(String),
}

/// How a value was serialized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Pickle,
    MessagePack,
    Text,
    Unknown,
}

impl Format {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Pickle => "pickle",
            Self::MessagePack => "msgpack",
            Self::Text => "text",
            Self::Unknown => "unknown",
        }
    }
}

/// A serializer for raw bytes: it reads any bytes, and always writes these.
struct Bytes<'b>(&'b [u8]);

impl Serializer for Bytes<'_> {
    fn dumps<T: Serialize + ?Sized>(&self, _: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(self.0);
        Ok(())
    }

    fn loads<'de, T: Deserialize<'de>>(&self, data: &'de [u8]) -> Result<T, DecodeError> {
        T::deserialize(BorrowedBytesDeserializer::<serde::de::value::Error>::new(data))
            .map_err(|_| DecodeError::Deserialize { reason: "not bytes" })
    }
}

/// Owned bytes. Serde would deserialize `Vec<u8>` from a sequence of numbers.
struct Buffer(Vec<u8>);

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = Buffer;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Buffer, E> {
                Ok(Buffer(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(Visitor)
    }
}

/// Decodes a verified payload. Decrypts it with `keys` if it is encrypted.
pub(crate) fn verified(payload: Verified<'_>, keys: Option<&KeyRing>, cookie: &CookieOptions) -> Contents {
    let text = payload.as_str();
    let codec = Codec::new(Bytes(b"")).with_inflate_limit(INFLATE_LIMIT);
    let Buffer(bytes) = match codec.decode(payload) {
        Ok(bytes) => bytes,
        Err(error) => return unreadable(error.to_string()),
    };
    let zlib = text.strip_prefix('.').map(|text| text.len().saturating_mul(3) / 4);
    if !matches!(bytes.as_slice(), [1 | 2, ..]) {
        return Contents { zlib, ..plain(&bytes, cookie) };
    }
    let decrypted = keys.map(|keys| {
        let encryption = Encryption::new(keys).with_plaintext(Plaintext::Accept);
        Codec::new(Bytes(b"")).with_inflate_limit(INFLATE_LIMIT).with_encryption(encryption).decode(payload)
    });
    if let Some(Ok(Buffer(bytes))) = decrypted {
        return Contents { encrypted: true, ..plain(&bytes, cookie) };
    }
    let (value, bytes) = (Value::Encrypted, bytes.len());
    Contents { value, format: Format::Unknown, zlib: None, bytes, encrypted: true, json: None }
}

/// Decodes a payload that was not verified. Decrypts it with `keys` if it is encrypted and one of them fits.
pub(crate) fn unverified(payload: &str, keys: Option<&KeyRing>, cookie: &CookieOptions) -> Contents {
    let thrown_away = SecretKey::generate().map(KeyRing::new).and_then(|keys| Signer::new(&keys, "not verified"));
    let Ok(signer) = thrown_away.map(|signer| signer.with_max_token_len(usize::MAX)) else {
        return unreadable("no random numbers".to_owned());
    };
    let token = signer.sign(payload);
    match signer.unsign(&token) {
        Ok(payload) => verified(payload, keys, cookie),
        Err(error) => unreadable(error.to_string()),
    }
}

/// Decodes two hexadecimal digits.
pub(crate) fn hex(digits: &[u8]) -> Option<u8> {
    // The standard library would also read "+f".
    let digits = str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    (digits.len() == 2).then(|| u8::from_str_radix(digits, 16).ok())?
}

/// Decodes base64 in either alphabet, with or without padding.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    decode(&text.trim_end_matches('=').replace('+', "-").replace('/', "_"))
}

/// Inflates a zlib stream.
pub(crate) fn inflate(zlib: &[u8]) -> Option<Vec<u8>> {
    decode(&format!(".{}", Codec::new(Bytes(zlib)).encode(&()).ok()?))
}

fn decode(payload: &str) -> Option<Vec<u8>> {
    let signer = Signer::new(&KeyRing::new(SecretKey::generate().ok()?), "not verified").ok()?;
    let signer = signer.with_max_token_len(usize::MAX);
    let token = signer.sign(payload);
    let codec = Codec::new(Bytes(b"")).with_inflate_limit(INFLATE_LIMIT);
    codec.decode(signer.unsign(&token).ok()?).ok().map(|Buffer(bytes)| bytes)
}

/// Writes JSON as a payload.
pub(crate) fn payload(json: &[u8], compression: Compression) -> Result<String, EncodeError> {
    Codec::new(Bytes(json)).with_compression(compression).encode(&())
}

/// Returns the contents of a value that was signed without encoding.
pub(crate) fn text(value: &str) -> Contents {
    let (bytes, value) = (value.len(), Value::Text(value.to_owned()));
    Contents { value, format: Format::Text, zlib: None, bytes, encrypted: false, json: None }
}

/// Reads serialized bytes: a pickle, JSON, or MessagePack.
pub(crate) fn plain(bytes: &[u8], cookie: &CookieOptions) -> Contents {
    let contents =
        |format, value| Contents { value, format, zlib: None, bytes: bytes.len(), encrypted: false, json: None };
    let sessions = CachedSessions::new(cookie.clone());
    let dict = |bytes: &[u8]| match sessions.decode(bytes) {
        Ok(session) => Value::Session(Box::new(session)),
        Err(error) => Value::Unreadable(error.to_string()),
    };
    match bytes.trim_ascii_start() {
        // The PROTO opcode of protocols 2 to 5.
        [0x80, 2..=5, ..] => contents(Format::Pickle, dict(bytes)),
        [b'{', ..] => {
            let json = String::from_utf8(bytes.to_vec()).ok();
            Contents { json, ..contents(Format::Json, dict(bytes)) }
        }
        [0x80..=0x8f | 0xde | 0xdf, ..] => {
            let mut json = String::new();
            match MessagePackSerializer.loads_json(bytes, &mut json) {
                Ok(()) => contents(Format::MessagePack, dict(json.as_bytes())),
                Err(error) => contents(Format::MessagePack, Value::Unreadable(error.to_string())),
            }
        }
        json if serde_json::from_slice::<IgnoredAny>(json).is_ok() => {
            contents(Format::Json, Value::Json(String::from_utf8_lossy(json).into_owned()))
        }
        // Protocols 0 and 1 have no PROTO opcode: they start with the opcode of the value.
        [b'(' | b'}', ..] => contents(Format::Pickle, Value::Unreadable("pickle of protocol 0 or 1".to_owned())),
        _ => contents(Format::Unknown, Value::Unreadable("neither JSON, a pickle nor MessagePack".to_owned())),
    }
}

fn unreadable(reason: String) -> Contents {
    Contents {
        value: Value::Unreadable(reason),
        format: Format::Unknown,
        zlib: None,
        bytes: 0,
        encrypted: false,
        json: None,
    }
}

/// Returns the bytes that a key takes in the written JSON object: the key, the colon and the value.
pub(crate) fn written_len(key: &str, json: &str) -> usize {
    let mut written = Vec::new();
    // A key of a session and its value can be written.
    let _ = JsonSerializer.dumps(key, &mut written);
    let key_len = written.len();
    written.clear();
    let _ = JsonSerializer.dumps_json(json, &mut written);
    key_len.saturating_add(":".len()).saturating_add(written.len())
}

/// Returns the keys whose values JSON cannot represent, and their Python types.
pub(crate) fn beyond_json(session: &Session) -> Vec<(String, String)> {
    /// The maximum number of types that are looked up: each look-up takes time in proportion to the number of keys.
    const TYPES: usize = 1000;
    let plain: HashSet<_> = session.iter().map(|(key, _)| key).collect();
    let python_type = |key: &str| match session.get::<IgnoredAny>(key) {
        Err(DecodeError::BeyondJson { python_type }) => python_type.to_string(),
        _ => "object".to_owned(),
    };
    let beyond = session.keys().filter(|key| !plain.contains(key)).enumerate();
    let typed = beyond.map(|(index, key)| {
        let python_type = if index < TYPES { python_type(&key) } else { "object".to_owned() };
        (key.into_owned(), python_type)
    });
    typed.collect()
}
