use std::time::Duration;

use crate::clock::Clock;
use crate::cookie::{CookieOptions, CookieOptionsBuilder};
use crate::csrf::origin::TrustedOrigin;
use crate::error::ConfigError;

/// A year of 52 weeks.
const COOKIE_AGE: Duration = Duration::from_secs(31_449_600);

/// Django's protection against cross-site request forgery.
///
/// The browser has a secret in its `csrftoken` cookie, and each page of the site has a token made of that secret. A
/// page of another site can make the browser send the cookie, but it does not know a token. [`check`](Self::check)
/// accepts or rejects a request. [`load_header`](Self::load_header) and [`commit`](Self::commit) read and write the
/// cookie; [`CsrfCookie::token`](crate::CsrfCookie::token) returns the token for a page.
///
/// A form that Django rendered can be posted to a server that uses this type, and the other way round.
///
/// Create it once and share it.
///
/// ```
/// use django_session::{Csrf, CsrfRequest};
///
/// let csrf = Csrf::builder().build()?;
///
/// // A page with a form.
/// let mut cookie = csrf.load_header("theme=dark");
/// let token = cookie.token()?;
/// let set_cookie = csrf.commit(&cookie)?.expect("a token was handed out");
/// assert!(set_cookie.as_str().starts_with("csrftoken="));
///
/// // The form comes back.
/// let header = set_cookie.as_str().split(';').next().unwrap();
/// let cookie = csrf.load_header(header);
/// let body = format!("name=Ada&csrfmiddlewaretoken={token}");
/// let form_token = Csrf::form_token(body.as_bytes());
/// let request = CsrfRequest {
///     method: "POST",
///     secure: true,
///     host: Some("example.com"),
///     origin: Some("https://example.com"),
///     cookie: cookie.value(),
///     form_token: form_token.as_deref(),
///     ..CsrfRequest::default()
/// };
/// assert_eq!(csrf.check(&request), Ok(()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "CsrfViewMiddleware")]
pub struct Csrf {
    pub(super) cookie: CookieOptions,
    pub(super) clock: Clock,
    pub(super) trusted: Vec<TrustedOrigin>,
    /// The cookie's domain: a `Referer` may have its hosts instead of the request's.
    pub(super) referer_domain: Option<String>,
    /// The header's name as rejections spell it.
    pub(super) header_shown: Box<str>,
    header: String,
    /// The name of the session's cookie, if the session holds the secret.
    session_cookie: Option<String>,
}

impl Csrf {
    /// Returns a builder with Django's defaults.
    ///
    /// These are the cookie [of `cookie_builder`](Self::cookie_builder), the header `X-CSRFToken`, and no trusted
    /// origin.
    ///
    /// ```
    /// use django_session::Csrf;
    ///
    /// let csrf = Csrf::builder().build()?;
    /// assert_eq!((csrf.cookie().name(), csrf.header_name()), ("csrftoken", "X-CSRFToken"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    pub fn builder() -> CsrfBuilder {
        CsrfBuilder::default()
    }

    /// Returns a builder of the cookie with Django's defaults for `csrftoken`, but with `Secure`.
    ///
    /// The defaults are one year, path "/", `SameSite=Lax`, and no `HttpOnly`, because scripts of the site put the
    /// token into a header.
    ///
    /// Django's default is not Secure. But anyone who reads the cookie can make tokens, and a cookie that is not Secure
    /// can be read on the network once the browser opens an `http://` address of the site. For development over plain
    /// HTTP, call `.secure(false)`, as for the other cookies of this crate.
    ///
    /// Django: the `CSRF_COOKIE_*` settings.
    ///
    /// ```
    /// use django_session::Csrf;
    ///
    /// let for_development = Csrf::cookie_builder("csrftoken").secure(false).build()?;
    /// let csrf = Csrf::builder().cookie(for_development).build()?;
    ///
    /// let mut cookie = csrf.load(None);
    /// cookie.token()?;
    /// let set_cookie = csrf.commit(&cookie)?.unwrap();
    /// assert!(set_cookie.as_str().ends_with("; Max-Age=31449600; Path=/; SameSite=Lax"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "CSRF_COOKIE_NAME")]
    #[doc(alias = "CSRF_COOKIE_AGE")]
    #[doc(alias = "CSRF_COOKIE_SECURE")]
    pub fn cookie_builder(name: impl Into<String>) -> CookieOptionsBuilder {
        CookieOptions::builder(name).http_only(false).max_age(COOKIE_AGE)
    }

    /// Returns the options of the cookie.
    ///
    /// ```
    /// # use django_session::Csrf;
    /// assert_eq!(Csrf::builder().build()?.cookie().max_age().as_secs(), 31_449_600);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn cookie(&self) -> &CookieOptions {
        &self.cookie
    }

    /// Returns the name of the header that carries the token.
    ///
    /// ```
    /// # use django_session::Csrf;
    /// assert_eq!(Csrf::builder().build()?.header_name(), "X-CSRFToken");
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn header_name(&self) -> &str {
        &self.header
    }

    /// Returns whether the secret is stored in the session instead of a cookie.
    ///
    /// ```
    /// # use django_session::Csrf;
    /// assert!(!Csrf::builder().build()?.uses_sessions());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn uses_sessions(&self) -> bool {
        self.session_cookie.is_some()
    }

    #[cfg(any(feature = "actix-web", feature = "tower"))]
    pub(crate) fn session_cookie(&self) -> Option<&str> {
        self.session_cookie.as_deref()
    }
}

