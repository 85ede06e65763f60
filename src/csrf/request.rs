use std::fmt;

/// What the check has to know of a request.
///
/// Of a header that came twice, pass neither or a text that joins them: the check must not see only one.
///
/// ```
/// use django_session::{Csrf, CsrfRequest};
///
/// let csrf = Csrf::builder().build()?;
/// let secret = "9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP";
/// let request = CsrfRequest {
///     method: "POST",
///     secure: true,
///     host: Some("example.com"),
///     origin: Some("https://example.com"),
///     referer: None,
///     cookie: Some(secret),
///     form_token: Some("RVdD53X83RZJzzzzgEOzdmenCkhvMdgaQ9mIgcbOhRuAaKPRgNe7AZOHAsZnibTP"),
///     header_token: None,
/// };
/// assert_eq!(csrf.check(&request), Ok(()));
/// assert_eq!(csrf.check(&CsrfRequest { form_token: Some(secret), ..request }), Ok(()));
/// assert!(csrf.check(&CsrfRequest { origin: Some("https://evil.test"), ..request }).is_err());
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Clone, Copy, Default)]
pub struct CsrfRequest<'r> {
    /// The method, as the request has it: methods have a case.
    pub method: &'r str,
    /// Whether the browser sent it over HTTPS, be it to a proxy. Django: `request.is_secure()`.
    pub secure: bool,
    /// The `Host` header, with the port if it names one, that the caller vouches for: of a server that answers for any
    /// host, the check cannot know which are the site's. `None` if it is none of them. Django: `request.get_host()`, with
    /// `ALLOWED_HOSTS`.
    pub host: Option<&'r str>,
    /// The `Origin` header.
    pub origin: Option<&'r str>,
    /// The `Referer` header.
    pub referer: Option<&'r str>,
    /// The CSRF cookie, [`CsrfCookie::value`](crate::CsrfCookie::value); or, of a site that keeps the secret there, what the
    /// session has: [`Session::csrf_secret`](crate::Session::csrf_secret).
    pub cookie: Option<&'r str>,
    /// The form's field `csrfmiddlewaretoken`. It counts for the method POST only.
    pub form_token: Option<&'r str>,
    /// The header [`X-CSRFToken`](crate::Csrf::header_name). It counts where the form has no token, or an empty one.
    pub header_token: Option<&'r str>,
}

/// Which parts there are, and nothing that the client sent.
impl fmt::Debug for CsrfRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfRequest")
            .field("secure", &self.secure)
            .field("host", &self.host.is_some())
            .field("origin", &self.origin.is_some())
            .field("referer", &self.referer.is_some())
            .field("cookie", &self.cookie.is_some())
            .field("form_token", &self.form_token.is_some())
            .field("header_token", &self.header_token.is_some())
            .finish_non_exhaustive()
    }
}
