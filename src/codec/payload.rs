#[cfg(any(feature = "actix-web", feature = "tower"))]
use std::any::type_name;
#[cfg(any(feature = "actix-web", feature = "tower"))]
use std::hash::{Hash as _, Hasher};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codec::scratch::Scratch;
#[cfg(feature = "encryption")]
use crate::codec::sealing;
use crate::codec::zlib::Zlib;
use crate::codec::{JsonSerializer, Serializer};
use crate::compression::Compression;
use crate::encoding;
#[cfg(feature = "encryption")]
use crate::encryption::Encryption;
use crate::error::{DecodeError, EncodeError};
use crate::signing::Verified;

/// The default limit for the size of an inflated payload, in bytes.
const DEFAULT_INFLATE_LIMIT: usize = 1 << 20;

/// The first byte of the payload of a compressed value.
const COMPRESSED: u8 = b'.';

/// Value ⇄ payload: serialized, optionally compressed, in base64url.
///
/// ```
/// use django_session::{Codec, KeyRing, SecretKey, Signer};
///
/// let codec = Codec::default();
/// let payload = codec.encode(&[1, 2, 3])?;
/// assert_eq!(payload, "WzEsMiwzXQ"); // [1,2,3]
///
/// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
/// let token = signer.sign(&payload);
/// assert_eq!(codec.decode::<Vec<u8>>(signer.unsign(&token)?)?, [1, 2, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Codec<S = JsonSerializer> {
    serializer: S,
    compression: Compression,
    inflate_limit: usize,
    #[cfg(feature = "encryption")]
    pub(super) encryption: Option<Encryption>,
}

impl<S> Codec<S> {
    /// Creates a codec without compression, with an inflate limit of 1 MiB.
    ///
    /// ```
    /// use django_session::{Codec, JsonSerializer};
    ///
    /// assert_eq!(Codec::new(JsonSerializer).encode(&[1, 2, 3])?, "WzEsMiwzXQ"); // [1,2,3]
    /// # Ok::<(), django_session::EncodeError>(())
    /// ```
    #[must_use]
    pub const fn new(serializer: S) -> Self {
        Self {
            serializer,
            compression: Compression::Never,
            inflate_limit: DEFAULT_INFLATE_LIMIT,
            #[cfg(feature = "encryption")]
            encryption: None,
        }
    }

    /// Returns the same settings with another serializer.
    pub(crate) fn with_serializer<T>(self, serializer: T) -> Codec<T> {
        Codec {
            serializer,
            compression: self.compression,
            inflate_limit: self.inflate_limit,
            #[cfg(feature = "encryption")]
            encryption: self.encryption,
        }
    }

    /// Hashes the settings, but of the serializer only its type.
    #[cfg(any(feature = "actix-web", feature = "tower"))]
    pub(crate) fn hash_settings(&self, hasher: &mut impl Hasher) {
        (type_name::<S>(), self.compression, self.inflate_limit).hash(hasher);
        #[cfg(feature = "encryption")]
        self.encryption.as_ref().map(Encryption::fingerprint).hash(hasher);
    }

    /// Sets whether to compress what is encoded. Default: [`Compression::Never`].
    ///
    /// ```
    /// use django_session::{Codec, Compression};
    ///
    /// let codec = Codec::default().with_compression(Compression::IfSmaller);
    /// assert!(codec.encode(&"a".repeat(100))?.starts_with('.'));
    /// # Ok::<(), django_session::EncodeError>(())
    /// ```
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Limits the bytes that a payload may inflate to. Default: 1 MiB. A larger value is encoded without compression,
    /// so that this limit does not keep it from being read.
    ///
    /// ```
    /// use django_session::{Codec, Compression, DecodeError, KeyRing, SecretKey, Signer};
    ///
    /// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
    /// let codec = Codec::default().with_compression(Compression::IfSmaller);
    /// let token = signer.sign_object(&"a".repeat(1000), &codec)?;
    ///
    /// let rejected = signer.unsign_object::<String, _>(&token, &codec.with_inflate_limit(1001)).unwrap_err();
    /// assert_eq!(rejected, DecodeError::InflatesPast { limit: 1001 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_inflate_limit(mut self, bytes: usize) -> Self {
        self.inflate_limit = bytes;
        self
    }
}

