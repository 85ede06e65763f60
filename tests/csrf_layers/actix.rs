//! The test site in actix-web.

use actix_web::body::{BoxBody, to_bytes};
use actix_web::dev::{Service as _, ServiceResponse};
use actix_web::error::ErrorPaymentRequired;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, SET_COOKIE, VARY};
use actix_web::http::{Method, Uri};
use actix_web::middleware::Condition;
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::web::{Bytes, get, post, to};
use actix_web::{App, Error, HttpResponse, web};
use django_session::middleware::actix::{CsrfMiddleware, SessionError, SessionMiddleware};
use django_session::{CsrfRejection, CsrfToken, EncodeError, SessionHandle};

use crate::{Got, SITE, Sent, Site, sessions};

async fn field(csrf: CsrfToken) -> Result<String, EncodeError> {
    csrf.field()
}

async fn login(csrf: CsrfToken) -> Result<&'static str, EncodeError> {
    csrf.rotate()?;
    Ok("logged in")
}

async fn upload(csrf: CsrfToken, body: String) -> Result<String, CsrfRejection> {
    csrf.check(Some(&body).filter(|body| !body.is_empty()).map(String::as_str))?;
    Ok(body)
}

pub(crate) async fn answer(site: Site, sent: Sent) -> Got {
    let guarded = web::scope("")
        .route("/form", get().to(field))
        .route("/plain", get().to(async |_: Option<CsrfToken>| "plain"))
        .route("/save", to(async |body: Bytes| body))
        .route("/login", post().to(login))
        .route("/webhook", post().to(async || "hooked"))
        .route("/upload", post().to(upload))
        .default_service(to(async || "lost"))
        .wrap(CsrfMiddleware::new(site.guard()))
        .wrap(Condition::new(site.preferences, SessionMiddleware::new(sessions("preferences"))))
        .wrap(Condition::new(site.sessions, SessionMiddleware::new(site.sessions())));
    let app = init_service(App::new().route("/bare", get().to(field)).service(guarded)).await;

    let mut request = TestRequest::default().method(Method::from_bytes(sent.method.as_bytes()).unwrap());
    request = request.uri(sent.target);
    for (name, value) in sent.headers {
        request = request.append_header((name, value));
    }
    let request = request.set_payload(sent.body).to_request();
    assert_eq!(request.uri(), &sent.target.parse::<Uri>().unwrap());
    let response: Result<ServiceResponse<_>, Error> = try_call_service(&app, request).await;
    let response = match response {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        // The server does the same with errors that no middleware handles.
        Err(error) => error.error_response().map_body(|_, body| BoxBody::new(body)),
    };
    let lines = |name: HeaderName| {
        response.headers().get_all(name).map(|line| line.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let rejection = response.error().and_then(|error| error.as_error::<CsrfRejection>());
    Got {
        status: response.status().as_u16(),
        set_cookie: lines(SET_COOKIE),
        vary: lines(VARY),
        content_type: lines(CONTENT_TYPE).pop().filter(|_| response.status() == 403),
        rejection: rejection.map(ToString::to_string),
        body: String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap(),
    }
}

/// An inner middleware fails after the handler. The error carries the headers of both middlewares to the response, also
/// to one that an outer middleware makes.
#[tokio::test]
async fn an_error_keeps_the_headers_of_both_middlewares() {
    async fn login(session: SessionHandle, csrf: CsrfToken) -> Result<&'static str, EncodeError> {
        session.insert("a", 1)?;
        csrf.rotate()?;
        Ok("logged in")
    }
    let app = App::new()
        .route("/login", get().to(login))
        .wrap_fn(|request, inner| {
            let response = inner.call(request);
            async move { response.await.and(Err::<ServiceResponse, _>(ErrorPaymentRequired("no credit"))) }
        })
        .wrap(CsrfMiddleware::new(SITE.guard()))
        .wrap(SessionMiddleware::new(SITE.sessions()));
    let app = init_service(app).await;
    let error = try_call_service(&app, TestRequest::get().uri("/login").to_request()).await.unwrap_err();
    let with_headers: &SessionError = error.as_error().unwrap();
    assert_eq!(with_headers.error().to_string(), "no credit");
    let elsewhere = with_headers.apply(HttpResponse::PaymentRequired().finish());
    for response in [error.error_response(), elsewhere] {
        assert_eq!(response.status(), 402);
        let cookies: Vec<_> = response.headers().get_all(SET_COOKIE).map(|line| line.to_str().unwrap()).collect();
        let names: Vec<_> = cookies.iter().map(|line| line.split('=').next().unwrap()).collect();
        assert_eq!(names, ["csrftoken", "sessionid"]);
        assert_eq!(response.headers().get_all(VARY).count(), 1);
    }
}
