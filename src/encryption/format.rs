//! `version ‖ nonce ‖ ciphertext ‖ tag`.

use crate::error::DecodeError;

pub(super) const NONCE_LEN: usize = 12;
pub(super) const TAG_LEN: usize = 16;

/// How plaintext that was not encrypted begins: only a JSON object is accepted as such.
pub(super) const OBJECT: u8 = b'{';

/// What the plaintext is. The byte is authenticated with it.
///
/// 3 is reserved for another cipher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// The serialized value.
    Serialized = 1,
    /// The same, as one zlib stream.
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
    /// # Errors
    /// [`DecodeError::UnknownVersion`], then [`DecodeError::TooShort`]: no value is serialized to nothing, so that a byte
    /// of ciphertext must be there.
    pub(super) fn split(version: u8, rest: &'d [u8]) -> Result<Self, DecodeError> {
        let version = Version::of(version).ok_or(DecodeError::UnknownVersion)?;
        let parts = rest.split_first_chunk().and_then(|(&nonce, rest)| Some((nonce, rest.split_last_chunk()?)));
        match parts {
            Some((nonce, (ciphertext, &tag))) if !ciphertext.is_empty() => Ok(Self { version, nonce, ciphertext, tag }),
            _ => Err(DecodeError::TooShort),
        }
    }
}
