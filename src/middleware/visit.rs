use std::sync::Arc;

use crate::{Commit, CookieSessions, EncodeError, Serializer, Session};

/// Where `tracing` says that it comes from.
pub(super) const TARGET: &str = "django_session";

/// A request and the store that knows what it says, whatever their types.
pub(super) trait Visit: Send {
    fn load(&self) -> Session;
    fn commit(&self, session: &Session, status: u16) -> Result<Commit, EncodeError>;
    fn bytes_left(&self, session: &Session) -> Result<usize, EncodeError>;
    fn saves_unread(&self) -> bool;
    fn cookie_name(&self) -> &str;
}

pub(super) struct Request<S, H> {
    pub(super) sessions: Arc<CookieSessions<S>>,
    /// Its `Cookie` headers.
    pub(super) cookies: Vec<H>,
}

impl<S, H> Visit for Request<S, H>
where
    S: Serializer + Send + Sync,
    H: AsRef<[u8]> + Send,
{
    fn load(&self) -> Session {
        let session = self.sessions.load_headers(&self.cookies);
        if let Some(reason) = session.rejection() {
            tracing::info!(target: TARGET, reason = %reason, "a session cookie was refused");
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
        let commit = self.sessions.commit(session, status);
        commit.inspect_err(|error| tracing::error!(target: TARGET, error = %error, "the session could not be written"))
    }

    fn bytes_left(&self, session: &Session) -> Result<usize, EncodeError> {
        self.sessions.bytes_left(session)
    }

    fn saves_unread(&self) -> bool {
        self.sessions.saves_every_request()
    }

    fn cookie_name(&self) -> &str {
        self.sessions.cookie().name()
    }
}
