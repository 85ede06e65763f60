use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{Error, HttpResponse, ResponseError};

use crate::middleware::headers::write;
use crate::{Commit, DecodeError, EncodeError};

/// An error from inside a [`SessionMiddleware`](crate::middleware::actix::SessionMiddleware), with the headers of the
/// session.
///
/// Its response needs these headers: `Vary`, and the cookie's removal after a [flush](crate::Session::flush). The error
/// is that of an inner middleware, or an [`EncodeError`] if the session could not be written. An outer middleware that
/// replaces the response must pass its own response through [`apply`](Self::apply).
///
/// ```
/// use actix_web::body::MessageBody;
/// use actix_web::dev::{ServiceRequest, ServiceResponse};
/// use actix_web::{Error, HttpResponse, middleware::Next};
/// use django_session::EncodeError;
/// use django_session::middleware::actix::SessionError;
///
/// async fn too_large<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
///     next.call(request).await.map_err(|error| match error.as_error::<SessionError>() {
///         Some(lost) if SessionError::find::<EncodeError>(&error).is_some() => {
///             let response = HttpResponse::PayloadTooLarge().body("Please take something out of your cart");
///             actix_web::error::InternalError::from_response("cart", lost.apply(response)).into()
///         }
///         _ => error,
///     })
/// }
/// # let _ = too_large::<actix_web::body::BoxBody>;
/// ```
#[derive(Debug)]
pub struct SessionError {
    error: Error,
    commit: Commit,
}

impl SessionError {
    pub(super) fn new(error: Error, commit: Commit) -> Self {
        Self { error, commit }
    }

    /// Returns the wrapped error. If several middlewares added headers, this is the innermost error.
    #[must_use]
    pub fn error(&self) -> &Error {
        self.error.as_error::<Self>().map_or(&self.error, Self::error)
    }

    /// Returns the error as an `E` if it is one, whether or not headers were added to it.
    ///
    /// ```
    /// use actix_web::error::{Error, ErrorForbidden};
    /// use django_session::EncodeError;
    /// use django_session::middleware::actix::SessionError;
    ///
    /// assert!(SessionError::find::<EncodeError>(&ErrorForbidden("not an EncodeError")).is_none());
    /// assert!(SessionError::find::<EncodeError>(&Error::from(EncodeError::CookieValue)).is_some());
    /// ```
    #[must_use]
    pub fn find<E: ResponseError + 'static>(error: &Error) -> Option<&E> {
        error.as_error::<Self>().map_or(error, Self::error).as_error()
    }

    /// Adds the headers of the session to a response.
    #[must_use]
    pub fn apply<Body>(&self, mut response: HttpResponse<Body>) -> HttpResponse<Body> {
        write(self.commit.clone(), response.headers_mut());
        response
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for SessionError {
    fn status_code(&self) -> StatusCode {
        self.error.as_response_error().status_code()
    }

    fn error_response(&self) -> HttpResponse {
        self.apply(self.error.error_response())
    }
}

/// Responds with an empty body and status 500: the visitor must not see the keys of the session.
impl ResponseError for EncodeError {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// Responds with an empty body and status 500: a value of the session is of another type than the handler requested.
impl ResponseError for DecodeError {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
