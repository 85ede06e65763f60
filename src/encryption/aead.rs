//! AES-256-GCM-SIV ([RFC 8452](https://www.rfc-editor.org/rfc/rfc8452)) under a key that HKDF-SHA256
//! ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)) derives from a secret key.

use aes::Aes256Enc;
use aes_gcm_siv::{AeadInOut, AesGcmSiv, Key, KeyInit, Nonce, Tag};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroize;

use crate::encryption::format::{NONCE_LEN, TAG_LEN};
use crate::key::SecretKey;

/// Separates this use of a secret key from Django's.
const INFO: &[u8] = b"django-session.sealed.v1";

/// One key, with its round keys computed; `aes` wipes them when they are dropped.
///
/// GCM-SIV uses the encrypting half of AES in both directions, so the decrypting half is not needed.
pub(super) struct Aead(AesGcmSiv<Aes256Enc>);

impl Aead {
    #[expect(clippy::expect_used)]
    pub(super) fn new(secret: &SecretKey) -> Self {
        let mut key = Key::<AesGcmSiv<Aes256Enc>>::default();
        let (mut pseudorandom, hkdf) = Hkdf::<Sha256>::extract(None, secret.as_bytes());
        hkdf.expand(INFO, &mut key).expect("HKDF-SHA256 derives up to 8160 bytes");
        let aead = Self(AesGcmSiv::new(&key));
        key.as_mut_slice().zeroize();
        pseudorandom.as_mut_slice().zeroize();
        aead
    }

    /// Encrypts in place and returns the tag; `None` beyond the 64 GiB of RFC 8452, section 6.
    pub(super) fn encrypt(&self, nonce: [u8; NONCE_LEN], version: u8, text: &mut [u8]) -> Option<[u8; TAG_LEN]> {
        let tag = self.0.encrypt_inout_detached(&Nonce::from(nonce), &[version], text.into());
        tag.ok().map(Into::into)
    }

    /// Returns a number by which keys can be compared: the start of a tag of nothing, under a version that is not used.
    #[cfg(any(feature = "actix-web", feature = "tower"))]
    pub(super) fn fingerprint(&self) -> u64 {
        let tag = self.encrypt([0; NONCE_LEN], 0, &mut []);
        tag.and_then(|tag| tag.first_chunk().copied()).map_or(0, u64::from_ne_bytes)
    }

    /// Decrypts in place. Returns whether the tag matches; if not, the content of `text` must not be used.
    ///
    /// The tag is compared in constant time, by `ctutils`.
    pub(super) fn decrypt(&self, nonce: [u8; NONCE_LEN], version: u8, text: &mut [u8], tag: [u8; TAG_LEN]) -> bool {
        self.0.decrypt_inout_detached(&Nonce::from(nonce), &[version], text.into(), &Tag::from(tag)).is_ok()
    }
}
