//! Slow twins of Python's `json.dumps(…, separators=(",", ":"))`, and of the documented reading by `JsonSerializer`.

use std::cmp::Ordering;

use crate::json::Json;

pub fn dumps(value: &Json) -> String {
    let joined = |parts: Vec<String>| parts.join(",");
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(bool) => bool.to_string(),
        Json::Int(int) => int.to_string(),
        Json::Float(float) => repr(*float),
        Json::String(text) => quote(text),
        Json::Array(items) => format!("[{}]", joined(items.iter().map(dumps).collect())),
        Json::Object(pairs) => {
            let pair = |(key, value): &(String, Json)| format!("{}:{}", quote(key), dumps(value));
            format!("{{{}}}", joined(pairs.iter().map(pair).collect()))
        }
    }
}

pub fn quote(text: &str) -> String {
    let char = |char| match char {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\t' => "\\t".to_owned(),
        '\n' => "\\n".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\r' => "\\r".to_owned(),
        '\0'..' ' => format!("\\u{:04x}", u32::from(char)),
        char => char.to_string(),
    };
    format!("\"{}\"", escape(&text.chars().map(char).collect::<String>()))
}

/// Escapes JSON text as `ensure_ascii` does. JSON is ASCII outside of strings.
pub fn escape(json: &str) -> String {
    let unit = |unit| match char::from_u32(u32::from(unit)) {
        Some(char @ '\0'..='~') => char.to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    json.encode_utf16().map(unit).collect()
}

/// Returns the `repr` of a float: of the shortest texts that are read as this float, the nearest one, and of two
/// equally near ones the even one. It has an exponent below 1e-4 and from 1e16 on.
pub fn repr(value: f64) -> String {
    let (number, scale) = shortest(value.abs());
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let digits = number.to_string();
    let exponent = i32::try_from(digits.len()).unwrap() - 1 + scale;
    let (first, rest) = digits.split_at(1);
    let rest = rest.trim_end_matches('0');
    match exponent {
        0..16 => {
            let point = usize::try_from(exponent).unwrap();
            let rest = format!("{rest:0<point$}");
            let (whole, fraction) = rest.split_at(point);
            format!("{sign}{first}{whole}.{}", if fraction.is_empty() { "0" } else { fraction })
        }
        -4..0 => format!("{sign}0.{}{first}{rest}", "0".repeat(usize::try_from(-1 - exponent).unwrap())),
        _ => format!("{sign}{first}{}{rest}e{exponent:+03}", if rest.is_empty() { "" } else { "." }),
    }
}

/// Returns the shortest decimal as an integer and a power of ten.
fn shortest(value: f64) -> (u64, i32) {
    // No double has more than 767 significant digits.
    let exact = format!("{value:.766e}");
    let (mantissa, exponent) = exact.split_once('e').unwrap();
    let digits = mantissa.replace('.', "");
    let mut scale: i32 = exponent.parse().unwrap();
    for count in 1.. {
        let (kept, rest) = digits.split_at(count);
        let below: u64 = kept.parse().unwrap();
        let nearest_first = match rest.cmp(&format!("{:0<1$}", "5", rest.len())) {
            Ordering::Less => [below, below + 1],
            Ordering::Equal if below.is_multiple_of(2) => [below, below + 1],
            _ => [below + 1, below],
        };
        if let Some(found) = nearest_first.into_iter().find(|found| format!("{found}e{scale}").parse() == Ok(value)) {
            return (found, scale);
        }
        scale -= 1;
    }
    unreachable!("seventeen digits tell any two doubles apart")
}

/// Reads what `JsonSerializer` reads: RFC 8259 without lone surrogates, 128 levels, and numbers beyond the range of
/// floats.
pub fn loads(json: &str) -> Option<Json> {
    Reader { rest: json, levels: 127, lax: false }.document()
}

/// Reads what a session may be loaded from: an object as Python reads it, with values of up to 1024 levels. Numbers
/// beyond the range of floats, and escapes of lone surrogates, are accepted here.
pub fn loads_session(json: &str) -> Option<Vec<(String, Json)>> {
    let reader = Reader { rest: json, levels: 1025, lax: true };
    if let Json::Object(pairs) = reader.document()? { Some(pairs) } else { None }
}

struct Reader<'j> {
    rest: &'j str,
    levels: u16,
    lax: bool,
}

