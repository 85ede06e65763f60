//! Sessions in actix-web: how they reach handlers and responses. `CookieSessions`, tested elsewhere, decides what is
//! written. Feature `actix-web`.
#![cfg(feature = "actix-web")]

mod common;

use std::future::ready;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Service as _, ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorForbidden, ErrorInternalServerError, InternalError};
use actix_web::http::StatusCode;
use actix_web::http::header::{COOKIE, HeaderValue, SET_COOKIE, VARY};
use actix_web::middleware::{Next, from_fn};
use actix_web::test::{TestRequest, call_service, init_service, read_body, try_call_service};
use actix_web::web::{self, Bytes};
use actix_web::{App, Error, FromRequest, Handler, HttpMessage as _, HttpResponse, HttpServer, Responder};
use common::{clock, events, key, ring, written};
use django_session::middleware::actix::{SessionError, SessionMiddleware};
use django_session::{
    CookieOptions, CookieSessions, DecodeError, EncodeError, MissingSession, Serializer, Session, SessionHandle,
};

const NOW: f64 = 1_700_000_000.0;

fn sessions() -> CookieSessions {
    store_named("sessionid")
}

fn store_named(cookie: &str) -> CookieSessions {
    events::listen();
    CookieSessions::new(&ring("secret"), CookieOptions::builder(cookie).build().unwrap()).with_clock(clock(NOW))
}

/// Returns a `Cookie` header for a session with this number of visits.
fn visited<S: Serializer>(sessions: &CookieSessions<S>, visits: u32) -> String {
    let mut session = sessions.load(None);
    session.insert("visits", visits).unwrap();
    format!("{}={}", sessions.cookie().name(), written(&sessions.commit(&session, 200).unwrap()).unwrap())
}

fn visit(session: &mut Session) -> String {
    let visits = session.get::<u32>("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
    visits.to_string()
}

async fn count(session: SessionHandle) -> String {
    session.with(visit)
}

async fn fill(session: SessionHandle) -> &'static str {
    let noise: String = (0..2000).map(|n| char::from_u32(0x4e00 + n * 7919 % 20_000).unwrap()).collect();
    session.with(|session| session.insert("noise", noise)).unwrap();
    "never seen"
}

/// Sends a request to a handler behind a session middleware, and returns the response.
async fn ask<S, H, Args>(sessions: CookieSessions<S>, handler: H, request: TestRequest) -> ServiceResponse
where
    S: Serializer + Send + Sync + 'static,
    H: Handler<Args, Output: Responder + 'static>,
    Args: FromRequest + 'static,
{
    let app = App::new().default_service(web::to(handler)).wrap(SessionMiddleware::new(sessions));
    call_service(&init_service(app).await, request.to_request()).await.map_into_boxed_body()
}

fn with_cookie(cookie: &str) -> TestRequest {
    TestRequest::get().insert_header((COOKIE, cookie))
}

fn lines(response: &ServiceResponse, name: impl actix_web::http::header::AsHeaderName) -> Vec<&str> {
    response.headers().get_all(name).map(|value| value.to_str().unwrap()).collect()
}

/// Returns the visits in the session that the response sets, if it sets one.
fn visits_set<S: Serializer>(sessions: &CookieSessions<S>, response: &ServiceResponse) -> Option<u32> {
    let [cookie] = lines(response, SET_COOKIE)[..] else { return None };
    sessions.load_header(cookie.split(';').next().unwrap()).get("visits").unwrap()
}

/// A streamed body. Each chunk is created when it is polled.
struct Chunks<F>(usize, F);

impl<F: Fn(usize) -> Option<String> + Unpin> MessageBody for Chunks<F> {
    type Error = Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        self.0 += 1;
        Poll::Ready((self.1)(self.0 - 1).map(|chunk| Ok(Bytes::from(chunk))))
    }
}