/// A builder of a [`Csrf`]. [`build`](Self::build) returns a [`ConfigError`] for settings that could never match a
/// request.
///
/// ```
/// use django_session::{ConfigError, Csrf};
///
/// assert!(Csrf::builder().trusted_origins(["https://*.example.com"]).build().is_ok());
/// let rejected = Csrf::builder().trusted_origins(["example.com"]).build().unwrap_err();
/// assert_eq!(rejected, ConfigError::TrustedOrigin);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct CsrfBuilder {
    cookie: Option<CookieOptions>,
    /// The session's cookie, if the session holds the secret.
    session_cookie: Option<CookieOptions>,
    header: String,
    trusted: Vec<String>,
    clock: Clock,
}

impl Default for CsrfBuilder {
    fn default() -> Self {
        Self {
            cookie: None,
            session_cookie: None,
            header: "X-CSRFToken".to_owned(),
            trusted: Vec::new(),
            clock: Clock::default(),
        }
    }
}

impl CsrfBuilder {
    /// Adds origins whose pages may post to this site: `https://example.com`, or `https://*.example.com` for the domain
    /// and all hosts below it.
    ///
    /// If a request has no `Origin`, the host of its `Referer` is compared with the hosts of these origins, whatever
    /// their scheme, as in Django.
    ///
    /// ```
    /// use django_session::{Csrf, CsrfRequest};
    ///
    /// let csrf = Csrf::builder().trusted_origins(["https://*.example.com", "http://localhost:3000"]).build()?;
    /// let secret = Some("9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP");
    /// let post = |origin| CsrfRequest {
    ///     method: "POST",
    ///     origin: Some(origin),
    ///     cookie: secret,
    ///     header_token: secret,
    ///     ..CsrfRequest::default()
    /// };
    /// assert!(csrf.check(&post("https://shop.example.com")).is_ok());
    /// assert!(csrf.check(&post("https://example.com")).is_ok());
    /// assert!(csrf.check(&post("http://localhost:3000")).is_ok());
    /// assert!(csrf.check(&post("http://shop.example.com")).is_err());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "CSRF_TRUSTED_ORIGINS")]
    pub fn trusted_origins<O: Into<String>>(mut self, origins: impl IntoIterator<Item = O>) -> Self {
        self.trusted.extend(origins.into_iter().map(Into::into));
        self
    }

