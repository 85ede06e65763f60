use std::sync::Arc;

use http::header::{HeaderValue, SET_COOKIE, VARY};
use http::{Response, StatusCode};

use crate::EncodeError;
use crate::middleware::future::SessionResponse;

impl<Body: Default, Error> SessionResponse<Error> for Response<Body> {
    fn status_code(&self) -> u16 {
        self.status().as_u16()
    }

    #[expect(clippy::expect_used)]
    fn append_set_cookie(&mut self, value: String) {
        let mut value = HeaderValue::try_from(value).expect("a cookie is visible ASCII");
        value.set_sensitive(true);
        self.headers_mut().append(SET_COOKIE, value);
    }

    fn vary(&self) -> impl Iterator<Item = &[u8]> {
        self.headers().get_all(VARY).iter().map(HeaderValue::as_bytes)
    }

    #[expect(clippy::expect_used)]
    fn set_vary(&mut self, value: Vec<u8>) {
        let value = HeaderValue::try_from(value).expect("header values, commas and a name make a header value");
        self.headers_mut().insert(VARY, value);
    }

    fn unwritten(self, error: EncodeError) -> Result<Self, Error> {
        let mut response = Self::new(Body::default());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.extensions_mut().insert(Arc::new(error));
        Ok(response)
    }
}
