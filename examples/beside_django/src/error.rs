//! Errors, and the pages that report them.

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
    /// A server that this request needs is down.
    Unavailable(&'static str),
    /// An unexpected error. The reason is logged; the visitor sees a general message.
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
                let text = "Another account may have access to this page.";
                page::message(StatusCode::FORBIDDEN, "You do not have access", text, "/")
            }
            Self::NotFound => {
                page::message(StatusCode::NOT_FOUND, "This page does not exist", "It may have moved.", "/")
            }
            Self::BadRequest(text) => page::message(StatusCode::BAD_REQUEST, "This form cannot be read", text, "/"),
            Self::Unavailable(text) => {
                page::message(StatusCode::SERVICE_UNAVAILABLE, "Please try again in a moment", text, "/")
            }
            Self::Internal(error) => {
                tracing::error!(%error, "a request failed");
                let text = "This is an error of ours. It has been logged.";
                page::message(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", text, "/")
            }
        }
    }
}

/// Replaces the error responses of the layers with pages: that of the session layer if the session cannot be written,
/// and that of the CSRF layer if it rejects a form. Keeps the cookies of the response.
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
            ("This form was rejected", "It was not sent from a page of this site. Nothing was changed.")
        }
        _ => (
            "This page is out of date",
            "You have logged in or out since it was shown, or your browser rejects cookies. Nothing was changed. \
             Please reload the page and send the form again.",
        ),
    };
    page::message_with_reason(StatusCode::FORBIDDEN, title, text, "/", &rejection.to_string())
}

fn lost_session(error: &EncodeError) -> Response {
    match error {
        EncodeError::CookieTooLarge(_) => {
            let text = "The note and the cart do not fit in a cookie. Nothing was changed.";
            page::message(StatusCode::PAYLOAD_TOO_LARGE, "This is too large", text, "/cart/")
        }
        other => AppError::Internal(other.to_string().into()).into_response(),
    }
}
