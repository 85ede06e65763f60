//! Which answers agree, and which differences are allowed.

use crate::question::{Answer, Reply};
use crate::same::same;

/// A deliberate difference: what this crate answers if Django answers something else. In most cases, Django accepts.
pub struct Rule {
    /// The name of our error, or [`ANOTHER_VALUE`].
    pub ours: &'static str,
    /// The note of `oracle.py` that allows the rule to apply.
    pub note: &'static str,
    /// The reason for the difference.
    pub why: &'static str,
}

/// Both answer with different values. Ours must be the value that the Python side has predicted from the note. For a
/// visit, `departures.py` predicts it, and all of its notes apply.
const ANOTHER_VALUE: &str = "another value";

/// All deliberate differences. Django accepts all of these. Except for sessions, only a key holder can create them.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    Rule { ours: "EmptyKey", note: "empty key", why: "Django silently takes SECRET_KEY instead" },
    Rule { ours: "EmptyKey", note: "key of white space", why: "white space is not a secret; Django signs with it" },
    Rule { ours: "EmptySalt", note: "empty salt", why: "Django silently takes the name of the signer's class instead" },
    Rule { ours: "TooLong", note: "token beyond 1 MiB", why: "the length is limited before anything is hashed" },
    Rule { ours: "InflatesPast", note: "inflates past 1 MiB", why: "the inflated length is limited" },
    Rule { ours: "MalformedTimestamp", note: "timestamp without digits", why: "Django reads \"-\" as 0" },
    Rule { ours: "MalformedTimestamp", note: "timestamp beyond 64 bits", why: "it is out of range of dates; Django accepts any integer" },
    Rule { ours: "Base64", note: "not canonical base64url", why: "Django ignores padding, foreign characters and spare bits" },
    Rule { ours: "Zlib", note: "bytes after the zlib stream", why: "Django ignores them" },
    Rule { ours: "Deserialize", note: "not UTF-8", why: "Django reads the bytes as Latin-1, and only writes ASCII" },
    Rule { ours: "Deserialize", note: "NaN or infinity", why: "they are not JSON, nor is a number beyond all floats" },
    Rule { ours: "Deserialize", note: "lone surrogate", why: "a Rust string cannot contain one" },
    Rule { ours: "Deserialize", note: "nested 128 levels or more", why: "serde_json's limit" },
    Rule { ours: "Deserialize", note: "integer beyond 128 bits", why: "no integer type of Rust can represent it" },
    Rule { ours: ANOTHER_VALUE, note: "integer beyond 64 bits", why: "an untyped reader gets the nearest float" },
    Rule { ours: ANOTHER_VALUE, note: "minus zero", why: "an untyped reader gets the float -0.0; Django reads 0, and never writes -0" },
    Rule { ours: ANOTHER_VALUE, note: "raw bytes beyond ASCII", why: "they are read as UTF-8; Django reads them as Latin-1, and never writes any" },
    Rule { ours: ANOTHER_VALUE, note: "rejected cookie", why: "reading it changes nothing, and it is left alone; Django marks the session as modified and writes {}" },
    Rule { ours: ANOTHER_VALUE, note: "cookie of fewer than 8 characters", why: "it is rejected and left alone like any other; Django removes it" },
    Rule { ours: ANOTHER_VALUE, note: "empty session", why: "it is not written; one that was accepted and then emptied is removed; Django writes {}" },
    Rule { ours: ANOTHER_VALUE, note: "flushed session that is not written", why: "the old cookie is removed; Django leaves it if something was put in after the flush" },
    Rule { ours: ANOTHER_VALUE, note: "discarded session", why: "save-every-request does not write it; Django does" },
    Rule { ours: ANOTHER_VALUE, note: "malformed session key", why: "it is not a key, and its cookie is left alone; Django looks it up, removes the cookie, or fails" },
    Rule { ours: ANOTHER_VALUE, note: "rejected row", why: "missing, expired or invalid: reading changes nothing, a change creates a new row, and an invalid row stays; Django removes the cookie, or overwrites the row" },
    Rule { ours: ANOTHER_VALUE, note: "empty session without a row", why: "it is not written; Django inserts {} for cycle_key, or removes the cookie" },
    Rule { ours: ANOTHER_VALUE, note: "new key that is not sent", why: "the row keeps its key if the response sends no other key; Django has already replaced it" },
    Rule { ours: ANOTHER_VALUE, note: "row that is read late", why: "it is read when the request arrives; Django reads it when the view does" },
    Rule { ours: ANOTHER_VALUE, note: "renamed session that has ended", why: "it is not brought back under its new key" },
    Rule { ours: ANOTHER_VALUE, note: "session that has ended", why: "its entry is deleted without an error; Django fails to write again what cycle_key has written" },
    Rule { ours: ANOTHER_VALUE, note: "end of a file", why: "the age counts from the last change; Django rounds down to whole seconds, and ignores that change if the session has its own age" },
    Rule { ours: ANOTHER_VALUE, note: "removal of a Secure cookie", why: "it is Secure too, because browsers may ignore it otherwise" },
    Rule { ours: ANOTHER_VALUE, note: "several cookies of the name", why: "the last one that our keys signed is used; Django uses the last one" },
    Rule { ours: ANOTHER_VALUE, note: "white space or escapes in a cookie", why: "only spaces, tabs and quotes are removed, so that browsers and the crate see the same name" },
    Rule { ours: ANOTHER_VALUE, note: "cookie beyond 8 KiB", why: "it is not read" },
    Rule { ours: ANOTHER_VALUE, note: "session inflates past 256 KiB", why: "the inflated length is limited" },
    Rule { ours: ANOTHER_VALUE, note: "session of more than 256 KiB", why: "it is not written, because it could not be read" },
    Rule { ours: ANOTHER_VALUE, note: "session is no object", why: "it is rejected; Django fails when the view uses it" },
    Rule { ours: ANOTHER_VALUE, note: "malformed _session_expiry", why: "the session is rejected; Django may fail to respond" },
    Rule { ours: ANOTHER_VALUE, note: "malformed _session_expiry put into a session", why: "it is rejected immediately" },
    Rule { ours: ANOTHER_VALUE, note: "NaN or infinity put into a session", why: "they are not JSON; those that Django wrote are preserved" },
    Rule { ours: ANOTHER_VALUE, note: "date of an empty text", why: "the setting applies, as for the age; Django raises an error" },
    Rule { ours: ANOTHER_VALUE, note: "date without an offset", why: "it is read as UTC; Django fails to respond" },
    Rule { ours: ANOTHER_VALUE, note: "date with an offset", why: "the offset is used; Django with USE_TZ = False fails to respond" },
    Rule { ours: ANOTHER_VALUE, note: "expiry out of range, nothing written", why: "it has no effect; Django fails to respond" },
    Rule { ours: ANOTHER_VALUE, note: "key with a lone surrogate", why: "the surrogate is shown as an escape" },
    Rule { ours: ANOTHER_VALUE, note: "user id in another spelling", why: "only text and whole numbers as Django writes them are accepted; Django reads 42.5 as 42 and \"+7\" as 7, and fails on others" },
    Rule { ours: ANOTHER_VALUE, note: "CSRF secret in the session at login", why: "it is removed; Django's CSRF middleware, which is not part of the test, writes another" },
    Rule { ours: ANOTHER_VALUE, note: "older key, get_session_auth_hash overridden", why: "it verifies; Django tries older keys with its own salt only" },
    Rule { ours: ANOTHER_VALUE, note: "origin that no browser writes", why: "an Origin is a scheme, a host and a port; Django compares the end of the text" },
    Rule { ours: ANOTHER_VALUE, note: "referer that no browser writes", why: "its scheme and host are in lower case, and the host is valid; Django compares the end of the host" },
    Rule { ours: ANOTHER_VALUE, note: "reason against a referer", why: "it is read and shown unchanged; Django removes white space and control characters first" },
    Rule { ours: ANOTHER_VALUE, note: "control character in a reason", why: "it is shown as U+FFFD, so that it does not end a line of a log" },
    Rule { ours: ANOTHER_VALUE, note: "invalid host", why: "without a valid Host, only trusted origins are accepted; Django treats a leading dot as a pattern" },
    Rule { ours: ANOTHER_VALUE, note: "method in another case", why: "it is not a safe method; Django reads get as GET" },
    Rule { ours: ANOTHER_VALUE, note: "malformed CSRF secret in the session", why: "it is rejected or replaced, as in a cookie; Django may fail to respond" },
    Rule { ours: ANOTHER_VALUE, note: "not messages", why: "they are rejected and left alone; Django fails to respond, or shows them" },
    Rule { ours: ANOTHER_VALUE, note: "no cookie to remove, or a rejected one", why: "no removal is sent; Django's CookieStorage sends one" },
    Rule { ours: ANOTHER_VALUE, note: "nothing in a cookie or a session", why: "it is removed like one with messages; Django leaves it" },
    Rule { ours: ANOTHER_VALUE, note: "lone surrogate in a message", why: "it is read as U+FFFD; Django fails to render the page" },
    Rule { ours: ANOTHER_VALUE, note: "number of messages after they were shown", why: "they are no longer counted; Django counts them until the response" },
    Rule { ours: ANOTHER_VALUE, note: "messages parted elsewhere", why: "with another zlib, a few messages more or less fit into the cookie" },
    Rule { ours: "TrustedOrigin", note: "trusted origin that no browser sends", why: "it would never match; Django accepts any text with ://" },
    Rule { ours: "CookieTooLarge", note: "cookie beyond 4096 bytes", why: "browsers would silently drop it" },
];

