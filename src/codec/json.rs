use serde::{Deserialize, Serialize};

use crate::codec::Serializer;
use crate::error::{DecodeError, EncodeError};
use crate::json;

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
/// If any crate turns on the feature `arbitrary_precision` of `serde_json`, a `serde_json::Value` keeps all digits of a
/// number. Other types that take any JSON value, as enums with `#[serde(untagged)]` do, then see a float as a map.
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
