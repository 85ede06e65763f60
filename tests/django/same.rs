//! Compares answers, whose tokens may have been compressed by different zlibs.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::read::ZlibDecoder;
use serde_json::Value;

/// Returns whether the answers are equal. If a token is compressed, compares its contents and its time instead of its
/// bytes.
pub fn same(ours: &Value, django: &Value) -> bool {
    match (ours, django) {
        (Value::String(ours), Value::String(django)) => ours == django || same_but_for_zlib(ours, django),
        (Value::Array(ours), Value::Array(django)) => {
            ours.len() == django.len() && ours.iter().zip(django).all(|(ours, django)| same(ours, django))
        }
        (Value::Object(ours), Value::Object(django)) => {
            ours.len() == django.len()
                && ours.iter().all(|(key, ours)| django.get(key).is_some_and(|it| same(ours, it)))
        }
        _ => ours == django,
    }
}

fn same_but_for_zlib(ours: &str, django: &str) -> bool {
    let (Some(ours), Some(django)) = (Token::find(ours), Token::find(django)) else { return false };
    (ours.is_compressed() || django.is_compressed())
        && ours.around == django.around
        && ours.time == django.time
        && ours.signature.len() == django.signature.len()
        && ours.json().is_some_and(|json| Some(json) == django.json())
}

/// A token alone, or as the value in a Set-Cookie header.
struct Token<'t> {
    around: [&'t str; 2],
    payload: &'t str,
    time: &'t str,
    signature: &'t str,
}

impl<'t> Token<'t> {
    fn find(text: &'t str) -> Option<Self> {
        let (token, attributes) = text.split_at(text.find(';').unwrap_or(text.len()));
        let (name, token) = token.split_at(token.find('=').map_or(0, |at| at + 1));
        let (payload, rest) = token.split_once(':')?;
        let (time, signature) = rest.split_once(':')?;
        Some(Self { around: [name, attributes], payload, time, signature })
    }

    fn is_compressed(&self) -> bool {
        self.payload.starts_with('.')
    }

    fn json(&self) -> Option<Vec<u8>> {
        let data = URL_SAFE_NO_PAD.decode(self.payload.trim_start_matches('.')).ok()?;
        if !self.is_compressed() {
            return Some(data);
        }
        let mut json = Vec::new();
        ZlibDecoder::new(&data[..]).read_to_end(&mut json).ok()?;
        Some(json)
    }
}
