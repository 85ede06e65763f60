use crate::csrf::host::{self, HostPattern, is_authority};
use crate::csrf::origin::{Referer, TrustedOrigin};
use crate::csrf::secret::Secret;
use crate::csrf::{Csrf, CsrfRejection, CsrfRequest, CsrfTokenSource};

impl Csrf {
    /// Whether a method is safe as in RFC 9110, section 9.2.1: [`check`](Self::check) accepts each such request.
    pub(crate) fn is_safe(method: &str) -> bool {
        ["GET", "HEAD", "OPTIONS", "TRACE"].contains(&method)
    }

    /// Checks that a page of this site, or of a trusted origin, sent the request.
    ///
    /// Every GET, HEAD, OPTIONS and TRACE is accepted: their handlers must not change anything. For other methods:
    ///
    /// 1. An `Origin` must be that of the request (`https://` or `http://` and the host as in `Host`), or a trusted
    ///    one.
    /// 2. A request over HTTPS without an `Origin` must have a `Referer` with HTTPS and the request's host, the
    ///    cookie's domain or the host of a trusted origin. Over plain HTTP, the `Referer` is not checked.
    /// 3. The request must have the CSRF cookie, or the session must hold the secret.
    /// 4. The request must have a token of that secret: a POST in its form or else in the header, other requests in the
    ///    header. A wrong token in the form is rejected, even if the header has a good one.
    ///
    /// Django: `CsrfViewMiddleware.process_view`, with the same order and the same reasons. This check is stricter:
    ///
    /// - An `Origin` and the host of a `Referer` must be spelled as browsers spell them: in lower case, without a user,
    ///   white space or an empty label. An `Origin` must end with its host and port. Django compares the end of the
    ///   text, and accepts `https://evil.test:x@a.example.com` for `https://*.example.com`.
    /// - A `Referer` with the cookie's domain is accepted only if the request has a valid `Host`, and only with the
    ///   port of that `Host`. Django uses the port of the server, which differs from it behind a proxy.
    /// - A method in another letter case, for example `get`, does not count as safe.
    /// - The session's secret must be well formed, as a cookie must be.
    ///
    /// # Errors
    /// [`CsrfRejection`]: the first one that applies.
    ///
    /// ```
    /// use django_session::{Csrf, CsrfRejection, CsrfRequest};
    ///
    /// let csrf = Csrf::builder().trusted_origins(["https://*.example.org"]).build()?;
    /// let secret = Some("9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP");
    /// let request = CsrfRequest {
    ///     method: "POST",
    ///     secure: true,
    ///     host: Some("example.com"),
    ///     origin: Some("https://shop.example.org"),
    ///     cookie: secret,
    ///     header_token: secret,
    ///     ..CsrfRequest::default()
    /// };
    /// assert_eq!(csrf.check(&request), Ok(()));
    ///
    /// let attack = CsrfRequest { origin: Some("https://evil.test"), ..request };
    /// assert_eq!(
    ///     csrf.check(&attack).unwrap_err().to_string(),
    ///     "Origin checking failed - https://evil.test does not match any trusted origins.",
    /// );
    /// let guess = CsrfRequest { header_token: Some("a guess"), ..request };
    /// assert!(matches!(csrf.check(&guess), Err(CsrfRejection::TokenLength(_))));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "CsrfViewMiddleware")]
    #[doc(alias = "process_view")]
    pub fn check(&self, request: &CsrfRequest<'_>) -> Result<(), CsrfRejection> {
        if Self::is_safe(request.method) {
            return Ok(());
        }
        match (request.origin, request.secure) {
            (Some(origin), _) => self.check_origin(origin, request)?,
            (None, true) => self.check_referer(request)?,
            (None, false) => {}
        }
        self.check_token(request)
    }

    fn check_origin(&self, origin: &str, request: &CsrfRequest<'_>) -> Result<(), CsrfRejection> {
        let scheme = if request.secure { "https" } else { "http" };
        let same =
            origin.split_once("://").is_some_and(|(found, host)| found == scheme && Some(host) == host_of(request));
        if same || self.trusted.iter().any(|trusted| trusted.covers(origin)) {
            Ok(())
        } else {
            Err(CsrfRejection::bad_origin(origin))
        }
    }

    fn check_referer(&self, request: &CsrfRequest<'_>) -> Result<(), CsrfRejection> {
        let referer = request.referer.ok_or(CsrfRejection::NoReferer)?;
        let from = match Referer::parse(referer) {
            Referer::Malformed => return Err(CsrfRejection::MalformedReferer),
            Referer::Insecure => return Err(CsrfRejection::InsecureReferer),
            Referer::Secure(authority) => authority,
        };
        let is_own = |host: &str| match &self.referer_domain {
            Some(domain) => own_domain(domain, host).covers(from),
            None => host.to_ascii_lowercase() == from,
        };
        let is_trusted = || self.trusted.iter().map(TrustedOrigin::hosts).any(|hosts| hosts.covers(from));
        if is_authority(from) && (is_trusted() || host_of(request).is_some_and(is_own)) {
            Ok(())
        } else {
            Err(CsrfRejection::bad_referer(referer))
        }
    }

    fn check_token(&self, request: &CsrfRequest<'_>) -> Result<(), CsrfRejection> {
        let cookie = request.cookie.ok_or(CsrfRejection::NoCookie)?;
        let secret = Secret::parse(cookie).map_err(CsrfRejection::of_cookie)?;

        let in_form = request.form_token.filter(|token| request.method == "POST" && !token.is_empty());
        let (token, source) = match (in_form, request.header_token) {
            (Some(token), _) => (token, CsrfTokenSource::Form),
            (None, Some(token)) => (token, CsrfTokenSource::Header(self.header_shown.clone())),
            (None, None) => return Err(CsrfRejection::NoToken),
        };
        match Secret::parse(token) {
            Ok(token) if token.matches(&secret) => Ok(()),
            Ok(_) => Err(CsrfRejection::WrongToken(source)),
            Err(flaw) => Err(CsrfRejection::of_token(flaw, source)),
        }
    }
}

/// Returns the host of the request, if it is valid.
fn host_of<'r>(request: &CsrfRequest<'r>) -> Option<&'r str> {
    request.host.filter(|host| host::is_host(host))
}

/// Returns the cookie's domain with the port of the host.
fn own_domain(domain: &str, host: &str) -> HostPattern {
    let port = host::split_port(host).1.filter(|port| !["80", "443"].contains(port));
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let (domain, with_subdomains) = domain.strip_prefix('.').map_or((domain, false), |domain| (domain, true));
    HostPattern::new(&format!("{domain}{port}"), with_subdomains)
}
