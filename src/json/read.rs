use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::error::Category;

use crate::error::DecodeError;

/// Reads one value; it may borrow from the text.
///
/// # Errors
/// [`DecodeError::Deserialize`] for anything but the JSON text of a `T`.
pub(crate) fn read<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, DecodeError> {
    serde_json::from_str(json).map_err(refusal)
}

/// As [`read`], for text that the value cannot borrow from.
///
/// # Errors
/// Those of [`read`].
#[cfg(feature = "pickle")]
pub(crate) fn read_copied<'de, T: Deserialize<'de>>(json: &str) -> Result<T, DecodeError> {
    let mut reader = serde_json::Deserializer::from_reader(json.as_bytes());
    T::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value)).map_err(refusal)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refusal(error: serde_json::Error) -> DecodeError {
    DecodeError::Deserialize {
        reason: match error.classify() {
            Category::Data => "JSON is not of the requested type",
            Category::Syntax | Category::Eof | Category::Io => "not JSON",
        },
    }
}

/// Returns the bytes as text.
///
/// # Errors
/// [`DecodeError::Deserialize`] if they are not UTF-8.
pub(crate) fn utf8(data: &[u8]) -> Result<&str, DecodeError> {
    str::from_utf8(data).map_err(|_| DecodeError::Deserialize { reason: "not UTF-8" })
}

/// Returns the bytes of a JSON string: UTF-8, with three bytes for a lone surrogate.
pub(crate) fn string_bytes(json: &str) -> Option<Vec<u8>> {
    read(json).ok().map(|StringBytes(bytes)| bytes)
}

struct StringBytes(Vec<u8>);

impl<'de> Deserialize<'de> for StringBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(BytesVisitor).map(Self)
    }
}

struct BytesVisitor;

impl Visitor<'_> for BytesVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }
}
