use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::{MissingSession, SessionHandle};

/// The session that the [`SessionLayer`](crate::middleware::tower::SessionLayer) put there.
impl<State: Sync> FromRequestParts<State> for SessionHandle {
    type Rejection = MissingSession;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(MissingSession)
    }
}

impl IntoResponse for MissingSession {
    fn into_response(self) -> Response {
        self.log();
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
