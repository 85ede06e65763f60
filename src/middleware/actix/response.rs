use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderMap, HeaderValue, SET_COOKIE, VARY};
use actix_web::{Error, HttpMessage as _};

use crate::middleware::actix::SessionError;
use crate::middleware::future::SessionResponse;
use crate::middleware::headers::Headers;
use crate::{SessionHandle, SessionWriter, Unwritten};

impl<Body> SessionResponse<Error> for ServiceResponse<Body> {
    fn status_code(&self) -> u16 {
        self.status().as_u16()
    }

    fn header_map(&mut self) -> &mut impl Headers {
        self.headers_mut()
    }

    fn restore(&self, outer: Option<SessionHandle>) {
        if let Some(outer) = outer {
            self.request().extensions_mut().insert(outer);
        }
    }

    fn unwritten(self, unwritten: Unwritten) -> Result<Self, Error> {
        let Unwritten { error, commit, .. } = unwritten;
        Err(SessionError::unwritten(error, commit).into())
    }

    fn failed(error: Error, writer: SessionWriter) -> Error {
        let status = error.as_response_error().status_code().as_u16();
        match writer.commit(status) {
            Ok(commit) => SessionError::wrap(error, commit),
            // The error already tells the visitor that the request failed.
            Err(unwritten) if status >= 400 => SessionError::wrap(error, unwritten.commit),
            Err(unwritten) => SessionError::unwritten(unwritten.error, unwritten.commit).into(),
        }
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
        self.get_all(VARY).map(HeaderValue::as_bytes)
    }

    #[expect(clippy::expect_used)]
    fn set_vary(&mut self, value: Vec<u8>) {
        let value = HeaderValue::try_from(value).expect("header values, commas and a name make a header value");
        self.insert(VARY, value);
    }
}
