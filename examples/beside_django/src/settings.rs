use std::collections::HashSet;
use std::env;
use std::path::PathBuf;
use std::time::Duration;

use axum::BoxError;
use axum::http::uri::{Authority, Scheme};
use django_session::{
    CachedSessions, ConfigError, CookieOptions, CookieSessions, Encryption, KeyRing, MessageStorage, Plaintext,
    SecretKey, StoredSessions, Unstamped,
};

/// How sessions without a start or an id are handled. Sessions from before `REDIS_URL` was set have neither, and cannot
/// be ended early. They expire after two weeks; from then on, use `Refuse` on both servers.
const UNSTAMPED: Unstamped = Unstamped::Stamp;

/// The settings from the environment: the variables that `site/beside/settings.py` reads too, and five that only this
/// service reads.
pub struct Settings {
    /// `SECRET_KEY`, and `SECRET_KEY_FALLBACKS`, separated by white space.
    pub keys: KeyRing,
    /// `ENGINE`: the last part of Django's `SESSION_ENGINE`.
    pub engine: String,
    /// `ENCRYPTION`: `None` means off.
    pub encryption: Option<Encryption>,
    /// `DATABASE_URL`: `sqlite:///…` or `postgres://…`.
    pub database_url: String,
    /// `REDIS_URL`, for `ENGINE=cached_db` and `ENGINE=cache`, and to end sessions early.
    pub redis_url: Option<String>,
    /// `SESSION_FILE_PATH`, for `ENGINE=file`.
    pub session_file_path: Option<PathBuf>,
    /// `DJANGO`: the address of the Django site, such as `127.0.0.1:8001`.
    pub django: Authority,
    /// `MOVED`: the groups of paths that this service answers.
    pub moved: HashSet<String>,
    /// `SCHEME`: `http`, or `https` behind a proxy that terminates TLS.
    pub scheme: Scheme,
    /// `ABSOLUTE_AGE`: the maximum age of a session, with `REDIS_URL`.
    pub absolute_age: Duration,
    /// `REFRESH_AFTER`: the age at which a signed cookie is refreshed even if the session is only read.
    pub refresh_after: Duration,
    /// `PORT`
    pub port: u16,
}

impl Settings {
    pub fn from_env() -> Result<Self, BoxError> {
        let required = |name: &str| env::var(name).map_err(|error| format!("{name}: {error}"));
        let optional = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());

        let mut keys = KeyRing::new(SecretKey::new(required("SECRET_KEY")?)?);
        for fallback in optional("SECRET_KEY_FALLBACKS", "").split_whitespace() {
            keys = keys.with_fallback(SecretKey::new(fallback)?);
        }
        Ok(Self {
            encryption: encryption(&optional("ENCRYPTION", "off"), &keys)?,
            keys,
            engine: optional("ENGINE", "signed_cookies"),
            database_url: required("DATABASE_URL")?,
            redis_url: env::var("REDIS_URL").ok(),
            session_file_path: env::var_os("SESSION_FILE_PATH").map(PathBuf::from),
            django: required("DJANGO")?.parse()?,
            moved: optional("MOVED", "account cart stock").split_whitespace().map(str::to_owned).collect(),
            scheme: optional("SCHEME", "http").parse()?,
            absolute_age: Duration::from_secs(optional("ABSOLUTE_AGE", "2592000").parse()?),
            refresh_after: Duration::from_secs(optional("REFRESH_AFTER", "604800").parse()?),
            port: optional("PORT", "8000").parse()?,
        })
    }

    /// The sessions of `ENGINE=signed_cookies`.
    pub fn cookie_sessions(&self) -> Result<CookieSessions, ConfigError> {
        let mut sessions = CookieSessions::new(&self.keys, Self::cookie()?).with_refresh_after(self.refresh_after);
        if self.redis_url.is_some() {
            sessions = sessions.with_absolute_age(self.absolute_age, UNSTAMPED).with_ids();
        }
        Ok(match &self.encryption {
            Some(encryption) => sessions.with_encryption(encryption.clone()),
            None => sessions,
        })
    }

    /// The sessions of `ENGINE=db`, `cached_db` and `file`.
    pub fn stored_sessions(&self) -> Result<StoredSessions, ConfigError> {
        let mut sessions = StoredSessions::new(&self.keys, Self::cookie()?);
        if self.redis_url.is_some() {
            sessions = sessions.with_absolute_age(self.absolute_age, UNSTAMPED).with_ids();
        }
        Ok(match &self.encryption {
            Some(encryption) => sessions.with_encryption(encryption.clone()),
            None => sessions,
        })
    }

    /// The sessions of `ENGINE=cache`, and the copies of `cached_db`. Both require `REDIS_URL`.
    pub fn cached_sessions(&self) -> Result<CachedSessions, ConfigError> {
        Ok(CachedSessions::new(Self::cookie()?).with_absolute_age(self.absolute_age, UNSTAMPED).with_ids())
    }

    /// The session cookie, with the options of the Django site.
    pub fn cookie() -> Result<CookieOptions, ConfigError> {
        CookieOptions::builder("sessionid").build()
    }

    /// The storage of messages, as Django's `MESSAGE_STORAGE`: by default in a separate cookie if they fit, with the
    /// attributes of the session cookie. That cookie is not encrypted, so with encryption they are stored in the
    /// session.
    pub fn message_storage(&self) -> Result<MessageStorage, ConfigError> {
        match &self.encryption {
            Some(_) => Ok(MessageStorage::in_session()),
            None => MessageStorage::new(&self.keys, &Self::cookie()?),
        }
    }
}

/// Returns the encryption of a step. At each step, a server reads what servers at the previous and at the next step
/// write, so that the servers do not have to change at the same time.
fn encryption(step: &str, keys: &KeyRing) -> Result<Option<Encryption>, BoxError> {
    let plaintext = match step {
        "off" => return Ok(None),
        "write-plain" => Plaintext::Write,
        "accept-plain" => Plaintext::Accept,
        "on" => Plaintext::Reject,
        other => return Err(format!("ENCRYPTION is one of off, write-plain, accept-plain and on, not {other}").into()),
    };
    Ok(Some(Encryption::new(keys).with_plaintext(plaintext)))
}
