use std::convert::Infallible;
use std::error::Error;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::middleware::visit::log_failure;
use crate::{DecodeError, EncodeError, MissingSession, SessionHandle};

/// The session that the [`SessionLayer`](crate::middleware::tower::SessionLayer) put there.
impl<State: Sync> FromRequestParts<State> for SessionHandle {
    type Rejection = MissingSession;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(MissingSession)
    }
}

/// The session, or `None` where no layer has put one.
impl<State: Sync> OptionalFromRequestParts<State> for SessionHandle {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

impl IntoResponse for MissingSession {
    fn into_response(self) -> Response {
        self.log();
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// An empty response of status 500: its body must not tell the visitor the keys of the session.
impl IntoResponse for EncodeError {
    fn into_response(self) -> Response {
        failed(&self)
    }
}

/// An empty response of status 500: a value of the session is of another type than the handler asked for.
impl IntoResponse for DecodeError {
    fn into_response(self) -> Response {
        failed(&self)
    }
}

fn failed(error: &dyn Error) -> Response {
    log_failure(error);
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
