//! Finds causes by the form of a token, for tokens whose signature was not found to be valid.

use django_session::{CookieOptions, KeyRing};

use crate::content::{Contents, Value};
use crate::diagnose::Hint;
use crate::diagnose::repair::repaired;
use crate::diagnose::search;
use crate::input::{Input, Shape, Source, shape};
use crate::kind::Kind;
use crate::report::counted;
use crate::verify::{self, Seeming};

/// Decodes a token without a valid signature, and returns the causes that its form shows. `keys` is `None` if no keys
/// were tried.
pub(crate) fn by_form(
    input: &Input,
    keys: Option<&KeyRing>,
    kind: &Kind,
    cookie: &CookieOptions,
) -> (Option<Seeming>, Vec<Hint>) {
    let is_readable = |seeming: &Seeming| !matches!(seeming.contents.value, Value::Unreadable(_));
    let mut seeming = verify::seeming(&input.token, kind, keys, cookie);
    let mut token = &input.token;
    let mut hints = Vec::new();
    let repaired = if seeming.as_ref().is_some_and(is_readable) { None } else { repaired(&input.token) };
    // A repair whose result is not a token explains nothing.
    if let Some((text, repairs)) = &repaired
        && shape(text) != Shape::Unknown
    {
        (token, hints) = (text, repairs.clone());
        seeming = verify::seeming(text, kind, keys, cookie);
    }
    let tried = keys.is_some();
    let shown = of_shape(token, &input.source, tried, kind);
    let known = !shown.is_empty();
    hints.extend(shown);
    if let Some(Seeming { contents, .. }) = &seeming {
        hints.extend(of_contents(contents, tried, known, token.len()));
    }
    (seeming, hints)
}

fn of_shape(token: &str, source: &Source, tried: bool, kind: &Kind) -> Vec<Hint> {
    let found = match shape(token) {
        Shape::SessionKey => Hint::new(
            "session_key",
            "It is the key of a session that the server keeps: SESSION_ENGINE is db, cached_db, cache or file.",
            "The data is on the server. In a database: SELECT session_data FROM django_session WHERE session_key = …; pass that row. In Rust, StoredSessions reads it, or CachedSessions for the engine cache.",
        ),
        Shape::Csrf => Hint::new(
            "csrf",
            "It is a CSRF secret or token, not a session.",
            "Use django-session csrf unmask, and look for the cookie named sessionid.",
        ),
        Shape::Jwt => {
            Hint::new("jwt", "It is a JSON Web Token, which Django does not create.", "Decode it with a tool for JWT.")
        }
        Shape::ItsDangerous => Hint::new(
            "itsdangerous",
            "It is a token of itsdangerous, which has dots where Django has colons. Flask signs its sessions with it.",
            "Decode it with itsdangerous and the key of that application.",
        ),
        Shape::Fernet => Hint::new(
            "fernet",
            "It is encrypted with Fernet, which Django itself does not use.",
            "Decrypt it with the package that created it.",
        ),
        Shape::Payload => Hint::new(
            "cut",
            "It is only a payload: time and signature are missing.",
            "Copy the whole value, up to the semicolon: a double-click selects only one part of it.",
        ),
        Shape::Cut => Hint::new(
            "cut",
            "It looks cut off: it ends before its signature.",
            "Copy the whole value, up to the semicolon. A column or a log line that is too short may have cut it.",
        ),
        Shape::Dated { signature } if !is_signature_len(signature) => Hint::new(
            "cut",
            format!("The signature has {}; SHA-256 has 43 and SHA-1 has 27.", counted(signature, "character")),
            "Copy the whole value: its end is missing, or something was added to it.",
        ),
        Shape::Undated { .. } if kind.is_session() && tried => Hint::new(
            "no_time",
            "It has one colon; a session has two, with the time between them.",
            "Copy the whole value, or read it as a token of a Signer: --kind object --salt ….",
        ),
        Shape::Legacy if tried && *kind != Kind::Legacy => Hint::new(
            "legacy",
            "It is a session in the format that Django stored before 3.1.",
            "Read it with --kind legacy. In this crate, with_legacy of the feature legacy reads it.",
        ),
        Shape::Unknown if *source == Source::Token && kind.is_session() => Hint::new(
            "unknown_form",
            "It does not look like anything that Django signs.",
            "A session cookie is payload:time:signature, and often begins with eyJ or .eJ.",
        ),
        _ => return lower_case(token),
    };
    let mut hints = vec![found];
    hints.extend(lower_case(token));
    hints
}

/// Sixty characters of base64 almost always contain an upper-case letter.
fn lower_case(token: &str) -> Vec<Hint> {
    let changed = token.len() > 60
        && token.contains(':')
        && token.bytes().any(|byte| byte.is_ascii_lowercase())
        && !token.bytes().any(|byte| byte.is_ascii_uppercase());
    let hint = || {
        Hint::new(
            "lower_case",
            "It has no upper-case letters: something has converted it to lower case.",
            "Copy it from the browser. A log or a database column that ignores case has lost the difference.",
        )
    };
    changed.then(hint).into_iter().collect()
}

fn of_contents(contents: &Contents, tried: bool, known: bool, len: usize) -> Option<Hint> {
    match &contents.value {
        Value::Encrypted => Some(Hint::new(
            "encrypted",
            if tried {
                "Its payload is encrypted, and none of the keys decrypts it."
            } else {
                "Its payload is encrypted."
            },
            "Provide the keys that encrypted it. Django reads it with the serializer of the package django-session-rs.",
        )),
        // Decryption is authenticated, so it has verified the key.
        _ if contents.is_decrypted() && !known => Some(Hint::new(
            "other_salt",
            "One of the keys decrypts the payload, so the key is right. The signature fits none of the salts that were tried.",
            "Provide the salt of the server that wrote it: --salt here, with_salt in the service that rejects it. If that is the same, copy the token again: its time or signature was changed.",
        )),
        Value::Unreadable(reason) if !known => Some(Hint::new(
            "damaged",
            format!("Its payload is damaged: {reason}."),
            "Copy it again. A character was lost or changed on the way.",
        )),
        Value::Session(_) | Value::Json(_) | Value::Text(_) if tried && !known => Some(Hint::new(
            "other_key",
            if len > search::LIMIT {
                "Its payload is whole, and none of the keys signed it as this kind. It is too long to try other salts."
            } else {
                "Its payload is whole, and none of the keys signed it under any salt of Django's."
            },
            "Compare SECRET_KEY of both servers, with SECRET_KEY_FALLBACKS of the one that reads; or give its own --salt.",
        )),
        _ => None,
    }
}

fn is_signature_len(len: usize) -> bool {
    [27, 38, 43, 64, 86].contains(&len)
}
