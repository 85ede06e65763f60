use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::middleware::shared::Shared;
use crate::middleware::visit::Visit;
use crate::{DecodeError, EncodeError, Session};

/// The session of the current request. Clones share the session.
///
/// The cookie is verified when the session is first used, and the session is written when the head of the response is
/// sent. If the handler does not use the session, neither happens, except with save-every-request.
///
/// The errors are responses, so that a handler of axum may return an `axum::response::Result`, and a handler of
/// actix-web a `Result` with `actix_web::Error`.
///
/// ```
/// use django_session::SessionHandle;
/// use std::error::Error;
///
/// async fn visit(session: SessionHandle) -> Result<String, Box<dyn Error>> {
///     let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
///     session.insert("visits", visits)?;
///     Ok(format!("{visits} visits"))
/// }
/// # let sessions = django_session::CookieSessions::new(
/// #     &django_session::KeyRing::new(django_session::SecretKey::new("secret")?),
/// #     django_session::CookieOptions::builder("sessionid").build()?,
/// # );
/// # let handle = SessionHandle::new(sessions, [""]);
/// # let answer = tokio::runtime::Builder::new_current_thread().build()?.block_on(visit(handle))?;
/// # assert_eq!(answer, "1 visits");
/// # Ok::<(), Box<dyn Error>>(())
/// ```
#[derive(Clone)]
#[doc(alias = "request.session")]
pub struct SessionHandle {
    shared: Arc<Shared>,
    /// The handle of the layer around this one.
    outer: Option<Arc<SessionHandle>>,
}

impl SessionHandle {
    pub(super) fn new_within(outer: Option<Self>, shared: Arc<Shared>) -> Self {
        Self { shared, outer: outer.map(Arc::new) }
    }

    /// Returns this handle and those of the layers around it, from the inside out.
    pub(super) fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |handle| handle.outer.as_deref())
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(super) fn visit(&self) -> &dyn Visit {
        &self.shared.visit
    }

    /// Returns the session of the cookie with this name: this session, or that of an outer layer.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionHandle};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let session = SessionHandle::new(sessions, [""]);
    /// assert!(session.of_cookie("sessionid").is_some());
    /// assert!(session.of_cookie("other").is_none());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn of_cookie(&self, name: &str) -> Option<Self> {
        self.chain().find(|handle| handle.visit().cookie().name() == name).cloned()
    }

    /// Calls `work` with the session, and returns what `work` returns.
    ///
    /// Use it for several steps that must not be interleaved with those of a clone. While `work` runs, the session is
    /// locked for its clones and for the response. If `work` panics, no change of this request is written.
    ///
    /// If layers are nested, lock the inner session before the outer one, or do not nest these calls: two threads that
    /// lock two sessions in different orders wait for each other forever.
    ///
    /// Changes after the response's head is sent, for example from a streaming body, are lost. They are logged as a
    /// `tracing` event of level WARN.
    ///
    /// # Panics
    /// If `work` uses this handle or a clone of it on the same thread. Use the `&mut Session` that `work` is given.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionHandle};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let session = SessionHandle::new(sessions, [""]);
    /// let visits = session.with(|session| {
    ///     let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
    ///     session.insert("visits", visits)?;
    ///     Ok::<_, Box<dyn std::error::Error>>(visits)
    /// })?;
    /// assert_eq!(visits, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with<R>(&self, work: impl FnOnce(&mut Session) -> R) -> R {
        self.shared.with(work)
    }

    /// Returns the value for `key`, if there is one: see [`Session::get`].
    ///
    /// # Errors
    /// [`DecodeError::Deserialize`] if it is not a `T`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionHandle};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let session = SessionHandle::new(sessions, [""]);
    /// assert_eq!(session.get::<u32>("visits")?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, DecodeError> {
        self.with(|session| session.get(key))
    }

    /// Sets the value for `key`: see [`Session::insert`].
    ///
    /// # Errors
    /// Those of [`Session::insert`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionHandle};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let session = SessionHandle::new(sessions, [""]);
    /// session.insert("visits", 1)?;
    /// assert_eq!(session.get("visits")?, Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn insert<T: Serialize>(&self, key: &str, value: T) -> Result<(), EncodeError> {
        self.with(|session| session.insert(key, value))
    }

    /// Removes `key` and returns its value: see [`Session::take`].
    ///
    /// # Errors
    /// [`DecodeError::Deserialize`] if the value is not a `T`; then the key stays.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionHandle};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let session = SessionHandle::new(sessions, [""]);
    /// session.insert("notice", "saved")?;
    /// assert_eq!(session.take::<String>("notice")?.as_deref(), Some("saved"));
    /// assert_eq!(session.take::<String>("notice")?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn take<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, DecodeError> {
        self.with(|session| session.take(key))
    }

    /// Removes `key`, and returns whether it was there: see [`Session::remove`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionHandle};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let session = SessionHandle::new(sessions, [""]);
    /// session.insert("a", 1)?;
    /// assert!(session.remove("a"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn remove(&self, key: &str) -> bool {
        self.with(|session| session.remove(key))
    }

    /// Returns whether there is a value for `key`: see [`Session::contains_key`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionHandle};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let session = SessionHandle::new(sessions, [""]);
    /// assert!(!session.contains_key("a"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.with(|session| session.contains_key(key))
    }

    /// Ends the session, for example at logout: see [`Session::flush`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionHandle};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let session = SessionHandle::new(sessions, [""]);
    /// session.insert("user", "ada")?;
    /// session.flush();
    /// assert_eq!(session.get::<String>("user")?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flush(&self) {
        self.with(Session::flush);
    }

    /// Returns how many more bytes the cookie could hold if the session were written now: see
    /// [`CookieSessions::bytes_left`](crate::CookieSessions::bytes_left).
    ///
    /// # Errors
    /// Those of [`CookieSessions::commit`](crate::CookieSessions::commit).
    ///
    /// ```
    /// use django_session::{EncodeError, SessionHandle};
    ///
    /// /// Returns whether the item was put into the cart; if not, the cart is full.
    /// fn add(session: &SessionHandle, cart: &mut Vec<String>, item: &str) -> Result<bool, EncodeError> {
    ///     // Three bytes become four in base64, and a character may take six of JSON.
    ///     let fits = session.bytes_left()? > 8 * item.len() + 4;
    ///     if fits {
    ///         cart.push(item.to_owned());
    ///         session.insert("cart", &cart)?;
    ///     }
    ///     Ok(fits)
    /// }
    /// # let keys = django_session::KeyRing::new(django_session::SecretKey::new("secret")?);
    /// # let options = django_session::CookieOptions::builder("sessionid").build()?;
    /// # let session = SessionHandle::new(django_session::CookieSessions::new(&keys, options), [""]);
    /// assert!(add(&session, &mut Vec::new(), "tea")?);
    /// assert!(!add(&session, &mut Vec::new(), &"tea".repeat(1000))?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bytes_left(&self) -> Result<usize, EncodeError> {
        let visit = self.visit();
        self.with(|session| visit.bytes_left(session))
    }
}

/// Shows the cookie's name, but nothing of the session.
impl fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHandle").field("cookie", &self.visit().cookie().name()).finish_non_exhaustive()
    }
}
