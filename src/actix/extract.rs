use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};

use crate::SessionHandle;
use crate::adapter::TARGET;

/// The session that the [`SessionMiddleware`](crate::actix::SessionMiddleware) put there.
impl FromRequest for SessionHandle {
    type Error = MissingSessionMiddleware;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or(MissingSessionMiddleware))
    }
}

/// A handler asked for a session where no [`SessionMiddleware`](crate::actix::SessionMiddleware) is. As a response, an
/// empty one of status 500.
///
/// ```
/// use django_session::actix::MissingSessionMiddleware;
///
/// assert_eq!(MissingSessionMiddleware.to_string(), "no SessionMiddleware around this handler");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingSessionMiddleware;

impl fmt::Display for MissingSessionMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no SessionMiddleware around this handler")
    }
}

impl std::error::Error for MissingSessionMiddleware {}

impl ResponseError for MissingSessionMiddleware {
    fn error_response(&self) -> HttpResponse {
        tracing::error!(target: TARGET, "{self}");
        HttpResponse::new(self.status_code())
    }
}
