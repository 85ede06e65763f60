//! Cookies as the two sides of HTTP read them.

use django_session::{CookieSessions, DecodeError, Session};

use crate::items;

/// What the rules of `src/cookie/header.rs` find in these headers under this name, first to last.
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

/// What shows of a session that was loaded.
#[derive(Debug, PartialEq)]
pub struct Loaded {
    pub items: Vec<(String, String)>,
    pub key_index: Option<usize>,
    pub refusal: Option<DecodeError>,
    pub passed_over: Option<DecodeError>,
    /// Whether the cookie is removed by a response that leaves the session alone.
    pub removed_untouched: bool,
    /// And by one that flushes it.
    pub removed_flushed: bool,
}

impl Loaded {
    pub fn from(sessions: &CookieSessions, mut session: Session) -> Self {
        let removes =
            |session: &Session| sessions.commit(session, 200).unwrap().set_cookie == Some(sessions.cookie().removal());
        let removed_untouched = removes(&session);
        let (items, key_index) = (items(&session), session.key_index());
        let (refusal, passed_over) = (session.rejection(), session.passed_over());
        session.flush();
        Self { items, key_index, refusal, passed_over, removed_untouched, removed_flushed: removes(&session) }
    }

    /// From the values under our name, first to last: the last that will do, else an empty session with the last reason.
    pub fn expected(sessions: &CookieSessions, tokens: &[String]) -> Self {
        let long_enough: Vec<_> = tokens.iter().filter(|token| token.chars().count() >= 8).collect();
        let mut attempts: Vec<_> = long_enough.iter().map(|token| sessions.try_load(token)).collect();
        let reason = attempts.last().and_then(|last| last.as_ref().err().copied());
        let sent = !tokens.is_empty();
        match attempts.drain(..).rev().find_map(Result::ok) {
            Some(session) => Self {
                items: items(&session),
                key_index: session.key_index(),
                refusal: None,
                passed_over: reason,
                removed_untouched: false,
                removed_flushed: true,
            },
            None => Self {
                items: Vec::new(),
                key_index: None,
                refusal: reason,
                passed_over: None,
                removed_untouched: sent && long_enough.is_empty(),
                removed_flushed: sent,
            },
        }
    }
}

/// A `Set-Cookie` header: name and value, and its attributes as they come (RFC 6265, section 5.2, but for its leniency).
pub fn set_cookie(header: &str) -> (&str, &str, Vec<(&str, &str)>) {
    let mut pairs = header.split(';').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (name, value) = pairs.next().unwrap();
    (name, value, pairs.map(|(name, value)| (name.strip_prefix(' ').unwrap(), value)).collect())
}

/// RFC 6265, section 4.1.1: what may stand in a cookie's value.
pub fn is_value(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e))
}
