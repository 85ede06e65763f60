use std::collections::hash_map::{Entry, HashMap};

use crate::pickle::class::{Class, NON_TEXT_KEYS, SEPARATE_SURROGATES};
use crate::pickle::text::Text;

/// The values of a pickle. They refer to each other by index, so that one can be contained in several others, or in
/// itself.
#[derive(Default)]
pub(super) struct Values<'p>(Vec<Value<'p>>);

/// The index of a value.
#[derive(Clone, Copy)]
pub(super) struct Id(usize);

pub(super) enum Value<'p> {
    None,
    Bool(bool),
    Int(i64),
    /// An integer of more than 64 bits, in decimal.
    LongInt(Box<str>),
    Float(f64),
    Text(Text<'p>),
    List(Vec<Id>),
    Dict(Dict<'p>),
    /// A value that JSON cannot represent. Only its class is known.
    Other(Class<'p>),
}

#[derive(Default)]
pub(super) struct Dict<'p> {
    pairs: Vec<(Text<'p>, Id)>,
    /// The class of the first key that was left out because JSON cannot represent it.
    other_key: Option<Class<'p>>,
}

impl<'p> Values<'p> {
    pub(super) fn add(&mut self, value: Value<'p>) -> Id {
        let id = Id(self.0.len());
        self.0.push(value);
        id
    }

    pub(super) fn get(&self, id: Id) -> Option<&Value<'p>> {
        self.0.get(id.0)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut Value<'p>> {
        self.0.get_mut(id.0)
    }

    /// Merges equal keys in each dict.
    pub(super) fn merge_keys(&mut self) {
        for value in &mut self.0 {
            if let Value::Dict(dict) = value {
                dict.merge_keys();
            }
        }
    }
}

impl<'p> Value<'p> {
    /// Returns the text of a key, or why JSON cannot represent the key.
    pub(super) fn as_key(&self) -> Result<Text<'p>, Class<'p>> {
        match *self {
            Self::Text(text) => Ok(text),
            Self::Other(class) if class == SEPARATE_SURROGATES => Err(class),
            _ => Err(NON_TEXT_KEYS),
        }
    }
}

impl<'p> Dict<'p> {
    pub(super) fn insert(&mut self, key: Result<Text<'p>, Class<'p>>, value: Id) {
        match key {
            Ok(text) => self.pairs.push((text, value)),
            Err(class) => _ = self.other_key.get_or_insert(class),
        }
    }

    pub(super) fn pairs(&self) -> &[(Text<'p>, Id)] {
        &self.pairs
    }

    pub(super) fn other_key(&self) -> Option<Class<'p>> {
        self.other_key
    }

    /// Merges equal keys as Python does: the position is that of the first, the value that of the last.
    fn merge_keys(&mut self) {
        if self.pairs.len() < 2 {
            return;
        }
        let mut places = HashMap::with_capacity(self.pairs.len());
        let mut merged: Vec<(Text<'p>, Id)> = Vec::with_capacity(self.pairs.len());
        for &(key, value) in &self.pairs {
            match places.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(merged.len());
                    merged.push((key, value));
                }
                Entry::Occupied(place) => {
                    if let Some((_, earlier)) = merged.get_mut(*place.get()) {
                        *earlier = value;
                    }
                }
            }
        }
        self.pairs = merged;
    }
}
