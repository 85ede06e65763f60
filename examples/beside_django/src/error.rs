//! What goes wrong, as pages.

use std::error::Error;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::{SET_COOKIE, VARY};
use axum::response::{IntoResponse, Response};
use django_session::{CsrfRejection, EncodeError};

use crate::page;
use crate::user::LoginRequired;

pub enum AppError {
    LoginRequired(LoginRequired),
    Forbidden,
    NotFound,
    BadRequest(&'static str),
    /// Something that this request needs is down.
    Unavailable(&'static str),
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
            Self::Unavailable(text) => {
                page::message(StatusCode::SERVICE_UNAVAILABLE, "Please try again in a moment", text, "/")
            }
            Self::Internal(error) => {
                tracing::error!(%error, "a request failed");
                let text = "The fault is ours, and we have a note of it.";
                page::message(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", text, "/")
            }
        }
    }
}

/// Puts a page in place of what the layers answer themselves: the session layer if the session could not be written, and
/// the CSRF layer if it rejects a form. The cookies of that answer stay.
pub async fn explain(response: Response) -> Response {
    let extensions = response.extensions();
    let mut page = if let Some(rejection) = extensions.get::<CsrfRejection>() {
        rejected_form(rejection)
    } else if let Some(error) = extensions.get::<Arc<EncodeError>>() {
        lost_session(error)
    } else {
        return response;
    };
    for name in [SET_COOKIE, VARY] {
        for value in response.headers().get_all(&name) {
            page.headers_mut().append(&name, value.clone());
        }
    }
    page
}

/// The same page as `csrf_failure` in `site/shop/views.py`.
fn rejected_form(rejection: &CsrfRejection) -> Response {
    use CsrfRejection::{BadOrigin, BadReferer, InsecureReferer, MalformedReferer, NoReferer};
    let (title, text) = match rejection {
        BadOrigin(_) | BadReferer(_) | InsecureReferer | MalformedReferer | NoReferer => {
            ("This form is not one of ours", "It was not sent from a page of this site, so nothing was changed.")
        }
        _ => (
            "This page is out of date",
            "You have logged in or out since it was shown, or your browser keeps no cookies. Nothing was changed: \
             please load the page again, and send the form once more.",
        ),
    };
    page::message_with_reason(StatusCode::FORBIDDEN, title, text, "/", &rejection.to_string())
}

fn lost_session(error: &EncodeError) -> Response {
    match error {
        EncodeError::CookieTooLarge(_) => {
            let text = "The note and the cart are more than a cookie can hold. Nothing was changed.";
            page::message(StatusCode::PAYLOAD_TOO_LARGE, "This is too large", text, "/cart/")
        }
        other => AppError::Internal(other.to_string().into()).into_response(),
    }
}
