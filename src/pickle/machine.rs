use std::collections::BTreeMap;

use crate::pickle::class::{self, Class};
use crate::pickle::input::{self, Input};
use crate::pickle::integer::{self, Integer};
use crate::pickle::limits::{self, Budget};
use crate::pickle::opcode as op;
use crate::pickle::stack::Stack;
use crate::pickle::text::Text;
use crate::pickle::values::{Dict, Id, Value, Values};

const WRONG_TYPE: &str = "pickle applies an opcode to a value of the wrong type";

/// Runs the opcodes of one pickle. It calls nothing that the pickle names, and does not recurse.
pub(super) struct Machine<'p> {
    input: Input<'p>,
    values: Values<'p>,
    stack: Stack,
    /// A map, because the indexes may have gaps.
    memo: BTreeMap<u32, Id>,
    nodes: Budget,
    long_ints: Budget,
}

impl<'p> Machine<'p> {
    /// Returns all values of a pickle, and which of them is the pickled one.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the pickle.
    pub(super) fn run(pickle: &'p [u8]) -> Result<(Values<'p>, Id), &'static str> {
        let opcodes = match pickle {
            [op::PROTO, protocol, opcodes @ ..] if limits::PROTOCOLS.contains(protocol) => opcodes,
            _ => return Err("not a pickle of protocol 2 to 5"),
        };
        let mut machine = Self {
            input: Input::new(opcodes),
            values: Values::default(),
            stack: Stack::default(),
            memo: BTreeMap::new(),
            nodes: Budget::nodes(),
            long_ints: Budget::long_ints(),
        };
        loop {
            match machine.input.byte()? {
                op::STOP => break,
                opcode => machine.step(opcode)?,
            }
        }
        if !machine.input.is_empty() {
            return Err("pickle has trailing bytes");
        }
        let root = machine.stack.finish()?;
        machine.values.merge_keys();
        Ok((machine.values, root))
    }

    fn step(&mut self, opcode: u8) -> Result<(), &'static str> {
        match opcode {
            op::FRAME => self.input.frame(),

            op::MARK => self.stack.mark(),
            op::POP => self.stack.pop_any(),
            op::POP_MARK => self.stack.pop_mark().map(drop),
            op::DUP => self.refer(self.stack.top()?),
            op::BINGET => self.recall::<1>(),
            op::LONG_BINGET => self.recall::<4>(),
            op::BINPUT => self.memorize::<1>(),
            op::LONG_BINPUT => self.memorize::<4>(),
            op::MEMOIZE => self.memorize_at(u32::try_from(self.memo.len()).unwrap_or(u32::MAX)),

            op::NONE => self.push(Value::None),
            op::NEWTRUE => self.push(Value::Bool(true)),
            op::NEWFALSE => self.push(Value::Bool(false)),
            op::INT => self.push_decimal(),
            op::BININT => self.push_int(i32::from_le_bytes),
            op::BININT1 => self.push_int(u8::from_le_bytes),
            op::BININT2 => self.push_int(u16::from_le_bytes),
            op::LONG1 => self.input.counted::<1>().and_then(|bytes| self.push_long(bytes)),
            op::LONG4 => self.input.counted_signed().and_then(|bytes| self.push_long(bytes)),
            op::BINFLOAT => self.input.array().and_then(|bytes| self.push(Value::Float(f64::from_be_bytes(bytes)))),
            op::SHORT_BINUNICODE => self.input.counted::<1>().and_then(|text| self.push_text(text)),
            op::BINUNICODE => self.input.counted::<4>().and_then(|text| self.push_text(text)),
            op::BINUNICODE8 => self.input.counted::<8>().and_then(|text| self.push_text(text)),
            op::SHORT_BINSTRING => self.input.counted::<1>().and_then(|text| self.push_ascii(text)),
            op::BINSTRING => self.input.counted_signed().and_then(|text| self.push_ascii(text)),
            op::EMPTY_LIST => self.push(Value::List(Vec::new())),
            op::APPEND => self.stack.pop().and_then(|item| self.append(&[item])),
            op::APPENDS => self.stack.pop_mark().and_then(|items| self.append(&items)),
            op::EMPTY_DICT => self.push(Value::Dict(Dict::default())),
            op::SETITEM => {
                let value = self.stack.pop()?;
                let key = self.stack.pop()?;
                self.set_items(&[key, value])
            }
            op::SETITEMS => self.stack.pop_mark().and_then(|pairs| self.set_items(&pairs)),

            op::SHORT_BINBYTES => self.input.counted::<1>().and_then(|_| self.push(Value::Other(class::BYTES))),
            op::BINBYTES => self.input.counted::<4>().and_then(|_| self.push(Value::Other(class::BYTES))),
            op::BINBYTES8 => self.input.counted::<8>().and_then(|_| self.push(Value::Other(class::BYTES))),
            op::BYTEARRAY8 => self.input.counted::<8>().and_then(|_| self.push(Value::Other(class::BYTEARRAY))),
            op::EMPTY_TUPLE => self.replace(0, class::TUPLE),
            op::TUPLE1 => self.replace(1, class::TUPLE),
            op::TUPLE2 => self.replace(2, class::TUPLE),
            op::TUPLE3 => self.replace(3, class::TUPLE),
            op::TUPLE => self.stack.pop_mark().and_then(|_| self.push(Value::Other(class::TUPLE))),
            op::FROZENSET => self.stack.pop_mark().and_then(|_| self.push(Value::Other(class::FROZENSET))),
            op::EMPTY_SET => self.push(Value::Other(class::SET)),
            op::ADDITEMS => self.stack.pop_mark().and_then(|_| self.top_class().map(drop)),
            op::GLOBAL => {
                let (module, name) = (self.input.line()?, self.input.line()?);
                self.push(Value::Other(Class::Global { module, name }))
            }
            op::STACK_GLOBAL => {
                let (name, module) = (self.pop_text()?, self.pop_text()?);
                self.push(Value::Other(Class::Global { module, name }))
            }
            op::REDUCE | op::NEWOBJ => self.call(1),
            op::NEWOBJ_EX => self.call(2),
            op::BUILD => self.stack.pop().and_then(|_| self.top_class().map(drop)),

            _ => Err("pickle has an unsupported opcode"),
        }
    }

    fn push(&mut self, value: Value<'p>) -> Result<(), &'static str> {
        self.nodes.spend(1)?;
        self.stack.push(self.values.add(value));
        Ok(())
    }

    fn refer(&mut self, id: Id) -> Result<(), &'static str> {
        self.nodes.spend(1)?;
        self.stack.push(id);
        Ok(())
    }

    /// Replaces the top `items` values with one value of this class.
    fn replace(&mut self, items: usize, class: Class<'p>) -> Result<(), &'static str> {
        for _ in 0..items {
            self.stack.pop()?;
        }
        self.push(Value::Other(class))
    }

    /// Replaces a callable and its arguments with one value of the callable's class.
    fn call(&mut self, arguments: usize) -> Result<(), &'static str> {
        for _ in 0..arguments {
            self.stack.pop()?;
        }
        let class = self.top_class()?.called();
        self.replace(1, class)
    }

    /// Returns the class of the top value, which must be one that JSON cannot represent.
    fn top_class(&self) -> Result<Class<'p>, &'static str> {
        match self.values.get(self.stack.top()?) {
            Some(&Value::Other(class)) => Ok(class),
            _ => Err(WRONG_TYPE),
        }
    }

    fn push_int<const N: usize, T: Into<i64>>(&mut self, read: fn([u8; N]) -> T) -> Result<(), &'static str> {
        let int = read(self.input.array()?).into();
        self.push(Value::Int(int))
    }

    fn push_decimal(&mut self) -> Result<(), &'static str> {
        let line = str::from_utf8(self.input.line()?).ok();
        let int = line.filter(|line| !line.starts_with('+')).and_then(|line| line.parse().ok());
        self.push(Value::Int(int.ok_or("pickle has a malformed integer")?))
    }

    fn push_long(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let value = match integer::read(bytes, &mut self.long_ints)? {
            Integer::Small(int) => Value::Int(int),
            Integer::Long(decimal) => Value::LongInt(decimal.into()),
            Integer::TooLong => Value::Other(class::TOO_MANY_DIGITS),
        };
        self.push(value)
    }

    fn push_text(&mut self, bytes: &'p [u8]) -> Result<(), &'static str> {
        let text = Text::new(bytes).ok_or("pickle has text that is not UTF-8")?;
        let separate = text.has_separate_surrogates();
        self.push(if separate { Value::Other(class::SEPARATE_SURROGATES) } else { Value::Text(text) })
    }

    /// Pushes a `str` of Python 2. Python 3 reads it as text if it is ASCII, and rejects it otherwise.
    fn push_ascii(&mut self, bytes: &'p [u8]) -> Result<(), &'static str> {
        self.push(match Text::new(bytes) {
            Some(text) if bytes.is_ascii() => Value::Text(text),
            _ => Value::Other(class::BYTES),
        })
    }

    fn pop_text(&mut self) -> Result<&'p [u8], &'static str> {
        match self.values.get(self.stack.pop()?) {
            Some(&Value::Text(text)) => Ok(text.as_bytes()),
            _ => Err(WRONG_TYPE),
        }
    }

    fn append(&mut self, items: &[Id]) -> Result<(), &'static str> {
        match self.values.get_mut(self.stack.top()?) {
            Some(Value::List(list)) => list.extend_from_slice(items),
            Some(Value::Other(_)) => {}
            _ => return Err(WRONG_TYPE),
        }
        Ok(())
    }

    fn set_items(&mut self, pairs: &[Id]) -> Result<(), &'static str> {
        let target = self.stack.top()?;
        let (pairs, []) = pairs.as_chunks() else { return Err("pickle has a dict key without a value") };
        for &[key, value] in pairs {
            let key = self.values.get(key).map_or(Err(class::NON_TEXT_KEYS), Value::as_key);
            match self.values.get_mut(target) {
                Some(Value::Dict(dict)) => dict.insert(key, value),
                Some(Value::Other(_)) => {}
                _ => return Err(WRONG_TYPE),
            }
        }
        Ok(())
    }

    fn recall<const N: usize>(&mut self) -> Result<(), &'static str> {
        let index = u32::try_from(input::unsigned(self.input.array::<N>()?)).ok();
        let id = index.and_then(|index| self.memo.get(&index)).copied();
        self.refer(id.ok_or("pickle refers to a missing memo entry")?)
    }

    fn memorize<const N: usize>(&mut self) -> Result<(), &'static str> {
        let index = input::unsigned(self.input.array::<N>()?);
        self.memorize_at(u32::try_from(index).unwrap_or(u32::MAX))
    }

    fn memorize_at(&mut self, index: u32) -> Result<(), &'static str> {
        self.memo.insert(index, self.stack.top()?);
        if self.memo.len() > limits::NODES { Err("more than 65536 memo entries") } else { Ok(()) }
    }
}
