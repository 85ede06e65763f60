use std::fmt;

/// The parts of a request that the check needs.
///
/// If a header occurs twice, pass its values joined with a comma, which the check rejects, instead of one of them.
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
    /// The method, in the letter case of the request.
    pub method: &'r str,
    /// Whether the browser sent the request over HTTPS, for example to a proxy. Django: `request.is_secure()`.
    pub secure: bool,
    /// The `Host` header, with the port if it has one. `None` if it is not a host of this site, which the caller must
    /// check. Django: `request.get_host()`, with `ALLOWED_HOSTS`.
    pub host: Option<&'r str>,
    /// The `Origin` header.
    pub origin: Option<&'r str>,
    /// The `Referer` header.
    pub referer: Option<&'r str>,
    /// The CSRF cookie: [`CsrfCookie::value`](crate::CsrfCookie::value). For a site that keeps the secret in the
    /// session: [`Session::csrf_secret`](crate::Session::csrf_secret).
    pub cookie: Option<&'r str>,
    /// The form's field `csrfmiddlewaretoken`. It is used for the method POST only.
    pub form_token: Option<&'r str>,
    /// The header [`X-CSRFToken`](crate::Csrf::header_name). It is used if the form has no token, or an empty one.
    pub header_token: Option<&'r str>,
}

/// Shows which parts are present, but not their texts.
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
