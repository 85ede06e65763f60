use std::fmt;
use std::sync::Arc;

use crate::middleware::shared::Shared;
use crate::middleware::visit::{Conflict, Mounted, Request};
use crate::middleware::writer::SessionWriter;
use crate::{CookieSessions, JsonSerializer, Serializer, SessionHandle};

/// The sessions of one layer, for adapters to other frameworks. Only for sessions in cookies.
///
/// An adapter creates one when the layer is built. For each request, it takes the handle of an outer layer from the
/// request, if there is one, calls [`begin`](Self::begin), and stores the new handle in its place. When the head of the
/// response is ready, it adds the headers of [`SessionWriter::commit`].
///
/// ```
/// use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionMount};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let mount = SessionMount::new(CookieSessions::new(&keys, CookieOptions::default()));
///
/// let (session, writer) = mount.begin(None, ["theme=dark", "sessionid=rejected"]);
/// session.insert("visits", 1)?;
///
/// let commit = writer.commit(200)?;
/// assert_eq!(commit.vary(["Accept"]).as_deref(), Some(&b"Accept, Cookie"[..]));
/// assert_eq!(commit.into_set_cookies().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SessionMount<S = JsonSerializer>(Arc<Mounted<S>>);

impl<S> SessionMount<S> {
    /// Creates a mount from sessions, which may be shared.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionMount};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// use std::sync::Arc;
    ///
    /// let sessions = Arc::new(CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?));
    /// let mount = SessionMount::new(Arc::clone(&sessions));
    /// assert!(mount.begin(None, [""]).0.of_cookie("sessionid").is_some());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new(sessions: impl Into<Arc<CookieSessions<S>>>) -> Self {
        Self(Arc::new(Mounted::new(sessions.into())))
    }
}

impl<S: Serializer + Send + Sync + 'static> SessionMount<S> {
    /// Begins a request: returns the handle for its handler, and the writer for its response.
    ///
    /// `cookie_headers` are the `Cookie` headers of the request. `outer` is the handle of the layer around this one, if
    /// there is one.
    ///
    /// If the nearest outer layer with a cookie of the same name has the same settings, only that layer writes the
    /// session, because two layers would overwrite each other. The handle then shares that layer's session, and the
    /// writer is a no-op. The clock, and values in a serializer of your own, are not compared.
    ///
    /// If its settings are different, the handle's session is empty, and its changes are not written: the writer
    /// returns an error. This is logged once with level ERROR.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionMount};
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let mount = SessionMount::new(CookieSessions::new(&keys, CookieOptions::default()));
    ///
    /// let (outer, outer_writer) = mount.begin(None, ["theme=dark"]);
    /// let (inner, inner_writer) = mount.begin(Some(outer), ["theme=dark"]);
    /// inner.insert("visits", 1)?;
    /// assert!(inner_writer.commit(200)?.set_cookie.is_none());
    /// assert!(outer_writer.commit(200)?.set_cookie.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn begin<H>(
        &self,
        outer: Option<SessionHandle>,
        cookie_headers: impl IntoIterator<Item = H>,
    ) -> (SessionHandle, SessionWriter)
    where
        H: AsRef<[u8]> + Send + Sync + 'static,
    {
        let name = self.0.sessions.cookie().name();
        let same = outer.as_ref().and_then(|outer| outer.chain().find(|layer| layer.visit().cookie().name() == name));
        let around = outer.as_ref().map(|outer| Arc::clone(outer.shared()));
        let shared: Arc<Shared> = match same {
            Some(same) if *same.visit().fingerprint() == self.0.fingerprint => {
                let shared = Arc::clone(same.shared());
                return (SessionHandle::new_within(outer, shared), SessionWriter::new(None));
            }
            Some(_) => {
                self.0.log_conflict();
                Arc::new(Shared::new(Conflict(Arc::clone(&self.0)), around))
            }
            None => {
                let mut layers = outer.iter().flat_map(SessionHandle::chain);
                if layers.any(|layer| layer.visit().fingerprint().overlaps(&self.0.fingerprint)) {
                    self.0.warn_of_shared_keys();
                }
                Arc::new(Shared::new(Request::new(Arc::clone(&self.0), cookie_headers), around))
            }
        };
        (SessionHandle::new_within(outer, Arc::clone(&shared)), SessionWriter::new(Some(shared)))
    }
}

impl SessionHandle {
    /// Creates a handle without a layer, for unit tests of handlers.
    ///
    /// Adapters to other frameworks use a [`SessionMount`](crate::SessionMount), which also returns the writer.
    ///
    /// ```
    /// use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionHandle};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::default());
    /// let session = SessionHandle::new(sessions, ["theme=dark"]);
    /// session.insert("visits", 1)?;
    /// assert_eq!(session.get("visits")?, Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new<S, H>(sessions: impl Into<Arc<CookieSessions<S>>>, cookie_headers: impl IntoIterator<Item = H>) -> Self
    where
        S: Serializer + Send + Sync + 'static,
        H: AsRef<[u8]> + Send + Sync + 'static,
    {
        let mounted = Arc::new(Mounted::new(sessions.into()));
        Self::new_within(None, Arc::new(Shared::new(Request::new(mounted, cookie_headers), None)))
    }
}

/// The sessions are shared, not copied.
impl<S> Clone for SessionMount<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for SessionMount<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionMount").field("cookie", &self.0.sessions.cookie().name()).finish_non_exhaustive()
    }
}
