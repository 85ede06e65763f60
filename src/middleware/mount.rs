use std::fmt;
use std::sync::Arc;

use crate::middleware::visit::{Mounted, Request, Visit as _};
use crate::{CookieSessions, JsonSerializer, Serializer, SessionHandle};

/// The sessions of one layer: makes the [`SessionHandle`] of each request. For adapters to other frameworks.
///
/// An adapter makes one when the layer is built. For each request it takes the handle of a layer further out from the
/// request, if there is one, and puts the new handle in its place; for each response it appends the headers of
/// [`SessionHandle::commit`].
///
/// ```
/// use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionMount};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let mount = SessionMount::new(CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?));
///
/// let outer = mount.handle(None, ["theme=dark"]);
/// let inner = mount.handle(Some(outer.clone()), ["theme=dark"]);
/// inner.insert("visits", 1)?;
/// assert!(inner.commit(200)?.set_cookie.is_none()); // the outer layer writes it
/// assert!(outer.commit(200)?.set_cookie.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SessionMount<S = JsonSerializer>(Arc<Mounted<S>>);

impl<S> SessionMount<S> {
    /// Makes it of sessions, or of such as are shared.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionMount};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// use std::sync::Arc;
    ///
    /// let sessions = Arc::new(CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?));
    /// let mount = SessionMount::new(Arc::clone(&sessions));
    /// assert!(mount.handle(None, [""]).of_cookie("sessionid").is_some());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new(sessions: impl Into<Arc<CookieSessions<S>>>) -> Self {
        Self(Arc::new(Mounted::new(sessions.into())))
    }
}

impl<S: Serializer + Send + Sync + 'static> SessionMount<S> {
    /// Makes the handle of a request with these `Cookie` headers, inside a layer whose handle is `outer`.
    ///
    /// If a layer further out has a cookie of this name, its session is returned, which that layer writes: two layers would
    /// overwrite each other.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionMount};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let mount = SessionMount::new(CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?));
    /// let session = mount.handle(None, ["theme=dark", "sessionid=rejected"]);
    /// assert!(session.with(|session| session.rejection()).is_some());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    pub fn handle<H>(&self, outer: Option<SessionHandle>, cookie_headers: impl IntoIterator<Item = H>) -> SessionHandle
    where
        H: AsRef<[u8]> + Send + Sync + 'static,
    {
        let request = Request { mounted: Arc::clone(&self.0), cookies: cookie_headers.into_iter().collect() };
        let Some(outer) = outer else { return SessionHandle::of_request(None, request) };
        if let Some(same) = outer.chain().find(|layer| layer.visit().cookie().name() == request.cookie().name()) {
            if same.visit().cookie() != request.cookie() || same.visit().fingerprint() != request.fingerprint() {
                self.0.warn_once_of_nesting(
                    "a session layer is ignored: an outer one has its cookie's name, with other settings",
                );
            }
            return same.borrow();
        }
        if outer.chain().any(|layer| layer.visit().fingerprint() == request.fingerprint()) {
            self.0.warn_once_of_nesting(
                "nested session layers accept each other's cookie: give each a salt, `with_salt`",
            );
        }
        SessionHandle::of_request(Some(outer), request)
    }
}

impl SessionHandle {
    /// Makes a handle without a layer: for the unit test of a handler, or in an adapter for another framework, which then
    /// calls [`commit`](Self::commit). An adapter whose layers may be nested uses a
    /// [`SessionMount`](crate::SessionMount).
    ///
    /// ```
    /// use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionHandle};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let session = SessionHandle::new(sessions, ["theme=dark"]);
    ///
    /// session.insert("visits", 1)?;
    /// assert!(session.commit(200)?.set_cookie.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new<S, H>(sessions: impl Into<Arc<CookieSessions<S>>>, cookie_headers: impl IntoIterator<Item = H>) -> Self
    where
        S: Serializer + Send + Sync + 'static,
        H: AsRef<[u8]> + Send + Sync + 'static,
    {
        SessionMount::new(sessions).handle(None, cookie_headers)
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
