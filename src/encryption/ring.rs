use std::fmt;
use std::sync::Arc;

use zeroize::Zeroize;

use crate::compression::Compression;
use crate::encryption::Plaintext;
use crate::encryption::aead::Aead;
use crate::encryption::format::{NONCE_LEN, OBJECT, Parts, Version};
use crate::error::{DecodeError, EncodeError};
use crate::key::{KeyRing, RingId};
use crate::random;

/// Encrypts payloads, so that only the holders of the keys can read them. Feature `encryption`.
///
/// Without it, anyone who has a cookie can read the session in it. Pass it to
/// [`CookieSessions`](crate::CookieSessions::with_encryption),
/// [`StoredSessions`](crate::StoredSessions::with_encryption) or a [`Codec`](crate::Codec::with_encryption). Django
/// reads and writes the same sessions with the serializer of the Python package `django-session-rs`, which is in the
/// repository of this crate.
///
/// ```
/// use django_session::{CookieOptions, CookieSessions, Encryption, KeyRing, SecretKey};
///
/// let keys = KeyRing::new(SecretKey::new("the site's SECRET_KEY")?);
/// let options = CookieOptions::builder("sessionid").build()?;
/// let sessions = CookieSessions::new(&keys, options).with_encryption(Encryption::new(&keys));
///
/// let mut session = sessions.load(None);
/// session.insert("card", "4111 1111 1111 1111")?;
/// let cookie = sessions.commit(&session, 200)?.set_cookie.unwrap().into_string();
/// assert!(cookie.starts_with("sessionid=A")); // of version 1; without encryption, this is {" in base64: eyJ
///
/// let session = sessions.load_header(cookie.split(';').next().unwrap());
/// assert_eq!(session.get::<String>("card")?.as_deref(), Some("4111 1111 1111 1111"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What stays visible
///
/// - **The length.** A payload of `n` bytes becomes `n + 29` bytes, in base64url: anyone who sees the token knows `n`
///   exactly. A login of 171 bytes takes 318 characters instead of 279. If the length of a value is a secret, pad the
///   value.
/// - **The time** of signing and the **signature**, which follow the encrypted payload in Django's format.
/// - **Messages** that `MessageStorage::new` or `in_cookie` stores in a cookie of their own, which is signed but not
///   encrypted. If they reveal something about the session, use `MessageStorage::in_session`; in Django,
///   `MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"`.
/// - **Repetition.** An unchanged token that is sent again shows that it is the same visitor. Two encryptions of the
///   same value have nothing in common.
///
/// # What it does not prevent
///
/// - **Replay.** A copied cookie stays valid until it expires. Encryption hides its content, but does not make it
///   expire earlier.
/// - **A stolen key.** Everything that was encrypted with it can be read. There is no forward secrecy.
/// - **A payload of another purpose.** The salt separates purposes only through the signature; the encryption does not
///   depend on it.
///
/// # Compression
///
/// It is off unless it is [enabled](Self::with_compression), because the length would reveal some of the content.
///
/// # Format
///
/// ```text
/// key     = HKDF-SHA256(IKM = secret key, no salt, info = "django-session.sealed.v1", 32 bytes)
/// payload = base64url(version ‖ nonce ‖ AES-256-GCM-SIV(key, nonce, aad = version, plaintext) ‖ tag)
/// version   1: the plaintext is the serialized value      2: it is zlib of that
/// ```
///
/// The nonce is 12 random bytes from the operating system, new for each payload. GCM-SIV ([RFC
/// 8452](https://www.rfc-editor.org/rfc/rfc8452)) stays secure even if a nonce is repeated: it then reveals only
/// whether the two plaintexts are equal. One key can encrypt 2⁶⁴ payloads. On processors without AES instructions, one
/// encryption takes some 20 µs instead of one. The crate `aes-gcm-siv` has not been audited; the implementations of AES
/// and POLYVAL that it uses have been (NCC Group, 2020).
///
/// # Keys
///
/// The first key of the ring encrypts, and all keys decrypt, so keys are rotated like those of the signer. Usually the
/// ring is the signer's. If it is another ring, a program that has only the signer's keys can verify tokens, but not
/// read the sessions.
///
/// The derived keys are wiped when the last clone is dropped, and a codec wipes its buffers of plaintext after each
/// call. Not wiped are the value itself, copies that a serializer makes of it, a session's data, the window of zlib,
/// and the old content of a buffer that grows beyond 4 KiB.
#[derive(Clone)]
pub struct Encryption {
    /// The current key is first.
    keys: Arc<[Aead]>,
    ring: RingId,
    plaintext: Plaintext,
    pub(crate) compression: Compression,
}

