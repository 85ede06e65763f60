use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::middleware::csrf::head::{Facts, Head};
use crate::middleware::visit::TARGET;
use crate::{Commit, Csrf, CsrfCookie, CsrfRejection, EncodeError, Session, SessionHandle};

/// The CSRF token of the current request. Clones share it.
///
/// Put [`field`](Self::field) into a form. The response then sends the cookie. If the handler does not use the token,
/// the response sends the cookie only to replace a malformed one.
///
/// ```
/// use django_session::{CsrfToken, EncodeError};
///
/// async fn form(csrf: CsrfToken) -> Result<String, EncodeError> {
///     Ok(format!(r#"<form method="post">{}<button>Save</button></form>"#, csrf.field()?))
/// }
///
/// async fn login(csrf: CsrfToken) -> Result<(), EncodeError> {
///     // …SessionAuth::login, and:
///     csrf.rotate()
/// }
/// # let csrf = CsrfToken::new(django_session::Csrf::builder().build()?, [""]);
/// # let page = tokio::runtime::Builder::new_current_thread().build()?.block_on(form(csrf))?;
/// # assert!(page.contains("csrfmiddlewaretoken"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[doc(alias = "get_token")]
#[doc(alias = "csrf_token")]
pub struct CsrfToken(Arc<Shared>);

struct Shared {
    csrf: Arc<Csrf>,
    keeper: Keeper,
    secure: bool,
    /// `None` for a request that needs no check.
    facts: Option<Facts>,
}

/// Where the secret is stored.
enum Keeper {
    Cookie(Mutex<Slot>),
    Session(SessionHandle),
}

struct Slot {
    cookie: CsrfCookie,
    head_sent: bool,
}

