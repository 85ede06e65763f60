//! Forwards requests to Django.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};
use axum::http::uri::{Authority, Scheme, Uri};
use axum::http::{StatusCode, Version};
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

use crate::{Site, page};

/// Headers that describe one connection and must not be forwarded (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 7] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

pub struct Django {
    address: Authority,
    client: Client<HttpConnector, Body>,
}

impl Django {
    pub fn at(address: Authority) -> Self {
        // A new connection for each request costs little on one machine. A pooled one may be closed when it is reused.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        Self { address, client }
    }
}

/// Forwards the request and returns the response of Django. Both bodies are streamed.
pub async fn pass_on(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response {
    // 1. Keep the path and query, and replace the address with Django's. The Host header does not change.
    let mut uri = Uri::builder().scheme(Scheme::HTTP).authority(site.django.address.clone());
    if let Some(target) = request.uri().path_and_query() {
        uri = uri.path_and_query(target.clone());
    }
    let Ok(uri) = uri.build() else { return StatusCode::BAD_REQUEST.into_response() };
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_11;

    // 2. Require a Content-Length: a WSGI application cannot read a body of unknown length.
    let headers = request.headers_mut();
    if headers.contains_key(TRANSFER_ENCODING) && !headers.contains_key(CONTENT_LENGTH) {
        return StatusCode::LENGTH_REQUIRED.into_response();
    }

    // 3. Set the X-Forwarded headers. Those of the request may be forged.
    remove_hop_by_hop(headers);
    headers.remove(EXPECT); // this server has already answered it
    remove_claims(headers);
    let host = headers.get(HOST).cloned();
    let peer = HeaderValue::try_from(peer.ip().to_string()).ok();
    let proto = HeaderValue::try_from(site.settings.scheme.as_str()).ok();
    for (name, value) in [(FORWARDED_FOR, peer), (FORWARDED_HOST, host), (FORWARDED_PROTO, proto)] {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }

    // 4. Return the response, with all its Set-Cookie headers.
    match site.django.client.request(request).await {
        Ok(mut response) => {
            remove_hop_by_hop(response.headers_mut());
            response.map(Body::new)
        }
        Err(error) => {
            tracing::error!(%error, "Django does not answer");
            let text = "The rest of the shop will be back in a moment.";
            page::message(StatusCode::BAD_GATEWAY, "Please try again", text, "/")
        }
    }
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<_> = named.flat_map(|value| value.split(',')).map(|name| name.trim().to_owned()).collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Removes the headers by which a client could forge its origin. WSGI reads `X_Forwarded_Proto` as `X-Forwarded-Proto`,
/// so all names with an underscore are removed.
fn remove_claims(headers: &mut HeaderMap) {
    let claims = |name: &str| name.starts_with("x-forwarded-") || name == "forwarded" || name.contains('_');
    let names: Vec<_> = headers.keys().filter(|name| claims(name.as_str())).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}
