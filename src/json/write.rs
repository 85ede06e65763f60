use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};

use crate::encoding;
use crate::error::EncodeError;
use crate::json::finite::Finite;
use crate::json::string::{is_ascii, to_ascii};

/// Appends the JSON text of a value.
///
/// # Errors
/// [`EncodeError::Serialize`] for a value that JSON cannot represent.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    let mut python = serde_json::Serializer::with_formatter(&mut *out, PythonFormatter);
    value.serialize(Finite(&mut python)).map_err(|error| EncodeError::Serialize(error.into()))?;
    if !is_ascii(out.get(start..).unwrap_or_default()) {
        let json = encoding::into_text(out.split_off(start));
        to_ascii(&json, out);
    }
    Ok(())
}

/// Returns the JSON text of a value.
///
/// # Errors
/// Those of [`write`].
pub(crate) fn to_text<T: Serialize + ?Sized>(value: &T) -> Result<String, EncodeError> {
    let mut json = Vec::new();
    write(value, &mut json)?;
    Ok(encoding::into_text(json))
}

/// Formats floats as Python does, where `serde_json` differs.
struct PythonFormatter;

impl Formatter for PythonFormatter {
    fn write_f32<W: Write + ?Sized>(&mut self, out: &mut W, value: f32) -> io::Result<()> {
        // Its shortest text has at most nine digits, apart from zeros. The f64 nearest to that text has the same
        // digits.
        self.write_f64(out, value.to_string().parse().unwrap_or(value.into()))
    }

    fn write_f64<W: Write + ?Sized>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        write_repr(out, value)
    }

    /// Writes a `serde_json::Number` if its feature `arbitrary_precision` is on. A number whose text is that of a float
    /// is written as a float; all other numbers keep their digits.
    fn write_number_str<W: Write + ?Sized>(&mut self, out: &mut W, number: &str) -> io::Result<()> {
        let float = if number.contains(['.', 'e', 'E']) { number.parse().ok() } else { None };
        match float {
            Some(float) if !f64::is_finite(float) => Err(io::Error::other("number is outside the range of a float")),
            Some(float) if serde_json::Number::from_f64(float).is_some_and(|own| own.to_string() == number) => {
                self.write_f64(out, float)
            }
            _ => out.write_all(number.as_bytes()),
        }
    }
}

/// Writes a float as Python's `repr`: with an exponent from 1e16 on and below 1e-4. The exponent has a sign and at
/// least two digits.
///
/// The digits are those of `serde_json`. If two shortest texts are equally near, the standard library chooses another
/// than Python.
fn write_repr<W: Write + ?Sized>(out: &mut W, value: f64) -> io::Result<()> {
    // The longest is 24 bytes: a sign, 17 digits, a point, and "e-308".
    let mut room = io::Cursor::new([0; 32]);
    CompactFormatter.write_f64(&mut room, value)?;
    let len = usize::try_from(room.position()).unwrap_or(0);
    let text = room.get_ref().get(..len).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default();

    if value == 0.0 || (1e-4..1e16).contains(&value.abs()) {
        return out.write_all(text.as_bytes());
    }
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |text| ("-", text));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let digits = mantissa.trim_start_matches(['0', '.']);
    // `serde_json` may have written a small number as 0.00001, whose zeros belong to the exponent.
    let zeros = mantissa.len().saturating_sub(digits.len()).saturating_sub(1);
    let exponent = exponent.parse::<i64>().unwrap_or(0).saturating_sub_unsigned(zeros as u64);
    let (first, rest) = digits.split_at_checked(1).unwrap_or_default();
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let point = if rest.is_empty() { "" } else { "." };
    write!(out, "{sign}{first}{point}{rest}e{exponent:+03}")
}
