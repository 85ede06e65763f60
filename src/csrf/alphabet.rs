//! The 62 characters of Django's secrets, `a-zA-Z0-9`, by index. Branches and addresses do not depend on the
//! characters, which are secret.

use std::ops::RangeInclusive;

/// How many characters there are.
pub(super) const LEN: u8 = 62;

/// Each run of characters, with the index of its first.
const RUNS: [(RangeInclusive<u8>, i16); 3] = [(b'a'..=b'z', 0), (b'A'..=b'Z', 26), (b'0'..=b'9', 52)];

/// Returns the character with this index, which is below [`LEN`].
pub(super) fn character(index: u8) -> u8 {
    let index = i16::from(index);
    RUNS.iter().fold(0, |character, (run, first)| {
        // Each later run replaces the character, if the index reaches it.
        let here = i16::from(*run.start()).wrapping_add(index.wrapping_sub(*first));
        select(less(index, *first), character, low_byte(here))
    })
}

/// Returns the index of this character, if it is one of them.
pub(super) fn index(character: u8) -> Option<u8> {
    let character = i16::from(character);
    let none = u8::MAX;
    let index = RUNS.iter().fold(none, |index, (run, first)| {
        let (start, end) = (i16::from(*run.start()), i16::from(*run.end()));
        let outside = less(character, start) | less(end, character);
        select(outside, index, low_byte(first.wrapping_add(character.wrapping_sub(start))))
    });
    (index != none).then_some(index)
}

/// Returns the sum of two indexes, modulo [`LEN`].
pub(super) fn add(a: u8, b: u8) -> u8 {
    wrap(i16::from(a).wrapping_add(i16::from(b)).wrapping_sub(i16::from(LEN)))
}

/// Returns the difference of two indexes, modulo [`LEN`].
pub(super) fn sub(a: u8, b: u8) -> u8 {
    wrap(i16::from(a).wrapping_sub(i16::from(b)))
}

/// Adds [`LEN`] to a negative number.
fn wrap(index: i16) -> u8 {
    low_byte(index.wrapping_add(less(index, 0) & i16::from(LEN)))
}

/// Returns a mask of all ones if `a < b`, otherwise 0.
fn less(a: i16, b: i16) -> i16 {
    a.wrapping_sub(b) >> 15
}

/// Returns `yes` if `mask` is all ones, `no` if it is 0.
fn select(mask: i16, yes: u8, no: u8) -> u8 {
    let mask = low_byte(mask);
    (yes & mask) | (no & !mask)
}

fn low_byte(number: i16) -> u8 {
    number.to_le_bytes()[0]
}
