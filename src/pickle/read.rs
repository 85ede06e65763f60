use std::ops::Range;

use crate::encoding;
use crate::error::DecodeError;
use crate::pickle::class::Class;
use crate::pickle::machine::Machine;
use crate::pickle::spell::{Refusal, Speller};
use crate::pickle::values::Value;
use crate::python_type::PythonType;

/// What is in a pickled dict.
pub(crate) struct Dict {
    /// The JSON texts of keys and values.
    pub(crate) json: String,
    /// In the order of the dict.
    pub(crate) items: Vec<Item>,
    /// Why JSON cannot hold a key, if that is so. Such keys are left out.
    pub(crate) other_key: Option<PythonType>,
}

/// Where in the JSON text a key, without its quotes, and its value are; or the type of a value that JSON cannot hold.
pub(crate) struct Item {
    pub(crate) key: Range<usize>,
    pub(crate) value: Result<Range<usize>, PythonType>,
}

/// Reads a pickled dict. A value that JSON cannot hold is no obstacle to the others.
///
/// # Errors
/// [`DecodeError::Deserialize`] for what is not the pickle of a dict, or asks for more than it may.
pub(crate) fn read_dict(pickle: &[u8]) -> Result<Dict, DecodeError> {
    dict(pickle).map_err(|reason| DecodeError::Deserialize { reason })
}

/// Reads a pickled value as JSON text.
///
/// # Errors
/// [`DecodeError::Deserialize`] for what is not a pickle, or asks for more than it may; [`DecodeError::BeyondJson`] for a
/// value that JSON cannot hold.
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
