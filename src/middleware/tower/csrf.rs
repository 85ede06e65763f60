use std::future::poll_fn;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, BufMut as _};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use tower_layer::Layer;
use tower_service::Service;

use crate::middleware::csrf::guard::Admission;
use crate::middleware::csrf::head::Head;
use crate::middleware::headers::write;
use crate::{CsrfGuard, CsrfRejection, SessionHandle};

/// A layer that checks requests as Django's `CsrfViewMiddleware` does.
///
/// It checks each request before the handler, and gives the handler a [`CsrfToken`](crate::CsrfToken).
///
/// The token of a POST whose body is `application/x-www-form-urlencoded` is the one in the form. If there is none, or
/// for other requests, it is the one in the header `X-CSRFToken`. The layer reads a form up to a
/// [limit](CsrfGuard::with_body_limit), and passes the whole body on, without trailers. It does not read multipart
/// forms (`multipart/form-data`): send the token in the header, or [exempt](CsrfGuard::with_exempt) the path and
/// [check](crate::CsrfToken::check) the request in the handler.
///
/// [`Router::layer`](https://docs.rs/axum/0.8/axum/struct.Router.html#method.layer) covers the routes that were added
/// before it: call it last. If the secret is [in the session](crate::CsrfBuilder::use_sessions), the session's layer
/// must be outside of this one: `.layer(csrf).layer(sessions)`.
///
/// The host of a request is the one in its target and in its `Host` header, which must agree. The server must not be
/// reachable under host names of other sites, and a proxy must forward the `Host` that the browser sent.
///
/// # Errors
/// A rejected request gets a [page](CsrfRejection::to_html) with status 403. The response carries the [`CsrfRejection`]
/// in its extensions, so that an outer layer can replace the page. A form beyond the limit gets status 413. A form
/// whose connection breaks gets status 400. If the cookie cannot be created, the response is empty, has status 500, and
/// carries the [`EncodeError`](crate::EncodeError) in an `Arc` in its extensions. If the session layer is missing, the
/// response is empty and has status 500.
///
/// ```
/// use axum::routing::{get, post};
/// use axum::{Router, response::{Html, IntoResponse, Response}};
/// use django_session::middleware::tower::CsrfLayer;
/// use django_session::{Csrf, CsrfGuard, CsrfRejection, CsrfToken, EncodeError};
///
/// async fn form(csrf: CsrfToken) -> Result<Html<String>, EncodeError> {
///     Ok(Html(format!(r#"<form method="post">{}<button>Save</button></form>"#, csrf.field()?)))
/// }
///
/// async fn in_our_words(response: Response) -> Response {
///     match response.extensions().get::<CsrfRejection>() {
///         Some(_) => (response.status(), "Please go back, load the page again, and try once more.").into_response(),
///         None => response,
///     }
/// }
///
/// let guard = CsrfGuard::from(Csrf::builder().build()?).with_exempt("/webhook");
/// let app: Router = Router::new()
///     .route("/", get(form).post(async || "saved"))
///     .route("/webhook", post(async || "signed by another server"))
///     .layer(CsrfLayer::new(guard))
///     .layer(axum::middleware::map_response(in_our_words));
/// # let post = |path| axum::http::Request::post(path).body(axum::body::Body::empty()).unwrap();
/// # let status = |path| {
/// #     let app = app.clone();
/// #     async move { tower::ServiceExt::oneshot(app, post(path)).await.unwrap().status() }
/// # };
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// #     assert_eq!((status("/").await, status("/webhook").await), (403.try_into().unwrap(), 200.try_into().unwrap()));
/// # });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "CsrfViewMiddleware")]
pub struct CsrfLayer(CsrfGuard);

impl CsrfLayer {
    /// Creates the layer from a guard, or from a [`Csrf`](crate::Csrf) with the guard's defaults.
    ///
    /// ```
    /// use django_session::Csrf;
    /// use django_session::middleware::tower::CsrfLayer;
    /// use http::{Request, Response};
    /// use tower::{Layer, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = CsrfLayer::new(Csrf::builder().build()?);
    /// let saves = service_fn(async |_: Request<axum::body::Body>| Ok::<_, std::io::Error>(Response::new(String::new())));
    /// let response = layer.layer(saves).oneshot(Request::post("/").body("name=Ada".into())?).await?;
    /// assert_eq!(response.status(), 403);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new(guard: impl Into<CsrfGuard>) -> Self {
        Self(guard.into())
    }
}

impl<Inner> Layer<Inner> for CsrfLayer {
    type Service = CsrfService<Inner>;

