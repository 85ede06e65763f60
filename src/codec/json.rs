use serde::{Deserialize, Serialize};

use crate::codec::Serializer;
use crate::error::{DecodeError, EncodeError};
use crate::json;

/// JSON as Python writes it: `json.dumps(obj, separators=(",", ":"))`, byte for byte.
///
/// Everything outside printable ASCII is escaped, because Django reads the bytes as Latin-1 and would silently misread
/// raw UTF-8. Floats are written as Python's `repr` writes them.
///
/// Python writes `NaN` and `Infinity`, which are not JSON. This serializer rejects them, when writing and when reading.
/// Integers are written up to 128 bits, and read up to the range of the requested type; beyond `u64`, an untyped
/// `serde_json::Value` contains the nearest float. When reading, lone surrogates (`"\ud800"`) and nesting of 128 levels
/// or more are rejected, raw UTF-8 is read as UTF-8 (Django reads it as Latin-1), and `-0` is a float.
///
/// If any crate enables the feature `arbitrary_precision` of `serde_json`, a `serde_json::Value` keeps all digits of a
/// number. Other types that accept any JSON value, for example enums with `#[serde(untagged)]`, then receive a float as
/// a map.
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
        json::write(value, out)
    }

    fn loads<'de, T: Deserialize<'de>>(&self, data: &'de [u8]) -> Result<T, DecodeError> {
        json::read(json::utf8(data)?)
    }

    fn dumps_json(&self, json: &str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        json::to_ascii(json, out);
        Ok(())
    }

    fn loads_json(&self, data: &[u8], out: &mut String) -> Result<(), DecodeError> {
        out.clear();
        out.push_str(json::utf8(data)?);
        Ok(())
    }
}
