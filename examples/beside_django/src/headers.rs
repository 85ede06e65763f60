//! The headers that Django's `SecurityMiddleware` and `XFrameOptionsMiddleware` add by default to each response.

use axum::http::HeaderValue;
use axum::response::Response;

const HEADERS: [(&str, &str); 4] = [
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// Adds the headers, so that the pages that moved here have the same headers as at Django.
pub async fn secure(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
