use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{Error, HttpResponse, ResponseError};

use crate::middleware::headers::write;
use crate::middleware::visit::log_failure;
use crate::{Commit, DecodeError, EncodeError};

/// An error from inside a [`SessionMiddleware`](crate::middleware::actix::SessionMiddleware) or a
/// [`CsrfMiddleware`](crate::middleware::actix::CsrfMiddleware), with their headers.
///
/// Its response needs these headers: `Vary`, the session's cookie or its removal after a
/// [flush](crate::Session::flush), and the CSRF cookie. The error is that of an inner middleware, or an [`EncodeError`]
/// if the session or the CSRF cookie could not be written. An outer middleware that replaces the response must pass its
/// own response through [`apply`](Self::apply).
///
/// ```
/// use actix_web::body::MessageBody;
/// use actix_web::dev::{ServiceRequest, ServiceResponse};
/// use actix_web::http::StatusCode;
/// use actix_web::middleware::{Next, from_fn};
/// use actix_web::test::{TestRequest, init_service, try_call_service};
/// use actix_web::{App, Error, HttpResponse, error::InternalError, web};
/// use django_session::middleware::actix::{SessionError, SessionMiddleware};
/// use django_session::{CookieOptions, CookieSessions, EncodeError, KeyRing, SecretKey, SessionHandle};
///
/// async fn too_large<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
///     next.call(request).await.map_err(|error| match error.as_error::<SessionError>() {
///         Some(lost) if SessionError::find::<EncodeError>(&error).is_some() => {
///             let response = HttpResponse::PayloadTooLarge().body("Please remove something from your cart.");
///             InternalError::from_response("cart", lost.apply(response)).into()
///         }
///         _ => error,
///     })
/// }
///
/// async fn fill(session: SessionHandle) -> HttpResponse {
///     let digits: String = (0..10_000u32).map(|digit| digit.wrapping_mul(2_654_435_761).to_string()).collect();
///     session.insert("cart", digits).expect("a string is JSON");
///     HttpResponse::Ok().finish()
/// }
///
/// # actix_web::rt::System::new().block_on(async {
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::default());
/// let app = App::new()
///     .route("/", web::get().to(fill))
///     .wrap(SessionMiddleware::new(sessions))
///     .wrap(from_fn(too_large));
/// let app = init_service(app).await;
/// let error = try_call_service(&app, TestRequest::get().to_request()).await.err().expect("the cart is too large");
/// let response = error.error_response();
/// assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
/// assert_eq!(response.headers().get("Vary").unwrap(), "Cookie");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SessionError {
    error: Error,
    commit: Commit,
    /// Whether the error was logged when the cookie could not be written.
    is_logged: bool,
}

impl SessionError {
    /// Adds the headers to an error, if there are any.
    pub(super) fn wrap(error: Error, commit: Commit) -> Error {
        if commit == Commit::default() { error } else { Self { error, commit, is_logged: false }.into() }
    }

    /// Creates the error for a session or a CSRF cookie that could not be written, which was logged then.
    pub(super) fn unwritten(error: EncodeError, commit: Commit) -> Self {
        Self { error: error.into(), commit, is_logged: true }
    }

    /// Returns the wrapped error. If several middlewares added headers, this is the innermost error.
    ///
    /// ```
    /// use actix_web::error::ErrorForbidden;
    /// use actix_web::test::{TestRequest, init_service, try_call_service};
    /// use actix_web::{App, dev::Service};
    /// use django_session::middleware::actix::{SessionError, SessionMiddleware};
    /// use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionHandle};
    ///
    /// # actix_web::rt::System::new().block_on(async {
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let app = App::new()
    ///     .wrap_fn(|mut request, inner| {
    ///         let session = request.extract::<SessionHandle>();
    ///         let response = inner.call(request);
    ///         async move {
    ///             if session.await?.with(|session| session.is_empty()) { Err(ErrorForbidden("no session")) } else { response.await }
    ///         }
    ///     })
    ///     .wrap(SessionMiddleware::new(CookieSessions::new(&keys, CookieOptions::default())));
    /// let app = init_service(app).await;
    /// let error = try_call_service(&app, TestRequest::get().to_request()).await.err().expect("forbidden");
    /// let with_headers: &SessionError = error.as_error().expect("the session was read");
    /// assert_eq!(with_headers.error().to_string(), "no session");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    /// Adds the headers to a response.
    #[must_use]
    pub fn apply<Body>(&self, response: HttpResponse<Body>) -> HttpResponse<Body> {
        let mut response = match self.error.as_error::<Self>() {
            Some(inner) => inner.apply(response),
            None => response,
        };
        write(self.commit.clone(), response.headers_mut());
        response
    }

    /// Returns the response of the innermost error, without the headers.
    fn response(&self) -> HttpResponse {
        match self.error.as_error::<Self>() {
            Some(inner) => inner.response(),
            None if self.is_logged => HttpResponse::new(self.status_code()),
            None => self.error.error_response(),
        }
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for SessionError {
    fn status_code(&self) -> StatusCode {
        self.error().as_response_error().status_code()
    }

    fn error_response(&self) -> HttpResponse {
        self.apply(self.response())
    }
}

/// Responds with an empty body and status 500, and logs the error: the visitor must not see the keys of the session.
impl ResponseError for EncodeError {
    fn error_response(&self) -> HttpResponse {
        log_failure(self);
        HttpResponse::new(self.status_code())
    }
}

/// Responds with an empty body and status 500, and logs the error: a value of the session is of another type than the
/// handler requested.
impl ResponseError for DecodeError {
    fn error_response(&self) -> HttpResponse {
        log_failure(self);
        HttpResponse::new(self.status_code())
    }
}
