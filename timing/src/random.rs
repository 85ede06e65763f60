//! Random numbers that a branch predictor cannot predict. They do not have to be secret.

use std::hash::{BuildHasher, RandomState};

/// The generator SplitMix64.
pub struct Random(u64);

impl Random {
    /// Creates a generator with a different sequence each time.
    pub fn from_system() -> Self {
        Self(RandomState::new().hash_one(0))
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`. The bias is negligible for small numbers.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % end as u64).expect("less than a usize")
    }

    /// Returns a byte that is not zero, so that XOR with it changes a byte.
    pub fn difference(&mut self) -> u8 {
        u8::try_from(1 + self.below(255)).expect("255 at most")
    }

    /// Returns a text of this many hexadecimal digits.
    pub fn text(&mut self, len: usize) -> String {
        (0..len).map(|_| char::from(b"0123456789abcdef"[self.below(16)])).collect()
    }
}
