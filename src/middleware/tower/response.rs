use std::sync::Arc;

use http::header::{HeaderMap, HeaderValue, SET_COOKIE, VARY};
use http::{Response, StatusCode};

use crate::middleware::future::SessionResponse;
use crate::middleware::headers::{Headers, write};
use crate::{SessionHandle, SessionWriter, Unwritten};

impl<Body: Default, Error> SessionResponse<Error> for Response<Body> {
    fn status_code(&self) -> u16 {
        self.status().as_u16()
    }

    fn header_map(&mut self) -> &mut impl Headers {
        self.headers_mut()
    }

    /// A no-op, because the response does not have its request.
    fn restore(&self, _: Option<SessionHandle>) {}

    fn unwritten(self, unwritten: Unwritten) -> Result<Self, Error> {
        let Unwritten { error, commit, .. } = unwritten;
        let mut response = Self::new(Body::default());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.extensions_mut().insert(Arc::new(error));
        write(commit, response.headers_mut());
        Ok(response)
    }

    /// Returns the error unchanged. It is not a response, so there are no headers to add, and the writer is dropped.
    fn failed(error: Error, _: SessionWriter) -> Error {
        error
    }
}

impl Headers for HeaderMap {
    #[expect(clippy::expect_used)]
    fn append_set_cookie(&mut self, value: String) {
        let mut value = HeaderValue::try_from(value).expect("a cookie is visible ASCII");
        value.set_sensitive(true);
        self.append(SET_COOKIE, value);
    }

    fn vary(&self) -> impl Iterator<Item = &[u8]> {
        self.get_all(VARY).iter().map(HeaderValue::as_bytes)
    }

    #[expect(clippy::expect_used)]
    fn set_vary(&mut self, value: Vec<u8>) {
        let value = HeaderValue::try_from(value).expect("header values, commas and a name make a header value");
        self.insert(VARY, value);
    }
}
