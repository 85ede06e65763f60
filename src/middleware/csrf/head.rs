use crate::CsrfRequest;

/// The head of a framework's request.
pub(in crate::middleware) trait Head {
    fn method(&self) -> &str;
    fn path(&self) -> &str;
    /// Returns the host and port of the target, if it has them. In HTTP/2 it does.
    fn authority(&self) -> Option<&str>;
    fn values(&self, header: &str) -> impl DoubleEndedIterator<Item = &[u8]>;
}

/// The parts of a request that the check needs, stored while the body is read.
pub(super) struct Facts {
    method: String,
    host: Option<String>,
    origin: Option<String>,
    referer: Option<String>,
    header_token: Option<String>,
}

impl Facts {
    pub(super) fn of(head: &impl Head, token_header: &str) -> Self {
        Self {
            method: head.method().to_owned(),
            host: host(head),
            origin: joined(head, "origin"),
            referer: joined(head, "referer"),
            header_token: joined(head, token_header),
        }
    }

    pub(super) fn request<'r>(
        &'r self,
        secure: bool,
        cookie: Option<&'r str>,
        form_token: Option<&'r str>,
    ) -> CsrfRequest<'r> {
        CsrfRequest {
            method: &self.method,
            secure,
            host: self.host.as_deref(),
            origin: self.origin.as_deref(),
            referer: self.referer.as_deref(),
            cookie,
            form_token,
            header_token: self.header_token.as_deref(),
        }
    }
}

/// Returns all values of a header, joined with commas, so that the check rejects an `Origin` that occurs twice. WSGI
/// servers do the same.
fn joined(head: &impl Head, header: &str) -> Option<String> {
    let values: Vec<&[u8]> = head.values(header).collect();
    (!values.is_empty()).then(|| String::from_utf8_lossy(&values.join(&b","[..])).into_owned())
}

/// Returns the host, if the target and the `Host` header agree on it.
fn host(head: &impl Head) -> Option<String> {
    let in_header = joined(head, "host");
    match (head.authority(), in_header) {
        (Some(authority), Some(host)) if !authority.eq_ignore_ascii_case(&host) => None,
        (Some(authority), _) => Some(authority.to_owned()),
        (None, host) => host,
    }
}

/// Returns whether the body is a form that the layer reads. Multipart forms are not read: they may hold large files.
pub(super) fn is_form(head: &impl Head) -> bool {
    let mut types = head.values("content-type");
    let essence = types.next_back().and_then(|value| value.split(|byte| *byte == b';').next()).unwrap_or_default();
    head.method() == "POST" && essence.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}