fn streaming(chunk: impl Fn(usize) -> Option<String> + Unpin + 'static) -> HttpResponse {
    HttpResponse::Ok().body(BoxBody::new(Chunks(0, chunk)))
}

/// Glob imports of both crates work together: `middleware` is the only name in both, and an explicit import resolves
/// it.
mod beside_glob_imports {
    #![allow(clippy::wildcard_imports, reason = "this is what is tested")]
    use actix_web::*;
    use django_session::*;

    use actix_web::middleware;
    use django_session::middleware::actix::SessionMiddleware;

    #[tokio::test]
    async fn each_name_is_one_crates() {
        let answer = async |request: HttpRequest, session: SessionHandle| {
            HttpResponse::Ok().body(format!("{} {}", request.path(), session.with(super::visit)))
        };
        let app = App::new()
            .default_service(web::to(answer))
            .wrap(SessionMiddleware::new(super::sessions()))
            .wrap(middleware::NormalizePath::trim());
        let request = test::TestRequest::with_uri("/a/").to_request();
        let response = test::call_service(&test::init_service(app).await, request).await;
        assert_eq!(test::read_body(response).await, "/a 1");
    }
}

#[tokio::test]
async fn a_session_nobody_asks_for_costs_nothing() {
    for cookie in [visited(&sessions(), 1), "sessionid=forged:token:really".to_owned()] {
        for response in [
            ask(sessions(), || ready("ok"), with_cookie(&cookie)).await,
            ask(sessions(), |_: SessionHandle| ready("ok"), with_cookie(&cookie)).await,
        ] {
            assert_eq!(response.headers().len(), 1, "Content-Type, and neither Set-Cookie nor Vary");
            assert_eq!(read_body(response).await, "ok");
        }
    }
    assert_eq!(events::told(), [""; 0], "the forged cookie was not read");
}

#[tokio::test]
async fn a_changed_session_is_set() {
    let response = ask(sessions(), count, with_cookie(&visited(&sessions(), 41))).await;
    let mut expected = sessions().load(None);
    expected.insert("visits", 42).unwrap();
    let cookie = sessions().commit(&expected, 200).unwrap().set_cookie.unwrap();
    assert_eq!(lines(&response, SET_COOKIE), [cookie.as_str()]);
    assert_eq!(lines(&response, VARY), ["Cookie"]);
    assert!(response.headers().get(SET_COOKIE).unwrap().is_sensitive(), "the cookie is a secret");
    assert_eq!(read_body(response).await, "42");
}

#[tokio::test]
async fn a_session_that_is_only_read_is_not_set() {
    let read = |session: SessionHandle| ready(session.with(|session| session.get_json("visits").unwrap().to_owned()));
    let response = ask(sessions(), read, with_cookie(&visited(&sessions(), 41))).await;
    assert_eq!((lines(&response, SET_COOKIE), lines(&response, VARY)), (vec![], vec!["Cookie"]));
    assert_eq!(read_body(response).await, "41");
}

#[tokio::test]
async fn saving_every_request_needs_no_handler_that_asks() {
    let saving = || sessions().with_save_every_request(true);
    let response = ask(saving(), || ready("ok"), with_cookie(&visited(&sessions(), 41))).await;
    assert_eq!(visits_set(&sessions(), &response), Some(41));
    assert_eq!(lines(&response, VARY), ["Cookie"]);
    let response = ask(saving(), || ready("ok"), TestRequest::get()).await;
    assert_eq!(lines(&response, SET_COOKIE), [""; 0], "there is nothing to save");
}

