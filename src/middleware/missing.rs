use std::error::Error;
use std::fmt;

use crate::middleware::visit::TARGET;

/// The error if a handler takes a [`SessionHandle`](crate::SessionHandle) and no layer or middleware has inserted one.
///
/// Its response is empty, with status 500. An error event is logged.
///
/// ```
/// use django_session::MissingSession;
///
/// assert_eq!(MissingSession.to_string(), "no session layer or middleware around this handler");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingSession;

impl MissingSession {
    pub(crate) fn log(self) {
        tracing::error!(target: TARGET, "{self}");
    }
}

impl fmt::Display for MissingSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no session layer or middleware around this handler")
    }
}

impl Error for MissingSession {}
