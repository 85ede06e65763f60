//! Bytes and numbers as text: base62 for a token's timestamp, base64url without padding for the rest of it; and what Django
//! writes elsewhere, hexadecimal and the other base64.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "lengths of what is in memory, digits of a base, and a remainder as index into its alphabet"
)]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::NO_PAD;

#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
static BASE64: LazyLock<base64::engine::GeneralPurpose> =
    LazyLock::new(|| base64::engine::GeneralPurpose::new(&base64::alphabet::URL_SAFE, NO_PAD));
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
static BASE64: LazyLock<base64::engine::Simd> = LazyLock::new(|| base64::engine::Simd::url_safe(NO_PAD));

/// How many characters `bytes` bytes become.
pub(crate) const fn base64_len(bytes: usize) -> usize {
    bytes / 3 * 4 + (bytes % 3 * 4).div_ceil(3)
}

/// Appends the base64url form of `data`.
pub(crate) fn base64_encode(data: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start.saturating_add(base64_len(data.len())), 0);
    if let Some(room) = out.get_mut(start..) {
        let written = BASE64.encode_slice(data, room);
        debug_assert_eq!(written, Ok(base64_len(data.len())));
    }
}

/// Reads base64url strictly, without padding and with a canonical last character, and replaces what is in `out`.
pub(crate) fn base64_decode(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.resize(base64::decoded_len_estimate(text.len()), 0);
    let len = base64_decode_slice(text, out)?.len();
    out.truncate(len);
    Some(())
}

/// Reads base64url as strictly into the front of `out`; `None` also where that has no room.
pub(crate) fn base64_decode_slice<'o>(text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let len = BASE64.decode_slice(text, out).ok()?;
    out.get(..len)
}

/// The other base64: its own alphabet, and padded.
#[cfg(feature = "legacy")]
pub(crate) fn standard_base64_encode(data: &[u8]) -> String {
    base64::prelude::BASE64_STANDARD.encode(data)
}

#[cfg(feature = "legacy")]
pub(crate) fn standard_base64_decode(text: &str) -> Option<Vec<u8>> {
    base64::prelude::BASE64_STANDARD.decode(text).ok()
}

/// Lower-case hexadecimal.
pub(crate) fn hex_encode(data: &[u8]) -> String {
    base16ct::lower::encode_string(data)
}

/// Reads lower-case hexadecimal into the front of `out`.
pub(crate) fn hex_decode<'o>(text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    base16ct::lower::decode(text, out).ok()
}

/// The text of a token in the making, which only ever had text appended.
#[expect(clippy::expect_used)]
pub(crate) fn into_text(token: Vec<u8>) -> String {
    // The error, and so the panic, would hold all of the text.
    let text = String::from_utf8(token).map_err(|error| error.utf8_error());
    text.expect("values, separators, base62 and base64 are UTF-8")
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Room for any `i64` in base62: a sign and eleven digits.
pub(crate) const BASE62_ROOM: usize = 12;

/// Appends `number` in Django's base62.
pub(crate) fn base62_encode(number: i64, out: &mut Vec<u8>) {
    let mut digits = [0; BASE62_ROOM];
    let mut rest = number.unsigned_abs();
    let mut filled = 0;
    for (slot, count) in digits.iter_mut().rev().zip(1..) {
        *slot = BASE62[(rest % 62) as usize];
        rest /= 62;
        filled = count;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[BASE62_ROOM - filled..]);
}

/// Reads Django's base62: an optional "-", then one digit or more. `None` for anything else or beyond an `i64`.
pub(crate) fn base62_decode(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    if digits.is_empty() {
        return None;
    }
    // Summed with its sign, because i64::MIN has no positive twin.
    digits.bytes().try_fold(0_i64, |sum, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'A'..=b'Z' => digit - b'A' + 10,
            b'a'..=b'z' => digit - b'a' + 36,
            _ => return None,
        };
        sum.checked_mul(62)?.checked_add(sign * i64::from(digit))
    })
}