impl<S: Serializer> Codec<S> {
    /// Encodes a value as a payload, which is ready to be signed.
    ///
    /// # Errors
    /// [`EncodeError::Serialize`], or `ReadOnly` from `PickleSerializer`. With encryption also
    /// [`NoRandomBytes`](EncodeError::NoRandomBytes), [`NotAnObject`](EncodeError::NotAnObject) or
    /// [`TooLong`](EncodeError::TooLong).
    ///
    /// ```
    /// assert_eq!(django_session::Codec::default().encode(&"hello")?, "ImhlbGxvIg");
    /// # Ok::<(), django_session::EncodeError>(())
    /// ```
    pub fn encode<T: Serialize + ?Sized>(&self, value: &T) -> Result<String, EncodeError> {
        self.encode_with_room(value, 0).map(encoding::into_text)
    }

    /// As [`encode`](Self::encode), but returns bytes with room for `room` more.
    pub(super) fn encode_with_room<T>(&self, value: &T, room: usize) -> Result<Vec<u8>, EncodeError>
    where
        T: Serialize + ?Sized,
    {
        self.pack(room, |serializer, data| serializer.dumps(value, data))
    }

    /// As [`encode_with_room`](Self::encode_with_room), for a value that is given as JSON text.
    pub(crate) fn encode_json_with_room(&self, json: &str, room: usize) -> Result<Vec<u8>, EncodeError> {
        self.pack(room, |serializer, data| serializer.dumps_json(json, data))
    }

