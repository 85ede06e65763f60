use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::COOKIE;
use actix_web::{Error, HttpMessage};

use crate::{CookieSessions, JsonSerializer, Serializer, SessionFuture, SessionHandle, SessionMount};

/// A middleware that gives each request a session, and writes the session into the response.
///
/// The request has the [`SessionHandle`](crate::SessionHandle) in its extensions. The response gets the headers that
/// the session needs.
///
/// A cookie is verified only if the handler uses the session, or for
/// [save-every-request](CookieSessions::with_save_every_request). The session is written when the head of the response
/// is ready. The body is streamed unchanged. Other `Set-Cookie` headers are kept, and `Cookie` is added to `Vary`.
///
/// Middlewares for different cookies can be nested. The handler gets the session of the innermost one, and the others
/// by [`SessionHandle::of_cookie`](crate::SessionHandle::of_cookie). Give each middleware its own
/// [salt](CookieSessions::with_salt). If nested middlewares have the same settings, the outermost writes the session,
/// and the others share it. (The clock, and values in a serializer of your own, are not compared.) If they have one
/// cookie name and different settings, the session of the inner one is empty, and writing it is an error:
/// [`ConfigError::NestedSessions`](crate::ConfigError::NestedSessions).
///
/// # Errors
/// A session that cannot be written, for example because it is too large for its cookie, is never dropped silently. The
/// response is replaced by a [`SessionError`](crate::middleware::actix::SessionError) with the
/// [`EncodeError`](crate::EncodeError), so that an outer middleware can replace the response. By default the error
/// becomes an empty response with status 500. `ErrorHandlers` does not see the error, because it handles responses.
///
/// In actix, an error of a handler is a response, and is treated as one. An error of an inner middleware becomes a
/// response later. If the session needs headers, that error is wrapped in a `SessionError`, which adds them. If the
/// session cannot be written, the `EncodeError` replaces an inner error whose status is below 400, for example
/// a redirect; other inner errors are kept, and the failure is logged. If the service panics, no cookie is sent.
///
/// ```
/// use actix_web::{App, web};
/// use django_session::middleware::actix::SessionMiddleware;
/// use django_session::{CookieOptions, KeyRing, SecretKey, SessionHandle, CookieSessions};
///
/// async fn index(session: SessionHandle) -> actix_web::Result<String> {
///     let user = session.get::<String>("name")?;
///     Ok(format!("Hello, {}", user.as_deref().unwrap_or("stranger")))
/// }
///
/// let keys = KeyRing::new(SecretKey::new("the site's SECRET_KEY")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let sessions = SessionMiddleware::new(sessions);
/// // For HttpServer::new, which calls it once for each of its threads.
/// let app = move || {
///     App::new().route("/", web::get().to(index)).wrap(sessions.clone())
/// };
/// # actix_web::rt::System::new().block_on(async {
/// # use actix_web::test::{TestRequest, call_and_read_body, init_service};
/// let body = call_and_read_body(&init_service(app()).await, TestRequest::get().uri("/").to_request()).await;
/// assert_eq!(body, "Hello, stranger");
/// # });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SessionMiddleware<S = JsonSerializer>(SessionMount<S>);

impl<S> SessionMiddleware<S> {
    /// Creates a middleware for `sessions`, which may be shared.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// use django_session::middleware::actix::SessionMiddleware;
    /// use std::sync::Arc;
    ///
    /// let sessions = Arc::new(sessions);
    /// let middleware = SessionMiddleware::new(Arc::clone(&sessions));
    /// assert_eq!(Arc::strong_count(&sessions), 2); // `sessions` can still be used
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(sessions: impl Into<Arc<CookieSessions<S>>>) -> Self {
        Self(SessionMount::new(sessions))
    }
}

/// The sessions are shared, not copied.
impl<S> Clone for SessionMiddleware<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S, Inner, Body> Transform<Inner, ServiceRequest> for SessionMiddleware<S>
where
    Inner: Service<ServiceRequest, Response = ServiceResponse<Body>, Error = Error>,
    S: Serializer + Send + Sync + 'static,
{
    type Response = Inner::Response;
    type Error = Inner::Error;
    type Transform = SessionService<Inner, S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, inner: Inner) -> Self::Future {
        ready(Ok(SessionService { inner, mount: self.0.clone() }))
    }
}

/// The service of a [`SessionMiddleware`].
///
/// ```
/// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
/// use actix_web::dev::{Service, ServiceRequest, Transform, fn_service};
/// use actix_web::{HttpResponse, test::TestRequest};
/// use django_session::middleware::actix::{SessionMiddleware, SessionService};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keys = KeyRing::new(SecretKey::new("secret")?);
/// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let without_session = fn_service(async |request: ServiceRequest| Ok(request.into_response(HttpResponse::Ok().finish())));
/// let service: SessionService<_> = SessionMiddleware::new(sessions).new_transform(without_session).await.unwrap();
/// let response = service.call(TestRequest::get().to_srv_request()).await?;
/// assert!(!response.headers().contains_key("set-cookie"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SessionService<Inner, S = JsonSerializer> {
    inner: Inner,
    mount: SessionMount<S>,
}

impl<Inner, S, Body> Service<ServiceRequest> for SessionService<Inner, S>
where
    Inner: Service<ServiceRequest, Response = ServiceResponse<Body>, Error = Error>,
    S: Serializer + Send + Sync + 'static,
{
    type Response = Inner::Response;
    type Error = Inner::Error;
    type Future = SessionFuture<Inner::Future>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let outer = request.extensions_mut().remove::<SessionHandle>();
        let (session, writer) = self.mount.begin(outer.clone(), request.headers().get_all(COOKIE).cloned());
        request.extensions_mut().insert(session);
        SessionFuture::new(self.inner.call(request), writer, outer)
    }
}