impl<'j> Reader<'j> {
    fn document(mut self) -> Option<Json> {
        let value = self.value()?;
        self.space();
        self.rest.is_empty().then_some(value)
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn eat(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    /// Reads a token after any white space.
    fn token(&mut self, text: &str) -> Option<()> {
        self.space();
        self.eat(text)
    }

    fn take(&mut self, taken: impl Fn(char) -> bool) -> &'j str {
        let (taken, rest) = self.rest.split_at(self.rest.find(|char| !taken(char)).unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn value(&mut self) -> Option<Json> {
        self.space();
        match self.rest.chars().next()? {
            'n' => self.eat("null").map(|()| Json::Null),
            't' => self.eat("true").map(|()| Json::Bool(true)),
            'f' => self.eat("false").map(|()| Json::Bool(false)),
            '"' => self.string().map(Json::String),
            '[' => self.items("[", "]", Self::value).map(Json::Array),
            '{' => self.items("{", "}", Self::pair).map(Json::Object),
            _ => self.number(),
        }
    }

    fn items<T>(&mut self, open: &str, close: &str, item: fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.eat(open)?;
        self.levels = self.levels.checked_sub(1)?;
        let mut items = Vec::new();
        if self.token(close).is_none() {
            items.push(item(self)?);
            while self.token(",").is_some() {
                items.push(item(self)?);
            }
            self.token(close)?;
        }
        self.levels += 1;
        Some(items)
    }

    fn pair(&mut self) -> Option<(String, Json)> {
        self.space();
        let key = self.string()?;
        self.token(":")?;
        Some((key, self.value()?))
    }

    /// Reads a string in UTF-16, because two escapes may be one character.
    fn string(&mut self) -> Option<String> {
        self.eat("\"")?;
        let mut units = Vec::new();
        loop {
            units.extend(self.take(|char| char >= ' ' && char != '"' && char != '\\').encode_utf16());
            if self.eat("\"").is_some() {
                return if self.lax { Some(String::from_utf16_lossy(&units)) } else { String::from_utf16(&units).ok() };
            }
            self.eat("\\")?;
            let escaped = self.rest.chars().next()?;
            self.rest = &self.rest[escaped.len_utf8()..];
            units.push(match escaped {
                '"' | '\\' | '/' => u16::try_from(escaped).ok()?,
                'b' => 8,
                't' => 9,
                'n' => 10,
                'f' => 12,
                'r' => 13,
                'u' => {
                    let (hex, rest) = self.rest.split_at_checked(4)?;
                    self.rest = rest;
                    // from_str_radix would accept a sign.
                    hex.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(hex, 16).ok())??
                }
                _ => return None,
            });
        }
    }

    fn number(&mut self) -> Option<Json> {
        for name in ["NaN", "Infinity", "-Infinity"] {
            if self.lax && self.eat(name).is_some() {
                return Some(Json::Null);
            }
        }
        let start = self.rest;
        let minus = self.eat("-").is_some();
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            return None;
        }
        let mut is_int = !(minus && whole == "0");
        if self.eat(".").is_some() {
            self.digits()?;
            is_int = false;
        }
        if self.eat("e").or_else(|| self.eat("E")).is_some() {
            let _ = self.eat("+").or_else(|| self.eat("-"));
            self.digits()?;
            is_int = false;
        }
        let text = &start[..start.len() - self.rest.len()];
        if is_int && (text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok()) {
            return text.parse().ok().map(Json::Int);
        }
        text.parse().ok().filter(|float: &f64| self.lax || float.is_finite()).map(Json::Float)
    }

    /// Reads one or more digits.
    fn digits(&mut self) -> Option<&'j str> {
        Some(self.take(|char| char.is_ascii_digit())).filter(|digits| !digits.is_empty())
    }
}
