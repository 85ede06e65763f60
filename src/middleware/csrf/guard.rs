use std::sync::Arc;

use crate::middleware::csrf::head::{self, Head};
use crate::middleware::csrf::missing::MissingCsrf;
use crate::middleware::csrf::token::{CsrfToken, log};
use crate::{Csrf, CsrfRejection, SessionHandle};

/// Django's `DATA_UPLOAD_MAX_MEMORY_SIZE`.
const BODY_LIMIT: usize = 2_621_440;

/// A [`Csrf`] check with the settings of a layer or middleware: `CsrfLayer`, `CsrfMiddleware`.
///
/// ```
/// use django_session::{Csrf, CsrfGuard};
///
/// let guard = CsrfGuard::from(Csrf::builder().build()?).with_exempt("/webhook");
/// assert_eq!(guard.csrf().cookie().name(), "csrftoken");
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct CsrfGuard {
    csrf: Arc<Csrf>,
    secure: bool,
    exempt: Arc<[String]>,
    body_limit: usize,
}

/// Creates a guard for a site that is served over HTTPS, without exempt paths.
///
/// ```
/// use django_session::{Csrf, CsrfGuard};
///
/// let guard = CsrfGuard::from(Csrf::builder().build()?);
/// assert_eq!(guard.csrf().header_name(), "X-CSRFToken");
/// # Ok::<(), django_session::ConfigError>(())
/// ```
impl From<Csrf> for CsrfGuard {
    fn from(csrf: Csrf) -> Self {
        Arc::new(csrf).into()
    }
}

/// Creates the same guard from a [`Csrf`] that is shared.
///
/// ```
/// use django_session::{Csrf, CsrfGuard};
/// use std::sync::Arc;
///
/// let csrf = Arc::new(Csrf::builder().build()?);
/// let guard = CsrfGuard::from(Arc::clone(&csrf));
/// assert!(std::ptr::eq(guard.csrf(), &*csrf));
/// # Ok::<(), django_session::ConfigError>(())
/// ```
impl From<Arc<Csrf>> for CsrfGuard {
    fn from(csrf: Arc<Csrf>) -> Self {
        Self { csrf, secure: true, exempt: Arc::default(), body_limit: BODY_LIMIT }
    }
}

impl CsrfGuard {
    /// Sets whether browsers reach the site over HTTPS, directly or through a proxy. Default: yes.
    ///
    /// For development over plain HTTP, also turn off [Secure](crate::CookieOptionsBuilder::secure) for the cookie; in
    /// Chromium and Firefox this is not needed on `localhost`.
    ///
    /// Django: `request.is_secure()`.
    ///
    /// ```
    /// use django_session::{Csrf, CsrfGuard};
    ///
    /// let cookie = Csrf::cookie_builder("csrftoken").secure(false).build()?;
    /// let guard = CsrfGuard::from(Csrf::builder().cookie(cookie).build()?).with_secure(false);
    /// assert!(!guard.csrf().cookie().secure());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    #[doc(alias = "SECURE_PROXY_SSL_HEADER")]
    pub fn with_secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// Exempts a path from the check, for example one for requests that another server signs.
    ///
    /// `path` must equal the path of the request, byte by byte. The handler can [check](CsrfToken::check) the request
    /// itself.
    ///
    /// Inside a router that axum nests, the path of the request lacks the prefix: `/hook` is then exempt in each router
    /// with this guard. Put the layer around the outermost router, where all paths are whole. Under actix-web, the path
    /// is always whole.
    ///
    /// Django: `csrf_exempt`.
    ///
    /// ```
    /// use django_session::{Csrf, CsrfGuard};
    ///
    /// let guard = CsrfGuard::from(Csrf::builder().build()?).with_exempt("/webhook").with_exempt("/upload");
    /// assert!(format!("{guard:?}").contains("/webhook"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    #[doc(alias = "csrf_exempt")]
    pub fn with_exempt(mut self, path: impl Into<String>) -> Self {
        self.exempt = self.exempt.iter().cloned().chain([path.into()]).collect();
        self
    }

    /// Sets the largest size of a form, in bytes. Default: 2.5 MiB.
    ///
    /// The layer holds a form in memory to find its token, and responds with status 413 to a larger one.
    ///
    /// ```
    /// use django_session::{Csrf, CsrfGuard};
    ///
    /// let guard = CsrfGuard::from(Csrf::builder().build()?).with_body_limit(64 << 10);
    /// assert!(format!("{guard:?}").contains("65536"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    #[doc(alias = "DATA_UPLOAD_MAX_MEMORY_SIZE")]
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Returns the check.
    ///
    /// ```
    /// use django_session::{Csrf, CsrfGuard};
    ///
    /// let guard = CsrfGuard::from(Csrf::builder().build()?);
    /// assert!(!guard.csrf().uses_sessions());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn csrf(&self) -> &Csrf {
        &self.csrf
    }

    pub(in crate::middleware) fn body_limit(&self) -> usize {
        self.body_limit
    }

    /// Returns the token of a request, and whether the request is accepted.
    pub(in crate::middleware) fn open(
        &self,
        head: &impl Head,
        session: Option<SessionHandle>,
    ) -> Result<(CsrfToken, Admission), MissingCsrf> {
        let session = match self.csrf.session_cookie() {
            Some(name) => Some(session.and_then(|session| session.of_cookie(name)).ok_or(MissingCsrf::Session)?),
            None => None,
        };
        let is_safe = Csrf::is_safe(head.method());
        let token = CsrfToken::of_request(&self.csrf, self.secure, head, session, is_safe);
        if self.exempt.iter().any(|path| path == head.path()) {
            return Ok((token, Admission::Accepted));
        }
        let admission = match token.verify(None) {
            // A token in the form takes precedence over one in the header, so a form is read first.
            Err(rejection) if !rejection.is_about_token() => Admission::Rejected(log(rejection)),
            _ if !is_safe && head::is_form(head) => Admission::AsksForForm,
            Err(rejection) => Admission::Rejected(log(rejection)),
            Ok(()) => Admission::Accepted,
        };
        Ok((token, admission))
    }
}

/// Whether a request reaches the handler.
pub(in crate::middleware) enum Admission {
    Accepted,
    /// Depends on the form in the body.
    AsksForForm,
    Rejected(CsrfRejection),
}

impl Admission {
    /// Checks the request with the token in its form.
    pub(in crate::middleware) fn of_form(token: &CsrfToken, body: &[u8]) -> Self {
        match token.check(Csrf::form_token(body).as_deref()) {
            Ok(()) => Self::Accepted,
            Err(rejection) => Self::Rejected(rejection),
        }
    }
}
