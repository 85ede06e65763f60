//! Calls a server in axum without a socket, for profiling:
//! `valgrind --tool=callgrind servers --oneshot ours --workload login-write --times 1000`.

use std::hint::black_box;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Request, Response, StatusCode};
use tower::ServiceExt;

use crate::settings::sessions;
use crate::workload;

/// Sends this number of requests to a variant: `ours`, `no-op` or `bare`.
pub fn run(variant: &str, workload: &str, times: u32) {
    let workload = workload::ALL.into_iter().find(|known| known.name == workload).expect("a workload");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let ours = crate::axum::ours(sessions());
        let issued = ask(&ours, workload.content.issuer(), "").await;
        let set_cookie = issued.headers()[SET_COOKIE].to_str().expect("text");
        let cookie = set_cookie.split(';').next().expect("a name and a value");
        let app = match variant {
            "ours" => ours,
            "no-op" => crate::axum::no_op(),
            _ => crate::axum::bare(),
        };
        // Warm up: this creates what is created on first use.
        assert_eq!(ask(&app, workload.path, cookie).await.status(), StatusCode::OK);
        let start = Instant::now();
        for _ in 0..times {
            black_box(ask(&app, workload.path, cookie).await);
        }
        println!("{} ns", start.elapsed().as_nanos() / u128::from(times));
    });
}

async fn ask(app: &Router, path: &str, cookie: &str) -> Response<Body> {
    let request = Request::get(path).header(COOKIE, cookie).body(Body::empty()).expect("a request");
    app.clone().oneshot(request).await.expect("infallible")
}
