//! Reads a row of the table `django_session`, as a database client or `dumpdata` prints it.

use serde_json::Value;

use crate::input::{Shape, is_row_key, shape};

/// Returns `session_data`, and `expire_date` if there is one.
pub(super) fn find(text: &str) -> Option<(String, Option<String>)> {
    if text.starts_with(['{', '[']) {
        let value: Value = serde_json::from_str(text).ok()?;
        return in_json(&value);
    }
    text.lines().rev().find_map(in_line).or_else(|| in_record(text))
}

fn in_json(value: &Value) -> Option<(String, Option<String>)> {
    match value {
        Value::Array(items) => items.iter().find_map(in_json),
        Value::Object(object) => match object.get("session_data") {
            Some(data) => {
                let expires = object.get("expire_date").and_then(Value::as_str).map(ToOwned::to_owned);
                Some((data.as_str()?.to_owned(), expires))
            }
            None => in_json(object.get("fields")?),
        },
        _ => None,
    }
}

/// Reads fields between `|`, tabs, commas or semicolons. One of them must be a session's data, another its key or date.
fn in_line(line: &str) -> Option<(String, Option<String>)> {
    [&['|', '│'][..], &['\t'], &[','], &[';']].iter().find_map(|separators| {
        let fields: Vec<_> = line.split(*separators).map(bare).filter(|field| !field.is_empty()).collect();
        if !(2..=8).contains(&fields.len()) {
            return None;
        }
        let is_data = |field: &&&str| matches!(shape(field), Shape::Dated { .. } | Shape::Legacy);
        let data = fields.iter().find(is_data)?;
        let expires = fields.iter().find(|field| is_date(field));
        let key = fields.iter().any(|field| is_row_key(field));
        (key || expires.is_some()).then(|| ((*data).to_owned(), expires.map(|text| (*text).to_owned())))
    })
}

/// Reads one column per line: `\\x` of psql, `\\G` of mysql, `.mode line` of sqlite3.
fn in_record(text: &str) -> Option<(String, Option<String>)> {
    let column = |name: &str| {
        text.lines().find_map(|line| {
            let rest = line.trim_start().strip_prefix(name)?;
            Some(bare(rest.trim_start().strip_prefix(['|', '│', '=', ':'])?))
        })
    };
    let data = column("session_data")?;
    let expires = column("expire_date").filter(|date| is_date(date));
    let is_data = matches!(shape(data), Shape::Dated { .. } | Shape::Legacy);
    is_data.then(|| (data.to_owned(), expires.map(ToOwned::to_owned)))
}

/// Removes white space and quotes around a field.
fn bare(field: &str) -> &str {
    let field = field.trim();
    let inside = |quote: char| field.strip_prefix(quote).and_then(|field| field.strip_suffix(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(field)
}

fn is_date(field: &str) -> bool {
    let bytes = field.as_bytes();
    bytes.len() >= 19
        && [4, 7].iter().all(|at| bytes.get(*at) == Some(&b'-'))
        && bytes.iter().take(4).all(u8::is_ascii_digit)
}
