//! Generates random values, the same ones for the same seed.

use crate::common::json::Json;
use crate::question::{Key, Signing};

/// The generator `SplitMix64`.
pub struct Random(u64);

/// Ages, times and limits in questions are multiples of this, which floats represent exactly.
const EIGHTH: f64 = 0.125;

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to `end`, excluding `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// Returns `true` once in `times` times on average.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.bits() as u8).collect()
    }

    /// Returns a number whose length in bits is random, up to `bits`, so that small numbers are as likely as large
    /// ones.
    pub fn magnitude(&mut self, bits: usize) -> u64 {
        self.bits() >> (64 - 1 - self.below(bits))
    }

    pub fn char(&mut self) -> char {
        let (first, last) =
            self.pick(&[(0x20, 0x7e), (0x20, 0x7e), (0, 0x1f), (0x7f, 0x7ff), (0x800, 0xffff), (0x1_0000, 0x10_ffff)]);
        let code = first + self.below(last - first + 1);
        char::from_u32(code as u32).unwrap_or('\0')
    }

    /// Returns a text, either of one kind of characters or of all kinds.
    pub fn text(&mut self, longest: usize) -> String {
        let len = self.below(longest + 1);
        if self.once_in(2) {
            (0..len).map(|_| char::from(b' ' + self.below(95) as u8)).collect()
        } else {
            (0..len).map(|_| self.char()).collect()
        }
    }

    pub fn word(&mut self) -> String {
        let len = 1 + self.below(12);
        (0..len).map(|_| char::from(self.pick(b"abcdefghijklmnopqrstuvwxyzABCXYZ0189-_"))).collect()
    }

    /// Returns a time with a fraction: mostly a current one, or 0, or where base62 gets longer, or far in the past or
    /// future.
    pub fn time(&mut self) -> f64 {
        let seconds = match self.below(8) {
            0 => self.pick(&[0.0, 1.0, 61.0, 62.0, 3843.0, 3844.0, 916_132_831.0, 916_132_832.0]),
            1 => -(self.magnitude(40) as f64),
            2 => self.magnitude(45) as f64,
            _ => 1_500_000_000.0 + self.below(500_000_000) as f64,
        };
        seconds + self.fraction()
    }

    /// Returns a number from 0 to 1, excluding 1.
    pub fn fraction(&mut self) -> f64 {
        if self.once_in(2) { 0.0 } else { self.below(8) as f64 * EIGHTH }
    }

    /// Returns a key of 1 to 200 bytes, as text or bytes, and not only white space.
    pub fn key(&mut self) -> Key {
        if self.once_in(2) {
            Key::Text(format!("k{}", self.text(49)))
        } else {
            let len = 1 + if self.once_in(2) { self.below(40) } else { self.below(200) };
            let bytes = self.bytes(len);
            Key::Hex(if bytes.trim_ascii().is_empty() { vec![b'k'] } else { bytes })
        }
    }

    pub fn keys(&mut self) -> Vec<Key> {
        let count = self.pick(&[1, 1, 2, 3]);
        (0..count).map(|_| self.key()).collect()
    }

    /// Returns a text that Django may reject as a separator.
    pub fn separator(&mut self) -> String {
        if self.once_in(4) {
            return self.text(3);
        }
        let len = self.below(4);
        (0..len)
            .map(|_| {
                self.pick(&[
                    'A', 'Z', 'a', 'z', '0', '9', '-', '_', '=', '[', '\\', '^', '`', '\n', ':', '|', '@', '{', '/',
                ])
            })
            .collect()
    }

    pub fn signing(&mut self) -> Signing {
        let mut algorithms = vec!["sha224", "sha256", "sha256", "sha384", "sha512"];
        if cfg!(feature = "legacy") {
            algorithms.push("sha1");
        }
        Signing {
            keys: self.keys(),
            salt: format!("{}s", self.text(30)),
            sep: self.pick(&[":", ":", ":", "::", "|", "~~", ".", "a:", ":0", " ", "\0", "-:", "é", "🔑"]).to_owned(),
            algorithm: self.pick(&algorithms),
            dated: self.once_in(2),
        }
    }

    /// Returns a signer as `dumps` and `loads` use it.
    pub fn default_signing(&mut self) -> Signing {
        Signing { sep: ":".to_owned(), algorithm: "sha256", dated: true, ..self.signing() }
    }

    /// Returns a signer, in half of the cases one as `dumps` and `loads` use it.
    pub fn any_signing(&mut self) -> Signing {
        if self.once_in(2) { self.default_signing() } else { self.signing() }
    }

    pub fn json(&mut self, depth: usize) -> Json {
        match self.below(if depth < 4 { 13 } else { 10 }) {
            0 => self.pick(&[Json::Null, Json::Bool(true), Json::Bool(false)]),
            1 => Json::Int(self.pick(&[0, -1, 1 << 53, i64::MIN.into(), i64::MAX.into(), u64::MAX.into()])),
            2 | 3 => Json::Int(i128::from(self.magnitude(63)) * self.pick(&[1, -1])),
            4 => {
                Json::Float(self.pick(&[0.0, -0.0, 1e15, 1e16, 1e17, 1e-4, 1e-5, 1.5e-7, 1e22, 1e23, 5e-324, f64::MAX]))
            }
            5 => Json::Float(Some(f64::from_bits(self.bits())).filter(|float| float.is_finite()).unwrap_or(0.1)),
            6 => Json::Float(self.magnitude(53) as f64 / self.pick(&[1.0, 10.0, 1000.0, 1e6])),
            // Exact in binary, so that two decimals may be equally near.
            7 => Json::Float(self.magnitude(53) as f64 * self.pick(&[0.5, 0.25, 0.125, 5.0, 50.0])),
            8 | 9 => Json::String(self.text(40)),
            10 => Json::Array(self.list(|random| random.json(depth + 1))),
            _ => self.object(depth + 1),
        }
    }

    pub fn object(&mut self, depth: usize) -> Json {
        let mut pairs = self.list(|random| (random.text(10), random.json(depth)));
        pairs.sort_by(|(a, _), (b, _)| a.chars().rev().cmp(b.chars().rev())); // any order but the usual one
        pairs.dedup_by(|(a, _), (b, _)| a == b);
        Json::Object(pairs)
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let len = self.pick(&[0, 1, 2, 3, 5, 8]);
        (0..len).map(|_| item(self)).collect()
    }
}
