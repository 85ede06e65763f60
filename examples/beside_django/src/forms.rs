//! A stand-in for Django's CSRF check.

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::page;

/// Rejects a form that another site's page has sent. All browsers say where a request comes from, to HTTPS and localhost.
pub async fn only_from_this_site(request: Request, next: Next) -> Response {
    let same_origin = request.headers().get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    if same_origin || [Method::GET, Method::HEAD].contains(request.method()) {
        next.run(request).await
    } else {
        let text = "The form was not sent from a page of this site, so nothing was changed.";
        page::message(StatusCode::FORBIDDEN, "This form is not one of ours", text, "/")
    }
}
