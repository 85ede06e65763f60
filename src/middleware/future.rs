use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::middleware::vary;
use crate::{Commit, EncodeError, SessionHandle};

pin_project! {
    /// The future of a session layer or middleware, which writes the session into the response.
    ///
    /// ```
    /// # #[cfg(feature = "tower")] {
    /// use django_session::middleware::tower::SessionLayer;
    /// use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey, SessionFuture};
    /// use http::{Request, Response};
    /// use tower::{Layer, Service, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let untouched = service_fn(async |_: Request<()>| Ok::<_, std::io::Error>(Response::new("")));
    /// let mut service = SessionLayer::new(sessions).layer(untouched);
    /// let response: SessionFuture<_> = service.call(Request::new(()));
    /// assert!(response.await?.headers().is_empty());
    /// # Ok(())
    /// # }
    /// # }
    /// ```
    #[derive(Debug)]
    pub struct SessionFuture<Inner> {
        #[pin]
        inner: Inner,
        session: Option<SessionHandle>,
    }
}

impl<Inner> SessionFuture<Inner> {
    /// `None` if an outer layer writes the session.
    pub(super) fn new(inner: Inner, session: Option<SessionHandle>) -> Self {
        Self { inner, session }
    }
}

/// The response of a framework whose services fail with an `Error`.
pub trait SessionResponse<Error>: Sized {
    fn status_code(&self) -> u16;
    fn append_set_cookie(&mut self, value: String);
    /// The values of the `Vary` headers.
    fn vary(&self) -> impl Iterator<Item = &[u8]>;
    fn set_vary(&mut self, value: Vec<u8>);
    /// The answer in place of this response, because the session cannot be written.
    fn unwritten(self, error: EncodeError) -> Result<Self, Error>;
}

impl<Inner, Response, Error> Future for SessionFuture<Inner>
where
    Inner: Future<Output = Result<Response, Error>>,
    Response: SessionResponse<Error>,
{
    type Output = Inner::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = ready!(this.inner.poll(context));
        let Some(session) = this.session else { return Poll::Ready(outcome) };
        let response = outcome.inspect_err(|_| session.abandon())?;
        Poll::Ready(match session.commit(response.status_code()) {
            Ok(commit) => Ok(write(commit, response)),
            Err(error) => response.unwritten(error),
        })
    }
}

fn write<Response: SessionResponse<Error>, Error>(commit: Commit, mut response: Response) -> Response {
    if let Some(cookie) = commit.set_cookie {
        response.append_set_cookie(cookie.into_string());
    }
    if commit.vary_on_cookie
        && let Some(vary) = vary::with_cookie(response.vary())
    {
        response.set_vary(vary);
    }
    response
}
