use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::COOKIE;
use actix_web::{Error, HttpMessage};

use crate::{CookieSessions, JsonSerializer, Serializer, SessionFuture, SessionMount};

/// Gives each request a [`SessionHandle`], in its extensions, and each response the cookie that comes of it.
///
/// Nothing is verified for a request whose handler does not ask, unless the store
/// [saves every request](CookieSessions::with_save_every_request). Other `Set-Cookie` headers stay, `Cookie` joins what
/// stands in `Vary`, and the body streams through untouched. What a handler returns as an error is a response to actix,
/// and treated as one; an error of a middleware further in passes, and writes no cookie (if the session was changed,
/// `tracing` is told); neither does a panic. Where such middlewares are nested, the handler has the session of the
/// innermost; but one whose cookie has the name of one further out, however far, leaves all to that.
///
/// A session that cannot be written, as when it outgrew its cookie, is never dropped in silence: an error takes the place
/// of the response, an [`EncodeError`](crate::EncodeError) in an [`actix_web::Error`], for an outer middleware to answer in
/// its own words (but not for `ErrorHandlers`, which sees responses). If none does, it becomes an empty response of
/// status 500. And `tracing` is told.
///
/// ```
/// use actix_web::body::MessageBody;
/// use actix_web::dev::{ServiceRequest, ServiceResponse};
/// use actix_web::{App, Error, error::ErrorPayloadTooLarge, middleware::{Next, from_fn}, web};
/// use django_session::middleware::actix::SessionMiddleware;
/// use django_session::{CookieOptions, EncodeError, KeyRing, SecretKey, SessionHandle, CookieSessions};
///
/// async fn index(session: SessionHandle) -> String {
///     let user = session.with(|session| session.get::<String>("name"));
///     format!("Hello, {}", user.ok().flatten().as_deref().unwrap_or("stranger"))
/// }
///
/// async fn too_large<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
///     next.call(request).await.map_err(|error| match error.as_error() {
///         Some(EncodeError::CookieTooLarge(_)) => ErrorPayloadTooLarge("Please take something out of your cart"),
///         _ => error,
///     })
/// }
///
/// let keys = KeyRing::new(SecretKey::new("the site's SECRET_KEY")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let sessions = SessionMiddleware::new(sessions);
/// // For HttpServer::new, which calls it once for each of its threads.
/// let app = move || {
///     App::new().route("/", web::get().to(index)).wrap(sessions.clone()).wrap(from_fn(too_large))
/// };
/// # drop(app());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SessionMiddleware<S = JsonSerializer>(SessionMount<S>);

impl<S> SessionMiddleware<S> {
    /// The middleware over this sessions, or over one that is shared.
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

/// What a [`SessionMiddleware`] makes of a service.
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
/// let nobody_asks = fn_service(async |request: ServiceRequest| Ok(request.into_response(HttpResponse::Ok().finish())));
/// let service: SessionService<_> = SessionMiddleware::new(sessions).new_transform(nobody_asks).await.unwrap();
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
        let cookies = request.headers().get_all(COOKIE).cloned().collect::<Vec<_>>();
        let outer = request.extensions_mut().remove();
        let session = self.mount.handle(outer, cookies);
        request.extensions_mut().insert(session.clone());
        SessionFuture::new(self.inner.call(request), session)
    }
}
