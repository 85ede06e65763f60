use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::middleware::shared::Shared;
use crate::{Commit, EncodeError};

/// The writer of one request's session into its response: see [`SessionMount::begin`](crate::SessionMount::begin).
///
/// If it is dropped without a [`commit`](Self::commit), for example because the request is cancelled or its handler
/// panics, changes of the session are lost. The loss is logged.
///
/// ```
/// use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionMount};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let mount = SessionMount::new(CookieSessions::new(&keys, CookieOptions::default()));
/// let (session, writer) = mount.begin(None, ["theme=dark"]);
/// session.insert("visits", 1)?;
/// assert!(writer.commit(200)?.set_cookie.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct SessionWriter(Option<Arc<Shared>>);

impl SessionWriter {
    /// Creates a writer. With `None`, an outer layer writes the session, and this writer is a no-op.
    pub(super) fn new(shared: Option<Arc<Shared>>) -> Self {
        Self(shared)
    }

    /// Returns the headers that a response with this status needs. There are none if the session was not used.
    ///
    /// # Errors
    /// [`Unwritten`] if the session cannot be written. Then respond with status 500 and the headers in its `commit`.
    ///
    /// ```
    /// use django_session::{Commit, CookieOptions, CookieSessions, KeyRing, SecretKey, SessionMount};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let mount = SessionMount::new(CookieSessions::new(&keys, CookieOptions::default()));
    /// let (_session, writer) = mount.begin(None, ["theme=dark"]);
    /// assert_eq!(writer.commit(200)?, Commit::default());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit(mut self, status: u16) -> Result<Commit, Unwritten> {
        let Some(shared) = self.0.take() else { return Ok(Commit::default()) };
        shared.commit(status).map_err(|error| {
            let mut commit = shared.commit(500).unwrap_or_default();
            commit.removals.extend_from_slice(&shared.kept());
            Unwritten { error, commit }
        })
    }
}

impl Drop for SessionWriter {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            shared.abandon();
        }
    }
}

impl fmt::Debug for SessionWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionWriter").finish_non_exhaustive()
    }
}

/// A session that could not be written, and the headers for the response.
///
/// The response of status 500 needs `Vary`, and the removals of the cookies of sessions that were
/// [flushed](crate::Session::flush), in this layer and in inner ones.
///
/// ```
/// use django_session::{CookieOptions, CookieSessions, EncodeError, KeyRing, SecretKey, SessionMount};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let mount = SessionMount::new(CookieSessions::new(&keys, CookieOptions::default()));
/// let (session, writer) = mount.begin(None, ["sessionid=eyJhIjoxfQ:1r31eq:rejected"]);
/// session.flush();
/// session.insert("noise", (0..3000).map(|n| n * n).collect::<Vec<u32>>())?;
/// let unwritten = writer.commit(200).unwrap_err();
/// assert!(matches!(unwritten.error, EncodeError::CookieTooLarge(_)));
/// assert_eq!(unwritten.commit.set_cookie, Some(CookieOptions::default().removal()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Unwritten {
    /// Why the session could not be written.
    pub error: EncodeError,
    /// The headers that the response needs.
    pub commit: Commit,
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for Unwritten {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}
