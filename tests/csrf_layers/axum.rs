//! The test site in axum.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE, VARY};
use axum::http::{HeaderName, Request};
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use django_session::middleware::tower::{CsrfLayer, SessionLayer};
use django_session::{CsrfRejection, CsrfToken, EncodeError};
use tower::ServiceExt as _;

use crate::{Got, Sent, Site, sessions};

async fn upload(csrf: CsrfToken, body: String) -> Result<String, CsrfRejection> {
    csrf.check(Some(&body).filter(|body| !body.is_empty()).map(String::as_str))?;
    Ok(body)
}

fn app(site: Site) -> Router {
    let app = Router::new()
        .route("/form", get(async |csrf: CsrfToken| csrf.field()))
        .route("/plain", get(async |csrf: Option<CsrfToken>| csrf.map_or("no layer", |_| "plain")))
        .route("/save", any(async |body: Bytes| body))
        .route("/login", post(async |csrf: CsrfToken| csrf.rotate().map(|()| Ok::<_, EncodeError>("logged in"))))
        .route("/webhook", post(async || "hooked"))
        .route("/upload", post(upload))
        .fallback(async || "lost")
        .layer(CsrfLayer::new(site.guard()));
    let app = if site.preferences { app.layer(SessionLayer::new(sessions("preferences"))) } else { app };
    let app = if site.sessions { app.layer(SessionLayer::new(site.sessions())) } else { app };
    app.route("/bare", get(async |csrf: CsrfToken| csrf.field().into_response()))
}

pub(crate) async fn answer(site: Site, mut sent: Sent) -> Got {
    let body = Body::from(std::mem::take(&mut sent.body));
    answer_stream(site, sent, body).await
}

pub(crate) async fn answer_stream(site: Site, sent: Sent, body: Body) -> Got {
    let mut request = Request::builder().method(sent.method).uri(sent.target);
    for (name, value) in sent.headers {
        request = request.header(name, value);
    }
    let response = app(site).oneshot(request.body(body).unwrap()).await.unwrap();
    let lines = |name: HeaderName| {
        response.headers().get_all(name).iter().map(|line| line.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    Got {
        status: response.status().as_u16(),
        set_cookie: lines(SET_COOKIE),
        vary: lines(VARY),
        content_type: lines(CONTENT_TYPE).pop().filter(|_| response.status() == 403),
        rejection: response.extensions().get::<CsrfRejection>().map(ToString::to_string),
        body: String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap(),
    }
}