    fn layer(&self, inner: Inner) -> Self::Service {
        CsrfService { inner, guard: self.0.clone() }
    }
}

/// The service of a [`CsrfLayer`].
///
/// ```
/// use django_session::{Csrf, CsrfToken};
/// use django_session::middleware::tower::{CsrfLayer, CsrfService};
/// use http::{Request, Response};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let form = service_fn(async |request: Request<axum::body::Body>| {
///     Ok::<_, std::io::Error>(Response::new(request.extensions().get::<CsrfToken>().unwrap().field().unwrap()))
/// });
/// let service: CsrfService<_> = CsrfLayer::new(Csrf::builder().build()?).layer(form);
/// let response = service.oneshot(Request::get("/").body("".into())?).await?;
/// assert!(response.headers().contains_key("set-cookie"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CsrfService<Inner> {
    inner: Inner,
    guard: CsrfGuard,
}

impl<Inner, Body, Answer> Service<Request<Body>> for CsrfService<Inner>
where
    Inner: Service<Request<Body>, Response = Response<Answer>, Future: Send> + Clone + Send + 'static,
    Body: http_body::Body<Data: Send> + From<Vec<u8>> + Send + 'static,
    Answer: From<String> + 'static,
{
    type Response = Inner::Response;
    type Error = Inner::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The service that is ready handles the request. Its clone takes its place.
        let clone = self.inner.clone();
        let inner = mem::replace(&mut self.inner, clone);
        Box::pin(answer(inner, self.guard.clone(), request))
    }
}

async fn answer<Inner, Body, Answer>(
    mut inner: Inner,
    guard: CsrfGuard,
    mut request: Request<Body>,
) -> Result<Response<Answer>, Inner::Error>
where
    Inner: Service<Request<Body>, Response = Response<Answer>>,
    Body: http_body::Body + From<Vec<u8>>,
    Answer: From<String>,
{
    // 1. Check the head.
    let session = request.extensions().get::<SessionHandle>().cloned();
    let (token, mut admission) = match guard.open(&request, session) {
        Ok(opened) => opened,
        Err(missing) => {
            missing.log();
            return Ok(empty(StatusCode::INTERNAL_SERVER_ERROR));
        }
    };
    request.extensions_mut().insert(token.clone());

    // 2. Read the form, and check its token.
    if let Admission::AsksForForm = admission {
        let (head, body) = request.into_parts();
        let body = match read(body, guard.body_limit()).await {
            Ok(body) => body,
            Err(status) => return Ok(empty(status)),
        };
        admission = Admission::of_form(&token, &body);
        request = Request::from_parts(head, Body::from(body));
    }

    // 3. Call the handler.
    let mut response = match admission {
        Admission::Rejected(rejection) => forbidden(rejection),
        Admission::Accepted | Admission::AsksForForm => inner.call(request).await?,
    };

    // 4. Write the cookie.
    match token.commit() {
        Ok(commit) => write(commit, response.headers_mut()),
        Err(error) => {
            response = empty(StatusCode::INTERNAL_SERVER_ERROR);
            response.extensions_mut().insert(Arc::new(error));
        }
    }
    Ok(response)
}

/// Reads the whole body. Returns the status of the response if the body is too large or broken.
async fn read<Body: http_body::Body>(body: Body, limit: usize) -> Result<Vec<u8>, StatusCode> {
    let is_too_large = |size: u64| size > limit as u64;
    if is_too_large(body.size_hint().lower()) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let (mut body, mut read) = (pin!(body), Vec::new());
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        let Ok(data) = frame.into_data() else { continue };
        if is_too_large((read.len() as u64).saturating_add(data.remaining() as u64)) {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        read.put(data);
    }
    Ok(read)
}

pub(super) fn forbidden<Answer: From<String>>(rejection: CsrfRejection) -> Response<Answer> {
    let mut response = Response::new(Answer::from(rejection.to_html()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response.extensions_mut().insert(rejection);
    response
}

fn empty<Answer: From<String>>(status: StatusCode) -> Response<Answer> {
    let mut response = Response::new(Answer::from(String::new()));
    *response.status_mut() = status;
    response
}

impl<Body> Head for Request<Body> {
    fn method(&self) -> &str {
        self.method().as_str()
    }

    fn path(&self) -> &str {
        self.uri().path()
    }

    fn authority(&self) -> Option<&str> {
        self.uri().authority().map(http::uri::Authority::as_str)
    }

    fn values(&self, header: &str) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.headers().get_all(header).iter().map(HeaderValue::as_bytes)
    }
}
