use std::convert::Infallible;
use std::error::Error;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::middleware::visit::log_failure;
use crate::{DecodeError, EncodeError, MissingSession, SessionHandle};

/// Extracts the session that the [`SessionLayer`](crate::middleware::tower::SessionLayer) inserted.
impl<State: Sync> FromRequestParts<State> for SessionHandle {
    type Rejection = MissingSession;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(MissingSession)
    }
}

/// Extracts the session, or `None` if no layer has inserted one.
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

/// Responds with an empty body and status 500, and logs the error: the visitor must not see the keys of the session.
impl IntoResponse for EncodeError {
    fn into_response(self) -> Response {
        failed(&self)
    }
}

/// Responds with an empty body and status 500, and logs the error: a value of the session is of another type than the
/// handler requested.
impl IntoResponse for DecodeError {
    fn into_response(self) -> Response {
        failed(&self)
    }
}

fn failed(error: &dyn Error) -> Response {
    log_failure(error);
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
