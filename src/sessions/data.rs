use std::borrow::Cow;
use std::ops::Range;
use std::slice;

use crate::error::{DecodeError, EncodeError};
use crate::json;
#[cfg(feature = "pickle")]
use crate::pickle;

/// An ordered map from keys to the JSON text of their values.
///
/// The loaded text is stored unchanged, in one string. A value is deserialized only when it is read.
#[derive(Clone, Default)]
pub(super) struct Data {
    loaded: String,
    entries: Vec<Entry>,
    /// Why a key was left out when the data was loaded, if one was.
    left_out: Option<Box<DecodeError>>,
}

#[derive(Clone)]
struct Entry {
    /// JSON text, without its quotes.
    key: Text,
    /// JSON text, or why the value has none.
    value: Result<Text, Box<DecodeError>>,
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

impl Entry {
    fn json<'d>(&'d self, loaded: &'d str) -> Result<&'d str, &'d DecodeError> {
        self.value.as_ref().map(|text| text.of(loaded)).map_err(|error| &**error)
    }
}

/// The number of entries that are allocated at first. Few sessions have more keys.
const USUAL: usize = 16;

/// The number of characters of a key that an error shows.
const SHOWN: usize = 64;

impl Data {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// [`DecodeError::Deserialize`] if the text is not one JSON object.
    pub(super) fn parse(loaded: String) -> Result<Self, DecodeError> {
        let mut entries = Vec::with_capacity(USUAL);
        let found = |key, value| entries.push(Entry { key: Text::Loaded(key), value: Ok(Text::Loaded(value)) });
        json::object(&loaded, found).ok_or(DecodeError::Deserialize { reason: "not a JSON object" })?;
        Ok(Self { loaded, entries, left_out: None })
    }

    /// Parses a pickled dict.
    ///
    /// # Errors
    /// [`DecodeError::Deserialize`] if the pickle is not a dict, or exceeds a limit.
    #[cfg(feature = "pickle")]
    pub(super) fn unpickle(pickle: &[u8]) -> Result<Self, DecodeError> {
        let beyond_json = |python_type| Box::new(DecodeError::BeyondJson { python_type });
        let pickle::Dict { json, items, other_key } = pickle::read_dict(pickle)?;
        let entry = |item: pickle::Item| Entry {
            key: Text::Loaded(item.key),
            value: item.value.map(Text::Loaded).map_err(beyond_json),
        };
        let entries = items.into_iter().map(entry).collect();
        Ok(Self { loaded: json, entries, left_out: other_key.map(beyond_json) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.left_out.is_none()
    }

    pub(super) fn has_others_than(&self, keys: [&str; 2]) -> bool {
        self.left_out.is_some() || self.iter().any(|(key, _)| !keys.contains(&key))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the index of the last entry with this key. `json.dumps({1: …, "1": …})` in Python writes a key twice,
    /// and Python uses the last one when it reads.
    fn position(&self, key: &str) -> Option<usize> {
        self.entries.iter().rposition(|entry| json::spells(entry.key.of(&self.loaded), key))
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Returns the JSON text of the key's value.
    ///
    /// # Errors
    /// Why the value could not be read.
    pub(super) fn get(&self, key: &str) -> Result<Option<&str>, DecodeError> {
        match self.position(key).and_then(|at| self.entries.get(at)) {
            Some(entry) => entry.json(&self.loaded).map(Some).map_err(Clone::clone),
            None => Ok(None),
        }
    }

    /// Replaces the key's value in place, or appends the key.
    pub(super) fn insert(&mut self, key: &str, value: String) {
        let value = Ok(Text::Written(value.into()));
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

    /// Returns each key with its size in the JSON object, in bytes: the key in quotes, the colon and the value.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (Cow<'_, str>, usize)> {
        self.iter().map(|(key, value)| {
            let size = key.len().saturating_add(value.map_or(0, str::len)).saturating_add("\"\":".len());
            (name(key), size)
        })
    }

    /// Returns the keys and the JSON text of their values, if all of them could be read.
    ///
    /// # Errors
    /// [`EncodeError::Unreadable`] if a key or a value could not be read: it would be lost.
    pub(super) fn whole(&self) -> Result<impl Iterator<Item = (&str, &str)>, EncodeError> {
        let mut unreadable = self.iter().filter_map(|(key, value)| Some((key, value.err()?)));
        if let Some((key, reason)) = unreadable.next() {
            let (key, others) = (name(key).chars().take(SHOWN).collect(), unreadable.count());
            return Err(EncodeError::Unreadable { key: Some(key), reason: Box::new(*reason), others });
        }
        match &self.left_out {
            Some(reason) => Err(EncodeError::Unreadable { key: None, reason: reason.clone(), others: 0 }),
            None => Ok(self.iter().filter_map(|(key, value)| Some((key, value.ok()?)))),
        }
    }

    /// Returns the JSON object.
    ///
    /// # Errors
    /// Those of [`whole`](Self::whole).
    pub(super) fn to_json(&self) -> Result<String, EncodeError> {
        let len = |(key, value): (&str, Result<&str, _>)| {
            let value_len = value.map_or(0, str::len);
            key.len().saturating_add(value_len).saturating_add(r#","":"#.len())
        };
        let mut json = String::with_capacity(self.iter().map(len).fold("{}".len(), usize::saturating_add));
        json.push('{');
        for (index, (key, value)) in self.whole()?.enumerate() {
            json.push_str(if index == 0 { "\"" } else { ",\"" });
            json.push_str(key);
            json.push_str("\":");
            json.push_str(value);
        }
        json.push('}');
        Ok(json)
    }
}

/// An iterator over keys, as JSON text without quotes, and values, as JSON text or the reason why there is none.
#[derive(Clone)]
pub(super) struct Iter<'d> {
    loaded: &'d str,
    entries: slice::Iter<'d, Entry>,
}

impl<'d> Iterator for Iter<'d> {
    type Item = (&'d str, Result<&'d str, &'d DecodeError>);

    fn next(&mut self) -> Option<Self::Item> {
        self.entries.next().map(|entry| (entry.key.of(self.loaded), entry.json(self.loaded)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

/// Unescapes a key. A key with a lone surrogate, which a Rust string cannot hold, keeps its escapes.
pub(super) fn name(key: &str) -> Cow<'_, str> {
    json::unescape(key).unwrap_or(Cow::Borrowed(key))
}
