//! What `inspect` found, as text for people and as JSON for programs.

mod human;
mod json;
mod redact;
mod text;

pub(crate) use human::human;
pub(crate) use json::{Object, json};
pub(crate) use redact::Redaction;
pub(crate) use text::{Style, counted, printable, table};

use django_session::{Algorithm, Session, Timestamp};

use crate::content::{Contents, Value};
use crate::diagnose::Hint;
use crate::kind::Kind;

/// Everything that there is to say about an input.
pub(crate) struct Report {
    pub(crate) kind: Kind,
    /// A word and a phrase for where it was found.
    pub(crate) input: (&'static str, String),
    pub(crate) trust: Trust,
    pub(crate) signed_at: Option<i64>,
    pub(crate) now: i64,
    pub(crate) lifetime: Option<Lifetime>,
    pub(crate) contents: Option<Contents>,
    /// Bytes of the text that was inspected.
    pub(crate) bytes: usize,
    /// Of a cookie: its name's bytes, and those of the attributes that the site's options would give it.
    pub(crate) cookie: Option<(usize, usize)>,
    pub(crate) hints: Vec<Hint>,
}

/// Whether a key signed it.
pub(crate) enum Trust {
    Verified {
        key_index: usize,
        keys: usize,
        origin: String,
        algorithm: Algorithm,
    },
    /// A cache entry has no signature.
    Unsigned,
    /// No key was given.
    Unknown,
    /// No key signed it, or not as it should be: then `explained` holds the index of the key and the algorithm.
    Rejected {
        reason: String,
        explained: Option<(usize, Algorithm)>,
    },
}

/// How long it is good.
pub(crate) struct Lifetime {
    /// Seconds that it is good after signing, if that is what ends it.
    pub(crate) max_age: Option<u64>,
    /// Unix seconds.
    pub(crate) end: i64,
    pub(crate) expired: bool,
    pub(crate) browser_close: bool,
    /// Its own expiry lies ahead, but it is older than a cookie may be.
    pub(crate) beyond_cookie_age: bool,
    /// Why it ends then.
    pub(crate) by: &'static str,
}

impl Report {
    /// Seconds since it was signed; negative if that lies in the future.
    pub(crate) fn age(&self) -> Option<i64> {
        self.signed_at.map(|signed_at| self.now.saturating_sub(signed_at))
    }

    /// When the session began, if it holds that, in Unix seconds.
    pub(crate) fn started_at(&self) -> Option<i64> {
        self.session()?.started_at().map(Timestamp::as_secs)
    }

    /// Seconds since the session began; negative if that lies in the future.
    pub(crate) fn session_age(&self) -> Option<i64> {
        self.started_at().map(|started_at| self.now.saturating_sub(started_at))
    }

    /// The session, if it holds one that can be read.
    pub(crate) fn session(&self) -> Option<&Session> {
        match &self.contents {
            Some(Contents { value: Value::Session(session), .. }) => Some(session),
            _ => None,
        }
    }

    pub(crate) fn is_expired(&self) -> bool {
        self.lifetime.as_ref().is_some_and(|lifetime| lifetime.expired)
    }
}

/// The name of `hashlib`.
pub(crate) fn algorithm_word(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sha1 => "sha1",
        Algorithm::Sha224 => "sha224",
        Algorithm::Sha256 => "sha256",
        Algorithm::Sha384 => "sha384",
        Algorithm::Sha512 => "sha512",
        _ => "unknown",
    }
}
