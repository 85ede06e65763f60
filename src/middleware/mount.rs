use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::middleware::visit::{Request, TARGET, Visit as _};
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

pub(super) struct Mounted<S> {
    pub(super) sessions: Arc<CookieSessions<S>>,
    warned_of_session_id: AtomicBool,
    warned_of_nesting: AtomicBool,
}

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
        Self(Arc::new(Mounted {
            sessions: sessions.into(),
            warned_of_session_id: AtomicBool::new(false),
            warned_of_nesting: AtomicBool::new(false),
        }))
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

impl<S> Mounted<S> {
    fn warn_once_of_nesting(&self, what: &str) {
        if !self.warned_of_nesting.swap(true, Ordering::Relaxed) {
            tracing::warn!(target: TARGET, cookie = self.sessions.cookie().name(), "{what}");
        }
    }

    pub(super) fn warn_once_of_session_id(&self) {
        if !self.warned_of_session_id.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: TARGET,
                cookie = self.sessions.cookie().name(),
                "the cookie holds a session id, not a signed session: is the site's SESSION_ENGINE another than \
                 `signed_cookies`? `StoredSessions` reads the sessions of the others"
            );
        }
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
