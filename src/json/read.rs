use serde::Deserialize;
use serde_json::error::Category;

use crate::error::DecodeError;

/// Reads one value; it may borrow from the text.
///
/// # Errors
/// [`DecodeError::Deserialize`] for anything but the JSON text of a `T`.
pub(crate) fn read<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, DecodeError> {
    serde_json::from_str(json).map_err(refusal)
}

/// As [`read`], of text that the value cannot borrow from.
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
            Category::Data => "JSON of another type",
            Category::Syntax | Category::Eof | Category::Io => "not JSON",
        },
    }
}

/// The bytes as text.
///
/// # Errors
/// [`DecodeError::Deserialize`] if they are not UTF-8.
pub(crate) fn utf8(data: &[u8]) -> Result<&str, DecodeError> {
    str::from_utf8(data).map_err(|_| DecodeError::Deserialize { reason: "not UTF-8" })
}
