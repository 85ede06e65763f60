use serde::Deserialize;
use serde_json::error::Category;

use crate::error::DecodeError;

/// Reads one value; it may borrow from the text.
///
/// # Errors
/// [`DecodeError::Deserialize`] for anything but the JSON text of a `T`.
pub(crate) fn read<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, DecodeError> {
    serde_json::from_str(json).map_err(|error| DecodeError::Deserialize {
        reason: match error.classify() {
            Category::Data => "JSON of another type",
            Category::Syntax | Category::Eof | Category::Io => "not JSON",
        },
    })
}

/// The bytes as text.
///
/// # Errors
/// [`DecodeError::Deserialize`] if they are not UTF-8.
pub(crate) fn utf8(data: &[u8]) -> Result<&str, DecodeError> {
    str::from_utf8(data).map_err(|_| DecodeError::Deserialize { reason: "not UTF-8" })
}
