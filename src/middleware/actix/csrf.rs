use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;

use actix_web::body::EitherBody;
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{ContentType, HeaderValue};
use actix_web::http::{StatusCode, Uri};
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};

use crate::middleware::actix::SessionError;
use crate::middleware::csrf::guard::Admission;
use crate::middleware::csrf::head::Head;
use crate::middleware::headers::write;
use crate::{Commit, CsrfGuard, CsrfRejection, CsrfToken, MissingCsrf, SessionHandle};

/// A middleware that checks requests as Django's `CsrfViewMiddleware` does.
///
/// It checks each request before the handler, and gives the handler a [`CsrfToken`].
///
/// The token of a POST whose body is `application/x-www-form-urlencoded` is the one in the form. If there is none, or
/// for other requests, it is the one in the header `X-CSRFToken`. The middleware reads a form up to a
/// [limit](CsrfGuard::with_body_limit), and passes the whole body on. It does not read multipart forms
/// (`multipart/form-data`): send the token in the header, or [exempt](CsrfGuard::with_exempt) the path and
/// [check](CsrfToken::check) the request in the handler.
///
/// [`App::wrap`](actix_web::App::wrap) covers all routes of the `App`, including those that are added later. If the
/// secret is [in the session](crate::CsrfBuilder::use_sessions), the session's middleware must be outside of this one:
/// `.wrap(csrf).wrap(sessions)`.
///
/// The host of a request is the one in its target and in its `Host` header, which must agree. The server must not be
/// reachable under host names of other sites, and a proxy must forward the `Host` that the browser sent.
///
/// # Errors
/// A rejected request gets a [page](CsrfRejection::to_html) with status 403. The response carries the [`CsrfRejection`]
/// as its [error](actix_web::HttpResponse::error), so that an outer middleware or `ErrorHandlers` can replace the page.
/// A form beyond the limit gets status 413. A form whose connection breaks gets status 400. If the cookie cannot be
/// created, the error is an [`EncodeError`](crate::EncodeError). If the session middleware is missing, it is a
/// [`MissingCsrf`].
///
/// ```
/// use actix_web::{App, HttpResponse, web};
/// use django_session::middleware::actix::CsrfMiddleware;
/// use django_session::{Csrf, CsrfGuard, CsrfToken};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// async fn form(csrf: CsrfToken) -> actix_web::Result<HttpResponse> {
///     let page = format!(r#"<form method="post">{}<button>Save</button></form>"#, csrf.field()?);
///     Ok(HttpResponse::Ok().content_type("text/html").body(page))
/// }
///
/// let guard = CsrfGuard::from(Csrf::builder().build()?).with_exempt("/webhook");
/// let csrf = CsrfMiddleware::new(guard);
/// // For HttpServer::new, which calls it once for each of its threads.
/// let app = move || {
///     App::new()
///         .route("/", web::get().to(form))
///         .route("/webhook", web::post().to(async || "signed by another server"))
///         .wrap(csrf.clone())
/// };
/// # use actix_web::test::{TestRequest, call_service, init_service};
/// # let app = init_service(app()).await;
/// # assert_eq!(call_service(&app, TestRequest::post().uri("/").to_request()).await.status(), 403);
/// # assert_eq!(call_service(&app, TestRequest::post().uri("/webhook").to_request()).await.status(), 200);
/// # Ok(())
/// # }
/// ```
///
/// A middleware that replaces the page of one rejection:
///
/// ```
/// use actix_web::body::{EitherBody, MessageBody};
/// use actix_web::dev::{ServiceRequest, ServiceResponse};
/// use actix_web::http::StatusCode;
/// use actix_web::middleware::{Next, from_fn};
/// use actix_web::test::{TestRequest, call_service, init_service};
/// use actix_web::{App, Error, HttpResponse, web};
/// use django_session::middleware::actix::CsrfMiddleware;
/// use django_session::{Csrf, CsrfRejection};
///
/// async fn to_login<B: MessageBody>(
///     request: ServiceRequest,
///     next: Next<B>,
/// ) -> Result<ServiceResponse<EitherBody<B>>, Error> {
///     let response = next.call(request).await?;
///     let error = response.response().error();
///     if let Some(CsrfRejection::NoCookie) = error.and_then(|error| error.as_error()) {
///         let login = HttpResponse::SeeOther().insert_header(("Location", "/login")).finish();
///         return Ok(response.into_response(login).map_into_right_body());
///     }
///     Ok(response.map_into_left_body())
/// }
///
/// # actix_web::rt::System::new().block_on(async {
/// let app = App::new()
///     .route("/", web::post().to(async || "saved"))
///     .wrap(CsrfMiddleware::new(Csrf::builder().build()?))
///     .wrap(from_fn(to_login));
/// let app = init_service(app).await;
/// let post = TestRequest::post().insert_header(("Host", "a.test")).insert_header(("Origin", "https://a.test"));
/// let response = call_service(&app, post.to_request()).await;
/// assert_eq!(response.status(), StatusCode::SEE_OTHER);
/// # Ok::<(), django_session::ConfigError>(())
/// # })?;
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "CsrfViewMiddleware")]
pub struct CsrfMiddleware(CsrfGuard);

