use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::COOKIE;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::{CookieSessions, JsonSerializer, Serializer, SessionFuture, SessionHandle, SessionMount};

/// A layer that gives each request a session, and writes the session into the response.
///
/// The request has the [`SessionHandle`](crate::SessionHandle) in its extensions. The response gets the headers that
/// the session needs.
///
/// A cookie is verified only if the handler uses the session, or for
/// [save-every-request](CookieSessions::with_save_every_request). The session is written when the head of the response
/// is ready. The body is streamed unchanged. Other `Set-Cookie` headers are kept, and `Cookie` is added to `Vary`.
///
/// Layers for different cookies can be nested. The handler gets the session of the innermost layer, and the others by
/// [`SessionHandle::of_cookie`](crate::SessionHandle::of_cookie). Give each layer its own
/// [salt](CookieSessions::with_salt). If nested layers have the same settings, the outermost writes the session, and the
/// others share it. (The clock, and values in a serializer of your own, are not compared.) If they have one cookie name
/// and different settings, the session of the inner layer is empty, and writing it is an error:
/// [`ConfigError::NestedSessions`](crate::ConfigError::NestedSessions).
///
/// # Errors
/// A session that cannot be written, for example because it is too large for its cookie, is never dropped silently. The
/// response is replaced by an empty one with status 500. It carries the [`EncodeError`](crate::EncodeError) in an `Arc`
/// in its extensions, so that an outer layer can replace the response.
///
/// The empty response is why the body type needs a `Default`. Bodies of axum, tonic and `http-body-util` have one.
/// Around other bodies, for example those of tower-http's `TraceLayer` or hyper's `Incoming`, use
/// `MapResponseBodyLayer::new(axum::body::Body::new)`.
///
/// If the inner service fails with an error instead of a response, or panics, no cookie is sent. A lost change is
/// logged.
///
/// ```
/// use std::sync::Arc;
/// use axum::{Router, body::Body, http::StatusCode, response::Response, routing::get};
/// use django_session::middleware::tower::SessionLayer;
/// use django_session::{CookieOptions, DecodeError, EncodeError, KeyRing, SecretKey, SessionHandle, CookieSessions};
/// use tower::ServiceExt as _; // oneshot
///
/// async fn index(session: SessionHandle) -> Result<String, DecodeError> {
///     let user = session.get::<String>("name")?;
///     Ok(format!("Hello, {}", user.as_deref().unwrap_or("stranger")))
/// }
///
/// async fn too_large(mut response: Response) -> Response {
///     if response.extensions().get::<Arc<EncodeError>>().is_some() {
///         *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
///         *response.body_mut() = Body::from("Please take something out of your cart");
///     }
///     response // with the headers of the session
/// }
///
/// let keys = KeyRing::new(SecretKey::new("the site's SECRET_KEY")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let app: Router = Router::new()
///     .route("/", get(index))
///     .layer(SessionLayer::new(sessions))
///     .layer(axum::middleware::map_response(too_large));
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let response = app.oneshot(http::Request::new(Body::empty())).await?;
/// assert_eq!(response.headers()["vary"], "Cookie"); // because the session was read
/// # Ok::<(), std::convert::Infallible>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SessionLayer<S = JsonSerializer>(SessionMount<S>);

impl<S> SessionLayer<S> {
    /// Creates a layer for `sessions`, which may be shared.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// use django_session::middleware::tower::SessionLayer;
    /// use std::sync::Arc;
    ///
    /// let sessions = Arc::new(sessions);
    /// let layer = SessionLayer::new(Arc::clone(&sessions));
    /// assert_eq!(Arc::strong_count(&sessions), 2); // `sessions` can still be used
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(sessions: impl Into<Arc<CookieSessions<S>>>) -> Self {
        Self(SessionMount::new(sessions))
    }
}

/// The sessions are shared, not copied.
impl<S> Clone for SessionLayer<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S, Inner> Layer<Inner> for SessionLayer<S> {
    type Service = SessionService<Inner, S>;

    fn layer(&self, inner: Inner) -> Self::Service {
        SessionService { inner, mount: self.0.clone() }
    }
}

/// The service of a [`SessionLayer`].
///
/// ```
/// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionHandle, CookieSessions};
/// # use std::error::Error;
/// use django_session::middleware::tower::SessionLayer;
/// use http::{Request, Response};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn Error>> {
/// # let keys = KeyRing::new(SecretKey::new("secret")?);
/// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let service = SessionLayer::new(sessions).layer(service_fn(async |request: Request<()>| {
///     let session = request.extensions().get::<SessionHandle>().ok_or("no layer")?;
///     session.with(|session| session.insert("theme", "dark"))?;
///     Ok::<_, Box<dyn Error>>(Response::new(""))
/// }));
/// let response = service.oneshot(Request::new(())).await?;
/// assert!(response.headers().contains_key("set-cookie"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SessionService<Inner, S = JsonSerializer> {
    inner: Inner,
    mount: SessionMount<S>,
}

impl<Inner: Clone, S> Clone for SessionService<Inner, S> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), mount: self.mount.clone() }
    }
}

impl<Inner, S, Body, Answer> Service<Request<Body>> for SessionService<Inner, S>
where
    Inner: Service<Request<Body>, Response = Response<Answer>>,
    S: Serializer + Send + Sync + 'static,
    Answer: Default,
{
    type Response = Inner::Response;
    type Error = Inner::Error;
    type Future = SessionFuture<Inner::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let outer = request.extensions_mut().remove::<SessionHandle>();
        let cookies = request.headers().get_all(COOKIE).into_iter().cloned();
        let (session, writer) = self.mount.begin(outer.clone(), cookies);
        request.extensions_mut().insert(session);
        SessionFuture::new(self.inner.call(request), writer, outer)
    }
}
