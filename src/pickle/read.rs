use std::ops::Range;

use crate::encoding;
use crate::error::DecodeError;
use crate::pickle::class::Class;
use crate::pickle::machine::Machine;
use crate::pickle::spell::{Refusal, Speller};
use crate::pickle::values::Value;
use crate::python_type::PythonType;

/// The content of a pickled dict.
pub(crate) struct Dict {
    /// The JSON texts of keys and values.
    pub(crate) json: String,
    /// In the order of the dict.
    pub(crate) items: Vec<Item>,
    /// The type of the first key that JSON cannot represent, if there is one. These keys are left out.
    pub(crate) other_key: Option<PythonType>,
}

/// The positions of a key (without its quotes) and its value in the JSON text, or the type of a value that JSON cannot
/// represent.
pub(crate) struct Item {
    pub(crate) key: Range<usize>,
    pub(crate) value: Result<Range<usize>, PythonType>,
}

/// Reads a pickled dict. If JSON cannot represent a value, the others are still read.
///
/// # Errors
/// [`DecodeError::Deserialize`] for anything but a pickled dict, and for a pickle beyond the limits.
pub(crate) fn read_dict(pickle: &[u8]) -> Result<Dict, DecodeError> {
    dict(pickle).map_err(|reason| DecodeError::Deserialize { reason })
}

/// Reads a pickled value as JSON text.
///
/// # Errors
/// [`DecodeError::Deserialize`] for anything but a pickle, and for a pickle beyond the limits;
/// [`DecodeError::BeyondJson`] for a value that JSON cannot represent.
pub(crate) fn read_value(pickle: &[u8]) -> Result<String, DecodeError> {
    let refuse = |reason| DecodeError::Deserialize { reason };
    let (values, root) = Machine::run(pickle).map_err(refuse)?;
    let mut speller = Speller::new(&values, pickle.len());
    match speller.value(root) {
        Ok(()) => Ok(encoding::into_text(speller.json)),
        Err(Refusal::Beyond(python_type)) => Err(DecodeError::BeyondJson { python_type }),
        Err(Refusal::Overspent(reason)) => Err(refuse(reason)),
    }
}

fn dict(pickle: &[u8]) -> Result<Dict, &'static str> {
    let (values, root) = Machine::run(pickle)?;
    let Some(Value::Dict(dict)) = values.get(root) else { return Err("pickled value is not a dict") };
    let mut speller = Speller::new(&values, pickle.len());
    let mut items = Vec::with_capacity(dict.pairs().len());
    for &(key, value) in dict.pairs() {
        let start = speller.json.len();
        speller.key(key)?;
        let end = speller.json.len();
        let value = match speller.value(value) {
            Ok(()) => Ok(end..speller.json.len()),
            Err(Refusal::Beyond(python_type)) => {
                speller.json.truncate(end);
                Err(python_type)
            }
            Err(Refusal::Overspent(reason)) => return Err(reason),
        };
        items.push(Item { key: start..end, value });
    }
    let other_key = dict.other_key().map(Class::python_type);
    Ok(Dict { json: encoding::into_text(speller.json), items, other_key })
}
