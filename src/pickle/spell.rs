use std::io::Write as _;

use crate::json;
use crate::pickle::class::{self, Class};
use crate::pickle::limits::{Budget, DEPTH};
use crate::pickle::text::{Piece, Text};
use crate::pickle::values::{Id, Value, Values};
use crate::python_type::PythonType;

/// Writes values as `json.dumps(…, separators=(",", ":"))` does. References become copies.
pub(super) struct Speller<'v, 'p> {
    values: &'v Values<'p>,
    pub(super) json: Vec<u8>,
    nodes: Budget,
    text: Budget,
}

/// The most bytes that are allocated in advance. Few sessions are larger.
const USUAL: usize = 4096;

/// Why a value is not written.
pub(super) enum Refusal {
    /// JSON cannot represent it.
    Beyond(PythonType),
    /// All values together are too large.
    Overspent(&'static str),
}

impl From<Class<'_>> for Refusal {
    fn from(class: Class<'_>) -> Self {
        Self::Beyond(class.python_type())
    }
}

impl From<&'static str> for Refusal {
    fn from(reason: &'static str) -> Self {
        Self::Overspent(reason)
    }
}

/// A container that is being written, with its remaining items.
enum Open<'v, 'p> {
    List(std::slice::Iter<'v, Id>),
    Dict(std::slice::Iter<'v, (Text<'p>, Id)>),
}

impl<'v, 'p> Speller<'v, 'p> {
    /// Creates a speller for the values of a pickle of `input` bytes.
    pub(super) fn new(values: &'v Values<'p>, input: usize) -> Self {
        Self { values, json: Vec::with_capacity(input.min(USUAL)), nodes: Budget::nodes(), text: Budget::text(input) }
    }

    /// Appends the JSON text of a value.
    pub(super) fn value(&mut self, root: Id) -> Result<(), Refusal> {
        let mut open = Vec::new();
        let mut next = Some(root);
        while let Some(id) = next {
            let before = self.json.len();
            self.nodes.spend(1)?;
            if let Some(container) = self.begin(id)? {
                if open.len() >= DEPTH {
                    return Err(class::TOO_DEEP.into());
                }
                open.push(container);
            }
            next = self.advance(&mut open)?;
            self.text.spend(self.json.len().saturating_sub(before))?;
        }
        Ok(())
    }

    /// Appends the JSON text of a key.
    pub(super) fn key(&mut self, key: Text<'_>) -> Result<(), &'static str> {
        let before = self.json.len();
        self.push_key(key)?;
        self.text.spend(self.json.len().saturating_sub(before))
    }

    fn push_key(&mut self, key: Text<'_>) -> Result<(), &'static str> {
        self.nodes.spend(1)?;
        push_escaped(key, &mut self.json);
        Ok(())
    }

    /// Appends a whole value, or the beginning of a list or dict, which is returned.
    fn begin(&mut self, id: Id) -> Result<Option<Open<'v, 'p>>, Refusal> {
        let json = &mut self.json;
        // Writing to a Vec does not fail.
        match self.values.get(id) {
            None | Some(Value::None) => json.extend_from_slice(b"null"),
            Some(Value::Bool(true)) => json.extend_from_slice(b"true"),
            Some(Value::Bool(false)) => json.extend_from_slice(b"false"),
            Some(Value::Int(int)) => _ = write!(json, "{int}"),
            Some(Value::LongInt(decimal)) => json.extend_from_slice(decimal.as_bytes()),
            Some(Value::Float(float)) => push_float(*float, json),
            Some(Value::Text(text)) => {
                json.push(b'"');
                push_escaped(*text, json);
                json.push(b'"');
            }
            Some(Value::List(items)) => {
                json.push(b'[');
                return Ok(Some(Open::List(items.iter())));
            }
            Some(Value::Dict(dict)) => {
                dict.other_key().map_or(Ok(()), Err)?;
                json.push(b'{');
                return Ok(Some(Open::Dict(dict.pairs().iter())));
            }
            Some(Value::Other(class)) => return Err((*class).into()),
        }
        Ok(None)
    }

    /// Ends the containers that are complete. Begins the next item of the innermost one that is not, and returns it.
    fn advance(&mut self, open: &mut Vec<Open<'v, 'p>>) -> Result<Option<Id>, &'static str> {
        while let Some(innermost) = open.last_mut() {
            let is_first = matches!(self.json.last(), Some(b'[' | b'{'));
            let (item, end) = match innermost {
                Open::List(items) => (items.next().map(|&item| (None, item)), b']'),
                Open::Dict(pairs) => (pairs.next().map(|&(key, item)| (Some(key), item)), b'}'),
            };
            let Some((key, item)) = item else {
                self.json.push(end);
                open.pop();
                continue;
            };
            if !is_first {
                self.json.push(b',');
            }
            if let Some(key) = key {
                self.json.push(b'"');
                self.push_key(key)?;
                self.json.extend_from_slice(b"\":");
            }
            return Ok(Some(item));
        }
        Ok(None)
    }
}

/// Appends a float as Python's `repr`, and NaN and infinity as Python's `json` writes them.
fn push_float(float: f64, out: &mut Vec<u8>) {
    if json::write(&float, out).is_err() {
        out.extend_from_slice(match float {
            f64::INFINITY => b"Infinity",
            f64::NEG_INFINITY => b"-Infinity",
            _ => b"NaN",
        });
    }
}

/// Appends the JSON text of a string, without its quotes.
fn push_escaped(text: Text<'_>, out: &mut Vec<u8>) {
    for piece in text.pieces() {
        match piece {
            Piece::Chars(chars) => json::push_escaped(chars, out),
            Piece::Surrogate(unit) => json::push_unit(unit, out),
        }
    }
}