    fn pack(
        &self,
        room: usize,
        serialize: impl FnOnce(&S, &mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<Vec<u8>, EncodeError> {
        self.lend(|Scratch { payload: data, compressed, zlib }| {
            // 1. serialize
            serialize(&self.serializer, data)?;
            // 2. encrypt; encrypted data does not compress
            #[cfg(feature = "encryption")]
            if let Some(encryption) = &self.encryption
                && sealing::seal(encryption, self.inflate_limit, data, compressed, zlib)?
            {
                return Ok(text(&[], compressed, room));
            }
            // 3. compress
            let fewest = self.compression.fewest();
            let (mark, data): (&[u8], _) = if zlib.compress(data, fewest, self.inflate_limit, compressed) {
                (&[COMPRESSED], compressed)
            } else {
                (&[], data)
            };
            // 4. encode
            Ok(text(mark, data, room))
        })
    }

    /// Decodes a verified payload to a value.
    ///
    /// # Errors
    /// [`DecodeError::Base64`], [`Zlib`](DecodeError::Zlib), [`InflatesPast`](DecodeError::InflatesPast) or
    /// [`Deserialize`](DecodeError::Deserialize), or `BeyondJson` from `PickleSerializer`. With encryption also
    /// [`Empty`](DecodeError::Empty), [`NotEncrypted`](DecodeError::NotEncrypted),
    /// [`UnknownVersion`](DecodeError::UnknownVersion), [`TooShort`](DecodeError::TooShort) or
    /// [`Decrypt`](DecodeError::Decrypt).
    ///
    /// ```
    /// use django_session::{Codec, DecodeError, KeyRing, SecretKey, Signer};
    ///
    /// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
    /// let token = signer.sign("ImhlbGxvIg");
    /// assert_eq!(Codec::default().decode::<String>(signer.unsign(&token)?)?, "hello");
    ///
    /// let token = signer.sign("not base64url");
    /// assert_eq!(Codec::default().decode::<String>(signer.unsign(&token)?), Err(DecodeError::Base64));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decode<T: DeserializeOwned>(&self, verified: Verified<'_>) -> Result<T, DecodeError> {
        self.lend(|Scratch { payload, compressed, zlib }| {
            self.unpack(verified, compressed, zlib, payload)?;
            self.serializer.loads(payload)
        })
    }

    /// Decodes as [`decode`](Self::decode) does, into a value that borrows from the serialized bytes. These replace the
    /// content of `buffer`.
    ///
    /// # Errors
    /// Those of [`decode`](Self::decode).
    ///
    /// ```
    /// use django_session::{Codec, KeyRing, SecretKey, Signer};
    ///
    /// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
    /// let token = signer.sign("ImhlbGxvIg");
    /// let mut buffer = Vec::new();
    /// assert_eq!(Codec::default().decode_borrowed::<&str>(signer.unsign(&token)?, &mut buffer)?, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decode_borrowed<'b, T>(&self, verified: Verified<'_>, buffer: &'b mut Vec<u8>) -> Result<T, DecodeError>
    where
        T: Deserialize<'b>,
    {
        self.lend(|Scratch { compressed, zlib, .. }| self.unpack(verified, compressed, zlib, buffer))?;
        self.serializer.loads(buffer)
    }

    /// As [`decode`](Self::decode), into JSON text.
    pub(crate) fn decode_json(&self, verified: Verified<'_>) -> Result<String, DecodeError> {
        let mut json = String::new();
        self.lend(|Scratch { payload, compressed, zlib }| {
            self.unpack(verified, compressed, zlib, payload)?;
            self.serializer.loads_json(payload, &mut json)
        })?;
        Ok(json)
    }

    /// As [`decode_json`](Self::decode_json), for data that was verified in another form.
    #[cfg(feature = "legacy")]
    pub(crate) fn decode_json_data(&self, data: &[u8]) -> Result<String, DecodeError> {
        let mut json = String::new();
        self.lend(|scratch| {
            scratch.payload.extend_from_slice(data);
            #[cfg(feature = "encryption")]
            if let Some(encryption) = &self.encryption {
                let Scratch { payload, compressed, zlib } = scratch;
                sealing::open(encryption, None, self.inflate_limit, payload, compressed, zlib)?;
            }
            self.serializer.loads_json(&scratch.payload, &mut json)
        })?;
        Ok(json)
    }

    /// Undoes steps 4 to 2 of encoding.
    fn unpack(
        &self,
        verified: Verified<'_>,
        compressed: &mut Vec<u8>,
        zlib: &mut Zlib,
        payload: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        let text = verified.as_str().as_bytes();
        match text.split_first() {
            Some((&COMPRESSED, text)) => {
                encoding::base64_decode(text, compressed).ok_or(DecodeError::Base64)?;
                zlib.decompress(compressed, self.inflate_limit, payload)?;
            }
            _ => encoding::base64_decode(text, payload).ok_or(DecodeError::Base64)?,
        }
        #[cfg(feature = "encryption")]
        if let Some(encryption) = &self.encryption {
            let signed_by = Some(verified.signed_by());
            sealing::open(encryption, signed_by, self.inflate_limit, payload, compressed, zlib)?;
        }
        Ok(())
    }

    /// Lends this thread's scratch.
    #[cfg(not(feature = "encryption"))]
    #[expect(clippy::unused_self, reason = "with encryption, this depends on the codec")]
    fn lend<R>(&self, borrow: impl FnOnce(&mut Scratch) -> R) -> R {
        Scratch::lend(borrow)
    }

    /// Lends this thread's scratch, which is wiped afterwards if it may contain plaintext of encrypted values.
    #[cfg(feature = "encryption")]
    fn lend<R>(&self, borrow: impl FnOnce(&mut Scratch) -> R) -> R {
        if self.encryption.is_some() { Scratch::lend_and_wipe(borrow) } else { Scratch::lend(borrow) }
    }
}

/// Returns the mark and the data in base64url, with room for `room` more bytes.
fn text(mark: &[u8], data: &[u8], room: usize) -> Vec<u8> {
    let len = mark.len().saturating_add(encoding::base64_len(data.len()));
    let mut text = Vec::with_capacity(len.saturating_add(room));
    text.extend_from_slice(mark);
    encoding::base64_encode(data, &mut text);
    text
}

/// JSON, no compression, and an inflate limit of 1 MiB.
///
/// ```
/// let text = "a".repeat(100);
/// assert_eq!(django_session::Codec::default().encode(&text)?.len(), 136); // 102 bytes in base64
/// # Ok::<(), django_session::EncodeError>(())
/// ```
impl Default for Codec {
    fn default() -> Self {
        Self::new(JsonSerializer)
    }
}
