//! The CSRF check and tokens.

use django_session::{CsrfRequest, SetCookie};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::clock;
use crate::errors::{config, encode};
use crate::sessions::Cookie;

pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Csrf>()
}

#[pyclass(frozen)]
struct Csrf(django_session::Csrf);

/// The parts of a request that the check reads.
#[derive(FromPyObject)]
struct Request {
    method: String,
    secure: bool,
    host: Option<String>,
    origin: Option<String>,
    referer: Option<String>,
    cookie: Option<String>,
    form_token: Option<String>,
    header_token: Option<String>,
}

#[pymethods]
impl Csrf {
    /// Creates a check. With `session_cookie`, the secret is in the session.
    #[new]
    fn new(
        py: Python<'_>,
        cookie: Cookie,
        trusted_origins: Vec<String>,
        header_name: &str,
        session_cookie: Option<Cookie>,
    ) -> PyResult<Self> {
        let mut csrf = django_session::Csrf::builder()
            .cookie(cookie.options()?)
            .trusted_origins(trusted_origins)
            .header_name(header_name)
            .clock(clock(py)?);
        if let Some(cookie) = session_cookie {
            csrf = csrf.use_sessions(&cookie.options()?);
        }
        csrf.build().map(Self).map_err(config)
    }

    /// Returns why the request is rejected, or `None`.
    fn check(&self, request: Request) -> Option<String> {
        let request = CsrfRequest {
            method: &request.method,
            secure: request.secure,
            host: request.host.as_deref(),
            origin: request.origin.as_deref(),
            referer: request.referer.as_deref(),
            cookie: request.cookie.as_deref(),
            form_token: request.form_token.as_deref(),
            header_token: request.header_token.as_deref(),
        };
        self.0.check(&request).err().map(|rejection| rejection.to_string())
    }

    /// Returns a token for this secret, which may be masked.
    fn token(&self, secret: &str) -> PyResult<String> {
        self.0.load(Some(secret)).token().map_err(encode)
    }

    /// Returns the header of the cookie with this secret, unmasked, or with a new secret.
    fn set_cookie(&self, secret: Option<&str>) -> PyResult<String> {
        let mut cookie = self.0.load(secret);
        match secret {
            Some(_) => cookie.token().map(|_| ()),
            None => cookie.rotate(),
        }
        .map_err(encode)?;
        let set_cookie = self.0.commit(&cookie).map_err(encode)?;
        set_cookie.map(SetCookie::into_string).ok_or_else(|| PyValueError::new_err("no cookie to set"))
    }
}
