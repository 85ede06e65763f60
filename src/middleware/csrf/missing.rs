use std::error::Error;
use std::fmt;

use crate::middleware::visit::TARGET;

/// A handler asked for its [`CsrfToken`](crate::CsrfToken) where no layer or middleware has put one; or a layer of a site
/// whose secret is in the session found no session, because the session's layer is not around it. As a response, an empty
/// one of status 500; it is logged.
///
/// ```
/// use django_session::MissingCsrf;
///
/// assert_eq!(MissingCsrf::Layer.to_string(), "no CSRF layer or middleware around this handler");
/// assert_eq!(MissingCsrf::Session.to_string(), "no session layer or middleware around the CSRF layer");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingCsrf {
    /// No CSRF layer around the handler.
    Layer,
    /// No session layer around the CSRF layer.
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
            Self::Session => "no session layer or middleware around the CSRF layer",
        })
    }
}

impl Error for MissingCsrf {}
