//! The format of an encrypted payload: `version ‖ nonce ‖ ciphertext ‖ tag`.

use crate::error::DecodeError;

pub(super) const NONCE_LEN: usize = 12;
pub(super) const TAG_LEN: usize = 16;

/// The first byte of a payload that is not encrypted: only a JSON object is accepted as plaintext.
pub(super) const OBJECT: u8 = b'{';

/// The form of the plaintext. The version byte is authenticated together with it.
///
/// 3 is reserved for another cipher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// The serialized value.
    Serialized = 1,
    /// The serialized value, as one zlib stream.
    Deflated = 2,
}

impl Version {
    pub(super) const fn byte(self) -> u8 {
        self as u8
    }

    const fn of(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Serialized),
            2 => Some(Self::Deflated),
            _ => None,
        }
    }
}

/// The parts of an encrypted payload.
pub(super) struct Parts<'d> {
    pub(super) version: Version,
    pub(super) nonce: [u8; NONCE_LEN],
    pub(super) ciphertext: &'d [u8],
    pub(super) tag: [u8; TAG_LEN],
}

impl<'d> Parts<'d> {
    /// Splits a payload into its parts.
    ///
    /// # Errors
    /// [`DecodeError::UnknownVersion`], then [`DecodeError::TooShort`]: no value is serialized to zero bytes, so there
    /// must be a byte of ciphertext.
    pub(super) fn split(version: u8, rest: &'d [u8]) -> Result<Self, DecodeError> {
        let version = Version::of(version).ok_or(DecodeError::UnknownVersion)?;
        let parts = rest.split_first_chunk().and_then(|(&nonce, rest)| Some((nonce, rest.split_last_chunk()?)));
        match parts {
            Some((nonce, (ciphertext, &tag))) if !ciphertext.is_empty() => Ok(Self { version, nonce, ciphertext, tag }),
            _ => Err(DecodeError::TooShort),
        }
    }
}
