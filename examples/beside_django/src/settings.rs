use std::collections::HashSet;
use std::env;
use std::path::PathBuf;

use axum::BoxError;
use axum::http::uri::{Authority, Scheme};
use django_session::{
    ConfigError, CookieOptions, CookieSessions, Encryption, KeyRing, MessageStorage, Plaintext, SecretKey,
    StoredSessions,
};

/// What the environment says: the same variables that `site/beside/settings.py` reads, and four of this service alone.
pub struct Settings {
    /// `SECRET_KEY`, and `SECRET_KEY_FALLBACKS` with white space between them.
    pub keys: KeyRing,
    /// `ENGINE`: the last part of Django's `SESSION_ENGINE`.
    pub engine: String,
    /// `ENCRYPTION`: `None` is off.
    pub encryption: Option<Encryption>,
    /// `DATABASE_URL`: `sqlite:///…` or `postgres://…`.
    pub database_url: String,
    /// `REDIS_URL`, for `ENGINE=cached_db` and `ENGINE=cache`.
    pub redis_url: Option<String>,
    /// `SESSION_FILE_PATH`, for `ENGINE=file`.
    pub session_file_path: Option<PathBuf>,
    /// `DJANGO`: where the site listens, such as `127.0.0.1:8001`.
    pub django: Authority,
    /// `MOVED`: the groups of paths that this service answers.
    pub moved: HashSet<String>,
    /// `SCHEME`: `http`, or `https` behind a proxy that ends TLS.
    pub scheme: Scheme,
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
            port: optional("PORT", "8000").parse()?,
        })
    }

    /// The sessions of `ENGINE=signed_cookies`.
    pub fn cookie_sessions(&self) -> Result<CookieSessions, ConfigError> {
        let sessions = CookieSessions::new(&self.keys, Self::cookie()?);
        Ok(match &self.encryption {
            Some(encryption) => sessions.with_encryption(encryption.clone()),
            None => sessions,
        })
    }

    /// The sessions of `ENGINE=db`, `cached_db` and `file`.
    pub fn stored_sessions(&self) -> Result<StoredSessions, ConfigError> {
        let sessions = StoredSessions::new(&self.keys, Self::cookie()?);
        Ok(match &self.encryption {
            Some(encryption) => sessions.with_encryption(encryption.clone()),
            None => sessions,
        })
    }

    /// The session cookie, as Django's settings have it.
    pub fn cookie() -> Result<CookieOptions, ConfigError> {
        CookieOptions::builder("sessionid").build()
    }

    /// The messages, as `MESSAGE_STORAGE` has them: in their own cookie if they fit, with the attributes of the session's
    /// cookie. That cookie is not encrypted; if sessions are, the messages are in the session.
    pub fn message_storage(&self) -> Result<MessageStorage, ConfigError> {
        match &self.encryption {
            Some(_) => Ok(MessageStorage::in_session()),
            None => MessageStorage::new(&self.keys, &Self::cookie()?),
        }
    }
}

/// Each step reads what a server of the step before or after it writes, so that servers need not change at one moment.
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
