//! Writes JSON values as text so that two values are equal exactly if their texts are. `values.py` does the same in
//! Python.

use std::fmt::Write;

use crate::common::json::Json;

pub fn describe(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(bool) => bool.to_string(),
        Json::Int(int) => int.to_string(),
        Json::Float(float) => format!("f{:016x}", float.to_bits()),
        Json::String(text) => quote(text),
        Json::Array(items) => format!("[{}]", items.iter().map(describe).collect::<Vec<_>>().join(",")),
        Json::Object(pairs) => {
            let pair = |(key, value): &(&str, &Json)| format!("{}:{}", quote(key), describe(value));
            format!("{{{}}}", dict(pairs).iter().map(pair).collect::<Vec<_>>().join(","))
        }
    }
}

/// Returns the dict that Python reads: a duplicate key has the position of the first and the value of the last.
fn dict(pairs: &[(String, Json)]) -> Vec<(&str, &Json)> {
    let mut dict: Vec<(&str, &Json)> = Vec::new();
    for (key, value) in pairs {
        match dict.iter_mut().find(|(known, _)| known == key) {
            Some((_, earlier)) => *earlier = value,
            None => dict.push((key, value)),
        }
    }
    dict
}

fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => write!(quoted, "\\{:x};", u32::from(char)).unwrap(),
            ' '..='~' => quoted.push(char),
            _ => write!(quoted, "\\{:x};", u32::from(char)).unwrap(),
        }
    }
    quoted.push('"');
    quoted
}
