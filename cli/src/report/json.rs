//! Writes a report as one JSON object. Its names and their meaning do not change between versions; names may be added.

use std::fmt::{Display, Write as _};

use django_session::Session;

use crate::content::{Contents, Value, written_len};
use crate::report::text::is_harmless;
use crate::report::{Redaction, Report, Trust, algorithm_word};

/// A JSON object that is written name by name, so that the bytes of values do not change.
pub(crate) struct Object(String);

impl Object {
    pub(crate) fn new() -> Self {
        Self("{".to_owned())
    }

    /// Adds a value that is already JSON.
    pub(crate) fn raw(mut self, name: &str, json: &str) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&quoted(name));
        self.0.push(':');
        self.0.push_str(json);
        self
    }

    pub(crate) fn text(self, name: &str, text: &str) -> Self {
        self.raw(name, &quoted(text))
    }

    pub(crate) fn optional_text(self, name: &str, text: Option<&str>) -> Self {
        self.raw(name, &text.map_or("null".to_owned(), quoted))
    }

    /// Adds a number, a boolean or null.
    pub(crate) fn optional(self, name: &str, value: Option<impl Display>) -> Self {
        self.raw(name, &value.map_or("null".to_owned(), |value| value.to_string()))
    }

    pub(crate) fn plain(self, name: &str, value: impl Display + Copy) -> Self {
        self.raw(name, &value.to_string())
    }

    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// Writes a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_else(|_| "null".to_owned());
    harmless(&json)
}

/// Escapes the characters that a terminal interprets. Outside of strings, JSON has none of them except white space.
fn harmless(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for char in json.chars() {
        match char {
            '\n' | '\r' | '\t' => out.push(' '),
            char if !is_harmless(char) => drop(write!(out, "\\u{:04x}", u32::from(char))),
            char => out.push(char),
        }
    }
    out
}

/// Writes a report as JSON.
pub(crate) fn json(report: &Report, redaction: Redaction) -> String {
    let verified = matches!(report.trust, Trust::Verified { .. });
    let (key_index, algorithm) = match &report.trust {
        Trust::Verified { key_index, algorithm, .. }
        | Trust::Rejected { explained: Some((key_index, algorithm)), .. } => (Some(*key_index), Some(*algorithm)),
        _ => (None, None),
    };
    let refusal = match &report.trust {
        Trust::Rejected { reason, .. } => Some(reason.as_str()),
        _ if report.is_expired() => Some("expired"),
        _ => None,
    };
    let lifetime = report.lifetime.as_ref();
    let object = Object::new()
        .text("kind", report.kind.word())
        .text("input", report.input.0)
        .plain("verified", verified)
        .plain("authentic", key_index.is_some())
        .optional("key_index", key_index)
        .optional_text("algorithm", algorithm.map(algorithm_word))
        .optional("signed_at", report.signed_at)
        .optional("age", report.age())
        .optional("max_age", lifetime.and_then(|lifetime| lifetime.by.max_age()))
        .optional("expires_at", lifetime.map(|lifetime| lifetime.end))
        .optional("expired", lifetime.map(|lifetime| lifetime.expired))
        .plain("bytes", report.bytes);
    let object = contents(object, report.contents.as_ref(), redaction);
    let hints = report.hints.iter().map(|hint| {
        Object::new().text("code", hint.code).text("cause", &hint.cause).text("remedy", &hint.remedy).end()
    });
    let hints: Vec<_> = hints.collect();
    let line = object.optional_text("refusal", refusal).raw("hints", &format!("[{}]", hints.join(","))).end();
    format!("{line}\n")
}

fn contents(object: Object, contents: Option<&Contents>, redaction: Redaction) -> Object {
    let Some(contents) = contents else {
        return object.raw("data", "null").raw("keys", "{}");
    };
    let object = object
        .text("format", contents.format.word())
        .plain("compressed", contents.zlib.is_some())
        .plain("encrypted", contents.encrypted)
        .plain("json_bytes", contents.bytes);
    match &contents.value {
        Value::Session(session) => {
            let whole = contents.json.as_ref();
            let data = whole.map_or_else(|| data(session, redaction), |json| harmless(&redaction.json(json)));
            let object = object.raw("data", &data).raw("keys", &sizes(session));
            object.raw("unreadable", &unreadable(session))
        }
        Value::Json(json) => object.raw("data", &harmless(&redaction.json(json))).raw("keys", "{}"),
        Value::Text(text) => object.text("data", text).raw("keys", "{}"),
        Value::Encrypted | Value::Unreadable(_) => object.raw("data", "null").raw("keys", "{}"),
    }
}

fn data(session: &Session, redaction: Redaction) -> String {
    let add = |object: Object, (key, json): (std::borrow::Cow<'_, str>, &str)| {
        object.raw(&key, &harmless(&redaction.value(&key, json)))
    };
    session.iter().fold(Object::new(), add).end()
}

fn sizes(session: &Session) -> String {
    let size = |object: Object, (key, json): (std::borrow::Cow<'_, str>, &str)| {
        object.raw(&key, &Object::new().plain("bytes", written_len(&key, json)).end())
    };
    session.iter().fold(Object::new(), size).end()
}

/// Writes the keys whose values JSON cannot represent, and their Python types.
fn unreadable(session: &Session) -> String {
    let add = |object: Object, (key, python_type): (String, String)| object.text(&key, &python_type);
    crate::content::beyond_json(session).into_iter().fold(Object::new(), add).end()
}
