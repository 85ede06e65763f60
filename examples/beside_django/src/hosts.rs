//! Django's `ALLOWED_HOSTS`. The CSRF check compares the origin of a form with the host of the request, so the host
//! must be one of this site.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::Response;

use crate::page;

/// The hosts as in `site/beside/settings.py`. A leading dot allows the domain and its subdomains.
const ALLOWED: [&str; 2] = ["127.0.0.1", ".localhost"];

pub async fn only_ours(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.split_once(':').map_or(host, |(name, _port)| name).to_ascii_lowercase();
    let allowed = |pattern: &str| match pattern.strip_prefix('.') {
        Some(domain) => name == domain || name.ends_with(pattern),
        None => name == pattern,
    };
    if ALLOWED.into_iter().any(allowed) {
        next.run(request).await
    } else {
        page::message(StatusCode::BAD_REQUEST, "Unknown address", "The shop is not available at this address.", "/")
    }
}
