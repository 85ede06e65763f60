//! What Django's `SecurityMiddleware` and `XFrameOptionsMiddleware` add to each response, with their default settings.

use axum::http::HeaderValue;
use axum::response::Response;

const HEADERS: [(&str, &str); 4] = [
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// A page that moves here keeps its headers.
pub async fn secure(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
