//! Limits for one pickle. A few bytes can refer to one value many times, so the size of the result is limited, and not
//! only the number of bytes.

/// Pickles of protocols 0 and 1 do not contain the number of their protocol.
pub(super) const PROTOCOLS: std::ops::RangeInclusive<u8> = 2..=5;

/// The most values, keys and references among the opcodes, and the most values and keys in the JSON, where references
/// have become copies.
pub(super) const NODES: usize = 65_536;

/// The most levels of nesting in the value of a key, the same as in the JSON of a session.
pub(super) const DEPTH: usize = 1024;

/// The most decimal digits of one integer. Python's `json` writes and reads no more
/// (`sys.int_info.default_max_str_digits`).
pub(super) const DIGITS_OF_ONE: usize = 4300;

/// The most bytes of all integers of more than 64 bits, because the time to convert one to decimal grows with the
/// square of its size.
pub(super) const LONG_INTS: usize = 32_768;

/// Returns the most bytes of JSON text from a pickle of `input` bytes: no value grows to more than eight times its
/// size, and references may add 1 MiB.
pub(super) const fn text(input: usize) -> usize {
    input.saturating_mul(8).saturating_add(1 << 20)
}

/// What is left of one of these limits.
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
