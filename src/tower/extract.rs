use std::fmt;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::SessionHandle;
use crate::adapter::TARGET;

/// The session that the [`SessionLayer`](crate::tower::SessionLayer) put there.
impl<State: Sync> FromRequestParts<State> for SessionHandle {
    type Rejection = MissingSessionLayer;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(MissingSessionLayer)
    }
}

/// A handler asked for a session where no [`SessionLayer`](crate::tower::SessionLayer) is. As a response, an empty one of
/// status 500.
///
/// ```
/// use django_session::tower::MissingSessionLayer;
///
/// assert_eq!(MissingSessionLayer.to_string(), "no SessionLayer around this handler");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingSessionLayer;

impl fmt::Display for MissingSessionLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no SessionLayer around this handler")
    }
}

impl std::error::Error for MissingSessionLayer {}

impl IntoResponse for MissingSessionLayer {
    fn into_response(self) -> Response {
        tracing::error!(target: TARGET, "{self}");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
