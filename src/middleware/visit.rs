#[cfg(any(feature = "actix-web", feature = "axum"))]
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{
    BadSignature, Commit, ConfigError, CookieOptions, CookieSessions, DecodeError, EncodeError, Fingerprint,
    Serializer, Session,
};

/// The target of our `tracing` events.
pub(super) const TARGET: &str = "django_session";

/// Logs an error of the session that a handler responds with.
#[cfg(any(feature = "actix-web", feature = "axum"))]
pub(in crate::middleware) fn log_failure(error: &dyn Error) {
    tracing::error!(target: TARGET, error = %error, "a handler failed");
}

/// A request, whatever the types of its headers and its serializer.
pub(super) trait Visit: Send + Sync {
    fn load(&self) -> Session;
    fn commit(&self, session: &Session, status: u16) -> Result<Commit, EncodeError>;
    fn bytes_left(&self, session: &Session) -> Result<usize, EncodeError>;
    fn saves_unread(&self) -> bool;
    fn cookie(&self) -> &CookieOptions;
    fn fingerprint(&self) -> &Fingerprint;
}

/// The sessions of a layer, and which warnings were logged already.
pub(super) struct Mounted<S> {
    pub(super) sessions: Arc<CookieSessions<S>>,
    pub(super) fingerprint: Fingerprint,
    warned_of_session_key: AtomicBool,
    warned_of_shared_keys: AtomicBool,
    logged_conflict: AtomicBool,
}

impl<S> Mounted<S> {
    pub(super) fn new(sessions: Arc<CookieSessions<S>>) -> Self {
        Self {
            fingerprint: sessions.fingerprint(),
            sessions,
            warned_of_session_key: AtomicBool::new(false),
            warned_of_shared_keys: AtomicBool::new(false),
            logged_conflict: AtomicBool::new(false),
        }
    }

    /// Logs once that this layer and one around it have one cookie name, and different settings.
    pub(super) fn log_conflict(&self) {
        if !self.logged_conflict.swap(true, Ordering::Relaxed) {
            let cookie = self.sessions.cookie().name();
            tracing::error!(target: TARGET, cookie, "{}: the inner one is not used", ConfigError::NestedSessions);
        }
    }

    /// Logs once that this layer and one around it have different cookies, and accept each other's.
    pub(super) fn warn_of_shared_keys(&self) {
        if !self.warned_of_shared_keys.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: TARGET,
                cookie = self.sessions.cookie().name(),
                "nested session layers accept each other's cookie: give each a salt, `with_salt`"
            );
        }
    }

    fn warn_of_session_key(&self) {
        if self.warned_of_session_key.swap(true, Ordering::Relaxed) {
            tracing::debug!(target: TARGET, reason = %DecodeError::SessionKey, "a session cookie was rejected");
        } else {
            tracing::warn!(
                target: TARGET,
                cookie = self.sessions.cookie().name(),
                "the cookie holds a session key, not a signed session: is the site's SESSION_ENGINE not \
                 `signed_cookies`? `StoredSessions` and `CachedSessions` read the sessions of Django's other engines"
            );
        }
    }
}

pub(super) struct Request<S, H> {
    mounted: Arc<Mounted<S>>,
    /// The first `Cookie` header.
    cookies: Option<H>,
    /// The other `Cookie` headers. Over HTTP/1.1 there are none, so nothing is allocated.
    more_cookies: Vec<H>,
}

impl<S, H> Request<S, H> {
    pub(super) fn new(mounted: Arc<Mounted<S>>, cookie_headers: impl IntoIterator<Item = H>) -> Self {
        let mut headers = cookie_headers.into_iter();
        Self { mounted, cookies: headers.next(), more_cookies: headers.collect() }
    }
}

impl<S, H> Visit for Request<S, H>
where
    S: Serializer + Send + Sync,
    H: AsRef<[u8]> + Send + Sync,
{
    fn load(&self) -> Session {
        let session = self.mounted.sessions.load_headers(self.cookies.iter().chain(&self.more_cookies));
        match session.rejection() {
            None => {}
            Some(DecodeError::SessionKey) => self.mounted.warn_of_session_key(),
            // Level DEBUG, because this happens to every visitor who returns late.
            Some(
                reason @ (DecodeError::Signature(BadSignature::Expired { .. }) | DecodeError::SessionExpired { .. }),
            ) => tracing::debug!(target: TARGET, reason = %reason, "a session cookie has expired"),
            Some(reason) => tracing::info!(target: TARGET, reason = %reason, "a session cookie was rejected"),
        }
        if let Some(reason) = session.passed_over() {
            tracing::info!(target: TARGET, reason = %reason, "a session cookie was passed over for another");
        }
        if let Some(key_index @ 1..) = session.key_index() {
            tracing::debug!(target: TARGET, key_index = key_index, "a session cookie is signed with a fallback key");
        }
        session
    }

    fn commit(&self, session: &Session, status: u16) -> Result<Commit, EncodeError> {
        self.mounted.sessions.commit(session, status)
    }

    fn bytes_left(&self, session: &Session) -> Result<usize, EncodeError> {
        self.mounted.sessions.bytes_left(session)
    }

    fn saves_unread(&self) -> bool {
        self.mounted.sessions.saves_every_request()
    }

    fn cookie(&self) -> &CookieOptions {
        self.mounted.sessions.cookie()
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.mounted.fingerprint
    }
}

/// A request in a layer within another one that has the same cookie name and other settings. Its session is empty and
/// cannot be written: with the outer layer's session, the settings of this one would not be enforced.
pub(super) struct Conflict<S>(pub(super) Arc<Mounted<S>>);

impl<S: Send + Sync> Visit for Conflict<S> {
    fn load(&self) -> Session {
        Session::default()
    }

    fn commit(&self, session: &Session, status: u16) -> Result<Commit, EncodeError> {
        if session.is_modified() && status < 500 {
            return Err(ConfigError::NestedSessions.into());
        }
        let set_cookie = session.is_flushed().then(|| self.cookie().removal());
        Ok(Commit { set_cookie, vary_on_cookie: session.is_accessed(), ..Commit::default() })
    }

    fn bytes_left(&self, _: &Session) -> Result<usize, EncodeError> {
        Err(ConfigError::NestedSessions.into())
    }

    fn saves_unread(&self) -> bool {
        false
    }

    fn cookie(&self) -> &CookieOptions {
        self.0.sessions.cookie()
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.0.fingerprint
    }
}
