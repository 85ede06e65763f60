use std::convert::Infallible;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};

use crate::{CsrfRejection, CsrfToken, MissingCsrf};

/// The token that the [`CsrfLayer`](crate::middleware::tower::CsrfLayer) put there.
impl<State: Sync> FromRequestParts<State> for CsrfToken {
    type Rejection = MissingCsrf;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(MissingCsrf::Layer)
    }
}

/// The token, or `None` where no layer has put one.
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

/// The [page](CsrfRejection::to_html), with a status of 403.
impl IntoResponse for CsrfRejection {
    fn into_response(self) -> Response {
        let html = [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))];
        let mut response = (StatusCode::FORBIDDEN, html, self.to_html()).into_response();
        response.extensions_mut().insert(self);
        response
    }
}
