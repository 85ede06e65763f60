use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::csrf::alphabet;
use crate::encoding;
use crate::random::{self, NoRandomBytes};

/// The number of characters in a secret, and in a mask.
const LEN: usize = 32;

type Indexes = Zeroizing<[u8; LEN]>;

/// A secret, from which tokens are made: 32 characters, each as its index in the alphabet.
#[derive(Clone)]
pub(super) struct Secret(Indexes);

/// Why a text is not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    Length,
    Characters,
}

impl Secret {
    /// Generates a secret. Django: `_get_new_csrf_string`.
    pub(super) fn generate() -> Result<Self, NoRandomBytes> {
        random_indexes().map(Self)
    }

    /// Reads a secret of 32 characters, or unmasks one of 64. Django: `_check_token_format`, `_unmask_cipher_token`.
    pub(super) fn parse(text: &str) -> Result<Self, Flaw> {
        let masked = match text.chars().count() {
            LEN => false,
            count if count == LEN.saturating_mul(2) => true,
            _ => return Err(Flaw::Length),
        };
        // Bytes of characters outside ASCII are not in the alphabet.
        let mut indexes = Zeroizing::new(Vec::with_capacity(text.len()));
        for byte in text.bytes() {
            indexes.push(alphabet::index(byte).ok_or(Flaw::Characters)?);
        }
        let (mask, cipher) = indexes.split_at(if masked { LEN } else { 0 });
        let mut secret = Zeroizing::new([0; LEN]);
        secret.iter_mut().zip(cipher).for_each(|(index, cipher)| *index = *cipher);
        secret.iter_mut().zip(mask).for_each(|(index, mask)| *index = alphabet::sub(*index, *mask));
        Ok(Self(secret))
    }

    /// Returns a token: a random mask, followed by the secret with the mask added to it.
    ///
    /// Each page gets another mask, so that the sizes of compressed pages do not leak the secret (BREACH). Django:
    /// `_mask_cipher_secret`.
    pub(super) fn masked(&self) -> Result<String, NoRandomBytes> {
        let mask = random_indexes()?;
        let cipher = self.0.iter().zip(mask.iter()).map(|(index, mask)| alphabet::add(*index, *mask));
        Ok(text(mask.iter().copied().chain(cipher)))
    }

    /// Returns the 32 characters, as they are stored in cookies and sessions.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(text(self.0.iter().copied()))
    }

    /// Compares in constant time.
    pub(super) fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

fn random_indexes() -> Result<Indexes, NoRandomBytes> {
    let mut indexes = Zeroizing::new([0; LEN]);
    let mut slots = indexes.iter_mut();
    let mut bytes = Zeroizing::new([0; LEN]);
    while slots.len() > 0 {
        random::fill(&mut *bytes)?;
        // Six bits of each byte. Values beyond the alphabet are dropped, because a remainder would favour some
        // characters.
        let accepted = bytes.iter().map(|byte| byte & 0b11_1111).filter(|index| *index < alphabet::LEN);
        accepted.zip(slots.by_ref()).for_each(|(index, slot)| *slot = index);
    }
    Ok(indexes)
}

fn text(indexes: impl Iterator<Item = u8>) -> String {
    // Enough capacity for a token: growing would leave a copy of the secret in memory.
    let mut characters = Vec::with_capacity(LEN.saturating_mul(2));
    characters.extend(indexes.map(alphabet::character));
    encoding::into_text(characters)
}