/// The kind of a payload that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened {
    /// Not encrypted, and accepted as it is.
    Plaintext,
    /// Encrypted; the plaintext is in the buffer.
    Decrypted(Version),
}

impl Encryption {
    /// Returns what differs between encryptions with different keys or settings.
    #[cfg(any(feature = "actix-web", feature = "tower"))]
    pub(crate) fn fingerprint(&self) -> (Vec<u64>, Plaintext, Compression) {
        (self.keys.iter().map(Aead::fingerprint).collect(), self.plaintext, self.compression)
    }

    /// Creates an encryption that encrypts with the first key of the ring, decrypts with all keys, and rejects
    /// plaintext. It does not compress.
    ///
    /// Create it once and clone it: the keys are derived here, and clones share them.
    ///
    /// ```
    /// use django_session::{Codec, Encryption, KeyRing, SecretKey, Signer};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let (signer, codec) = (Signer::new(&keys, "salt")?, Codec::default().with_encryption(Encryption::new(&keys)));
    /// let token = signer.sign_object("hello", &codec)?;
    /// assert_eq!(signer.unsign_object::<String, _>(&token, &codec)?, "hello");
    ///
    /// let keys = keys.rotate(SecretKey::new("new")?);
    /// let (signer, codec) = (Signer::new(&keys, "salt")?, Codec::default().with_encryption(Encryption::new(&keys)));
    /// assert_eq!(signer.unsign_object::<String, _>(&token, &codec)?, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_ENCRYPTION_KEYS")]
    pub fn new(keys: &KeyRing) -> Self {
        Self {
            keys: keys.iter().map(Aead::new).collect(),
            ring: keys.id(),
            plaintext: Plaintext::default(),
            compression: Compression::default(),
        }
    }

    /// Sets whether payloads that are not encrypted are read or written. Default: [`Plaintext::Reject`].
    ///
    /// ```
    /// use django_session::{CookieOptions, CookieSessions, Encryption, KeyRing, Plaintext, SecretKey};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = || CookieSessions::new(&keys, CookieOptions::builder("sessionid").build().unwrap());
    /// let mut session = sessions().load(None);
    /// session.insert("a", 1)?;
    /// let plain = sessions().commit(&session, 200)?.set_cookie.unwrap().into_string();
    /// let plain = plain.split(';').next().unwrap();
    ///
    /// let encryption = Encryption::new(&keys).with_plaintext(Plaintext::Accept);
    /// assert_eq!(sessions().with_encryption(encryption).load_header(plain).get("a")?, Some(1));
    /// assert!(sessions().with_encryption(Encryption::new(&keys)).load_header(plain).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_ENCRYPTION_PLAINTEXT")]
    pub fn with_plaintext(mut self, plaintext: Plaintext) -> Self {
        self.plaintext = plaintext;
        self
    }

