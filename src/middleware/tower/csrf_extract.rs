use std::convert::Infallible;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use super::csrf;
use crate::{CsrfRejection, CsrfToken, MissingCsrf};

/// Extracts the token that the [`CsrfLayer`](crate::middleware::tower::CsrfLayer) inserted.
impl<State: Sync> FromRequestParts<State> for CsrfToken {
    type Rejection = MissingCsrf;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(MissingCsrf::Layer)
    }
}

/// Extracts the token, or `None` if no layer has inserted one.
impl<State: Sync> OptionalFromRequestParts<State> for CsrfToken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

impl IntoResponse for MissingCsrf {
    fn into_response(self) -> Response {
        self.log();
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// Responds with the [page](CsrfRejection::to_html) and status 403.
impl IntoResponse for CsrfRejection {
    fn into_response(self) -> Response {
        csrf::forbidden(self)
    }
}
