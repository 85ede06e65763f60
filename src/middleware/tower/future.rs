use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::{HeaderValue, SET_COOKIE, VARY};
use http::{HeaderMap, Response, StatusCode};
use pin_project_lite::pin_project;

use crate::middleware::vary_with_cookie;
use crate::{Commit, SessionHandle};

pin_project! {
    /// The response of a [`SessionService`](crate::middleware::tower::SessionService).
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// use django_session::middleware::tower::{SessionFuture, SessionLayer};
    /// use http::{Request, Response};
    /// use tower::{Layer, Service, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let nobody_asks = service_fn(async |_: Request<()>| Ok::<_, std::io::Error>(Response::new("")));
    /// let mut service = SessionLayer::new(sessions).layer(nobody_asks);
    /// let answering: SessionFuture<_> = service.call(Request::new(()));
    /// assert!(answering.await?.headers().is_empty());
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

impl<Inner, Body, Error> Future for SessionFuture<Inner>
where
    Inner: Future<Output = Result<Response<Body>, Error>>,
    Body: Default,
{
    type Output = Inner::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = ready!(this.inner.poll(context));
        let Some(session) = this.session else { return Poll::Ready(outcome) };
        let mut response = outcome.inspect_err(|_| session.abandon())?;
        match session.commit(response.status().as_u16()) {
            Ok(commit) => write(commit, response.headers_mut()),
            Err(error) => {
                response = Response::new(Body::default());
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response.extensions_mut().insert(Arc::new(error));
            }
        }
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
        && let Some(vary) = vary_with_cookie(headers.get_all(VARY).iter().map(HeaderValue::as_bytes))
    {
        headers
            .insert(VARY, HeaderValue::try_from(vary).expect("header values, commas and a name make a header value"));
    }
}
