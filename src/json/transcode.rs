//! JSON text as a serde value, so that any serializer can write and read the content of a session.
//!
//! The text is not read with `serde_json`, because that deserializes numbers as maps if any crate enables its feature
//! `arbitrary_precision`.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error, SerializeMap, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize, de};

use crate::encoding;
use crate::json::cursor::Cursor;
use crate::json::string::unescape;
use crate::json::write::write;

/// Serializes the value that this JSON text describes.
pub(crate) struct Transcode<'j>(pub(crate) &'j str);

/// The deepest nesting, as in `serde_json`.
const MAX_DEPTH: usize = 127;

impl Serialize for Transcode<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let start = Cursor::new(self.0).behind_space();
        let end = Cell::new(start);
        let done = Value { start, end: &end, levels: MAX_DEPTH }.serialize(serializer)?;
        if end.get().behind_space().is_at_end() { Ok(done) } else { Err(not_json()) }
    }
}

/// The value that begins at `start`. Serializing it sets `end`.
struct Value<'e, 'j> {
    start: Cursor<'j>,
    end: &'e Cell<Cursor<'j>>,
    /// How many more levels of nesting are allowed.
    levels: usize,
}

impl Serialize for Value<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cursor = self.start;
        let done = match cursor.peek() {
            Some(b'[') => {
                let mut array = serializer.serialize_seq(None)?;
                let mut has_more = self.open(&mut cursor, b']')?;
                while has_more {
                    self.inside(&mut cursor, |element| array.serialize_element(element))?;
                    has_more = has_another(&mut cursor, b']')?;
                }
                array.end()
            }
            Some(b'{') => {
                let mut object = serializer.serialize_map(None)?;
                let mut has_more = self.open(&mut cursor, b'}')?;
                while has_more {
                    object.serialize_key(&*string(cursor.key(), &cursor)?)?;
                    self.inside(&mut cursor, |value| object.serialize_value(value))?;
                    has_more = has_another(&mut cursor, b'}')?;
                }
                object.end()
            }
            Some(b'"') => serializer.serialize_str(&string(cursor.string(), &cursor)?),
            Some(b'n') => cursor.word("null").ok_or_else(not_json).and_then(|()| serializer.serialize_unit()),
            Some(b't') => cursor.word("true").ok_or_else(not_json).and_then(|()| serializer.serialize_bool(true)),
            Some(b'f') => cursor.word("false").ok_or_else(not_json).and_then(|()| serializer.serialize_bool(false)),
            _ => {
                cursor.number().ok_or_else(not_json)?;
                serialize_number(cursor.text(self.start.at()..cursor.at()), serializer)
            }
        }?;
        self.end.set(cursor);
        Ok(done)
    }
}

impl<'j> Value<'_, 'j> {
    /// Enters a container. Returns whether it has a value.
    fn open<E: Error>(&self, cursor: &mut Cursor<'j>, close: u8) -> Result<bool, E> {
        if self.levels == 0 {
            return Err(E::custom("nested more than 127 levels deep"));
        }
        cursor.next();
        cursor.space();
        Ok(cursor.eat(close).is_none())
    }

    /// Serializes the next value of a container.
    fn inside<E>(
        &self,
        cursor: &mut Cursor<'j>,
        serialize: impl FnOnce(&Value<'_, 'j>) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = cursor.behind_space();
        let end = Cell::new(start);
        serialize(&Value { start, end: &end, levels: self.levels.saturating_sub(1) })?;
        *cursor = end.get();
        Ok(())
    }
}

/// Returns whether another value follows in the container, or leaves it.
fn has_another<E: Error>(cursor: &mut Cursor<'_>, close: u8) -> Result<bool, E> {
    cursor.space();
    let next = cursor.next().ok_or_else(not_json)?;
    cursor.space();
    if next == b',' || next == close { Ok(next == b',') } else { Err(not_json()) }
}

fn string<'j, E: Error>(place: Option<Range<usize>>, cursor: &Cursor<'j>) -> Result<Cow<'j, str>, E> {
    unescape(cursor.text(place.ok_or_else(not_json)?)).ok_or_else(|| E::custom("string contains a lone surrogate"))
}

