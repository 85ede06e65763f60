use std::borrow::Cow;

use crate::pickle::integer;
use crate::pickle::limits::Budget;
use crate::pickle::opcode as op;
use crate::pickle::text;

const PROTOCOL: u8 = 4;
const NOT_JSON: &str = "not JSON";

/// Writes a pickled dict. Keys are JSON strings without their quotes, values are JSON texts.
///
/// The pickle has protocol 4, and neither frames nor memo. Python reads it from 3.4 on.
///
/// # Errors
/// A sentence that says what is wrong: the text is not JSON, or it is a dict that [`read_dict`](super::read_dict) would
/// not read.
pub(crate) fn write_dict<'j>(pairs: impl Iterator<Item = (&'j str, &'j str)>) -> Result<Vec<u8>, &'static str> {
    let mut writer =
        Writer { out: vec![op::PROTO, PROTOCOL], begun: None, nodes: Budget::nodes(), long_ints: Budget::long_ints() };
    writer.begin(op::EMPTY_DICT)?;
    for (key, value) in pairs {
        writer.string(key)?;
        writer.value(value)?;
    }
    writer.end(op::SETITEMS);
    writer.out.push(op::STOP);
    Ok(writer.out)
}

struct Writer {
    out: Vec<u8>,
    /// Where the first item begins of the list or dict that was opened last.
    begun: Option<usize>,
    nodes: Budget,
    long_ints: Budget,
}

impl Writer {
    /// Writes a JSON text token by token: its brackets are where a pickle has the opcodes of lists and dicts.
    fn value(&mut self, json: &str) -> Result<(), &'static str> {
        let mut rest = json;
        while let Some(first) = rest.chars().next() {
            let len = match first {
                ' ' | '\t' | '\n' | '\r' | ',' | ':' => 1,
                '[' => self.begin(op::EMPTY_LIST)?,
                '{' => self.begin(op::EMPTY_DICT)?,
                ']' => self.end(op::APPENDS),
                '}' => self.end(op::SETITEMS),
                'n' => self.token(op::NONE, "null".len())?,
                't' => self.token(op::NEWTRUE, "true".len())?,
                'f' => self.token(op::NEWFALSE, "false".len())?,
                'N' => self.float(f64::NAN, "NaN".len())?,
                'I' => self.float(f64::INFINITY, "Infinity".len())?,
                '-' if rest.starts_with("-I") => self.float(f64::NEG_INFINITY, "-Infinity".len())?,
                '-' | '0'..='9' => self.number(rest)?,
                '"' => {
                    let string = rest.get(1..).and_then(string).ok_or(NOT_JSON)?;
                    self.string(string)?;
                    string.len().saturating_add(2)
                }
                _ => return Err(NOT_JSON),
            };
            rest = rest.get(len..).ok_or(NOT_JSON)?;
        }
        Ok(())
    }

    fn begin(&mut self, opcode: u8) -> Result<usize, &'static str> {
        self.nodes.spend(1)?;
        self.out.extend_from_slice(&[opcode, op::MARK]);
        self.begun = Some(self.out.len());
        Ok(1)
    }

    fn end(&mut self, opcode: u8) -> usize {
        if self.begun.take() == Some(self.out.len()) {
            // An empty list or dict has no mark.
            self.out.pop();
        } else {
            self.out.push(opcode);
        }
        1
    }

    fn token(&mut self, opcode: u8, len: usize) -> Result<usize, &'static str> {
        self.nodes.spend(1)?;
        self.out.push(opcode);
        Ok(len)
    }

    fn float(&mut self, float: f64, len: usize) -> Result<usize, &'static str> {
        self.token(op::BINFLOAT, len)?;
        self.out.extend_from_slice(&float.to_be_bytes());
        Ok(len)
    }

    fn number(&mut self, json: &str) -> Result<usize, &'static str> {
        let is_part = |char: char| matches!(char, '0'..='9' | '-' | '+' | '.' | 'e' | 'E');
        let len = json.find(|char| !is_part(char)).unwrap_or(json.len());
        let number = json.get(..len).unwrap_or_default();
        if number.contains(['.', 'e', 'E']) {
            return self.float(number.parse().map_err(|_| NOT_JSON)?, len);
        }
        match number.parse() {
            Ok(int) => self.int(int)?,
            Err(_) => self.long(number)?,
        }
        Ok(len)
    }

    fn int(&mut self, int: i64) -> Result<(), &'static str> {
        self.nodes.spend(1)?;
        if let Ok(int) = u8::try_from(int) {
            self.out.extend_from_slice(&[op::BININT1, int]);
        } else if let Ok(int) = u16::try_from(int) {
            self.out.push(op::BININT2);
            self.out.extend_from_slice(&int.to_le_bytes());
        } else if let Ok(int) = i32::try_from(int) {
            self.out.push(op::BININT);
            self.out.extend_from_slice(&int.to_le_bytes());
        } else {
            self.counted([op::LONG1, op::LONG4, op::LONG4], integer::minimal(&int.to_le_bytes()));
        }
        Ok(())
    }

    fn long(&mut self, decimal: &str) -> Result<(), &'static str> {
        self.nodes.spend(1)?;
        let bytes = integer::write(decimal).ok_or("integer has more than 4300 digits")?;
        self.long_ints.spend(bytes.len())?;
        self.counted([op::LONG1, op::LONG4, op::LONG4], &bytes);
        Ok(())
    }

    /// Writes a JSON string, given without its quotes.
    fn string(&mut self, json: &str) -> Result<(), &'static str> {
        self.nodes.spend(1)?;
        let text = unescape(json).ok_or(NOT_JSON)?;
        self.counted([op::SHORT_BINUNICODE, op::BINUNICODE, op::BINUNICODE8], &text);
        Ok(())
    }

    /// Writes bytes after their length, which takes one, four or eight bytes. Each of these has its own opcode.
    fn counted(&mut self, [short, long, longest]: [u8; 3], bytes: &[u8]) {
        let len = bytes.len();
        if let Ok(len) = u8::try_from(len) {
            self.out.extend_from_slice(&[short, len]);
        } else if let Ok(len) = u32::try_from(len) {
            self.out.push(long);
            self.out.extend_from_slice(&len.to_le_bytes());
        } else {
            self.out.push(longest);
            self.out.extend_from_slice(&u64::try_from(len).unwrap_or(u64::MAX).to_le_bytes());
        }
        self.out.extend_from_slice(bytes);
    }
}

