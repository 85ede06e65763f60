use std::borrow::Cow;
use std::ops::Range;
use std::slice;

use crate::error::DecodeError;
use crate::json;

/// An ordered map from keys to the JSON text of their values.
///
/// What was loaded stays as it came, in one piece; values are only looked at when they are asked for.
#[derive(Clone, Default)]
pub(super) struct Data {
    loaded: String,
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    /// JSON text, without its quotes.
    key: Text,
    /// JSON text.
    value: Text,
}

#[derive(Clone)]
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
        json::object(&loaded, |key, value| entries.push(Entry { key: Text::Loaded(key), value: Text::Loaded(value) }))
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
        self.entries.iter().rposition(|entry| json::spells(entry.key.of(&self.loaded), key))
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let entry = self.entries.get(self.position(key)?)?;
        Some(entry.value.of(&self.loaded))
    }

    /// Replaces the value in its place, or appends it.
    pub(super) fn insert(&mut self, key: &str, value: String) {
        let value = Text::Written(value.into());
        match self.position(key).and_then(|at| self.entries.get_mut(at)) {
            Some(entry) => entry.value = value,
            None => self.entries.push(Entry { key: Text::Written(json::escape(key)), value }),
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        let loaded = &self.loaded;
        self.entries.retain(|entry| !json::spells(entry.key.of(loaded), key));
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        Iter { loaded: &self.loaded, entries: self.entries.iter() }
    }

    /// The bytes that each key adds to the JSON object.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (Cow<'_, str>, usize)> {
        self.iter().map(|(key, value)| {
            let size = key.len().saturating_add(value.len()).saturating_add("\"\":".len());
            (name(key), size)
        })
    }

    /// The JSON object.
    pub(super) fn to_json(&self) -> String {
        let mut json = String::with_capacity(self.loaded.len().max(2));
        json.push('{');
        for (index, (key, value)) in self.iter().enumerate() {
            json.push_str(if index == 0 { "\"" } else { ",\"" });
            json.push_str(key);
            json.push_str("\":");
            json.push_str(value);
        }
        json.push('}');
        json
    }
}

/// Keys, as JSON text without quotes, and values, as JSON text.
#[derive(Clone)]
pub(super) struct Iter<'d> {
    loaded: &'d str,
    entries: slice::Iter<'d, Entry>,
}

impl<'d> Iterator for Iter<'d> {
    type Item = (&'d str, &'d str);

    fn next(&mut self) -> Option<Self::Item> {
        self.entries.next().map(|entry| (entry.key.of(self.loaded), entry.value.of(self.loaded)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

/// The key that this JSON text describes. A key with a lone surrogate, which no Rust string holds, keeps its escapes.
pub(super) fn name(key: &str) -> Cow<'_, str> {
    json::unescape(key).unwrap_or(Cow::Borrowed(key))
}
