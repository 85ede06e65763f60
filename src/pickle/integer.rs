//! Integers of more than 64 bits: the little-endian two's complement of pickles ⇄ decimal.

#![expect(clippy::arithmetic_side_effects, reason = "32-bit limbs and nine digits at a time fit in 64 bits")]

use std::fmt::Write as _;

use crate::pickle::limits::{Budget, DIGITS_OF_ONE};

/// Decimal digits in a chunk: nine, the most that fit in a limb.
const CHUNK: usize = 9;
const BASE: u64 = 1_000_000_000;
const LIMB_BITS: u32 = 32;
const LIMB: u64 = u32::MAX as u64;
const SIGN: u8 = 0x80;

/// An integer of more bytes than this has more than `DIGITS_OF_ONE` digits.
const BYTES_OF_ONE: usize = 1786;

pub(super) enum Integer {
    Small(i64),
    Long(String),
    /// An integer of more digits than Python converts.
    TooLong,
}

/// Reads the bytes of a `LONG1` or `LONG4`, if the budget covers it.
pub(super) fn read(bytes: &[u8], budget: &mut Budget) -> Result<Integer, &'static str> {
    let bytes = minimal(bytes);
    let negative = is_negative(bytes);
    let mut word = if negative { [u8::MAX; 8] } else { [0; 8] };
    if let Some(low) = word.get_mut(..bytes.len()) {
        low.copy_from_slice(bytes);
        return Ok(Integer::Small(i64::from_le_bytes(word)));
    }
    if bytes.len() > BYTES_OF_ONE {
        return Ok(Integer::TooLong);
    }
    budget.spend(bytes.len())?;
    let mut magnitude = bytes.to_vec();
    if negative {
        negate(&mut magnitude);
    }
    let text = decimal(&mut limbs(&magnitude), negative);
    Ok(if text.len() - usize::from(negative) > DIGITS_OF_ONE { Integer::TooLong } else { Integer::Long(text) })
}

/// Returns the fewest bytes that represent this number, which is an optional "-" and digits. Returns `None` for other
/// text, and for more digits than Python converts.
pub(super) fn write(decimal: &str) -> Option<Vec<u8>> {
    let (negative, digits) = decimal.strip_prefix('-').map_or((false, decimal), |digits| (true, digits));
    if digits.len() > DIGITS_OF_ONE {
        return None;
    }
    let mut limbs: Vec<u64> = Vec::with_capacity(digits.len() / CHUNK + 1);
    for chunk in digits.as_bytes().rchunks(CHUNK).rev() {
        let mut carry = str::from_utf8(chunk).ok()?.parse().ok()?;
        for limb in &mut limbs {
            let wide = *limb * BASE + carry;
            (*limb, carry) = (wide & LIMB, wide >> LIMB_BITS);
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    // One more byte, for the sign.
    let low_half = |limb: &u64| limb.to_le_bytes().into_iter().take(4);
    let mut bytes: Vec<u8> = limbs.iter().flat_map(low_half).chain([0]).collect();
    if negative {
        negate(&mut bytes);
    }
    let len = minimal(&bytes).len();
    bytes.truncate(len);
    Some(bytes)
}

/// Removes the bytes that only repeat the sign.
pub(super) fn minimal(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., below, last] = bytes
        && *last == if below & SIGN == 0 { 0 } else { u8::MAX }
    {
        bytes = bytes.get(..=rest.len()).unwrap_or_default();
    }
    if bytes == [0] { &[] } else { bytes }
}

fn is_negative(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|last| last & SIGN != 0)
}

fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes {
        (*byte, carry) = (!*byte).overflowing_add(carry.into());
    }
}

fn limbs(magnitude: &[u8]) -> Vec<u64> {
    magnitude.chunks(4).map(|chunk| chunk.iter().rev().fold(0, |limb, &byte| limb << 8 | u64::from(byte))).collect()
}

fn decimal(limbs: &mut Vec<u64>, negative: bool) -> String {
    let mut chunks = Vec::with_capacity(limbs.len() * 8 / 7 + 1);
    loop {
        while limbs.pop_if(|limb| *limb == 0).is_some() {}
        if limbs.is_empty() {
            break;
        }
        let mut rest = 0;
        for limb in limbs.iter_mut().rev() {
            let wide = rest << LIMB_BITS | *limb;
            (*limb, rest) = (wide / BASE, wide % BASE);
        }
        chunks.push(rest);
    }
    let mut text = String::with_capacity(chunks.len() * CHUNK + 1);
    if negative {
        text.push('-');
    }
    // Writing to a String does not fail.
    let _ = write!(text, "{}", chunks.pop().unwrap_or(0));
    chunks.iter().rev().for_each(|chunk| _ = write!(text, "{chunk:09}"));
    text
}
