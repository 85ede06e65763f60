//! The session as an extractor in axum. The layer is tested in `tests/tower.rs`. Feature `axum`.
#![cfg(feature = "axum")]

mod common;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::http::header::{COOKIE, SET_COOKIE, VARY};
use axum::response::Response;
use common::events::{listen, told};
use common::{payload, ring};
use django_session::middleware::tower::SessionLayer;
use django_session::{CookieOptions, CookieSessions, DecodeError, EncodeError, MissingSession, SessionHandle};
use tower::ServiceExt as _;

/// Returns a router with one handler for every path and method, without the layer.
fn bare<T: 'static>(handler: impl Handler<T, ()>) -> Router {
    listen();
    Router::new().fallback(handler)
}

fn layer() -> SessionLayer {
    SessionLayer::new(CookieSessions::new(&ring("secret"), CookieOptions::builder("sessionid").build().unwrap()))
}

async fn answer(app: &Router, cookie: &str) -> Response {
    app.clone().oneshot(Request::builder().header(COOKIE, cookie).body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
}

async fn count(session: SessionHandle) -> String {
    session.with(|session| {
        let visits = session.get::<u32>("visits").unwrap().unwrap_or(0) + 1;
        session.insert("visits", visits).unwrap();
        visits.to_string()
    })
}

#[tokio::test]
async fn the_argument_is_the_session_of_the_layer() {
    let app = bare(count).layer(layer());
    let mut cookie = String::new();
    for visits in ["1", "2"] {
        let response = answer(&app, &cookie).await;
        cookie = response.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        assert_eq!(payload(cookie.split_once('=').unwrap().1), format!(r#"{{"visits":{visits}}}"#));
        assert_eq!(text(response).await, visits);
    }
}

#[tokio::test]
async fn a_handler_without_the_layer() {
    let response = answer(&bare(count), "").await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!response.headers().contains_key(SET_COOKIE) && !response.headers().contains_key(VARY));
    assert_eq!(text(response).await, "");
    let told = told();
    assert!(told.len() == 1 && told[0].starts_with("ERROR") && told[0].contains("no session layer"), "{told:?}");

    let optional = async |session: Result<SessionHandle, MissingSession>| session.unwrap_err().to_string();
    let response = answer(&bare(optional), "").await;
    assert_eq!(text(response).await, "no session layer or middleware around this handler");
}

#[tokio::test]
async fn the_session_is_optional() {
    let optional = async |session: Option<SessionHandle>| session.is_some().to_string();
    assert_eq!(text(answer(&bare(optional), "").await).await, "false");
    assert_eq!(text(answer(&bare(optional).layer(layer()), "").await).await, "true");
}

/// A handler may use `?` on errors of the session. The response is an empty 500.
#[tokio::test]
async fn errors_are_responses() {
    let get = async |session: SessionHandle| -> Result<String, DecodeError> {
        Ok(session.get::<String>("visits")?.unwrap_or_default())
    };
    let insert = async |session: SessionHandle| -> Result<(), EncodeError> { session.insert("ratio", f64::NAN) };
    let first = answer(&bare(count).layer(layer()), "").await;
    let cookie = first.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap();
    for (app, event) in [
        (
            bare(get).layer(layer()),
            "ERROR a handler failed error=payload cannot be deserialized: JSON is not of the requested type",
        ),
        (bare(insert).layer(layer()), "ERROR a handler failed error=value cannot be serialized"),
    ] {
        let response = answer(&app, cookie).await;
        assert_eq!((response.status(), text(response).await), (StatusCode::INTERNAL_SERVER_ERROR, String::new()));
        assert_eq!(told(), [event]);
    }
}