/// Returns the text before the closing quote.
fn string(json: &str) -> Option<&str> {
    let mut escaped = false;
    let end = json.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    json.get(..end?)
}

/// Decodes a JSON string to Python's `str` in UTF-8: the two escapes of one character are joined, other surrogates are
/// not.
fn unescape(json: &str) -> Option<Cow<'_, [u8]>> {
    let Some((plain, mut rest)) = json.split_once('\\') else { return Some(Cow::Borrowed(json.as_bytes())) };
    let mut out = Vec::with_capacity(json.len());
    out.extend_from_slice(plain.as_bytes());
    loop {
        let (escape, behind) = rest.split_at_checked(1)?;
        rest = behind;
        match escape {
            "\"" | "\\" | "/" => out.extend_from_slice(escape.as_bytes()),
            "b" => out.push(8),
            "f" => out.push(12),
            "n" => out.push(b'\n'),
            "r" => out.push(b'\r'),
            "t" => out.push(b'\t'),
            "u" => {
                let unit = code_unit(&mut rest)?;
                let mut ahead = rest;
                let pair = ahead.strip_prefix("\\u").and_then(|digits| {
                    ahead = digits;
                    char::decode_utf16([unit, code_unit(&mut ahead)?]).next()?.ok().filter(|char| *char > '\u{ffff}')
                });
                if let Some(char) = pair {
                    rest = ahead;
                    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                } else if let Some(char) = char::from_u32(unit.into()) {
                    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                } else {
                    text::push_surrogate(unit, &mut out);
                }
            }
            _ => return None,
        }
        let Some((plain, behind)) = rest.split_once('\\') else {
            out.extend_from_slice(rest.as_bytes());
            return Some(Cow::Owned(out));
        };
        out.extend_from_slice(plain.as_bytes());
        rest = behind;
    }
}

/// Reads four hexadecimal digits.
fn code_unit(json: &mut &str) -> Option<u16> {
    let (digits, rest) = json.split_at_checked(4)?;
    *json = rest;
    // from_str_radix would also accept a sign.
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}
