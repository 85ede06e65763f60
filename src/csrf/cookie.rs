use std::fmt;
use std::ops::ControlFlow;

use zeroize::Zeroizing;

use crate::cookie::{SetCookie, header};
use crate::csrf::Csrf;
use crate::csrf::secret::Secret;
use crate::error::EncodeError;

/// The CSRF cookie of one request, and whether its response sends one.
///
/// The response sends the cookie if a token was returned, which renews the cookie's age, if the secret was
/// [rotated](Self::rotate), or if the browser sent a malformed cookie. Otherwise the response does not need it.
///
/// ```
/// use django_session::Csrf;
///
/// let csrf = Csrf::builder().build()?;
/// let mut cookie = csrf.load_header("csrftoken=9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP");
/// assert_eq!(csrf.commit(&cookie)?, None);
///
/// assert_ne!(cookie.token()?, cookie.token()?); // two masks
/// let set_cookie = csrf.commit(&cookie)?.unwrap();
/// assert!(set_cookie.as_str().starts_with("csrftoken=9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP; expires="));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CsrfCookie {
    /// The value that the browser sent.
    value: Option<Zeroizing<String>>,
    secret: Option<Secret>,
    write: bool,
}

impl CsrfCookie {
    /// Returns the value that the browser sent, for [`CsrfRequest::cookie`](crate::CsrfRequest::cookie).
    ///
    /// Rotating does not change it.
    ///
    /// ```
    /// use django_session::Csrf;
    ///
    /// let csrf = Csrf::builder().build()?;
    /// assert_eq!(csrf.load_header("a=b; csrftoken=c").value(), Some("c"));
    /// assert_eq!(csrf.load_header("a=b").value(), None);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref().map(String::as_str)
    }

    /// Returns a token for a page: 64 characters of `a-zA-Z0-9`, different each time.
    ///
    /// Put it into the form field [`csrfmiddlewaretoken`](Csrf::FORM_FIELD) or the [header](Csrf::header_name). The
    /// response then sends the cookie.
    ///
    /// Django: `get_token`, `{% csrf_token %}`.
    ///
    /// # Errors
    /// [`EncodeError::NoRandomBytes`].
    ///
    /// ```
    /// use django_session::Csrf;
    ///
    /// let token = Csrf::builder().build()?.load(None).token()?;
    /// let field = format!(r#"<input type="hidden" name="{}" value="{token}">"#, Csrf::FORM_FIELD);
    /// assert_eq!(token.len(), 64);
    /// assert!(field.contains(&token) && token.bytes().all(|byte| byte.is_ascii_alphanumeric())); // no need to escape
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "get_token")]
    pub fn token(&mut self) -> Result<String, EncodeError> {
        let secret = match &self.secret {
            Some(secret) => secret,
            None => self.secret.insert(Secret::generate()?),
        };
        let token = secret.masked()?;
        self.write = true;
        Ok(token)
    }

    /// Replaces the secret.
    ///
    /// Call it at login, so that a cookie that an attacker planted before is useless afterwards. Tokens of pages that
    /// were rendered before are then rejected.
    ///
    /// Django: `rotate_token`, which its `login` calls.
    ///
    /// # Errors
    /// [`EncodeError::NoRandomBytes`].
    ///
    /// ```
    /// use django_session::Csrf;
    ///
    /// let csrf = Csrf::builder().build()?;
    /// let mut cookie = csrf.load(Some("9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP"));
    /// cookie.rotate()?;
    /// let set_cookie = csrf.commit(&cookie)?.unwrap();
    /// assert!(!set_cookie.as_str().contains("9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "rotate_token")]
    pub fn rotate(&mut self) -> Result<(), EncodeError> {
        self.secret = Some(Secret::generate()?);
        self.write = true;
        Ok(())
    }
}

/// Shows whether the browser sent a cookie, and whether the response sends one.
impl fmt::Debug for CsrfCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfCookie")
            .field("sent", &self.value.is_some())
            .field("write", &self.write)
            .finish_non_exhaustive()
    }
}

impl Csrf {
    /// Reads the cookie of a request from its value. `None` means that the request has no CSRF cookie.
    ///
    /// Masked secrets, which Django wrote before 4.1, are read too. As in Django, a malformed cookie is always replaced
    /// in the response.
    ///
    /// ```
    /// use django_session::Csrf;
    ///
    /// let csrf = Csrf::builder().build()?;
    /// let masked = "RVdD53X83RZJzzzzgEOzdmenCkhvMdgaQ9mIgcbOhRuAaKPRgNe7AZOHAsZnibTP";
    /// let mut cookie = csrf.load(Some(masked));
    /// cookie.token()?;
    /// let set_cookie = csrf.commit(&cookie)?.unwrap();
    /// assert!(set_cookie.as_str().starts_with("csrftoken=9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP;"));
    ///
    /// assert!(csrf.commit(&csrf.load(Some("malformed")))?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load(&self, value: Option<&str>) -> CsrfCookie {
        let secret = value.and_then(|value| Secret::parse(value).ok());
        let write = value.is_some() && secret.is_none();
        CsrfCookie { value: value.map(|value| Zeroizing::new(value.to_owned())), secret, write }
    }

    /// Reads the cookie of a request from a whole `Cookie` header, as text or bytes.
    ///
    /// If several cookies have the name, the last one is used, as in Django.
    ///
    /// ```
    /// use django_session::Csrf;
    ///
    /// let csrf = Csrf::builder().build()?;
    /// assert_eq!(csrf.load_header("csrftoken=planted; csrftoken=last").value(), Some("last"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn load_header(&self, header: &(impl AsRef<[u8]> + ?Sized)) -> CsrfCookie {
        self.load_headers([header])
    }

    /// Reads the cookie of a request from all its `Cookie` headers. Over HTTP/2 a browser may send several.
    ///
    /// ```
    /// use django_session::Csrf;
    ///
    /// let csrf = Csrf::builder().build()?;
    /// assert_eq!(csrf.load_headers(["theme=dark", "csrftoken=abc"]).value(), Some("abc"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn load_headers<'h, I, H>(&self, headers: I) -> CsrfCookie
    where
        I: IntoIterator<Item = &'h H, IntoIter: DoubleEndedIterator>,
        H: AsRef<[u8]> + ?Sized + 'h,
    {
        let mut found = None;
        header::visit_values(headers, self.cookie.name(), |value| {
            found = Some(Zeroizing::new(value.to_owned()));
            ControlFlow::Break(())
        });
        self.load(found.as_deref().map(String::as_str))
    }

    /// Returns the `Set-Cookie` header that the response must send, if any. The response then varies on `Cookie`.
    ///
    /// # Errors
    /// [`EncodeError::NoRandomBytes`], if a malformed cookie is replaced; [`EncodeError::CookieTooLarge`], if the
    /// options leave no room; [`EncodeError::ExpiryOutOfRange`], if the clock is far off.
    ///
    /// ```
    /// use django_session::Csrf;
    ///
    /// let csrf = Csrf::builder().build()?;
    /// let mut cookie = csrf.load(None);
    /// assert_eq!(csrf.commit(&cookie)?, None); // no token was requested
    /// cookie.token()?;
    /// assert!(csrf.commit(&cookie)?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit(&self, cookie: &CsrfCookie) -> Result<Option<SetCookie>, EncodeError> {
        if !cookie.write {
            return Ok(None);
        }
        let secret = match &cookie.secret {
            Some(secret) => secret.to_text(),
            None => Secret::generate()?.to_text(),
        };
        self.cookie.set_cookie(&secret, self.clock.now()).map(Some)
    }
}
