//! Which answers agree, and where the two may differ.

use crate::question::{Answer, Reply};

/// What we answer where Django answers something else: nearly always, it accepts.
pub struct Rule {
    /// The name of our error, or [`ANOTHER_VALUE`].
    pub ours: &'static str,
    /// What `oracle.py` has noted where the rule may be cited.
    pub note: &'static str,
    /// Why.
    pub why: &'static str,
}

/// Both read a value, and not the same: ours is the one that Django's side has predicted from the note.
const ANOTHER_VALUE: &str = "another value";

/// Every difference on purpose, but those of sessions. Django accepts all of these; only a key holder can make them.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    Rule { ours: "EmptyKey", note: "empty key", why: "Django silently takes SECRET_KEY instead" },
    Rule { ours: "EmptySalt", note: "empty salt", why: "Django silently takes the name of the signer's class instead" },
    Rule { ours: "TooLong", note: "token beyond 1 MiB", why: "tokens have a limit before anything is hashed" },
    Rule { ours: "InflatesPast", note: "inflates past 1 MiB", why: "inflating has a limit" },
    Rule { ours: "MalformedTimestamp", note: "timestamp without digits", why: "Django takes \"-\" for 0" },
    Rule { ours: "MalformedTimestamp", note: "timestamp beyond 64 bits", why: "it is in no calendar; Django takes any integer" },
    Rule { ours: "Base64", note: "not canonical base64url", why: "Django skips padding, foreign characters and spare bits" },
    Rule { ours: "Zlib", note: "bytes after the zlib stream", why: "Django drops them" },
    Rule { ours: "Deserialize", note: "not UTF-8", why: "Django takes the bytes for Latin-1, and never writes any beyond ASCII" },
    Rule { ours: "Deserialize", note: "NaN or infinity", why: "they are not JSON, nor is a number beyond all floats" },
    Rule { ours: "Deserialize", note: "lone surrogate", why: "no Unicode text holds one" },
    Rule { ours: "Deserialize", note: "nested 128 levels or more", why: "serde_json's limit" },
    Rule { ours: "Deserialize", note: "integer beyond 128 bits", why: "no integer type of Rust holds it" },
    Rule { ours: ANOTHER_VALUE, note: "integer beyond 64 bits", why: "an untyped reader gets the nearest float" },
    Rule { ours: ANOTHER_VALUE, note: "minus zero", why: "an untyped reader gets the float -0.0; Django reads 0, and never writes -0" },
    Rule { ours: ANOTHER_VALUE, note: "raw bytes beyond ASCII", why: "read as UTF-8; Django takes them for Latin-1, and never writes any" },
];

/// Our errors, each with the exceptions that say the same.
const SAME_REFUSALS: &[(&str, &[&str])] = &[
    ("UnsafeSeparator", &["ValueError"]),
    ("TooLong", &["BadSignature"]),
    ("Mismatch", &["BadSignature"]),
    ("Expired", &["SignatureExpired"]),
    // Signed without a timestamp: Django fails to unpack.
    ("MissingSeparator", &["BadSignature", "ValueError"]),
    // For "" and for a foreign character.
    ("MalformedTimestamp", &["IndexError", "ValueError"]),
    ("Base64", JUNK),
    ("Zlib", JUNK),
    ("Deserialize", JUNK),
];

/// A signed payload that is no object. Django is laxer at first, so that it may fail at a later step.
const JUNK: &[&str] = &["binascii.Error", "zlib.error", "JSONDecodeError", "RecursionError"];

pub enum Verdict {
    Agreement,
    /// By this one of [`RULES`].
    Difference(usize),
    Disagreement,
}

pub fn judge(ours: &Answer, django: &Reply) -> Verdict {
    let agreed = match (ours, &django.answer) {
        (Ok(ours), Ok(value)) => ours == value,
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
            Ok(value) => rule.ours == ANOTHER_VALUE && django.otherwise.as_ref() == Some(value),
            Err(error) => rule.ours == error,
        };
        answered_so && django.notes.iter().any(|note| note == rule.note)
    };
    RULES.iter().position(applies).map_or(Verdict::Disagreement, Verdict::Difference)
}
