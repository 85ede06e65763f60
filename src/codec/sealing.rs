//! The codec's stage between serializer and base64: plaintext ⇄ encrypted payload, with its own compression.

use std::mem;

use zeroize::Zeroize;

use crate::codec::zlib::Zlib;
use crate::encryption::{Encryption, Opened, Version};
use crate::error::{DecodeError, EncodeError};
use crate::key::RingId;

/// Encrypts `data` and replaces the content of `sealed`. Returns `false` if `data` is to be written as plaintext.
pub(super) fn seal(
    encryption: &Encryption,
    inflate_limit: usize,
    data: &mut Vec<u8>,
    sealed: &mut Vec<u8>,
    zlib: &mut Zlib,
) -> Result<bool, EncodeError> {
    if !encryption.encrypts(data)? {
        return Ok(false);
    }
    let version = if zlib.compress(data, encryption.compression.fewest(), inflate_limit, sealed) {
        mem::swap(data, sealed);
        sealed.as_mut_slice().zeroize();
        Version::Deflated
    } else {
        Version::Serialized
    };
    encryption.seal(version, data, sealed)?;
    Ok(true)
}

/// Replaces the encrypted payload in `payload` with its plaintext. `plaintext` is a buffer, whose content is
/// overwritten.
pub(super) fn open(
    encryption: &Encryption,
    signed_by: Option<(RingId, usize)>,
    inflate_limit: usize,
    payload: &mut Vec<u8>,
    plaintext: &mut Vec<u8>,
    zlib: &mut Zlib,
) -> Result<(), DecodeError> {
    match encryption.open(payload, signed_by, plaintext)? {
        Opened::Plaintext => Ok(()),
        Opened::Decrypted(Version::Serialized) => {
            mem::swap(payload, plaintext);
            Ok(())
        }
        Opened::Decrypted(Version::Deflated) => {
            let inflated = zlib.decompress(plaintext, inflate_limit, payload);
            // Inflating may write beyond the final length of the buffer, where it is not wiped.
            let len = payload.len();
            payload.resize(payload.capacity(), 0);
            payload.truncate(len);
            inflated
        }
    }
}
