//! Writes sessions of each kind, signed with the first key.

use std::io::{self, IsTerminal as _};
use std::time::SystemTime;

use django_session::{
    Algorithm, CachedSessions, Clock, CookieOptions, EncodeError, Encryption, KeyRing, Session, StoredSessions,
};

use crate::content::Format;
use crate::exit::Failure;
use crate::keys::{Keys, Prefix};
use crate::kind::Kind;

/// How a session is written.
pub(crate) struct Target<'t> {
    pub(crate) kind: &'t Kind,
    pub(crate) keys: &'t Keys,
    pub(crate) cookie: &'t CookieOptions,
    pub(crate) clock: &'t Clock,
    /// Whether the token has a timestamp. Only an object may be without.
    pub(crate) dated: bool,
    pub(crate) encrypted: bool,
    /// The format of a cache entry: JSON or a pickle.
    pub(crate) format: Format,
}

/// Writes a session as text, or as the bytes of a cache entry.
pub(crate) fn session(session: &Session, target: &Target<'_>) -> Result<Vec<u8>, Failure> {
    if *target.kind == Kind::Cached {
        let sessions = CachedSessions::new(target.cookie.clone());
        let sessions = if target.format == Format::Json { sessions.with_json() } else { sessions };
        if target.format != Format::Json && io::stdout().is_terminal() {
            return Err(Failure::usage(
                "a pickle is not text, and a terminal would interpret its bytes: redirect the output",
            ));
        }
        return sessions.encode(session).map_err(|error| failure(&error));
    }
    let keys = target.keys.ring(Prefix::None)?;
    let mut stored = StoredSessions::new(&keys, target.cookie.clone());
    if target.encrypted {
        stored = stored.with_encryption(Encryption::new(&keys));
    }
    let mut text = match target.kind {
        Kind::Legacy => stored.encode_legacy(session).map_err(|error| failure(&error))?,
        kind => {
            let payload = payload(session, &stored)?;
            let token = if target.dated {
                kind.signer(&keys, Algorithm::Sha256, target.clock).map(|signer| signer.sign(&payload))
            } else {
                kind.undated_signer(&keys, Algorithm::Sha256).map(|signer| signer.sign(&payload))
            };
            token.ok_or_else(|| Failure::usage("a session is not written as this kind"))?
        }
    };
    text.push('\n');
    Ok(text.into_bytes())
}

/// Returns the payload, compressed if that is shorter. The bytes of keys that were not changed stay the same.
fn payload(session: &Session, stored: &StoredSessions) -> Result<String, Failure> {
    let token = stored.encode(session).map_err(|error| failure(&error))?;
    Ok(token.split(':').next().unwrap_or_default().to_owned())
}

/// Returns the payload without needing a key.
pub(crate) fn unsigned_payload(session: &Session, cookie: &CookieOptions) -> Result<String, Failure> {
    let key = django_session::SecretKey::generate().map_err(|error| Failure::rejected(error.to_string()))?;
    payload(session, &StoredSessions::new(&KeyRing::new(key), cookie.clone()))
}

/// Returns the bytes of a cookie's name, and of its attributes.
pub(crate) fn cookie_sizes(cookie: &CookieOptions, now: SystemTime) -> Result<(usize, usize), EncodeError> {
    let (header, name) = (cookie.set_cookie("", now)?, cookie.name().len());
    Ok((name, header.as_str().len().saturating_sub(name).saturating_sub("=".len())))
}

pub(crate) fn failure(error: &EncodeError) -> Failure {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    Failure::rejected(format!("{error}{source}"))
}
