use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderMap, HeaderValue, SET_COOKIE, VARY};
use actix_web::{Error, HttpResponse, ResponseError};
use pin_project_lite::pin_project;

use crate::middleware::vary_with_cookie;
use crate::{Commit, EncodeError, SessionHandle};

pin_project! {
    /// The response of a [`SessionService`](crate::middleware::actix::SessionService).
    ///
    /// ```
    /// # use actix_web::{HttpResponse, test::TestRequest};
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// use actix_web::dev::{Service, ServiceRequest, Transform, fn_service};
    /// use django_session::middleware::actix::{SessionFuture, SessionMiddleware};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let ok = fn_service(async |request: ServiceRequest| Ok(request.into_response(HttpResponse::Ok().finish())));
    /// let service = SessionMiddleware::new(sessions).new_transform(ok).await.unwrap();
    /// let answering: SessionFuture<_> = service.call(TestRequest::get().to_srv_request());
    /// assert_eq!(answering.await?.status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    pub struct SessionFuture<Inner> {
        #[pin]
        pub(super) inner: Inner,
        pub(super) session: Option<SessionHandle>,
    }
}

impl<Inner, Body> Future for SessionFuture<Inner>
where
    Inner: Future<Output = Result<ServiceResponse<Body>, Error>>,
{
    type Output = Inner::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = ready!(this.inner.poll(context));
        let Some(session) = this.session else { return Poll::Ready(outcome) };
        let mut response = outcome.inspect_err(|_| session.abandon())?;
        let commit = session.commit(response.status().as_u16())?;
        write(commit, response.headers_mut());
        Poll::Ready(Ok(response))
    }
}

#[expect(clippy::expect_used)]
fn write(commit: Commit, headers: &mut HeaderMap) {
    if let Some(cookie) = commit.set_cookie {
        let mut value = HeaderValue::try_from(cookie.into_string()).expect("a cookie is visible ASCII");
        value.set_sensitive(true);
        headers.append(SET_COOKIE, value);
    }
    if commit.vary_on_cookie
        && let Some(vary) = vary_with_cookie(headers.get_all(VARY).map(HeaderValue::as_bytes))
    {
        headers
            .insert(VARY, HeaderValue::try_from(vary).expect("header values, commas and a name make a header value"));
    }
}

/// An empty response of status 500: the visitor need not read which keys the session has.
impl ResponseError for EncodeError {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