impl CsrfToken {
    /// Creates the token of a safe request without a layer, for unit tests of handlers.
    ///
    /// `cookie_headers` are the `Cookie` headers of the request. Like every safe request, it passes the
    /// [check](Self::check).
    ///
    /// ```
    /// use django_session::{Csrf, CsrfToken};
    ///
    /// let csrf = CsrfToken::new(Csrf::builder().build()?, ["csrftoken=9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP"]);
    /// assert_eq!(csrf.get()?.len(), 64);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new<H: AsRef<[u8]>>(csrf: impl Into<Arc<Csrf>>, cookie_headers: impl IntoIterator<Item = H>) -> Self {
        let csrf = csrf.into();
        let lines: Vec<H> = cookie_headers.into_iter().collect();
        let keeper = Keeper::of_cookie(csrf.load_headers(&lines));
        Self(Arc::new(Shared { csrf, keeper, secure: true, facts: None }))
    }

    /// Creates the token of a request. If the session holds the secret, pass the session.
    pub(super) fn of_request(
        csrf: &Arc<Csrf>,
        secure: bool,
        head: &impl Head,
        session: Option<SessionHandle>,
        is_safe: bool,
    ) -> Self {
        let keeper = match session {
            Some(session) => Keeper::Session(session),
            None => Keeper::of_cookie(csrf.load_headers(head.values("cookie").collect::<Vec<_>>())),
        };
        let facts = (!is_safe).then(|| Facts::of(head, csrf.header_name()));
        Self(Arc::new(Shared { csrf: Arc::clone(csrf), keeper, secure, facts }))
    }

    /// Returns a token for the page: 64 letters and digits, different each time.
    ///
    /// Put it into the form field `csrfmiddlewaretoken` or the header `X-CSRFToken`. See [`CsrfCookie::token`] and
    /// [`Session::csrf_token`].
    ///
    /// # Errors
    /// [`EncodeError::NoRandomBytes`].
    ///
    /// # Panics
    /// If the secret is in the session, and this is called inside [`SessionHandle::with`] of that session. Use
    /// [`Session::csrf_token`] there.
    ///
    /// ```
    /// # use django_session::{Csrf, CsrfToken};
    /// let csrf = CsrfToken::new(Csrf::builder().build()?, [""]);
    /// assert_ne!(csrf.get()?, csrf.get()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get(&self) -> Result<String, EncodeError> {
        match &self.0.keeper {
            Keeper::Cookie(slot) => open(slot).before_head("its cookie is not sent").token(),
            Keeper::Session(session) => session.with(Session::csrf_token),
        }
    }

    /// Returns the hidden field of a form, with a [token](Self::get). Django: `{% csrf_token %}`.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    ///
    /// # Panics
    /// When [`get`](Self::get) does.
    ///
    /// ```
    /// # use django_session::{Csrf, CsrfToken};
    /// let field = CsrfToken::new(Csrf::builder().build()?, [""]).field()?;
    /// assert!(field.starts_with(r#"<input type="hidden" name="csrfmiddlewaretoken" value=""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn field(&self) -> Result<String, EncodeError> {
        Ok(format!(r#"<input type="hidden" name="{}" value="{}">"#, Csrf::FORM_FIELD, self.get()?))
    }

    /// Replaces the secret. Call it at login: see [`CsrfCookie::rotate`].
    ///
    /// # Errors
    /// [`EncodeError::NoRandomBytes`].
    ///
    /// # Panics
    /// When [`get`](Self::get) does.
    ///
    /// ```
    /// # use django_session::{Csrf, CsrfToken};
    /// let csrf = CsrfToken::new(Csrf::builder().build()?, ["csrftoken=9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP"]);
    /// csrf.rotate()?;
    /// assert!(!csrf.commit()?.set_cookie.unwrap().as_str().contains("9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "rotate_token")]
    pub fn rotate(&self) -> Result<(), EncodeError> {
        match &self.0.keeper {
            Keeper::Cookie(slot) => open(slot).before_head("the new cookie is not sent").rotate(),
            Keeper::Session(session) => session.with(Session::rotate_csrf_token),
        }
    }

    /// Checks the request with a token that the handler found in the form.
    ///
    /// Use it for a multipart form, which the layer does not read, on an [exempt](crate::CsrfGuard::with_exempt) path.
    /// Call it before anything is changed. A rejection is logged with level WARN, as one by the layer is.
    ///
    /// # Errors
    /// [`CsrfRejection`], which is a response of status 403.
    ///
    /// # Panics
    /// When [`get`](Self::get) does.
    ///
    /// ```
    /// use django_session::{CsrfRejection, CsrfToken};
    ///
    /// async fn upload(csrf: CsrfToken, /* fields: Multipart */) -> Result<(), CsrfRejection> {
    ///     let found = None; // the text of the field csrfmiddlewaretoken, which is the form's first
    ///     csrf.check(found)
    /// }
    /// # let csrf = CsrfToken::new(django_session::Csrf::builder().build()?, [""]);
    /// # assert_eq!(tokio::runtime::Builder::new_current_thread().build()?.block_on(upload(csrf)), Ok(()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&self, form_token: Option<&str>) -> Result<(), CsrfRejection> {
        self.verify(form_token).map_err(log)
    }

    /// Does the same, without an event in the log.
    pub(in crate::middleware) fn verify(&self, form_token: Option<&str>) -> Result<(), CsrfRejection> {
        let Shared { csrf, keeper, secure, facts } = &*self.0;
        let Some(facts) = facts else { return Ok(()) };
        match keeper {
            Keeper::Cookie(slot) => csrf.check(&facts.request(*secure, open(slot).cookie.value(), form_token)),
            Keeper::Session(session) => {
                let secret = session.with(|session| session.csrf_secret());
                csrf.check(&facts.request(*secure, secret.as_deref(), form_token))
            }
        }
    }

    /// Returns the headers that the response needs. There are none if the secret is in the session.
    ///
    /// This is for adapters: a layer calls it once, when the head of the response is ready.
    ///
    /// # Errors
    /// Those of [`Csrf::commit`].
    ///
    /// ```
    /// # use django_session::{Commit, Csrf, CsrfToken};
    /// let csrf = CsrfToken::new(Csrf::builder().build()?, [""]);
    /// assert_eq!(csrf.commit()?, Commit::default());
    /// csrf.get()?;
    /// assert!(csrf.commit()?.set_cookie.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit(&self) -> Result<Commit, EncodeError> {
        let Keeper::Cookie(slot) = &self.0.keeper else { return Ok(Commit::default()) };
        let mut slot = open(slot);
        slot.head_sent = true;
        let set_cookie = self.0.csrf.commit(&slot.cookie).inspect_err(|error| {
            tracing::error!(target: TARGET, error = %error, "the CSRF cookie could not be written");
        })?;
        Ok(Commit { vary_on_cookie: set_cookie.is_some(), set_cookie, ..Commit::default() })
    }
}

impl Keeper {
    fn of_cookie(cookie: CsrfCookie) -> Self {
        Self::Cookie(Mutex::new(Slot { cookie, head_sent: false }))
    }
}

impl Slot {
    fn before_head(&mut self, what: &str) -> &mut CsrfCookie {
        if self.head_sent {
            tracing::warn!(target: TARGET, "the CSRF token is used after the response's head: {what}");
        }
        &mut self.cookie
    }
}

/// Logs a rejection, without what the client sent.
pub(in crate::middleware) fn log(rejection: CsrfRejection) -> CsrfRejection {
    tracing::warn!(target: TARGET, reason = ?rejection, "a request was rejected by the CSRF check");
    rejection
}

/// Locks the slot. Poisoning is ignored, because a panic does not leave a cookie half changed.
fn open(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows the cookie's name, but nothing of the secret.
impl fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfToken").field("cookie", &self.0.csrf.cookie().name()).finish_non_exhaustive()
    }
}
