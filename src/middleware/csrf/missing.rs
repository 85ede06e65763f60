use std::error::Error;
use std::fmt;

use crate::middleware::visit::TARGET;

/// The error if a layer is missing.
///
/// Either there is no CSRF layer around a handler that takes a [`CsrfToken`](crate::CsrfToken), or there is no session
/// layer around a CSRF layer whose secret is in the session. The response is empty, with status 500, and the error is
/// logged.
///
/// ```
/// use django_session::MissingCsrf;
///
/// assert_eq!(MissingCsrf::Layer.to_string(), "no CSRF layer or middleware around this handler");
/// assert_eq!(
///     MissingCsrf::Session.to_string(),
///     "no session layer or middleware with the cookie of `use_sessions` around the CSRF layer",
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingCsrf {
    /// No CSRF layer around the handler.
    Layer,
    /// No session layer around the CSRF layer, or only layers whose cookies have other names than the one given to
    /// [`use_sessions`](crate::CsrfBuilder::use_sessions).
    Session,
}

impl MissingCsrf {
    pub(crate) fn log(self) {
        tracing::error!(target: TARGET, "{self}");
    }
}

impl fmt::Display for MissingCsrf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Layer => "no CSRF layer or middleware around this handler",
            Self::Session => "no session layer or middleware with the cookie of `use_sessions` around the CSRF layer",
        })
    }
}

impl Error for MissingCsrf {}