    /// Sets whether to compress the plaintext before it is encrypted. Compressed payloads are read with every setting.
    /// Default: [`Compression::Never`].
    ///
    /// Compress only if no visitor controls a part of the content. Anyone who controls text in a session, and sees the
    /// cookie's length, can guess the secrets next to that text, character by character: a right guess repeats the
    /// secret, so it compresses better and the cookie gets shorter. These attacks are known as CRIME and BREACH.
    ///
    /// ```
    /// use django_session::{Codec, Compression, Encryption, KeyRing, SecretKey};
    ///
    /// let encryption = Encryption::new(&KeyRing::new(SecretKey::new("secret")?));
    /// let codec = Codec::default().with_encryption(encryption.clone().with_compression(Compression::IfSmaller));
    /// let text = |guess: &str| codec.encode(&format!("coupon=7f3a9c2e51d8 and, chosen by the visitor, coupon={guess}"));
    /// assert!(text("7f3a9c2e51d8")?.len() < text("0a1b2c3d4e5f")?.len()); // the right guess shows
    ///
    /// let codec = Codec::default().with_encryption(encryption);
    /// let text = |guess: &str| codec.encode(&format!("coupon=7f3a9c2e51d8 and, chosen by the visitor, coupon={guess}"));
    /// assert_eq!(text("7f3a9c2e51d8")?.len(), text("0a1b2c3d4e5f")?.len());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_ENCRYPTION_COMPRESSION")]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Returns whether this value is to be encrypted.
    ///
    /// # Errors
    /// [`EncodeError::NotAnObject`] if it is to be written as plaintext, but no reader would recognize it.
    pub(crate) fn encrypts(&self, serialized: &[u8]) -> Result<bool, EncodeError> {
        match self.plaintext {
            Plaintext::Accept | Plaintext::Reject => Ok(true),
            Plaintext::Write if serialized.first() == Some(&OBJECT) => Ok(false),
            Plaintext::Write => Err(EncodeError::NotAnObject),
        }
    }

    /// Encrypts `plaintext` and replaces the content of `out` with the payload.
    ///
    /// # Errors
    /// [`EncodeError::NoRandomBytes`]; [`EncodeError::TooLong`] for more than 64 GiB.
    #[expect(
        clippy::indexing_slicing,
        reason = "a ring holds a key at least, and the plaintext begins where it was put"
    )]
    pub(crate) fn seal(&self, version: Version, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut nonce = [0; NONCE_LEN];
        random::fill(&mut nonce)?;
        out.clear();
        out.push(version.byte());
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(plaintext);
        let tag = self.keys[0].encrypt(nonce, version.byte(), &mut out[start..]).ok_or(EncodeError::TooLong)?;
        out.extend_from_slice(&tag);
        Ok(())
    }

    /// Decrypts a payload and replaces the content of `out`, unless the payload is accepted as plaintext.
    ///
    /// `signed_by` is the ring that verified the payload's signature, and the index of the key. If that ring is this
    /// one, that key is tried first.
    ///
    /// # Errors
    /// In this order: [`DecodeError::Empty`], [`DecodeError::NotEncrypted`], [`DecodeError::UnknownVersion`],
    /// [`DecodeError::TooShort`], [`DecodeError::Decrypt`].
    pub(crate) fn open(
        &self,
        payload: &[u8],
        signed_by: Option<(RingId, usize)>,
        out: &mut Vec<u8>,
    ) -> Result<Opened, DecodeError> {
        let parts = match payload.split_first() {
            None => return Err(DecodeError::Empty),
            Some((&OBJECT, _)) if self.plaintext == Plaintext::Reject => return Err(DecodeError::NotEncrypted),
            Some((&OBJECT, _)) => return Ok(Opened::Plaintext),
            Some((&version, rest)) => Parts::split(version, rest)?,
        };
        let first = signed_by.filter(|(ring, _)| *ring == self.ring).map(|(_, index)| index);
        for key in self.search(first) {
            // Copied for each key, because decrypting with a wrong key overwrites the ciphertext.
            out.clear();
            out.extend_from_slice(parts.ciphertext);
            if key.decrypt(parts.nonce, parts.version.byte(), out, parts.tag) {
                return Ok(Opened::Decrypted(parts.version));
            }
        }
        out.as_mut_slice().zeroize();
        Err(DecodeError::Decrypt)
    }

    /// Returns all keys, `first` before the others, which keep their order.
    fn search(&self, first: Option<usize>) -> impl Iterator<Item = &Aead> {
        let others = self.keys.iter().enumerate().filter(move |(index, _)| Some(*index) != first);
        first.and_then(|index| self.keys.get(index)).into_iter().chain(others.map(|(_, key)| key))
    }
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encryption(..)")
    }
}
