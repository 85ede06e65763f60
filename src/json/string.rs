//! Strings as Python escapes them: every character outside printable ASCII as `\uXXXX`.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::encoding;
use crate::json::read::read;

/// Python escapes this byte and every character above it.
const DELETE: u8 = 0x7f;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends JSON text with everything outside ASCII escaped. These characters occur only inside strings, where control
/// characters are escaped already.
pub(crate) fn to_ascii(json: &str, out: &mut Vec<u8>) {
    if is_ascii(json.as_bytes()) {
        out.extend_from_slice(json.as_bytes());
    } else {
        json.chars().for_each(|char| push_ascii(char, out));
    }
}

/// Returns whether Python would write these bytes of JSON text as they are.
pub(super) fn is_ascii(json: &[u8]) -> bool {
    // The maximum, because a loop without an early exit is vectorized.
    json.iter().fold(0, |largest, &byte| byte.max(largest)) < DELETE
}

fn push_ascii(char: char, out: &mut Vec<u8>) {
    match u8::try_from(char) {
        Ok(byte) if byte < DELETE => out.push(byte),
        _ => char.encode_utf16(&mut [0; 2]).iter().for_each(|unit| push_unit(*unit, out)),
    }
}

/// Appends the escape of a UTF-16 code unit.
pub(crate) fn push_unit(unit: u16, out: &mut Vec<u8>) {
    let digit = |shift: u16| HEX.get(usize::from(unit >> shift & 0xf)).copied().unwrap_or_default();
    out.extend([b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
}

/// Returns the JSON text of a string, without its quotes.
pub(crate) fn escape(text: &str) -> Box<str> {
    if is_plain(text) {
        return text.into();
    }
    let mut out = Vec::with_capacity(text.len().saturating_mul(2));
    push_escaped(text, &mut out);
    encoding::into_text(out).into()
}

/// Appends the JSON text of a string, without its quotes.
pub(crate) fn push_escaped(text: &str, out: &mut Vec<u8>) {
    if is_plain(text) {
        return out.extend_from_slice(text.as_bytes());
    }
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend([b'\\', char as u8]),
            '\n' => out.extend(b"\\n"),
            '\r' => out.extend(b"\\r"),
            '\t' => out.extend(b"\\t"),
            '\u{8}' => out.extend(b"\\b"),
            '\u{c}' => out.extend(b"\\f"),
            '\0'..' ' => push_unit(char as u16, out),
            _ => push_ascii(char, out),
        }
    }
}

/// Returns whether a string has no escapes.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..DELETE) && !matches!(byte, b'"' | b'\\'))
}

/// Undoes [`escape`]. Returns `None` for a lone surrogate, which a Rust string cannot contain.
pub(crate) fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('\\') { read(&format!("\"{text}\"")).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(text)) }
}

/// Returns whether `escaped` is the JSON text of `plain`, both without quotes. An escape is longer than its character,
/// by a factor of at most six.
pub(crate) fn spells(escaped: &str, plain: &str) -> bool {
    match escaped.len().cmp(&plain.len()) {
        Ordering::Less => false,
        Ordering::Equal => escaped == plain && !escaped.contains('\\'),
        Ordering::Greater if escaped.len().div_ceil(6) > plain.len() => false,
        Ordering::Greater => escaped.contains('\\') && unescape(escaped).is_some_and(|found| found == plain),
    }
}