impl CsrfMiddleware {
    /// Creates the middleware from a guard, or from a [`Csrf`](crate::Csrf) with the guard's defaults.
    ///
    /// ```
    /// use actix_web::dev::{Service, ServiceRequest, Transform, fn_service};
    /// use actix_web::{HttpResponse, test::TestRequest};
    /// use django_session::Csrf;
    /// use django_session::middleware::actix::CsrfMiddleware;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let saves = fn_service(async |request: ServiceRequest| Ok(request.into_response(HttpResponse::Ok().finish())));
    /// let service = CsrfMiddleware::new(Csrf::builder().build()?).new_transform(saves).await.unwrap();
    /// let response = service.call(TestRequest::post().to_srv_request()).await?;
    /// assert_eq!(response.status(), 403);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new(guard: impl Into<CsrfGuard>) -> Self {
        Self(guard.into())
    }
}

impl<Inner, Body> Transform<Inner, ServiceRequest> for CsrfMiddleware
where
    Inner: Service<ServiceRequest, Response = ServiceResponse<Body>, Error = Error> + 'static,
    Body: 'static,
{
    type Response = ServiceResponse<EitherBody<Body>>;
    type Error = Error;
    type Transform = CsrfService<Inner>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, inner: Inner) -> Self::Future {
        ready(Ok(CsrfService { inner: Rc::new(inner), guard: self.0.clone() }))
    }
}

/// The service of a [`CsrfMiddleware`].
///
/// ```
/// use actix_web::dev::{Service, ServiceRequest, Transform, fn_service};
/// use actix_web::{HttpMessage, HttpResponse, test::TestRequest};
/// use django_session::middleware::actix::{CsrfMiddleware, CsrfService};
/// use django_session::{Csrf, CsrfToken};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let form = fn_service(async |request: ServiceRequest| {
///     let field = request.extensions().get::<CsrfToken>().unwrap().field()?;
///     Ok(request.into_response(HttpResponse::Ok().body(field)))
/// });
/// let service: CsrfService<_> = CsrfMiddleware::new(Csrf::builder().build()?).new_transform(form).await.unwrap();
/// let response = service.call(TestRequest::get().to_srv_request()).await?;
/// assert!(response.headers().contains_key("set-cookie"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct CsrfService<Inner> {
    inner: Rc<Inner>,
    guard: CsrfGuard,
}

impl<Inner, Body> Service<ServiceRequest> for CsrfService<Inner>
where
    Inner: Service<ServiceRequest, Response = ServiceResponse<Body>, Error = Error> + 'static,
    Body: 'static,
{
    type Response = ServiceResponse<EitherBody<Body>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        Box::pin(answer(Rc::clone(&self.inner), self.guard.clone(), request))
    }
}

async fn answer<Inner, Body>(
    inner: Rc<Inner>,
    guard: CsrfGuard,
    mut request: ServiceRequest,
) -> Result<ServiceResponse<EitherBody<Body>>, Error>
where
    Inner: Service<ServiceRequest, Response = ServiceResponse<Body>, Error = Error>,
{
    // 1. Check the head.
    let session = request.extensions().get::<SessionHandle>().cloned();
    let (token, mut admission) = guard.open(&request, session)?;
    request.extensions_mut().insert(token.clone());

    // 2. Read the form, and check its token.
    if let Admission::AsksForForm = admission {
        let body = match request.extract::<web::Payload>().await?.to_bytes_limited(guard.body_limit()).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return Ok(empty(request, StatusCode::BAD_REQUEST)),
            Err(_) => return Ok(empty(request, StatusCode::PAYLOAD_TOO_LARGE)),
        };
        admission = Admission::of_form(&token, &body);
        request.set_payload(Payload::from(body));
    }

    // 3. Call the handler.
    let mut response = match admission {
        Admission::Rejected(rejection) => request.error_response(rejection).map_into_right_body(),
        Admission::Accepted | Admission::AsksForForm => match inner.call(request).await {
            Ok(response) => response.map_into_left_body(),
            // An error of an inner middleware becomes a response later.
            Err(error) => return Err(SessionError::wrap(error, token.commit().unwrap_or_default())),
        },
    };

    // 4. Write the cookie.
    let commit = token.commit().map_err(|error| SessionError::unwritten(error, Commit::default()))?;
    write(commit, response.headers_mut());
    Ok(response)
}

fn empty<Body>(request: ServiceRequest, status: StatusCode) -> ServiceResponse<EitherBody<Body>> {
    request.into_response(HttpResponse::new(status)).map_into_right_body()
}

impl Head for ServiceRequest {
    fn method(&self) -> &str {
        self.method().as_str()
    }

    fn path(&self) -> &str {
        self.uri().path()
    }

    fn authority(&self) -> Option<&str> {
        let uri: &Uri = self.uri();
        uri.authority().map(actix_web::http::uri::Authority::as_str)
    }

    fn values(&self, header: &str) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.headers().get_all(header).map(HeaderValue::as_bytes).collect::<Vec<_>>().into_iter()
    }
}

/// Extracts the token that the [`CsrfMiddleware`] inserted.
impl FromRequest for CsrfToken {
    type Error = MissingCsrf;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or(MissingCsrf::Layer))
    }
}

impl ResponseError for MissingCsrf {
    fn error_response(&self) -> HttpResponse {
        self.log();
        HttpResponse::new(self.status_code())
    }
}

/// Responds with the [page](CsrfRejection::to_html) and status 403.
impl ResponseError for CsrfRejection {
    fn status_code(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).content_type(ContentType::html()).body(self.to_html())
    }
}
