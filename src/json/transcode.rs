//! JSON text as a serde value, so that any serializer can write and read what a session holds.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};

use crate::json::write::write_with;

/// Serializes the value that this JSON text describes.
pub(crate) struct Transcode<'j>(pub(crate) &'j str);

impl Serialize for Transcode<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if integers(self.0).any(|text| text.parse::<i64>().is_err() && text.parse::<u64>().is_err()) {
            return Err(S::Error::custom("integers of more than 64 bits have no form outside JSON"));
        }
        serde_transcode::transcode(&mut serde_json::Deserializer::from_str(self.0), serializer)
    }
}

/// The numbers without fraction or exponent; `serde_json` would read those beyond 64 bits as floats.
fn integers(json: &str) -> impl Iterator<Item = &str> {
    let (mut in_string, mut escaped) = (false, false);
    let tokens = json.split(move |char| {
        let ends_token = !in_string && !matches!(char, '0'..='9' | '-' | '+' | '.' | 'e' | 'E');
        // Strings stay whole, up to and with their closing quote.
        in_string ^= char == '"' && !escaped;
        escaped = in_string && char == '\\' && !escaped;
        ends_token
    });
    tokens.filter(|token| !token.is_empty() && token.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()))
}

/// Deserializes any value into its JSON text.
pub(crate) struct Transcoded(pub(crate) String);

impl<'de> Deserialize<'de> for Transcoded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut json = Vec::new();
        write_with(&mut json, |serializer| serde_transcode::transcode(deserializer, serializer))
            .map_err(D::Error::custom)?;
        String::from_utf8(json).map(Self).map_err(D::Error::custom)
    }
}
