//! The report of `inspect`, as text for people and as JSON for programs.

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

/// The result of `inspect`.
pub(crate) struct Report {
    pub(crate) kind: Kind,
    /// Where the token was found: as a word for JSON and as a phrase.
    pub(crate) input: (&'static str, String),
    pub(crate) trust: Trust,
    pub(crate) signed_at: Option<i64>,
    pub(crate) now: i64,
    pub(crate) lifetime: Option<Lifetime>,
    pub(crate) contents: Option<Contents>,
    /// The length of the token or the cache entry, in bytes.
    pub(crate) bytes: usize,
    /// For a cookie: the bytes of its name, and of its attributes under Django's defaults.
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
    /// No key signed it, or not as expected. In the second case, `explained` has the index of the key and the
    /// algorithm.
    Rejected {
        reason: String,
        explained: Option<(usize, Algorithm)>,
    },
}

/// How long a token is valid.
pub(crate) struct Lifetime {
    /// When it expires, in Unix seconds.
    pub(crate) end: i64,
    pub(crate) expired: bool,
    pub(crate) browser_close: bool,
    /// Whether it is older than the age of the cookie, although its own expiry is in the future.
    pub(crate) beyond_cookie_age: bool,
    pub(crate) by: LimitedBy,
}

/// What determines when a token expires.
#[derive(Clone, Copy)]
pub(crate) enum LimitedBy {
    /// The time since it was signed.
    Age {
        seconds: u64,
        source: &'static str,
    },
    OwnExpiry,
    ExpireDate,
}

impl LimitedBy {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Age { source, .. } => source,
            Self::OwnExpiry => "its own _session_expiry",
            Self::ExpireDate => "expire_date of the row",
        }
    }

    /// Returns the seconds after signing until it expires, if its age is what limits it.
    pub(crate) fn max_age(self) -> Option<u64> {
        match self {
            Self::Age { seconds, .. } => Some(seconds),
            Self::OwnExpiry | Self::ExpireDate => None,
        }
    }
}

impl Report {
    /// Returns the seconds since it was signed; negative if that is in the future.
    pub(crate) fn age(&self) -> Option<i64> {
        self.signed_at.map(|signed_at| self.now.saturating_sub(signed_at))
    }

    /// Returns when the session began, if it is recorded, in Unix seconds.
    pub(crate) fn started_at(&self) -> Option<i64> {
        self.session()?.started_at().map(Timestamp::as_secs)
    }

    /// Returns the seconds since the session began; negative if that is in the future.
    pub(crate) fn session_age(&self) -> Option<i64> {
        self.started_at().map(|started_at| self.now.saturating_sub(started_at))
    }

    /// Returns the session, if the contents are a session that can be read.
    pub(crate) fn session(&self) -> Option<&Session> {
        match &self.contents {
            Some(Contents { value: Value::Session(session), .. }) => Some(session),
            _ => None,
        }
    }

    /// Returns whether a session was expected, and this has the form of the key of a stored one.
    pub(crate) fn is_session_key(&self) -> bool {
        self.kind.is_session() && self.hints.iter().any(|hint| hint.code == "session_key")
    }

    pub(crate) fn is_expired(&self) -> bool {
        self.lifetime.as_ref().is_some_and(|lifetime| lifetime.expired)
    }
}

/// Returns the name of an algorithm in Python's `hashlib`.
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
