use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderValue, SET_COOKIE, VARY};
use actix_web::{Error, HttpResponse, ResponseError};

use crate::EncodeError;
use crate::middleware::future::SessionResponse;

impl<Body> SessionResponse<Error> for ServiceResponse<Body> {
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
        self.headers().get_all(VARY).map(HeaderValue::as_bytes)
    }

    #[expect(clippy::expect_used)]
    fn set_vary(&mut self, value: Vec<u8>) {
        let value = HeaderValue::try_from(value).expect("header values, commas and a name make a header value");
        self.headers_mut().insert(VARY, value);
    }

    fn unwritten(self, error: EncodeError) -> Result<Self, Error> {
        Err(error.into())
    }
}

/// An empty response of status 500: its body must not tell the visitor the keys of the session.
impl ResponseError for EncodeError {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
