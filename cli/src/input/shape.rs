//! Recognizes the form of a text without any key.

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `payload:time:signature`. `signature` is the length of the signature.
    Dated {
        signature: usize,
    },
    /// `value:signature`.
    Undated {
        signature: usize,
    },
    /// Base64 of `digest:json`, which Django stored before 3.1.
    Legacy,
    /// The key of a session that is stored on the server.
    SessionKey,
    /// A CSRF secret or token: 32 or 64 letters and digits.
    Csrf,
    /// Only `payload`.
    Payload,
    /// `payload:`, with part of the time or all of it, but without the signature.
    Cut,
    /// A JSON Web Token.
    Jwt,
    /// A token of itsdangerous, as in Flask's sessions.
    ItsDangerous,
    /// A Fernet token of the Python package cryptography.
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
        // Must come before Csrf: some legacy sessions are 64 letters and digits.
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

/// Returns whether this is base64 that starts like JSON, zlib, or an encrypted payload.
fn is_payload(text: &str) -> bool {
    let starts = ["eyJ", ".eJ", "AQ", "Ag"].iter().any(|start| text.starts_with(start));
    starts && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// Returns whether this is base64 of 40 hexadecimal digits and more. Of each 4 characters, the first can only be one of
/// five.
fn is_legacy(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    let is_hex = |four: &[u8]| match four {
        // The first character encodes the six high bits of a digit in ASCII: 0-9 give M, N and O; a-f give Y and Z.
        [first, ..] => b"MNOYZ".contains(first),
        [] => false,
    };
    text.len() >= 60 && text.bytes().all(is_base64) && text.as_bytes().chunks(4).take(13).all(is_hex)
}

/// Returns whether this has the form of Django's session keys: 32 characters of `a-z0-9`.
fn is_session_key(text: &str) -> bool {
    text.len() == 32 && is_row_key(text)
}

/// Returns whether this may be the `session_key` of a row.
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