    /// Sets the options of the cookie. Default: [`Csrf::cookie_builder`]`("csrftoken")`.
    ///
    /// ```
    /// use django_session::Csrf;
    ///
    /// let csrf = Csrf::builder().cookie(Csrf::cookie_builder("__Host-csrf").build()?).build()?;
    /// assert_eq!(csrf.cookie().name(), "__Host-csrf");
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "CSRF_COOKIE_DOMAIN")]
    pub fn cookie(mut self, cookie: CookieOptions) -> Self {
        self.cookie = Some(cookie);
        self
    }

    /// Sets the name of the header that carries the token. Default: `X-CSRFToken`, Django's `HTTP_X_CSRFTOKEN`.
    ///
    /// ```
    /// use django_session::{Csrf, CsrfRequest};
    ///
    /// let csrf = Csrf::builder().header_name("X-XSRF-Token").build()?;
    /// let secret = Some("9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP");
    /// let request = CsrfRequest { method: "PUT", cookie: secret, header_token: Some("x"), ..CsrfRequest::default() };
    /// assert_eq!(
    ///     csrf.check(&request).unwrap_err().to_string(),
    ///     "CSRF token from the 'X-Xsrf-Token' HTTP header has incorrect length.",
    /// );
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "CSRF_HEADER_NAME")]
    pub fn header_name(mut self, name: impl Into<String>) -> Self {
        self.header = name.into();
        self
    }

    /// Stores the secret in the session instead of a cookie.
    ///
    /// [`Session::csrf_secret`](crate::Session::csrf_secret) and [`Session::csrf_token`](crate::Session::csrf_token)
    /// read and write it.
    ///
    /// Takes the options of the session's cookie: a `Referer` from the cookie's domain is accepted, and a layer or
    /// middleware takes the session of the cookie with this name.
    ///
    /// The layers and middlewares read the secret only from sessions in cookies. With another engine, call
    /// [`Csrf::check`] with the secret of your session.
    ///
    /// ```
    /// use django_session::{CookieOptions, Csrf};
    ///
    /// let csrf = Csrf::builder().use_sessions(&CookieOptions::builder("sessionid").build()?).build()?;
    /// assert!(csrf.uses_sessions());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "CSRF_USE_SESSIONS")]
    pub fn use_sessions(mut self, session_cookie: &CookieOptions) -> Self {
        self.session_cookie = Some(session_cookie.clone());
        self
    }

    /// Sets another clock than the system's, for the cookie's Expires attribute.
    ///
    /// ```
    /// use django_session::{Clock, Csrf};
    /// use std::time::UNIX_EPOCH;
    ///
    /// let csrf = Csrf::builder().clock(Clock::fixed(UNIX_EPOCH)).build()?;
    /// let mut cookie = csrf.load(None);
    /// cookie.rotate()?;
    /// let set_cookie = csrf.commit(&cookie)?.unwrap();
    /// assert!(set_cookie.as_str().contains("; expires=Thu, 31 Dec 1970 00:00:00 GMT;"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Validates the settings and creates the [`Csrf`].
    ///
    /// Django accepts any trusted origin that contains `://`, even one that no browser sends.
    ///
    /// # Errors
    /// [`ConfigError::TrustedOrigin`] if an origin is not a scheme and a host in lower case, has the scheme's default
    /// port, or has `*.` elsewhere than before a domain. [`ConfigError::HeaderName`] if the header's name is not a
    /// token of RFC 9110.
    ///
    /// ```
    /// use django_session::{ConfigError, Csrf};
    ///
    /// for origin in ["example.com", "https://example.com/", "https://EXAMPLE.com", "https://example.com:443", "https://*"] {
    ///     let built = Csrf::builder().trusted_origins([origin]).build();
    ///     assert_eq!(built.unwrap_err(), ConfigError::TrustedOrigin, "{origin}");
    /// }
    /// assert_eq!(Csrf::builder().header_name("X CSRF").build().unwrap_err(), ConfigError::HeaderName);
    /// ```
    pub fn build(self) -> Result<Csrf, ConfigError> {
        let Self { cookie, session_cookie, header, trusted, clock } = self;
        let parse = |origin: &String| TrustedOrigin::parse(origin).ok_or(ConfigError::TrustedOrigin);
        let trusted = trusted.iter().map(parse).collect::<Result<_, _>>()?;
        if !is_header_name(&header) {
            return Err(ConfigError::HeaderName);
        }
        let cookie = match cookie {
            Some(cookie) => cookie,
            None => Csrf::cookie_builder("csrftoken").build()?,
        };
        Ok(Csrf {
            referer_domain: session_cookie.as_ref().unwrap_or(&cookie).domain().map(str::to_owned),
            session_cookie: session_cookie.map(|session| session.name().to_owned()),
            header_shown: as_django_shows(&header),
            cookie,
            clock,
            trusted,
            header,
        })
    }
}

/// RFC 9110, section 5.6.2.
fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Returns the name as Django prints it: `X-CSRFToken` becomes `X-Csrftoken`. Python: `str.title`.
fn as_django_shows(header: &str) -> Box<str> {
    let mut within_word = false;
    let shown = header.chars().map(|char| {
        let starts_word = char.is_ascii_alphabetic() && !within_word;
        within_word = char.is_ascii_alphabetic();
        match char {
            '_' => '-',
            char if starts_word => char.to_ascii_uppercase(),
            char => char.to_ascii_lowercase(),
        }
    });
    shown.collect()
}
