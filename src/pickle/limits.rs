//! How much one pickle may ask for. A few bytes can refer to one value many times, so that what they stand for is bounded
//! and not only their number.

/// Protocols 0 and 1 do not say which they are.
pub(super) const PROTOCOLS: std::ops::RangeInclusive<u8> = 2..=5;

/// Values, keys and references among the opcodes; and values and keys in the JSON, where references have become copies.
pub(super) const NODES: usize = 65_536;

/// Levels of nesting in the value of a key: as many as the JSON of a session may have.
pub(super) const DEPTH: usize = 1024;

/// Decimal digits of one integer. Python's `json` writes and reads no more (`sys.int_info.default_max_str_digits`).
pub(super) const DIGITS_OF_ONE: usize = 4300;

/// Bytes of all integers beyond 64 bits: the time to convert one to decimal grows with the square of its size.
pub(super) const LONG_INTS: usize = 32_768;

/// Bytes of JSON text from a pickle of so many bytes: no value grows by more than eight times, and references may add a
/// mebibyte.
pub(super) const fn text(input: usize) -> usize {
    input.saturating_mul(8).saturating_add(1 << 20)
}

/// What is left of one of these.
pub(super) struct Budget {
    left: usize,
    overspent: &'static str,
}

impl Budget {
    pub(super) const fn nodes() -> Self {
        Self { left: NODES, overspent: "more than 65536 values" }
    }

    pub(super) const fn long_ints() -> Self {
        Self { left: LONG_INTS, overspent: "more than 32768 bytes of integers beyond 64 bits" }
    }

    pub(super) const fn text(input: usize) -> Self {
        Self { left: text(input), overspent: "references expand to more than 1 MiB of text" }
    }

    pub(super) fn spend(&mut self, amount: usize) -> Result<(), &'static str> {
        self.left = self.left.checked_sub(amount).ok_or(self.overspent)?;
        Ok(())
    }
}
