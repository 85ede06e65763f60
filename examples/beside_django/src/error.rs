//! What goes wrong, as pages.

use std::error::Error;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use django_session::EncodeError;

use crate::page;
use crate::user::LoginRequired;

pub enum AppError {
    LoginRequired(LoginRequired),
    Forbidden,
    NotFound,
    BadRequest(&'static str),
    /// Whatever should not happen. The log has the reason, the visitor a page.
    Internal(Box<dyn Error + Send + Sync>),
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for AppError {
    fn from(error: E) -> Self {
        Self::Internal(error.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        match self {
            Self::LoginRequired(redirect) => redirect.into_response(),
            Self::Forbidden => {
                let text = "Another account may be allowed to see it.";
                page::message(StatusCode::FORBIDDEN, "This is not for you", text, "/")
            }
            Self::NotFound => {
                page::message(StatusCode::NOT_FOUND, "There is no such page", "Perhaps it has moved.", "/")
            }
            Self::BadRequest(text) => page::message(StatusCode::BAD_REQUEST, "This form cannot be read", text, "/"),
            Self::Internal(error) => {
                tracing::error!(%error, "a request failed");
                let text = "The fault is ours, and we have a note of it.";
                page::message(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", text, "/")
            }
        }
    }
}

/// Puts a page in place of the empty response that a session layer sends when the session could not be written.
pub async fn explain_lost_session(response: Response) -> Response {
    match response.extensions().get::<Arc<EncodeError>>().map(AsRef::as_ref) {
        Some(EncodeError::CookieTooLarge(_)) => {
            let text = "The note and the cart are more than a cookie can hold. Nothing was changed.";
            page::message(StatusCode::PAYLOAD_TOO_LARGE, "This is too large", text, "/cart/")
        }
        Some(other) => AppError::Internal(other.to_string().into()).into_response(),
        None => response,
    }
}
