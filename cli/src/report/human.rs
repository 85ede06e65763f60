//! Writes a report as text: the kind, whether it is valid, and the contents.

use std::fmt::Write as _;

use django_session::SizeRule;

use crate::content::{Contents, Format, Value, beyond_json};
use crate::kind::Kind;
use crate::report::{Redaction, Report, Style, Trust, algorithm_word, counted, printable, table};
use crate::time::{date, span};

/// Writes a report as text.
pub(crate) fn human(report: &Report, redaction: Redaction, style: Style) -> String {
    let mut out = String::new();
    match report.trust {
        // A deleted cookie: there is nothing to verify.
        _ if report.bytes == 0 => {}
        _ if report.is_session_key() => {
            out.push_str(&style.bad("NOT A SIGNED SESSION: this looks like the key of a stored session.\n"));
        }
        Trust::Unknown => {
            out.push_str(&style.warn("NOT VERIFIED: no key was given, and anybody can have written this.\n"));
        }
        Trust::Rejected { .. } if report.kind == Kind::Cached => {}
        Trust::Rejected { explained: None, .. } if report.contents.as_ref().is_some_and(Contents::is_decrypted) => {
            out.push_str(&style.bad("REJECTED, though a key decrypts this: the reason is below.\n"));
        }
        Trust::Rejected { explained: None, .. } => {
            out.push_str(&style.bad("REJECTED: no key signed this, and anybody can have written it.\n"));
        }
        Trust::Rejected { .. } => {
            out.push_str(&style.bad("REJECTED, though a key signed this: the reason is below.\n"));
        }
        Trust::Verified { .. } | Trust::Unsigned => {}
    }
    out.push_str(&style.bold(&title(report)));
    out.push('\n');
    out.push_str(&table(&facts(report, style), style));
    if let Some(contents) = &report.contents {
        out.push_str(&values(contents, redaction, style));
    }
    for hint in &report.hints {
        let _ = write!(out, "\n{} {}\n", style.warn("why:"), printable(&hint.cause));
        let _ = writeln!(out, "{} {}", style.good("do: "), printable(&hint.remedy));
    }
    out
}

fn title(report: &Report) -> String {
    let mut title = format!("{}, {}", printable(&report.kind.phrase()), counted(report.bytes, "byte"));
    if let Some(Contents { zlib, format, bytes, encrypted, value, .. }) = &report.contents {
        if *encrypted {
            title.push_str(", encrypted");
        }
        match (zlib, format, value) {
            (Some(zlib), ..) => drop(write!(title, ", compressed (zlib {zlib} → {bytes} bytes)")),
            (None, Format::Pickle, _) => drop(write!(title, ", a pickle of {}", counted(*bytes, "byte"))),
            (None, Format::MessagePack, _) => drop(write!(title, ", MessagePack of {}", counted(*bytes, "byte"))),
            (None, Format::Json, _) => drop(write!(title, " ({} of JSON)", counted(*bytes, "byte"))),
            _ => {}
        }
    }
    title
}

fn facts(report: &Report, style: Style) -> Vec<(String, String)> {
    let mut facts = vec![("input".to_owned(), printable(&report.input.1))];
    let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
    match &report.trust {
        Trust::Verified { key_index, keys, origin, algorithm } => {
            let number = key_index.saturating_add(1);
            let role = if *key_index == 0 { "" } else { "; a fallback" };
            let of = if *keys > 1 { format!(", key {number} of {keys}") } else { String::new() };
            let algorithm = match algorithm_word(*algorithm) {
                "sha256" => String::new(),
                word => format!("; {word}"),
            };
            fact("signature", style.good(&format!("good{of} ({}{role}{algorithm})", printable(origin))));
        }
        Trust::Unsigned => fact("signature", "none: cache entries have none".to_owned()),
        Trust::Unknown => fact("signature", style.warn("not checked")),
        Trust::Rejected { reason, .. } => fact("signature", style.bad(&format!("rejected: {reason}"))),
    }
    if let (Some(signed_at), Some(age)) = (report.signed_at, report.age()) {
        fact("signed", dated(signed_at, age));
    }
    if let (Some(started_at), Some(age)) = (report.started_at(), report.session_age()) {
        fact("session", format!("began {}", dated(started_at, age)));
    }
    if let Some(lifetime) = &report.lifetime {
        let left = lifetime.end.saturating_sub(report.now);
        let text = match lifetime.expired {
            true => style.bad(&format!(
                "EXPIRED {}, {} ago ({})",
                date(lifetime.end),
                span(left.unsigned_abs()),
                lifetime.by.words()
            )),
            false => format!("{}, in {} ({})", date(lifetime.end), span(left.unsigned_abs()), lifetime.by.words()),
        };
        let close = if lifetime.browser_close { "; or when the browser closes" } else { "" };
        fact("expires", format!("{text}{close}"));
    }
    if let Some((name, attributes)) = report.cookie {
        let sum = name.saturating_add(report.bytes).saturating_add(attributes);
        let limit = SizeRule::Rfc6265.limit();
        let text = format!("name {name} + value {} + attributes {attributes} = {sum} of {limit}", report.bytes);
        fact("size", if sum > limit { style.bad(&text) } else { text });
    }
    if let Some(Contents { value: Value::Session(session), .. }) = &report.contents
        && let Some(user) = session.auth_user_id()
    {
        let backend = session.auth_user_backend().unwrap_or_default();
        fact("user", style.bold(&format!("{} ({})", printable(&user), printable(&backend))));
    }
    facts
}

/// Formats a date, and how long ago it was.
fn dated(seconds: i64, age: i64) -> String {
    let ago = if age < 0 { "in the future" } else { "ago" };
    format!("{}, {} {ago}", date(seconds), span(age.unsigned_abs()))
}

fn values(contents: &Contents, redaction: Redaction, style: Style) -> String {
    match &contents.value {
        Value::Session(session) => {
            let value = |key: &str, json: &str| printable(&redaction.value(key, json));
            let rows = session.iter().map(|(key, json)| (printable(&key), value(&key, json)));
            let beyond = beyond_json(session).into_iter();
            let beyond =
                beyond.map(|(key, python_type)| (printable(&key), style.warn(&format!("({python_type} of Python)"))));
            let rows: Vec<_> = rows.chain(beyond).collect();
            let empty = if rows.is_empty() { "(no keys)\n" } else { "" };
            format!("\n{empty}{}", table(&rows, style))
        }
        Value::Json(json) => format!("\n{}\n", printable(&redaction.json(json))),
        Value::Text(text) => format!("\n{}\n", printable(text)),
        Value::Encrypted => format!("\n{}\n", style.warn("(encrypted)")),
        Value::Unreadable(reason) => format!("\n{}\n", style.warn(&format!("(cannot be read: {})", printable(reason)))),
    }
}