/// The status decides what is written: with a server error, only a logout.
#[tokio::test]
async fn the_status_counts() {
    for (status, set) in [(204, Some(42)), (302, Some(42)), (499, Some(42)), (500, None), (503, None)] {
        let handler = move |session: SessionHandle| {
            session.with(visit);
            ready(HttpResponse::new(StatusCode::from_u16(status).unwrap()))
        };
        let response = ask(sessions(), handler, with_cookie(&visited(&sessions(), 41))).await;
        assert_eq!(visits_set(&sessions(), &response), set, "{status}");
    }
    let logout = |session: SessionHandle| {
        session.with(Session::flush);
        ready(HttpResponse::InternalServerError())
    };
    let response = ask(sessions(), logout, with_cookie(&visited(&sessions(), 41))).await;
    assert_eq!(lines(&response, SET_COOKIE), [sessions().cookie().removal().as_str()]);
}

#[tokio::test]
async fn cookie_joins_what_stands_in_vary() {
    for (before, after) in [
        (&["Accept-Encoding"][..], &["Accept-Encoding, Cookie"][..]),
        (&["Accept-Encoding", "Origin"], &["Accept-Encoding, Origin, Cookie"]),
        (&["Accept-Encoding,COOKIE", "Origin"], &["Accept-Encoding,COOKIE", "Origin"]),
        (&["X-Cookie"], &["X-Cookie, Cookie"]),
        (&["*"], &["*"]),
    ] {
        let handler = move |session: SessionHandle| {
            session.with(visit);
            let mut response = HttpResponse::Ok();
            for line in before {
                response.append_header((VARY, *line));
            }
            ready(response)
        };
        let response = ask(sessions(), handler, TestRequest::get()).await;
        assert_eq!(lines(&response, VARY), after);
    }
}

#[tokio::test]
async fn other_cookies_are_kept() {
    let handler = |session: SessionHandle| {
        session.with(visit);
        let mut response = HttpResponse::Ok();
        response.append_header((SET_COOKIE, "theme=dark")).append_header((SET_COOKIE, "sessionid=of another path"));
        ready(response)
    };
    let response = ask(sessions(), handler, TestRequest::get()).await;
    let [theme, other, ours] = lines(&response, SET_COOKIE)[..] else { panic!("{response:?}") };
    assert_eq!((theme, other), ("theme=dark", "sessionid=of another path"));
    assert!(ours.starts_with("sessionid=eyJ2aXNpdHMiOjF9:"), "{ours}");
}

#[tokio::test]
async fn a_body_streams_through() {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let handler = move |session: SessionHandle| {
        session.with(visit);
        let made = Arc::clone(&counter);
        ready(streaming(move |at| {
            made.fetch_add(1, Ordering::Relaxed);
            (at < 3).then(|| format!("chunk {at};"))
        }))
    };
    let response = ask(sessions(), handler, TestRequest::get()).await;
    assert_eq!((visits_set(&sessions(), &response), response.response().body().size()), (Some(1), BodySize::Stream));
    assert_eq!(made.load(Ordering::Relaxed), 0, "the response head is sent before the body is created");
    assert_eq!(read_body(response).await, "chunk 0;chunk 1;chunk 2;");
}

#[tokio::test]
async fn once_the_head_is_sent_changes_are_lost() {
    let handler = |session: SessionHandle| {
        session.with(visit);
        ready(streaming(move |at| (at < 1).then(|| session.with(visit))))
    };
    let response = ask(sessions(), handler, with_cookie(&visited(&sessions(), 41))).await;
    assert_eq!(visits_set(&sessions(), &response), Some(42));
    assert_eq!(events::told(), [""; 0]);
    assert_eq!(read_body(response).await, "43", "but not the session");
    assert_eq!(events::told(), ["WARN the session is changed after the response's head: the change is lost"]);
}

