use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::middleware::shared::Shared;
use crate::{Commit, EncodeError};

/// Writes the session of one request into its response: see [`SessionMount::begin`](crate::SessionMount::begin).
///
/// If it is dropped instead, as when a request is cancelled or its handler panics, a change of the session is lost, which
/// is logged.
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
    /// Of `None`, a layer further out writes the session.
    pub(super) fn new(shared: Option<Arc<Shared>>) -> Self {
        Self(shared)
    }

    /// Returns the headers that a response with this status needs: none, if the session was not used.
    ///
    /// # Errors
    /// [`Unwritten`], if the session cannot be written. Answer with a status of 500 then, and the headers in there.
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
        shared.commit(status).map_err(|error| Unwritten { error, commit: shared.commit(500).unwrap_or_default() })
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

/// A session that could not be written, and the headers that the response of status 500 needs for it: `Vary`, and the
/// cookie's removal after a [flush](crate::Session::flush).
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
    /// Why.
    pub error: EncodeError,
    /// The headers.
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
