use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::ser::{CompactFormatter, Formatter};

use crate::codec::Serializer;
use crate::codec::finite::Finite;
use crate::encoding;
use crate::error::{DecodeError, EncodeError};

/// JSON as Python writes it: `json.dumps(obj, separators=(",", ":"))`, byte for byte.
///
/// So everything outside printable ASCII is escaped (Django reads the bytes as Latin-1 and would take raw UTF-8 for
/// something else, without an error), and floats are spelled as Python's `repr` does.
///
/// Python writes `NaN` and `Infinity` as such, which is not JSON; here they are refused, in both directions. Integers
/// are written up to 128 bits and read as far as the requested type goes; beyond `u64`, an untyped
/// `serde_json::Value` holds the nearest float. When read, lone surrogates (`"\ud800"`) and nesting of 128 levels or more
/// are refused, raw UTF-8 is taken for what it is (Django takes it for Latin-1), and `-0` is a float.
///
/// Django: `django.core.signing.JSONSerializer`.
///
/// ```
/// use django_session::{Codec, JsonSerializer};
///
/// let codec = Codec::new(JsonSerializer);
/// assert_eq!(codec.encode(&"é")?, "Ilx1MDBlOSI"); // "\u00e9"
/// assert_eq!(codec.encode(&1e16)?, "MWUrMTY"); // 1e+16
/// assert!(codec.encode(&f64::INFINITY).is_err());
/// # Ok::<(), django_session::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[doc(alias = "JSONSerializer")]
pub struct JsonSerializer;

impl Serializer for JsonSerializer {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        write(out, |json| value.serialize(json)).map_err(|error| EncodeError::Serialize(error.into()))
    }

    fn loads<'de, T: Deserialize<'de>>(&self, data: &'de [u8]) -> Result<T, DecodeError> {
        serde_json::from_str(text(data)?).map_err(|error| DecodeError::Deserialize {
            reason: match error.classify() {
                Category::Data => "JSON of another type",
                Category::Syntax | Category::Eof | Category::Io => "not JSON",
            },
        })
    }

    fn dumps_json(&self, json: &str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        out.extend_from_slice(json.as_bytes());
        escape(out, start);
        Ok(())
    }

    fn loads_json(&self, data: &[u8], out: &mut String) -> Result<(), DecodeError> {
        out.clear();
        text(data).map(|json| out.push_str(json))
    }
}

fn text(data: &[u8]) -> Result<&str, DecodeError> {
    str::from_utf8(data).map_err(|_| DecodeError::Deserialize { reason: "not UTF-8" })
}

/// Hands `value` a serializer that writes as Python does.
pub(super) fn write(
    out: &mut Vec<u8>,
    value: impl FnOnce(Finite<&mut Python<'_>>) -> Result<(), serde_json::Error>,
) -> Result<(), serde_json::Error> {
    let start = out.len();
    value(Finite(&mut serde_json::Serializer::with_formatter(&mut *out, PythonFormatter)))?;
    escape(out, start);
    Ok(())
}

type Python<'o> = serde_json::Serializer<&'o mut Vec<u8>, PythonFormatter>;

/// Where Python's spelling differs from `serde_json`'s.
pub(super) struct PythonFormatter;

impl Formatter for PythonFormatter {
    fn write_f32<W: Write + ?Sized>(&mut self, out: &mut W, value: f32) -> io::Result<()> {
        write_repr(out, value.into(), |text| CompactFormatter.write_f32(text, value))
    }

    fn write_f64<W: Write + ?Sized>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        write_repr(out, value, |text| CompactFormatter.write_f64(text, value))
    }
}

/// Escapes what is not printable ASCII in JSON text from `start` on. It can only stand in strings, where control characters
/// have been escaped by now.
fn escape(out: &mut Vec<u8>, start: usize) {
    const DELETE: u8 = 0x7f;
    let json = out.get(start..).unwrap_or_default();
    // The largest byte, because a loop without a way out in the middle takes many at once.
    if json.iter().fold(0, |largest, &byte| byte.max(largest)) < DELETE {
        return;
    }
    for char in encoding::into_text(out.split_off(start)).chars() {
        match u8::try_from(char) {
            Ok(byte) if byte < DELETE => out.push(byte),
            _ => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    // Memory takes every byte.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
}

/// Python's `repr`: the digits that `shortest` writes, with an exponent from 1e16 on and below 1e-4, which has a sign and
/// two digits at least.
///
/// (The standard library's digits will not do: of two shortest texts equally near it takes another than Python.)
fn write_repr<W: Write + ?Sized>(
    out: &mut W,
    value: f64,
    shortest: impl FnOnce(&mut io::Cursor<[u8; 32]>) -> io::Result<()>,
) -> io::Result<()> {
    // The longest is 24 bytes: a sign, 17 digits, a point, and "e-308".
    let mut room = io::Cursor::new([0; 32]);
    shortest(&mut room)?;
    let len = usize::try_from(room.position()).unwrap_or(0);
    let text = room.get_ref().get(..len).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default();

    if value == 0.0 || (1e-4..1e16).contains(&value.abs()) {
        return out.write_all(text.as_bytes());
    }
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |text| ("-", text));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let digits = mantissa.trim_start_matches(['0', '.']);
    // The writer may have spelled a small number as 0.00001, with the exponent in its zeros.
    let zeros = mantissa.len().saturating_sub(digits.len()).saturating_sub(1);
    let exponent = exponent.parse::<i64>().unwrap_or(0).saturating_sub_unsigned(zeros as u64);
    let (first, rest) = digits.split_at_checked(1).unwrap_or_default();
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let point = if rest.is_empty() { "" } else { "." };
    write!(out, "{sign}{first}{point}{rest}e{exponent:+03}")
}
