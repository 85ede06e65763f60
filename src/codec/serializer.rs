use serde::{Deserialize, Serialize};

use crate::error::{DecodeError, EncodeError};
use crate::json;

/// Value ⇄ bytes. Django: the `serializer` argument, `SESSION_SERIALIZER`.
///
/// [`JsonSerializer`](crate::JsonSerializer) writes what Django reads. Another serde format takes a few lines:
///
/// ```
/// use django_session::{Codec, DecodeError, EncodeError, KeyRing, SecretKey, Serializer, Signer};
/// use serde::{Deserialize, Serialize};
///
/// struct PrettyJson;
///
/// impl Serializer for PrettyJson {
///     fn dumps<T: Serialize + ?Sized>(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
///         serde_json::to_writer_pretty(out, value).map_err(|error| EncodeError::Serialize(error.into()))
///     }
///
///     fn loads<'de, T: Deserialize<'de>>(&self, data: &'de [u8]) -> Result<T, DecodeError> {
///         serde_json::from_slice(data).map_err(|_| DecodeError::Deserialize { reason: "not the JSON we expect" })
///     }
/// }
///
/// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
/// let codec = Codec::new(PrettyJson);
/// let token = signer.sign_object(&["a", "b"], &codec)?;
/// assert_eq!(signer.unsign_object::<Vec<String>, _>(&token, &codec)?, ["a", "b"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "SESSION_SERIALIZER")]
pub trait Serializer {
    /// Appends the bytes of `value` to `out`.
    ///
    /// # Errors
    /// [`EncodeError::Serialize`] for a value that the format cannot represent. Bytes that were already appended are
    /// not used.
    ///
    /// ```
    /// use django_session::{JsonSerializer, Serializer};
    ///
    /// let mut out = Vec::new();
    /// JsonSerializer.dumps(&("é", 1e16), &mut out)?;
    /// assert_eq!(out, br#"["\u00e9",1e+16]"#);
    /// # Ok::<(), django_session::EncodeError>(())
    /// ```
    fn dumps<T: Serialize + ?Sized>(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Reads a value from the whole of `data`. The value may borrow from it.
    ///
    /// # Errors
    /// [`DecodeError::Deserialize`] for anything but the bytes of one `T`.
    ///
    /// ```
    /// use django_session::{JsonSerializer, Serializer};
    ///
    /// let (text, number): (&str, u8) = JsonSerializer.loads(br#"["text", 1]"#)?;
    /// assert_eq!((text, number), ("text", 1));
    /// # Ok::<(), django_session::DecodeError>(())
    /// ```
    fn loads<'de, T: Deserialize<'de>>(&self, data: &'de [u8]) -> Result<T, DecodeError>;

    /// As [`dumps`](Self::dumps), for a value that is given as JSON text. Sessions are written with it.
    ///
    /// `json` must be valid: a serializer that writes JSON itself, such as [`JsonSerializer`](crate::JsonSerializer),
    /// does not check it.
    ///
    /// # Errors
    /// As [`dumps`](Self::dumps); also for values that are JSON only in Python (`NaN`), and for integers of more than
    /// 64 bits, unless the serializer writes JSON itself.
    ///
    /// ```
    /// use django_session::{JsonSerializer, Serializer};
    ///
    /// let mut out = Vec::new();
    /// JsonSerializer.dumps_json(r#"{"big":100000000000000000000000000000000000000000}"#, &mut out)?;
    /// assert_eq!(out, br#"{"big":100000000000000000000000000000000000000000}"#);
    /// # Ok::<(), django_session::EncodeError>(())
    /// ```
    fn dumps_json(&self, json: &str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.dumps(&json::Transcode(json), out)
    }

    /// As [`loads`](Self::loads), into JSON text, which replaces the content of `out`. Sessions are read with it.
    ///
    /// The session checks the text. A serializer that reads JSON itself need not.
    ///
    /// # Errors
    /// As [`loads`](Self::loads). Unless a serializer implements this method itself, also for data that
    /// [`dumps_json`](Self::dumps_json) would not turn back into the same bytes, so that values that JSON cannot
    /// represent are not lost.
    ///
    /// ```
    /// use django_session::{JsonSerializer, Serializer};
    ///
    /// let mut out = String::new();
    /// JsonSerializer.loads_json(br#"{"a":1}"#, &mut out)?;
    /// assert_eq!(out, r#"{"a":1}"#);
    /// # Ok::<(), django_session::DecodeError>(())
    /// ```
    fn loads_json(&self, data: &[u8], out: &mut String) -> Result<(), DecodeError> {
        let mut again = Vec::with_capacity(data.len());
        let mut survives = |json: &str| {
            again.clear();
            self.dumps_json(json, &mut again).is_ok() && again == data
        };
        let json::Transcoded::<true>(json) = self.loads(data)?;
        *out = json;
        if survives(out) {
            return Ok(());
        }
        // It may have a map that only looks like a number of `serde_json`.
        let json::Transcoded::<false>(json) = self.loads(data)?;
        *out = json;
        if survives(out) {
            return Ok(());
        }
        Err(DecodeError::Deserialize { reason: "value does not survive conversion to JSON and back" })
    }
}
