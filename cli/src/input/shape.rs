//! What a text looks like, before any key is tried.

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `payload:time:signature`; so many characters of signature.
    Dated {
        signature: usize,
    },
    /// `value:signature`.
    Undated {
        signature: usize,
    },
    /// Base64 of `digest:json`, which Django stored before 3.1.
    Legacy,
    /// The key of a session that is kept on the server.
    SessionKey,
    /// 32 or 64 letters and digits, with upper case among them.
    Csrf,
    /// `payload` alone.
    Payload,
    /// `payload:`, and a part of the time or all of it: the signature is missing.
    Cut,
    /// A JSON Web Token.
    Jwt,
    /// A token of itsdangerous, which Flask signs its sessions with.
    ItsDangerous,
    /// Fernet, of the Python package cryptography.
    Fernet,
    Unknown,
}

/// Returns the form of a text.
pub(crate) fn shape(text: &str) -> Shape {
    let mut parts = text.rsplitn(3, ':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(time), Some(payload), None) if (time.is_empty() || is_base62(time)) && is_payload(payload) => Shape::Cut,
        (Some(signature), Some(time), Some(_)) if is_base62(time) && is_signature(signature) => {
            Shape::Dated { signature: signature.len() }
        }
        (Some(signature), Some(_), _) if is_signature(signature) && !signature.is_empty() => {
            Shape::Undated { signature: signature.len() }
        }
        (Some(_), Some(_), _) => Shape::Unknown,
        _ => without_colon(text),
    }
}

fn without_colon(text: &str) -> Shape {
    let alphanumeric = || text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let base64 = |extra: &[u8]| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra.contains(&byte));
    let dots = text.bytes().filter(|byte| *byte == b'.').take(4).count();
    let starts = |start: &str| text.get(..start.len()) == Some(start);
    if is_session_key(text) {
        Shape::SessionKey
    } else if is_legacy(text) {
        // Before Csrf: the shortest have 60 letters and digits, and some have 64.
        Shape::Legacy
    } else if matches!(text.len(), 32 | 64) && alphanumeric() {
        Shape::Csrf
    } else if dots == 2 && starts("eyJ") && text.split('.').nth(1).is_some_and(|part| part.starts_with("eyJ")) {
        Shape::Jwt
    } else if dots >= 2 && base64(b".-_") && text.rsplit('.').next().is_some_and(|tag| tag.len() >= 27) {
        Shape::ItsDangerous
    } else if starts("gAAAAA") && base64(b"-_=") {
        Shape::Fernet
    } else if is_payload(text) {
        Shape::Payload
    } else {
        Shape::Unknown
    }
}

/// Base64 that begins as JSON, zlib, or an encrypted payload.
fn is_payload(text: &str) -> bool {
    let starts = ["eyJ", ".eJ", "AQ", "Ag"].iter().any(|start| text.starts_with(start));
    starts && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// Base64 of 40 hexadecimal digits and a colon: the digits make pairs that begin with few letters.
fn is_legacy(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    let is_hex = |four: &[u8]| match four {
        // The two high bits of a hexadecimal digit are 00 (of 0-9) or 01 (of a-f).
        [first, ..] => b"MNOYZ".contains(first),
        [] => false,
    };
    text.len() >= 60 && text.bytes().all(is_base64) && text.as_bytes().chunks(4).take(13).all(is_hex)
}

/// What Django makes: 32 of `a-z0-9`, with a letter and a digit among them.
fn is_session_key(text: &str) -> bool {
    text.len() == 32 && is_row_key(text)
}

/// What a row has for its key.
pub(crate) fn is_row_key(text: &str) -> bool {
    (8..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_base62(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (1..=11).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_signature(text: &str) -> bool {
    text.len() <= 86 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
