use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use serde::Serialize;

use crate::codec::{JsonSerializer, Serializer as _};
use crate::encoding;
use crate::error::{DecodeError, EncodeError};
use crate::sessions::scan;

/// An ordered map from keys to the JSON text of their values.
///
/// What was loaded stays as it came, in one piece; values are only looked at when they are asked for.
#[derive(Default)]
pub(super) struct Data {
    loaded: String,
    entries: Vec<Entry>,
}

struct Entry {
    /// JSON text, without its quotes.
    key: Text,
    /// JSON text.
    value: Text,
}

enum Text {
    Loaded(Range<usize>),
    Written(Box<str>),
}

impl Text {
    fn of<'d>(&'d self, loaded: &'d str) -> &'d str {
        match self {
            Self::Loaded(place) => loaded.get(place.clone()).unwrap_or_default(),
            Self::Written(text) => text,
        }
    }
}

/// Few sessions have more keys; so many are loaded without moving them.
const USUAL: usize = 16;

impl Data {
    /// # Errors
    /// [`DecodeError::Deserialize`] for what is not one JSON object.
    pub(super) fn parse(loaded: String) -> Result<Self, DecodeError> {
        let mut entries = Vec::with_capacity(USUAL);
        scan::object(&loaded, |key, value| entries.push(Entry { key: Text::Loaded(key), value: Text::Loaded(value) }))
            .ok_or(DecodeError::Deserialize { reason: "not a JSON object" })?;
        Ok(Self { loaded, entries })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Of a key that occurs more than once, which only `json.dumps({1: …, "1": …})` makes, the last counts, as in Python.
    fn position(&self, key: &str) -> Option<usize> {
        self.entries.iter().rposition(|entry| spells(entry.key.of(&self.loaded), key))
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let entry = self.entries.get(self.position(key)?)?;
        Some(entry.value.of(&self.loaded))
    }

    /// Replaces the value in its place, or appends it. `quoted` is the key as JSON.
    pub(super) fn insert(&mut self, key: &str, quoted: &str, value: String) {
        let value = Text::Written(value.into());
        match self.position(key).and_then(|at| self.entries.get_mut(at)) {
            Some(entry) => entry.value = value,
            None => self.entries.push(Entry { key: Text::Written(unquote(quoted).into()), value }),
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        let loaded = &self.loaded;
        self.entries.retain(|entry| !spells(entry.key.of(loaded), key));
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Keys and JSON texts. A key with a lone surrogate, which no Rust string holds, shows as its escapes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
        self.texts().map(|(key, value)| (unescape(key).unwrap_or(Cow::Borrowed(key)), value))
    }

    /// What each key adds to the JSON object, in bytes.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (String, usize)> {
        self.iter().zip(self.texts()).map(|((name, _), (key, value))| {
            (name.into_owned(), key.len().saturating_add(value.len()).saturating_add("\"\":".len()))
        })
    }

    fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|entry| (entry.key.of(&self.loaded), entry.value.of(&self.loaded)))
    }

    /// The JSON object.
    pub(super) fn to_json(&self) -> String {
        let mut json = String::with_capacity(self.loaded.len().max(2));
        json.push('{');
        for (index, (key, value)) in self.texts().enumerate() {
            json.push_str(if index == 0 { "\"" } else { ",\"" });
            json.push_str(key);
            json.push_str("\":");
            json.push_str(value);
        }
        json.push('}');
        json
    }
}

/// The JSON text of a value, as Python writes it.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, EncodeError> {
    let mut json = Vec::new();
    JsonSerializer.dumps(value, &mut json)?;
    Ok(encoding::into_text(json))
}

/// Whether this JSON text is that key. An escape is longer than what it stands for.
fn spells(text: &str, key: &str) -> bool {
    match text.len().cmp(&key.len()) {
        Ordering::Less => false,
        Ordering::Equal => text == key && !text.contains('\\'),
        Ordering::Greater => text.contains('\\') && unescape(text).is_some_and(|found| found == key),
    }
}

fn unquote(quoted: &str) -> &str {
    quoted.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(quoted)
}

fn unescape(key: &str) -> Option<Cow<'_, str>> {
    if key.contains('\\') {
        JsonSerializer.loads(format!("\"{key}\"").as_bytes()).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(key))
    }
}
