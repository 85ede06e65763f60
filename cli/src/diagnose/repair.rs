//! Undoes changes that quoting, encoding and wrapping make to a token.

use zeroize::Zeroizing;

use crate::content::hex;
use crate::diagnose::Hint;

/// A repair, which returns `None` if there is nothing to undo, and its hint.
type Step = (fn(&str) -> Option<String>, fn() -> Hint);

/// Returns the repaired token and what was undone, or `None` if there was nothing to undo.
pub(super) fn repaired(token: &str) -> Option<(Zeroizing<String>, Vec<Hint>)> {
    let steps: [Step; 5] = [
        (python_bytes, || {
            Hint::new(
                "bytes_literal",
                "The token is written as Python bytes, b'…'.",
                "Decode it to text before sending it.",
            )
        }),
        (unquoted, || {
            Hint::new(
                "quotes",
                "Quotes stand around the token.",
                "Remove them. Django ignores double quotes in a Cookie header; other servers may not.",
            )
        }),
        (without_space, || {
            Hint::new(
                "white_space",
                "The token is broken by white space.",
                "Join it into one line: a mail, a terminal or a folded header has wrapped it.",
            )
        }),
        (percent_decoded, || {
            Hint::new(
                "percent_encoding",
                "The token is percent-encoded: %3A stands for the colon.",
                "Send the value as it is. Django does not decode cookies, and a client that encodes them must not.",
            )
        }),
        (unquoted, || {
            Hint::new("quotes", "Quotes stand around the token.", "Remove them before the value is encoded.")
        }),
    ];
    let mut text = Zeroizing::new(token.to_owned());
    let mut hints = Vec::new();
    for (step, hint) in steps {
        if let Some(next) = step(&text) {
            text = Zeroizing::new(next);
            hints.push(hint());
        }
    }
    if hints.is_empty() { None } else { Some((text, hints)) }
}

fn python_bytes(text: &str) -> Option<String> {
    let inside = |quote: char| text.strip_prefix('b')?.strip_prefix(quote)?.strip_suffix(quote);
    inside('\'').or_else(|| inside('"')).map(ToOwned::to_owned)
}

fn unquoted(text: &str) -> Option<String> {
    let without = text.trim_matches(['"', '\'']);
    (without != text).then(|| without.to_owned())
}

fn without_space(text: &str) -> Option<String> {
    text.contains(char::is_whitespace).then(|| text.split_whitespace().collect())
}

fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let mut parts = text.split('%');
    let mut out = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.as_bytes().split_at_checked(2)?;
        out.push(hex(digits)?);
        out.extend_from_slice(rest);
    }
    String::from_utf8(out).ok()
}
