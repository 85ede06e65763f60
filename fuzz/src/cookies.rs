//! Slow twins that read `Cookie` and `Set-Cookie` headers.

use django_session::{CookieSessions, DecodeError, Session, Signer};

use crate::items;

/// Returns the values of cookies with this name in these headers, in order, by the rules of `src/cookie/header.rs`.
pub fn values(headers: &[&[u8]], name: &str) -> Vec<String> {
    let mut values = Vec::new();
    for pair in headers.iter().flat_map(|header| header.split(|byte| *byte == b';')) {
        let mut found = pair.to_vec();
        let Some(equals) = found.iter().position(|byte| *byte == b'=') else { continue };
        let mut value = found.split_off(equals);
        value.remove(0);
        strip(&mut found);
        strip(&mut value);
        if value.len() >= 2 && value.starts_with(b"\"") && value.ends_with(b"\"") {
            value.pop();
            value.remove(0);
        }
        if found == name.as_bytes() {
            values.push(String::from_utf8_lossy(&value).into_owned());
        }
    }
    values
}

fn strip(text: &mut Vec<u8>) {
    while matches!(text.first(), Some(b' ' | b'\t')) {
        text.remove(0);
    }
    while matches!(text.last(), Some(b' ' | b'\t')) {
        text.pop();
    }
}

/// The visible properties of a session that was loaded.
#[derive(Debug, PartialEq, Default)]
pub struct Loaded {
    pub items: Vec<(String, String)>,
    pub key_index: Option<usize>,
    pub rejection: Option<DecodeError>,
    pub passed_over: Option<DecodeError>,
    pub cookie_count: usize,
}

impl Loaded {
    pub fn from(session: &Session) -> Self {
        Self {
            items: items(session),
            key_index: session.key_index(),
            rejection: session.rejection(),
            passed_over: session.passed_over(),
            cookie_count: session.cookie_count(),
        }
    }

    /// Returns the expected session for these cookie values: the last one that one of our keys signed, accepted or not.
    pub fn expected(sessions: &CookieSessions, signer: &Signer, tokens: &[String]) -> Self {
        let is_signed = |token: &str| signer.unsign(token).is_ok_and(|dated| dated.as_str().contains(':'));
        let (foreign, signed): (Vec<_>, Vec<_>) = (0..tokens.len()).partition(|at| !is_signed(&tokens[*at]));
        let cookie_count = tokens.len();
        let planted = foreign.last().filter(|at| Some(*at) > signed.last());
        let planted = planted.and_then(|at| sessions.try_load(&tokens[*at]).err());
        match signed.last().map(|at| sessions.try_load(&tokens[*at])) {
            Some(Ok(session)) => Self { passed_over: planted, cookie_count, ..Self::from(&session) },
            Some(Err(reason)) => {
                Self { rejection: Some(reason), passed_over: planted, cookie_count, ..Self::default() }
            }
            None => Self { rejection: planted, cookie_count, ..Self::default() },
        }
    }
}

/// Parses a `Set-Cookie` header: name, value, and the attributes in order (RFC 6265, section 5.2, but strict).
pub fn set_cookie(header: &str) -> (&str, &str, Vec<(&str, &str)>) {
    let mut pairs = header.split(';').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (name, value) = pairs.next().unwrap();
    (name, value, pairs.map(|(name, value)| (name.strip_prefix(' ').unwrap(), value)).collect())
}

/// Returns whether this is a valid cookie value (RFC 6265, section 4.1.1).
pub fn is_value(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e))
}