/// Our errors, each with the exceptions that mean the same.
const SAME_REFUSALS: &[(&str, &[&str])] = &[
    ("UnsafeSeparator", &["ValueError"]),
    ("TooLong", &["BadSignature"]),
    ("Mismatch", &["BadSignature"]),
    ("Expired", &["SignatureExpired"]),
    // ValueError: signed without a timestamp, which Django fails to unpack.
    ("MissingSeparator", &["BadSignature", "ValueError"]),
    // IndexError for "", ValueError for a foreign character.
    ("MalformedTimestamp", &["IndexError", "ValueError"]),
    ("Base64", JUNK),
    ("Zlib", JUNK),
    ("Deserialize", JUNK),
    ("MalformedExpiry", &["ValueError"]),
];

/// Exceptions for a signed payload that is not an object. Django accepts more in its first steps, so it may fail in a
/// later one.
const JUNK: &[&str] = &["binascii.Error", "zlib.error", "JSONDecodeError", "RecursionError"];

pub enum Verdict {
    Agreement,
    /// The answers differ by these [`RULES`], at least one.
    Difference(Vec<usize>),
    Disagreement,
}

pub fn judge(ours: &Answer, django: &Reply) -> Verdict {
    let agreed = match (ours, &django.answer) {
        (Ok(ours), Ok(value)) => django.otherwise.is_none() && same(ours, value),
        (Err(ours), Err(exception)) => {
            SAME_REFUSALS.iter().any(|(error, exceptions)| error == ours && exceptions.contains(&exception.as_str()))
        }
        _ => false,
    };
    if agreed {
        return Verdict::Agreement;
    }
    let applies = |rule: &Rule| {
        let answered_so = match ours {
            Ok(value) => {
                rule.ours == ANOTHER_VALUE && django.otherwise.as_ref().is_some_and(|other| same(value, other))
            }
            Err(error) => rule.ours == error,
        };
        answered_so && django.notes.iter().any(|note| note == rule.note)
    };
    let rules: Vec<_> = (0..RULES.len()).filter(|&rule| applies(&RULES[rule])).collect();
    if rules.is_empty() { Verdict::Disagreement } else { Verdict::Difference(rules) }
}

/// Returns the index of the first of the [`RULES`] with this note.
pub fn rule(note: &str) -> usize {
    RULES.iter().position(|rule| rule.note == note).expect("there is a rule with this note")
}
