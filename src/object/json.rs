use std::fmt;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::ser::Formatter;

use crate::error::{DecodeError, EncodeError};
use crate::object::Serializer;
use crate::object::finite::Finite;

/// JSON as Python writes it: `json.dumps(obj, separators=(",", ":"))`, byte for byte.
///
/// So everything outside printable ASCII is escaped (Django reads the bytes as Latin-1 and would take raw UTF-8 for
/// something else, without an error), and floats are spelled as Python's `repr` does.
///
/// Python writes `NaN` and `Infinity` as such, which is not JSON; here they are refused, in both directions. Integers
/// are written up to 128 bits and read as far as the requested type goes; beyond `u64`, an untyped
/// `serde_json::Value` holds the nearest float. Lone surrogates (`"\ud800"`) and nesting beyond 128 levels are refused
/// when read.
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
        let mut json = serde_json::Serializer::with_formatter(out, Python);
        value
            .serialize(Finite(&mut json))
            .map_err(|error| EncodeError::Serialize(error.into()))
    }

    fn loads<'de, T: Deserialize<'de>>(&self, data: &'de [u8]) -> Result<T, DecodeError> {
        let refuse = |reason| DecodeError::Deserialize { reason };
        let text = str::from_utf8(data).map_err(|_| refuse("not UTF-8"))?;
        serde_json::from_str(text).map_err(|error| {
            refuse(match error.classify() {
                Category::Data => "JSON of another type",
                Category::Syntax | Category::Eof | Category::Io => "not JSON",
            })
        })
    }
}

/// Where Python's spelling differs from `serde_json`'s.
struct Python;

impl Formatter for Python {
    fn write_f32<W: Write + ?Sized>(&mut self, out: &mut W, value: f32) -> io::Result<()> {
        write_repr(out, format_args!("{value:?}"))
    }

    fn write_f64<W: Write + ?Sized>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        write_repr(out, format_args!("{value:?}"))
    }

    fn write_string_fragment<W: Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        write_ascii(out, fragment)
    }

    /// A `RawValue`: JSON already, of which only strings can hold anything outside ASCII.
    fn write_raw_fragment<W: Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        write_ascii(out, fragment)
    }
}

/// Writes text of strings, in which quotes, backslashes and control characters have been escaped by now.
fn write_ascii<W: Write + ?Sized>(out: &mut W, text: &str) -> io::Result<()> {
    const DELETE: u8 = 0x7f;
    if text.bytes().all(|byte| byte < DELETE) {
        return out.write_all(text.as_bytes());
    }
    for char in text.chars() {
        match u8::try_from(char) {
            Ok(byte) if byte < DELETE => out.write_all(&[byte])?,
            _ => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
    }
    Ok(())
}

/// Rust's `{:?}` has the digits of Python's `repr` and changes to the exponent form at the same magnitudes; only the
/// exponent is spelled otherwise: Python gives it a sign, always, and two digits at least.
fn write_repr<W: Write + ?Sized>(out: &mut W, debug: fmt::Arguments<'_>) -> io::Result<()> {
    // The longest is 24 bytes: a sign, 17 digits, a point, and "e-308" or "0.000" before them.
    let mut room = [0; 32];
    let mut rest = room.as_mut_slice();
    rest.write_fmt(debug)?;
    let unused = rest.len();
    let text = room.get(..room.len().saturating_sub(unused)).unwrap_or_default();
    let mut parts = text.splitn(2, |&byte| byte == b'e');
    out.write_all(parts.next().unwrap_or_default())?;
    let Some(exponent) = parts.next() else { return Ok(()) };
    let (sign, digits) = match exponent.strip_prefix(b"-") {
        Some(digits) => (b"e-", digits),
        None => (b"e+", exponent),
    };
    out.write_all(sign)?;
    if digits.len() < 2 {
        out.write_all(b"0")?;
    }
    out.write_all(digits)
}
