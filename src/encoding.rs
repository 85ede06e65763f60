//! Text encodings: base62 for a token's timestamp, base64url without padding for its payload and signature, and the
//! hexadecimal and standard base64 that Django uses elsewhere.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "lengths are of data in memory, digits are below the base, and a remainder indexes the alphabet"
)]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::NO_PAD;

#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
static BASE64: LazyLock<base64::engine::GeneralPurpose> =
    LazyLock::new(|| base64::engine::GeneralPurpose::new(&base64::alphabet::URL_SAFE, NO_PAD));
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
static BASE64: LazyLock<base64::engine::Simd> = LazyLock::new(|| base64::engine::Simd::url_safe(NO_PAD));

/// Returns the number of base64 characters for `bytes` bytes, without padding.
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

/// Decodes base64url strictly, without padding and with a canonical last character. Replaces the content of `out`.
pub(crate) fn base64_decode(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.resize(base64::decoded_len_estimate(text.len()), 0);
    let len = base64_decode_slice(text, out)?.len();
    out.truncate(len);
    Some(())
}

/// Decodes base64url as strictly into the start of `out`. Returns `None` also if `out` is too short.
pub(crate) fn base64_decode_slice<'o>(text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let len = BASE64.decode_slice(text, out).ok()?;
    out.get(..len)
}

/// Encodes standard base64, with its own alphabet and padding.
#[cfg(feature = "legacy")]
pub(crate) fn standard_base64_encode(data: &[u8]) -> String {
    base64::prelude::BASE64_STANDARD.encode(data)
}

#[cfg(feature = "legacy")]
pub(crate) fn standard_base64_decode(text: &str) -> Option<Vec<u8>> {
    base64::prelude::BASE64_STANDARD.decode(text).ok()
}

/// Encodes lower-case hexadecimal.
pub(crate) fn hex_encode(data: &[u8]) -> String {
    base16ct::lower::encode_string(data)
}

/// Decodes lower-case hexadecimal into the start of `out`.
pub(crate) fn hex_decode<'o>(text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    base16ct::lower::decode(text, out).ok()
}

/// Converts the bytes of a token to text. Only text was appended to them.
#[expect(clippy::expect_used)]
pub(crate) fn into_text(token: Vec<u8>) -> String {
    // The full error, and with it the panic message, would contain the text.
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

/// Decodes Django's base62: an optional "-", then one or more digits. Returns `None` for anything else, and if the
/// number does not fit in an `i64`.
pub(crate) fn base62_decode(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    if digits.is_empty() {
        return None;
    }
    // The sign is applied to each digit, because the absolute value of i64::MIN does not fit in an i64.
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