/// In actix, a handler's error becomes a response. The session that the handler changed is written.
#[tokio::test]
async fn an_error_of_a_handler_is_a_response() {
    for (error, set) in [
        (ErrorForbidden as fn(&'static str) -> Error, Some(42)),
        (ErrorInternalServerError as fn(&'static str) -> Error, None),
    ] {
        let handler = move |session: SessionHandle| {
            session.with(visit);
            ready(Err::<&str, _>(error("its own words")))
        };
        let response = ask(sessions(), handler, with_cookie(&visited(&sessions(), 41))).await;
        assert_eq!(visits_set(&sessions(), &response), set);
        assert!(response.response().error().is_some(), "outer middleware sees it");
        assert_eq!(read_body(response).await, "its own words");
    }
}

/// An error of an inner middleware becomes a response too, which needs the headers of the session.
#[tokio::test]
async fn an_error_of_an_inner_middleware() {
    async fn logout(session: SessionHandle) -> &'static str {
        session.flush();
        "goodbye"
    }
    async fn refill(session: SessionHandle) -> &'static str {
        session.flush();
        session.insert("visits", 1).unwrap();
        "welcome"
    }
    async fn flush_and_fill(session: SessionHandle) -> &'static str {
        session.flush();
        fill(session).await
    }
    async fn read(session: SessionHandle) -> String {
        session.get::<u32>("visits").unwrap().unwrap_or(0).to_string()
    }
    let removal = || Some(sessions().cookie().removal().into_string());
    let untouched = || web::to(|| ready("ok"));
    for (route, error, set_cookie, vary) in [
        (untouched(), ErrorForbidden as fn(&'static str) -> Error, None, false),
        (web::to(read), ErrorForbidden, None, true),
        (web::to(logout), ErrorForbidden, removal(), true),
        (web::to(logout), ErrorInternalServerError, removal(), true),
        (web::to(count), ErrorInternalServerError, None, true),
        (web::to(refill), ErrorInternalServerError, removal(), true),
        (web::to(flush_and_fill), ErrorForbidden, removal(), true),
    ] {
        let app = App::new().default_service(route).wrap_fn(move |request, inner| {
            let answer = inner.call(request);
            async move {
                answer.await?;
                Err::<ServiceResponse, _>(error("its own words"))
            }
        });
        let app = init_service(app.wrap(SessionMiddleware::new(sessions()))).await;
        let request = with_cookie(&visited(&sessions(), 41)).to_request();
        let error = try_call_service(&app, request).await.unwrap_err();
        assert_eq!(error.to_string(), "its own words");
        let response = error.error_response();
        assert_eq!(response.status(), error.as_response_error().status_code());
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!((header(SET_COOKIE), header(VARY).is_some()), (set_cookie, vary));
    }
    assert_eq!(events::told().len(), 1, "the event of the session that was too large");
}

/// If the session that replaces a flushed one is too large, the old cookie is removed.
#[tokio::test]
async fn a_flushed_session_is_removed_though_its_successor_is_too_large() {
    let handler = async |session: SessionHandle| {
        session.flush();
        fill(session).await
    };
    let app = App::new().default_service(web::to(handler)).wrap(SessionMiddleware::new(sessions()));
    let request = with_cookie(&visited(&sessions(), 41)).to_request();
    let error = try_call_service(&init_service(app).await, request).await.unwrap_err();
    assert!(SessionError::find::<EncodeError>(&error).is_some());
    let response = error.error_response();
    assert_eq!(response.headers().get(SET_COOKIE).unwrap(), sessions().cookie().removal().as_str());
}

/// An outer session cannot be written. The logout in the inner one is sent anyway, whether the service responded
/// or an inner middleware failed, and the visitor is not told that all went well.
#[tokio::test]
async fn a_logout_is_sent_though_an_outer_session_is_too_large() {
    let logout = async |inner: SessionHandle| {
        inner.flush();
        fill(inner.of_cookie("outer").unwrap()).await
    };
    let inner = || store_named("inner").with_salt("inner").unwrap();
    for fails in [false, true] {
        let app = App::new()
            .default_service(web::to(logout))
            .wrap_fn(move |request, service| {
                let response = service.call(request);
                async move {
                    let response = response.await?;
                    let elsewhere = HttpResponse::Found().insert_header(("Location", "/saved")).finish();
                    if fails { Err(InternalError::from_response("", elsewhere).into()) } else { Ok(response) }
                }
            })
            .wrap(SessionMiddleware::new(inner()))
            .wrap(SessionMiddleware::new(store_named("outer")));
        let request = with_cookie(&visited(&inner(), 41)).to_request();
        let error = try_call_service(&init_service(app).await, request).await.unwrap_err();
        assert!(matches!(SessionError::find(&error), Some(EncodeError::CookieTooLarge(_))));
        let response = error.error_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let sent: Vec<_> = response.headers().get_all(SET_COOKIE).collect();
        assert_eq!(sent, [inner().cookie().removal().as_str()]);
    }
}

/// Between two middlewares, code gets the session of the outer one, before and after it calls the inner service.
#[tokio::test]
async fn the_session_between_two_layers() {
    async fn mark<B: MessageBody + 'static>(
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<B>, Error> {
        let response = next.call(request).await?;
        let session = response.request().extensions().get::<SessionHandle>().cloned().unwrap();
        session.insert("marked", true).unwrap();
        Ok(response)
    }
    let inner = SessionMiddleware::new(store_named("inner").with_salt("inner").unwrap());
    let scope = web::scope("").route("/", web::get().to(count)).wrap(inner).wrap(from_fn(mark));
    let app = init_service(App::new().service(scope).wrap(SessionMiddleware::new(sessions()))).await;
    let response = call_service(&app, TestRequest::get().to_request()).await;
    let response = response.map_into_boxed_body();
    let cookies = lines(&response, SET_COOKIE);
    let names: Vec<_> = cookies.iter().filter_map(|cookie| cookie.split('=').next()).collect();
    assert_eq!(names, ["inner", "sessionid"]);
    assert_eq!(events::told(), [""; 0]);
}

/// An error through two middlewares can still be found.
#[tokio::test]
async fn an_error_through_two_layers() {
    let read_outer = async |session: SessionHandle| {
        assert!(!session.of_cookie("outer").unwrap().contains_key("visits"));
        fill(session).await
    };
    let app = App::new()
        .default_service(web::to(read_outer))
        .wrap(SessionMiddleware::new(sessions()))
        .wrap(SessionMiddleware::new(store_named("outer").with_salt("outer").unwrap()));
    let error = try_call_service(&init_service(app).await, TestRequest::get().to_request()).await.unwrap_err();
    assert!(matches!(SessionError::find(&error), Some(EncodeError::CookieTooLarge(_))));
    assert!(error.as_error::<SessionError>().unwrap().error().as_error::<EncodeError>().is_some());
}

/// It panics, because a deadlock would stop the thread that serves all requests.
#[tokio::test]
async fn a_session_used_inside_its_own_closure_panics() {
    let handler = async |session: SessionHandle| {
        let nested = session.clone();
        let task = tokio::spawn(async move { nested.clone().with(|_| nested.contains_key("a")) });
        assert!(task.await.is_err());
        session.with(visit)
    };
    let response = ask(sessions(), handler, with_cookie(&visited(&sessions(), 41))).await;
    assert_eq!((visits_set(&sessions(), &response), response.status()), (None, StatusCode::OK));
    assert_eq!(read_body(response).await, "42");
    assert_eq!(read_body(ask(sessions(), count, TestRequest::get()).await).await, "1");
}

/// A handler may use `?` on a session value of another type. The response is an empty 500.
#[tokio::test]
async fn an_error_of_the_session_is_a_response() {
    let handler = async |session: SessionHandle| Ok::<_, Error>(session.get::<String>("visits")?.unwrap_or_default());
    let response = ask(sessions(), handler, with_cookie(&visited(&sessions(), 41))).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(read_body(response).await, "");
    let without = init_service(
        App::new().route("/", web::get().to(|session: Option<SessionHandle>| ready(session.is_some().to_string()))),
    );
    let response = call_service(&without.await, TestRequest::get().to_request()).await;
    assert_eq!(read_body(response).await, "false");
}

#[tokio::test]
async fn the_handle_may_be_kept_and_sent_elsewhere() {
    let handler = async |session: SessionHandle, again: SessionHandle| {
        session.with(visit);
        tokio::task::yield_now().await;
        let clone = session.clone();
        web::block(move || clone.with(visit)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        again.with(visit)
    };
    let response = ask(sessions(), handler, with_cookie(&visited(&sessions(), 41))).await;
    assert_eq!(visits_set(&sessions(), &response), Some(44));
    assert_eq!(read_body(response).await, "44");
}

#[tokio::test]
async fn a_session_too_large_is_an_error() {
    let app = App::new().route("/", web::get().to(fill)).wrap(SessionMiddleware::new(sessions()));
    let error = try_call_service(&init_service(app).await, TestRequest::get().to_request()).await.unwrap_err();
    let Some(lost) = error.as_error::<SessionError>() else { panic!("{error:?}") };
    let Some(EncodeError::CookieTooLarge(report)) = lost.error().as_error() else { panic!("{error:?}") };
    assert_eq!(report.keys[0].0, "noise");
    let [event] = &events::told()[..] else { panic!("one event") };
    assert!(event.starts_with("ERROR the session could not be written error="), "{event}");

    let response = error.error_response();
    assert_eq!((response.status(), response.headers().len()), (StatusCode::INTERNAL_SERVER_ERROR, 1));
    assert_eq!(response.headers().get(VARY).unwrap(), "Cookie");
    assert_eq!(to_bytes(response.into_body()).await.unwrap(), "");
    assert_eq!(events::told(), [""; 0], "logged once");
}

/// A handler may use `?` on errors of the session. The response is an empty 500.
#[tokio::test]
async fn errors_are_responses() {
    let get = async |session: SessionHandle| -> Result<String, DecodeError> {
        Ok(session.get::<String>("visits")?.unwrap_or_default())
    };
    let insert = async |session: SessionHandle| -> Result<&str, EncodeError> {
        session.insert("ratio", f64::NAN).map(|()| "never seen")
    };
    let cookie = visited(&sessions(), 1);
    for response in
        [ask(sessions(), get, with_cookie(&cookie)).await, ask(sessions(), insert, with_cookie(&cookie)).await]
    {
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(read_body(response).await, "");
    }
    assert_eq!(
        events::told(),
        [
            "ERROR a handler failed error=payload cannot be deserialized: JSON is not of the requested type",
            "ERROR a handler failed error=value cannot be serialized",
        ]
    );
}

async fn in_other_words<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    next.call(request).await.map_err(|error| match error.as_error::<SessionError>() {
        Some(lost) if SessionError::find::<EncodeError>(&error).is_some() => {
            let response = HttpResponse::PayloadTooLarge().body("your cart is full");
            InternalError::from_response("cart", lost.apply(response)).into()
        }
        _ => error,
    })
}

#[tokio::test]
async fn an_outer_middleware_may_answer_a_session_too_large() {
    let app = App::new()
        .route("/", web::get().to(fill))
        .wrap(SessionMiddleware::new(sessions()))
        .wrap(from_fn(in_other_words));
    let error = try_call_service(&init_service(app).await, TestRequest::get().to_request()).await.unwrap_err();
    let response = error.error_response();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(response.headers().get(VARY).unwrap(), "Cookie");
    assert_eq!(to_bytes(response.into_body()).await.unwrap(), "your cart is full");
}

#[tokio::test]
async fn without_the_middleware() {
    events::listen();
    let app = init_service(App::new().route("/", web::get().to(count))).await;
    let response = call_service(&app, TestRequest::get().to_request()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let error = response.response().error().unwrap().as_error();
    assert_eq!(error, Some(&MissingSession));
    assert_eq!(read_body(response).await, "");
    assert_eq!(events::told(), ["ERROR no session layer or middleware around this handler"]);

    let may_do_without = |session: Option<SessionHandle>| ready(session.is_none().to_string());
    let app = init_service(App::new().route("/", web::get().to(may_do_without))).await;
    assert_eq!(read_body(call_service(&app, TestRequest::get().to_request()).await).await, "true");
    assert_eq!(events::told(), [""; 0]);
}

/// HTTP/2 may send several `Cookie` headers. The last session cookie that verifies is used.
#[tokio::test]
async fn several_cookie_headers() {
    let request = TestRequest::get()
        .append_header((COOKIE, "theme=dark"))
        .append_header((COOKIE, visited(&sessions(), 10)))
        .append_header((COOKIE, visited(&sessions(), 20)))
        .append_header((
            COOKIE,
            HeaderValue::from_bytes(b"sessionid=\xff\xfe; sessionid=forged:token:really").unwrap(),
        ));
    assert_eq!(read_body(ask(sessions(), count, request).await).await, "21");
}

/// Each middleware has its own session. Handlers get the session of the innermost one.
#[tokio::test]
async fn scopes_within_scopes() {
    let inner =
        web::scope("/inner").route("/", web::get().to(count)).wrap(SessionMiddleware::new(store_named("inner")));
    let app =
        App::new().service(inner).route("/", web::get().to(count)).wrap(SessionMiddleware::new(store_named("outer")));
    let app = init_service(app).await;
    let cookies = format!("{}; {}", visited(&store_named("outer"), 10), visited(&store_named("inner"), 20));
    for (path, name, visits) in [("/", "outer", 11), ("/inner/", "inner", 21)] {
        let response = call_service(&app, with_cookie(&cookies).uri(path).to_request()).await.map_into_boxed_body();
        assert_eq!(visits_set(&store_named(name), &response), Some(visits), "{path}");
    }
}

/// Two middlewares for the same cookie share one session. Otherwise both would send the cookie, and the outer one would
/// undo a logout.
#[tokio::test]
async fn scopes_of_one_cookie_are_one() {
    let logout = |session: SessionHandle| {
        session.with(Session::flush);
        ready("goodbye")
    };
    let middleware = SessionMiddleware::new(sessions().with_save_every_request(true));
    let other =
        SessionMiddleware::new(CookieSessions::new(&ring("secret"), CookieOptions::builder("other").build().unwrap()));
    let inner = web::scope("/inner").route("/", web::get().to(logout)).wrap(middleware.clone());
    let app = init_service(App::new().service(inner).wrap(other).wrap(middleware)).await;
    let request = with_cookie(&visited(&sessions(), 7)).uri("/inner/").to_request();
    let response = call_service(&app, request).await.map_into_boxed_body();
    assert_eq!(lines(&response, SET_COOKIE), [sessions().cookie().removal().as_str()]);
}

/// Sessions do not leak between requests, although actix reuses the memory of requests.
#[tokio::test]
async fn visitors_are_not_mixed_up() {
    let app = init_service(App::new().route("/", web::get().to(count)).wrap(SessionMiddleware::new(sessions()))).await;
    let visit = async |request: TestRequest| read_body(call_service(&app, request.to_request()).await).await;
    assert_eq!(visit(with_cookie(&visited(&sessions(), 41))).await, "42");
    assert_eq!(visit(TestRequest::get()).await, "1");
    assert_eq!(visit(with_cookie(&visited(&sessions(), 6))).await, "7");
}

#[tokio::test]
async fn logs_tell_what_happened_and_no_secret() {
    let rotated =
        || CookieSessions::new(&ring("key of today").with_fallback(key("secret")), sessions().cookie().clone());
    let cookie = visited(&sessions(), 41);
    let forged = cookie.replace("eyJ", "eyK");

    ask(rotated().with_clock(clock(NOW)), count, with_cookie(&cookie)).await;
    let told = events::told();
    assert_eq!(told, ["DEBUG a session cookie is signed with a fallback key key_index=1"]);
    ask(rotated().with_clock(clock(NOW)), count, with_cookie(&forged)).await;
    let told = [told, events::told()].concat();
    assert_eq!(told[1..], ["INFO a session cookie was rejected reason=signature does not match"]);
    ask(rotated().with_clock(clock(NOW + 1e9)), count, with_cookie(&cookie)).await;
    let told = [told, events::told()].concat();
    assert_eq!(told[2], "DEBUG a session cookie has expired reason=signature age 1000000000s exceeds 1209600s");

    for secret in
        cookie.split(['=', ':']).skip(1).chain(forged.split(['=', ':']).skip(1)).chain(["key of today", "visits"])
    {
        assert!(!told.join("\n").contains(secret), "{secret}");
    }
}

#[cfg(feature = "msgpack")]
#[tokio::test]
async fn another_serializer() {
    let sessions = || sessions().with_serializer(django_session::MessagePackSerializer);
    let response = ask(sessions(), count, with_cookie(&visited(&sessions(), 41))).await;
    assert_eq!(visits_set(&sessions(), &response), Some(42));
    assert_eq!(read_body(response).await, "42");
}

/// Starts a real server and runs `talk` with its address.
async fn served(talk: impl FnOnce(SocketAddr) + Send + 'static) {
    let sessions = SessionMiddleware::new(sessions());
    let server = HttpServer::new(move || {
        App::new().route("/", web::get().to(count)).route("/fill", web::get().to(fill)).wrap(sessions.clone())
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    let server = tokio::spawn(server);
    tokio::task::spawn_blocking(move || talk(address)).await.unwrap();
    handle.stop(false).await;
    server.await.unwrap().unwrap();
}

/// Sends a request and returns everything that the server sends until it closes the connection.
fn converse(address: SocketAddr, path: &str, cookie: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: ");
    let request = [head.as_bytes(), cookie, b"\r\n\r\n"].concat();
    let mut answer = Vec::new();
    // The server may close the connection before it has read everything.
    let _ = socket.write_all(&request).and_then(|()| socket.read_to_end(&mut answer));
    String::from_utf8(answer).unwrap()
}

/// The server answers each request, and still serves the next one.
#[tokio::test]
async fn hostile_headers() {
    served(|address| {
        for (cookie, answered) in [
            (format!("sessionid={}", "x".repeat(64 * 1024)).as_bytes(), true),
            ("a=1; ".repeat(10_000).as_bytes(), true),
            ("sessionid;".repeat(10_000).as_bytes(), true),
            ("sessionid=;".repeat(10_000).as_bytes(), true),
            (b";;;==", true),
            (b"=; =sessionid; sessionid==", true),
            (b"sessionid=\x80\xff\xfe:\xc3\x28:\xf0\x9f", true),
            (b"sessionid=\"", true),
            (b"sessionid=a\0b:c:d", false), // the server rejects this header
            (format!("sessionid={}", "x".repeat(1 << 20)).as_bytes(), false),
        ] {
            let shown = cookie[..cookie.len().min(20)].escape_ascii();
            let answer = converse(address, "/", cookie);
            let status = answer.lines().next().unwrap_or_default();
            assert_eq!(status == "HTTP/1.1 200 OK", answered, "{shown}: {status}");
            let good = converse(address, "/", visited(&sessions(), 41).as_bytes());
            assert!(good.starts_with("HTTP/1.1 200 OK\r\n") && good.ends_with("\r\n\r\n42"), "after {shown}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_too_large_on_the_wire() {
    served(|address| {
        let answer = converse(address, "/fill", visited(&sessions(), 41).as_bytes()).to_lowercase();
        assert!(
            answer.starts_with("http/1.1 500 internal server error\r\n") && answer.ends_with("\r\n\r\n"),
            "{answer}"
        );
        assert!(answer.contains("\r\ncontent-length: 0\r\n") && !answer.contains("set-cookie"), "{answer}");
    })
    .await;
}
