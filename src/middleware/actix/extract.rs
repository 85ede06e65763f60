use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};

use crate::{MissingSession, SessionHandle};

/// Extracts the session that the [`SessionMiddleware`](crate::middleware::actix::SessionMiddleware) inserted.
impl FromRequest for SessionHandle {
    type Error = MissingSession;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or(MissingSession))
    }
}

impl ResponseError for MissingSession {
    fn error_response(&self) -> HttpResponse {
        self.log();
        HttpResponse::new(self.status_code())
    }
}
