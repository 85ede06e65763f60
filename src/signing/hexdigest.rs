use std::fmt;

use crate::encoding;
use crate::key::KeyRing;
use crate::signing::Algorithm;
use crate::signing::mac::{MAX_TAG, MacRing};

/// Salted HMACs in lower-case hexadecimal, as Django keeps them elsewhere than in tokens: `salted_hmac(…).hexdigest()`.
pub(crate) struct HexDigest(MacRing);

impl HexDigest {
    pub(crate) fn new(keys: &KeyRing, salt: &[u8]) -> Self {
        Self(MacRing::new(keys, b"", salt))
    }

    pub(crate) fn with_algorithm(self, algorithm: Algorithm) -> Self {
        Self(self.0.with_algorithm(algorithm))
    }

    pub(crate) fn with_legacy_algorithm(self, algorithm: Algorithm) -> Self {
        Self(self.0.accept_algorithm(algorithm))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> String {
        encoding::hex_encode(self.0.tag(message).as_bytes())
    }

    /// The index of the key that made this digest of `message`.
    pub(crate) fn verify(&self, message: &[u8], digest: &[u8]) -> Option<usize> {
        let mut room = [0; MAX_TAG];
        self.0.verify(message, encoding::hex_decode(digest, &mut room)?)
    }
}

impl fmt::Debug for HexDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HexDigest(..)")
    }
}
