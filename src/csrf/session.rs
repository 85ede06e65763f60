use crate::csrf::secret::Secret;
use crate::error::EncodeError;
use crate::sessions::{CSRF_SECRET, Session};

/// For sites whose CSRF secret is in the session: [`CsrfBuilder::use_sessions`](crate::CsrfBuilder::use_sessions).
impl Session {
    /// Returns the CSRF secret, if there is one, for [`CsrfRequest::cookie`](crate::CsrfRequest::cookie).
    ///
    /// For a value that is not text, it returns an empty string, which the check rejects. Django raises an error.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// assert_eq!(session.csrf_secret(), None);
    /// session.insert("_csrftoken", "9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP")?; // as Django does
    /// assert_eq!(session.csrf_secret().as_deref(), Some("9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn csrf_secret(&self) -> Option<String> {
        self.get(CSRF_SECRET).unwrap_or_else(|_| Some(String::new()))
    }

    /// Returns a CSRF token for a page, a different one each time.
    ///
    /// If the session has no well-formed secret, a new one is generated.
    ///
    /// Django: `get_token`, with `CSRF_USE_SESSIONS`. Django writes a new secret at the end of the request. This method
    /// writes it immediately, so that a token always belongs to the session as it is.
    ///
    /// # Errors
    /// [`EncodeError::NoRandomBytes`].
    ///
    /// ```
    /// use django_session::{CookieOptions, Csrf, CsrfRequest, Session};
    ///
    /// let mut session = Session::default();
    /// let csrf = Csrf::builder().use_sessions(&CookieOptions::builder("sessionid").build()?).build()?;
    /// let token = session.csrf_token()?;
    /// let secret = session.csrf_secret();
    /// let request = CsrfRequest { method: "POST", cookie: secret.as_deref(), form_token: Some(&token), ..CsrfRequest::default() };
    /// assert_eq!(csrf.check(&request), Ok(()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "get_token")]
    pub fn csrf_token(&mut self) -> Result<String, EncodeError> {
        let kept = self.csrf_secret();
        let secret = match kept.as_deref().map(Secret::parse) {
            Some(Ok(secret)) => secret,
            _ => Secret::generate()?,
        };
        // A secret that was stored with a mask is stored without it, as in Django.
        if kept.as_deref() != Some(secret.to_text().as_str()) {
            self.keep(&secret)?;
        }
        Ok(secret.masked()?)
    }

    /// Replaces the CSRF secret: see [`CsrfCookie::rotate`](crate::CsrfCookie::rotate).
    ///
    /// After [`SessionAuth::login`](crate::SessionAuth::login), which removes the secret, this is not needed.
    ///
    /// # Errors
    /// [`EncodeError::NoRandomBytes`].
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.csrf_token()?;
    /// let before = session.csrf_secret();
    /// session.rotate_csrf_token()?;
    /// assert_ne!(session.csrf_secret(), before);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "rotate_token")]
    pub fn rotate_csrf_token(&mut self) -> Result<(), EncodeError> {
        self.keep(&Secret::generate()?)
    }

    fn keep(&mut self, secret: &Secret) -> Result<(), EncodeError> {
        self.insert(CSRF_SECRET, secret.to_text().as_str())
    }
}
