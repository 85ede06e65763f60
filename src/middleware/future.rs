use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::SessionHandle;
use crate::middleware::headers::{Headers, write};
use crate::middleware::writer::{SessionWriter, Unwritten};

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
        writer: Option<SessionWriter>,
        outer: Option<SessionHandle>,
    }
}

impl<Inner> SessionFuture<Inner> {
    pub(super) fn new(inner: Inner, writer: SessionWriter, outer: Option<SessionHandle>) -> Self {
        Self { inner, writer: Some(writer), outer }
    }
}

/// A response of a framework whose services fail with an `Error`.
pub trait SessionResponse<Error>: Sized {
    fn status_code(&self) -> u16;
    fn header_map(&mut self) -> &mut impl Headers;
    /// Restores the handle of the layer around this one, if the response still has its request.
    fn restore(&self, outer: Option<SessionHandle>);
    /// Replaces this response, because the session cannot be written.
    fn unwritten(self, unwritten: Unwritten) -> Result<Self, Error>;
    /// Returns the error of the inner service, with the headers of the session if the error becomes a response.
    fn failed(error: Error, writer: SessionWriter) -> Error;
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
        let Some(writer) = this.writer.take() else { return Poll::Ready(outcome) };
        let mut response = match outcome {
            Ok(response) => response,
            Err(error) => return Poll::Ready(Err(Response::failed(error, writer))),
        };
        response.restore(this.outer.take());
        Poll::Ready(match writer.commit(response.status_code()) {
            Ok(commit) => {
                write(commit, response.header_map());
                Ok(response)
            }
            Err(unwritten) => response.unwritten(unwritten),
        })
    }
}