fn serialize_number<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if let Ok(unsigned) = text.parse() {
        return serializer.serialize_u64(unsigned);
    }
    if let Ok(signed) = text.parse() {
        return serializer.serialize_i64(signed);
    }
    if is_integer(text) {
        return Err(S::Error::custom("only JSON can represent integers of more than 64 bits"));
    }
    match text.parse::<f64>() {
        Ok(float) if float.is_finite() => serializer.serialize_f64(float),
        _ => Err(S::Error::custom("JSON cannot represent NaN or infinity")),
    }
}

/// Returns whether a number has neither fraction nor exponent.
fn is_integer(number: &str) -> bool {
    number.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
}

fn not_json<E: Error>() -> E {
    E::custom("not JSON")
}

/// Deserializes any value into its JSON text. If a key is not a string, the text is not JSON.
///
/// With `NUMBERS`, a map that `serde_json` made of a number becomes a number again.
pub(crate) struct Transcoded<const NUMBERS: bool>(pub(crate) String);

impl<'de, const NUMBERS: bool> Deserialize<'de> for Transcoded<NUMBERS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut json = Vec::new();
        Append::<NUMBERS>(&mut json).deserialize(deserializer)?;
        Ok(Self(encoding::into_text(json)))
    }
}

/// Appends the JSON text of what is deserialized.
struct Append<'o, const NUMBERS: bool>(&'o mut Vec<u8>);

impl<const NUMBERS: bool> Append<'_, NUMBERS> {
    fn scalar<E: de::Error>(self, value: impl Serialize) -> Result<(), E> {
        write(&value, self.0).map_err(E::custom)
    }
}

impl<'de, const NUMBERS: bool> DeserializeSeed<'de> for Append<'_, NUMBERS> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! scalars {
    ($($visit:ident: $type:ty;)*) => {$(
        fn $visit<E: de::Error>(self, value: $type) -> Result<(), E> {
            self.scalar(value)
        }
    )*};
}

impl<'de, const NUMBERS: bool> Visitor<'de> for Append<'_, NUMBERS> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON can represent")
    }

    scalars! {
        visit_bool: bool;
        visit_i64: i64;
        visit_i128: i128;
        visit_u64: u64;
        visit_u128: u128;
        visit_f32: f32;
        visit_f64: f64;
        visit_str: &str;
        visit_bytes: &[u8];
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.scalar(())
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        self.scalar(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        self.0.push(b'[');
        let mut end = self.0.len();
        while array.next_element_seed(Append::<NUMBERS>(self.0))?.is_some() {
            end = self.0.len();
            self.0.push(b',');
        }
        self.0.truncate(end);
        self.0.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let start = self.0.len();
        self.0.push(b'{');
        let mut end = self.0.len();
        while object.next_key_seed(Append::<NUMBERS>(self.0))?.is_some() {
            self.0.push(b':');
            object.next_value_seed(Append::<NUMBERS>(self.0))?;
            end = self.0.len();
            self.0.push(b',');
        }
        self.0.truncate(end);
        self.0.push(b'}');
        if let Some(number) = hidden_number(self.0.get(start..).unwrap_or_default()).filter(|_| NUMBERS) {
            let number = number.to_owned();
            self.0.truncate(start);
            match number.parse::<f64>() {
                Ok(float) if !is_integer(&number) => return self.scalar(float),
                _ => self.0.extend(number.bytes()),
            }
        }
        Ok(())
    }
}

/// Returns the number if this is a map that `serde_json` deserialized from a number.
fn hidden_number(map: &[u8]) -> Option<&str> {
    let number = map.strip_prefix(br#"{"$serde_json::private::Number":""#)?.strip_suffix(br#""}"#)?;
    let number = str::from_utf8(number).ok()?;
    let mut cursor = Cursor::new(number);
    cursor.number().filter(|()| cursor.is_at_end()).map(|()| number)
}
