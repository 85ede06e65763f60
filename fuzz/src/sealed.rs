//! A simple twin of the encryption, and a serializer for raw bytes.

use std::io::Read;

use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, Key, KeyInit};
use django_session::{DecodeError, EncodeError, Serializer};
use flate2::bufread::ZlibDecoder;
use hkdf::Hkdf;
use serde::de::value::{Error, SeqDeserializer};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// A key of the twin.
pub struct Twin(Aes256GcmSiv);

impl Twin {
    pub fn new(secret: &str) -> Self {
        let mut key = Key::<Aes256GcmSiv>::default();
        Hkdf::<Sha256>::new(None, secret.as_bytes()).expand(b"django-session.sealed.v1", &mut key).unwrap();
        Self(Aes256GcmSiv::new(&key))
    }

    pub fn seal(&self, version: u8, nonce: [u8; 12], plaintext: &[u8]) -> Vec<u8> {
        let mut text = plaintext.to_vec();
        let tag = self.0.encrypt_inout_detached(&nonce.into(), &[version], text.as_mut_slice().into()).unwrap();
        [&[version], &nonce[..], &text, &tag].concat()
    }

    fn open(&self, version: u8, nonce: [u8; 12], ciphertext: &[u8], tag: [u8; 16]) -> Option<Vec<u8>> {
        let mut text = ciphertext.to_vec();
        let opened = self.0.decrypt_inout_detached(&nonce.into(), &[version], text.as_mut_slice().into(), &tag.into());
        opened.is_ok().then_some(text)
    }
}

/// Reads a payload with these keys and this inflate limit.
pub fn open(keys: &[Twin], accept_plaintext: bool, limit: usize, payload: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let (&version, rest) = payload.split_first().ok_or(DecodeError::Empty)?;
    if version == b'{' {
        return if accept_plaintext { Ok(payload.to_vec()) } else { Err(DecodeError::NotEncrypted) };
    }
    if ![1, 2].contains(&version) {
        return Err(DecodeError::UnknownVersion);
    }
    if payload.len() < 30 {
        return Err(DecodeError::TooShort);
    }
    let (nonce, rest) = rest.split_first_chunk().unwrap();
    let (ciphertext, tag) = rest.split_last_chunk().unwrap();
    let plaintext = keys.iter().find_map(|key| key.open(version, *nonce, ciphertext, *tag));
    let plaintext = plaintext.ok_or(DecodeError::Decrypt)?;
    if version == 1 { Ok(plaintext) } else { inflated(&plaintext, limit) }
}

fn inflated(data: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    let (mut text, mut zlib) = (Vec::new(), ZlibDecoder::new(data));
    let read = zlib.by_ref().take(limit as u64 + 1).read_to_end(&mut text);
    match read {
        _ if text.len() > limit => Err(DecodeError::InflatesPast { limit }),
        Ok(_) if zlib.into_inner().is_empty() => Ok(text),
        _ => Err(DecodeError::Zlib),
    }
}

pub struct Raw;

impl Serializer for Raw {
    fn dumps<T: Serialize + ?Sized>(&self, _: &T, _: &mut Vec<u8>) -> Result<(), EncodeError> {
        Err(EncodeError::Serialize("it only reads".into()))
    }

    fn loads<'de, T: Deserialize<'de>>(&self, data: &'de [u8]) -> Result<T, DecodeError> {
        let bytes = SeqDeserializer::<_, Error>::new(data.iter().copied());
        T::deserialize(bytes).map_err(|_| DecodeError::Deserialize { reason: "not bytes" })
    }
}
