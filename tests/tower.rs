//! The session layer of tower: its effects on requests and responses, and what it leaves unchanged. Feature `tower`.
#![cfg(feature = "tower")]

mod common;

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE, VARY};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Extension, Router, handler::Handler, routing};
use common::events::{listen, told};
use common::{clock, key, payload, ring};
use django_session::middleware::tower::SessionLayer;
use django_session::{
    Commit, CookieOptions, CookieSessions, EncodeError, ExpiryPolicy, KeyRing, Session, SessionHandle, SessionMount,
    Unstamped,
};
use futures_util::stream;
use tokio::sync::Barrier;
use tower::{Layer as _, ServiceExt as _, service_fn};

const NOW: f64 = 1_700_000_000.0; // 2023-11-14 22:13:20 UTC
const SECRET: &str = "the key that signs";
const FALLBACK: &str = "the key that signed";

fn keys() -> KeyRing {
    ring(SECRET).with_fallback(key(FALLBACK))
}

fn sessions() -> CookieSessions {
    store_of(&keys(), "sessionid")
}

fn store_of(keys: &KeyRing, cookie: &str) -> CookieSessions {
    listen();
    CookieSessions::new(keys, CookieOptions::builder(cookie).build().unwrap()).with_clock(clock(NOW))
}

/// The extractor for handlers. With the feature `axum`, `SessionHandle` itself is an extractor: see `tests/axum.rs`.
type Handle = Extension<SessionHandle>;

/// Returns a router with one handler behind the layer, for every path and method.
fn app<T: 'static>(handler: impl Handler<T, ()>) -> Router {
    Router::new().fallback(handler).layer(SessionLayer::new(sessions()))
}

/// Returns a cookie, as name and value, with this number under `visits`.
fn visited(keys: &KeyRing, visits: u32) -> String {
    let sessions = store_of(keys, "sessionid");
    let mut session = sessions.load(None);
    session.insert("visits", visits).unwrap();
    let cookie = sessions.commit(&session, 200).unwrap().set_cookie.unwrap().into_string();
    cookie.split(';').next().unwrap().to_owned()
}

fn visit(session: &mut Session) -> u32 {
    let visits = session.get::<u32>("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
    visits
}

async fn count(Extension(session): Handle) -> String {
    session.with(visit).to_string()
}

fn request<'c>(cookies: impl IntoIterator<Item = &'c str>) -> Request {
    let mut request = Request::new(Body::empty());
    for cookie in cookies {
        request.headers_mut().append(COOKIE, HeaderValue::from_bytes(cookie.as_bytes()).unwrap());
    }
    request
}

async fn answer<'c>(app: &Router, cookies: impl IntoIterator<Item = &'c str>) -> Response {
    app.clone().oneshot(request(cookies)).await.unwrap()
}

async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
}

fn lines(response: &Response, name: HeaderName) -> Vec<&str> {
    response.headers().get_all(name).iter().map(|line| line.to_str().unwrap()).collect()
}

/// Returns the contents of the cookies that are set, each as `name=JSON`, and of removed ones as `name=`.
fn set(response: &Response) -> Vec<String> {
    let pair = |line: &str| {
        let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
        format!("{name}={}", payload(value.trim_matches('"')))
    };
    lines(response, SET_COOKIE).into_iter().map(pair).collect()
}

fn says_nothing_of_sessions(response: &Response) -> bool {
    set(response).is_empty() && lines(response, VARY).is_empty()
}

/// Returns the log events since the last call. Checks that they contain no key and no contents of a session.
fn events() -> Vec<String> {
    let events = told();
    for secret in [SECRET, FALLBACK, "PRIVATE", "918273"] {
        assert!(!events.concat().contains(secret), "{events:?}");
    }
    events
}

#[tokio::test]
async fn a_visit_and_the_next() {
    let app = app(count);
    let first = answer(&app, []).await;
    assert_eq!(set(&first), [r#"sessionid={"visits":1}"#]);
    assert_eq!(lines(&first, VARY), ["Cookie"]);
    // HTTP/2 does not add sensitive values to its tables, and loggers print "Sensitive".
    assert!(first.headers()[SET_COOKIE].is_sensitive());

    let cookie = lines(&first, SET_COOKIE)[0].split(';').next().unwrap().to_owned();
    let second = answer(&app, [cookie.as_str()]).await;
    assert_eq!(set(&second), [r#"sessionid={"visits":2}"#]);
    assert_eq!((text(first).await, text(second).await), ("1".to_owned(), "2".to_owned()));
    assert_eq!(events(), [""; 0]);
}

/// If no handler uses the session, the cookie is not read, so a forged one is not even rejected.
#[tokio::test]
async fn a_session_that_nobody_asks_for_is_not_looked_at() {
    let holding = async |Extension(session): Handle| {
        assert_eq!(format!("{session:?}"), "SessionHandle { cookie: \"sessionid\", .. }");
        "a handle that is not used"
    };
    let old = visited(&ring(FALLBACK), 1);
    for app in [app(async || "ok"), app(holding)] {
        for cookie in ["sessionid=forged:forged:forged", old.as_str()] {
            assert!(says_nothing_of_sessions(&answer(&app, [cookie]).await));
            assert_eq!(events(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn a_store_that_saves_every_request_refreshes_what_nobody_read() {
    let layer = SessionLayer::new(sessions().with_save_every_request(true));
    let app = Router::new().fallback(async || "ok").layer(layer);
    let refreshed = answer(&app, [visited(&keys(), 7).as_str()]).await;
    assert_eq!(set(&refreshed), [r#"sessionid={"visits":7}"#]);
    assert_eq!(lines(&refreshed, VARY), ["Cookie"]);
    assert!(says_nothing_of_sessions(&answer(&app, []).await), "there is none to refresh");
}

/// The response varies if the session was read, and the cookie does not change.
#[tokio::test]
async fn reading_writes_no_cookie() {
    let app = app(async |Extension(session): Handle| session.with(|session| session.len()).to_string());
    let response = answer(&app, [visited(&keys(), 1).as_str()]).await;
    assert_eq!(lines(&response, VARY), ["Cookie"]);
    assert_eq!(set(&response), [""; 0]);
    assert_eq!(text(response).await, "1");
}

#[tokio::test]
async fn other_headers_stay() {
    let tables: [(&[&str], &[&str]); 10] = [
        (&[], &["Cookie"]),
        (&[""], &["Cookie"]),
        (&["accept"], &["accept, Cookie"]),
        (&["Accept", "Origin"], &["Accept, Origin, Cookie"]),
        (&["X-Cookie, cookies"], &["X-Cookie, cookies, Cookie"]),
        (&["*"], &["*"]),
        (&["Accept, *"], &["Accept, *"]),
        (&["cookie"], &["cookie"]),
        (&["Accept ,\tCOOKIE"], &["Accept ,\tCOOKIE"]),
        (&["Accept", "Cookie"], &["Accept", "Cookie"]),
    ];
    for (before, after) in tables {
        let app = app(async move |session: Handle| {
            let theme = [(SET_COOKIE, "theme=ZGFyaw"), (SET_COOKIE, "language=ZGU")];
            let vary = before.iter().map(|line| (VARY, *line)).collect::<Vec<_>>();
            (AppendHeaders(theme), AppendHeaders(vary), count(session).await)
        });
        let response = answer(&app, []).await;
        assert_eq!(lines(&response, VARY), after);
        assert_eq!(set(&response), ["theme=dark", "language=de", r#"sessionid={"visits":1}"#]);
    }
}

/// The status decides, wherever it was set.
#[tokio::test]
async fn errors_of_the_server_write_nothing_but_a_logout() {
    let failing = app(async |session: Handle| (StatusCode::BAD_GATEWAY, count(session).await));
    let response = answer(&failing, []).await;
    assert_eq!((set(&response).len(), lines(&response, VARY)), (0, vec!["Cookie"]));

    for refill in [false, true] {
        let logout = app(async move |Extension(session): Handle| {
            session.flush();
            if refill {
                session.insert("visits", 1).unwrap();
            }
            StatusCode::BAD_GATEWAY
        });
        assert_eq!(set(&answer(&logout, [visited(&keys(), 1).as_str()]).await), ["sessionid="], "{refill}");
    }
}

/// The head is sent before the body is polled. Changes that the body makes to the session are lost, and logged.
#[tokio::test]
async fn a_body_that_streams_reads_but_does_not_write() {
    fn late(session: SessionHandle) -> Body {
        let chunk = move |_| Ok::<_, Infallible>(session.with(visit).to_string());
        Body::from_stream(stream::iter((0..2).map(chunk)))
    }
    let asked_before = app(async |Extension(session): Handle| {
        session.with(visit);
        late(session)
    });
    let response = answer(&asked_before, [visited(&keys(), 7).as_str()]).await;
    assert_eq!(set(&response), [r#"sessionid={"visits":8}"#]);
    assert_eq!(events(), [""; 0]);
    assert_eq!(text(response).await, "910");
    assert_eq!(events(), ["WARN the session is changed after the response's head: the change is lost"]);

    let app = app(async |Extension(session): Handle| late(session));
    let response = answer(&app, [visited(&keys(), 7).as_str()]).await;
    assert!(says_nothing_of_sessions(&response));
    assert_eq!(text(response).await, "89");
    assert_eq!(events().len(), 2, "the events: it has no `Vary`, and the change is lost");
}

/// The layer is ready when the service is ready.
#[tokio::test]
async fn readiness_is_that_of_the_service() {
    struct Shut;

    impl tower::Service<http::Request<()>> for Shut {
        type Response = http::Response<()>;
        type Error = &'static str;
        type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
            std::task::Poll::Ready(Err("shut"))
        }

        fn call(&mut self, _: http::Request<()>) -> Self::Future {
            panic!("called although it was not ready");
        }
    }

    let answer = SessionLayer::new(sessions()).layer(Shut).oneshot(http::Request::new(())).await;
    assert_eq!(answer.unwrap_err(), "shut");
}

/// The layer works without axum: with any service over `http`, and any body with a default.
#[tokio::test]
async fn plain_services() {
    let service = SessionLayer::new(sessions()).layer(service_fn(async |request: http::Request<()>| {
        let session = request.extensions().get::<SessionHandle>().expect("the layer puts it there");
        match session.with(visit) {
            3.. => Err("three are enough"),
            visits => Ok(http::Response::new(visits.to_string())),
        }
    }));
    let request = |visits| {
        http::Request::builder().header(COOKIE, format!("theme=dark; {}", visited(&keys(), visits))).body(()).unwrap()
    };
    let response = service.clone().oneshot(request(1)).await.unwrap();
    assert_eq!(response.body(), "2");
    assert_eq!(set(&response.map(Body::from)), [r#"sessionid={"visits":2}"#]);

    // An error is not a response. It is passed on unchanged, and the session is not written.
    assert_eq!(service.clone().oneshot(request(2)).await.unwrap_err(), "three are enough");
    assert_eq!(events(), ["WARN the session was changed, but the request produced no response"]);
    let reader = SessionLayer::new(sessions()).layer(service_fn(async |request: http::Request<()>| {
        request.extensions().get::<SessionHandle>().unwrap().with(|session| assert_eq!(session.len(), 1));
        Err::<http::Response<()>, _>("nothing is lost")
    }));
    assert_eq!(reader.oneshot(request(2)).await.unwrap_err(), "nothing is lost");
    assert_eq!(events(), [""; 0]);
    let answered = service.map_result(|result| Ok::<_, &str>(result.unwrap_or_default()));
    assert!(says_nothing_of_sessions(&answered.oneshot(request(2)).await.unwrap().map(Body::from)));
}

/// A panic that is caught inside the layer is a response with status 500. If it is caught outside, the layer sees no
/// response.
#[tokio::test]
async fn panics_write_nothing() {
    async fn bug(Extension(session): Handle) {
        session.with(visit);
        panic!("a bug in the handler");
    }
    async fn caught(request: Request, next: Next) -> Response {
        let answer = tokio::spawn(next.run(request)).await;
        answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
    let inside = Router::new().fallback(bug).layer(from_fn(caught)).layer(SessionLayer::new(sessions()));
    let response = answer(&inside, []).await;
    assert_eq!((response.status(), set(&response).len()), (StatusCode::INTERNAL_SERVER_ERROR, 0));
    assert_eq!(lines(&response, VARY), ["Cookie"], "the session was used");

    let outside = app(bug).layer(from_fn(caught));
    let response = answer(&outside, []).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(says_nothing_of_sessions(&response));
}

#[tokio::test]
async fn a_panic_while_the_session_is_locked_writes_nothing() {
    let app = app(async |Extension(session): Handle| {
        let clone = session.clone();
        let buggy = tokio::spawn(async move {
            clone.with(|session| {
                visit(session);
                panic!("a bug under the lock");
            })
        });
        assert!(buggy.await.is_err());
        count(Extension(session)).await
    });
    let response = answer(&app, [visited(&keys(), 7).as_str()]).await;
    assert_eq!((response.status(), set(&response).len()), (StatusCode::OK, 0));
    assert_eq!(lines(&response, VARY), ["Cookie"]);
    let events = events();
    assert_eq!(events, ["ERROR a closure of `SessionHandle::with` panicked: the session is not written"]);
}

/// It panics, because it would otherwise deadlock.
#[test]
fn a_session_used_inside_its_own_closure_panics() {
    let session = SessionHandle::new(sessions(), [""]);
    let clone = session.clone();
    for inner in [|session: &SessionHandle| drop(session.bytes_left()), |session: &SessionHandle| session.flush()] {
        let nested = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| session.with(|_| inner(&clone))));
        let message = nested.unwrap_err().downcast::<&str>().unwrap();
        assert!(message.contains("use the `&mut Session` of the closure"), "{message}");
    }
    assert_eq!(session.get::<u8>("a").unwrap(), None, "it can be used afterwards");
}

/// The response notices a panic only after it gets the lock.
#[test]
fn a_panic_on_another_thread_while_the_response_waits() {
    listen();
    let mount = SessionMount::new(sessions());
    let (session, writer) = mount.begin(None, [visited(&keys(), 7)]);
    let locked = std::sync::Barrier::new(2);
    let commit = std::thread::scope(|scope| {
        let buggy = scope.spawn(|| {
            session.with(|session| {
                session.insert("half", true).unwrap();
                locked.wait();
                std::thread::sleep(Duration::from_millis(50));
                panic!("a bug under the lock");
            })
        });
        locked.wait();
        let commit = writer.commit(200).unwrap();
        assert!(buggy.join().is_err());
        commit
    });
    assert_eq!((commit.set_cookie, commit.vary_on_cookie), (None, true));
    assert_eq!(events().len(), 1);
}

/// A destructor may read the session while its closure unwinds. A second panic would abort the process.
#[test]
fn a_destructor_may_use_a_session_whose_closure_panics() {
    struct Reads(SessionHandle);
    impl Drop for Reads {
        fn drop(&mut self) {
            assert_eq!(self.0.get::<u8>("visits").unwrap(), None, "the destructor sees an empty session");
        }
    }
    let session = SessionHandle::new(sessions(), [visited(&keys(), 7)]);
    let reads = Reads(session.clone());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        session.with(|_| {
            let _reads = reads;
            panic!("a bug under the lock");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(session.get("visits").unwrap(), Some(7));
}

/// If a request is cancelled or its handler panics, there is no response, and the session is not written.
#[test]
fn a_writer_that_is_dropped() {
    listen();
    let mount = SessionMount::new(sessions());
    let (session, writer) = mount.begin(None, [visited(&keys(), 7)]);
    session.insert("seen", true).unwrap();
    drop(writer);
    assert_eq!(events(), ["WARN the session was changed, but the request produced no response"]);
    assert_eq!(session.get("visits").unwrap(), Some(7));
    assert_eq!(events(), [""; 0], "reading is not logged");
    session.insert("seen", false).unwrap();
    assert_eq!(events(), ["WARN the session is changed after the response's head: the change is lost"]);
    drop(mount.begin(None, [""]));
    assert_eq!(events(), [""; 0]);
}

/// With layers nested as a, b, a, b, each cookie is written once, by its outermost layer, and is available inside.
#[test]
fn nested_layers_in_any_order() {
    listen();
    let [a, b] = ["a", "b"].map(|name| SessionMount::new(store_of(&keys(), name).with_salt(name).unwrap()));
    let (outer_a, writer_a) = a.begin(None, [""]);
    let (outer_b, writer_b) = b.begin(Some(outer_a), [""]);
    let (inner_a, no_writer_a) = a.begin(Some(outer_b), [""]);
    let (inner_b, no_writer_b) = b.begin(Some(inner_a.clone()), [""]);
    inner_a.of_cookie("b").unwrap().insert("n", 1).unwrap();
    assert_eq!(inner_b.get("n").unwrap(), Some(1));
    inner_b.of_cookie("a").unwrap().insert("n", 2).unwrap();
    assert_eq!(inner_a.get("n").unwrap(), Some(2));
    for writer in [no_writer_b, no_writer_a] {
        assert_eq!(writer.commit(200).unwrap(), Commit::default());
    }
    for (writer, name) in [(writer_b, "b"), (writer_a, "a")] {
        assert_eq!(writer.commit(200).unwrap().set_cookie.unwrap().name(), name);
    }
    assert_eq!(events(), [""; 0]);
}

/// Two layers that accept each other's cookies are logged, even if they sign with different keys.
#[test]
fn rings_that_overlap_are_told_of() {
    listen();
    let outer = SessionMount::new(store_of(&ring(FALLBACK), "outer"));
    let inner = SessionMount::new(store_of(&keys(), "inner"));
    let (session, _writer) = outer.begin(None, [""]);
    drop(inner.begin(Some(session), [""]));
    let events = events();
    assert!(events.len() == 1 && events[0].contains("accept each other's cookie"), "{events:?}");
}

/// The handle has methods for the most common operations.
#[test]
fn the_handle_as_a_dict() {
    let session = SessionHandle::new(sessions(), [visited(&keys(), 7)]);
    session.insert("a", 1).unwrap();
    assert!(session.contains_key("a") && session.remove("a") && !session.remove("a"));
    assert_eq!((session.take("visits").unwrap(), session.take::<u8>("visits").unwrap()), (Some(7), None));
    session.insert("a", 1).unwrap();
    session.flush();
    assert!(session.with(|session| session.is_empty()));
}

/// A failed commit returns the headers for the response and the error.
#[test]
fn what_could_not_be_written() {
    listen();
    let (session, writer) = SessionMount::new(sessions()).begin(None, [visited(&keys(), 7)]);
    assert_eq!(format!("{writer:?}"), "SessionWriter { .. }");
    session.flush();
    session.insert("hoard", (0..2000).map(|n| n * n).collect::<Vec<u32>>()).unwrap();
    let unwritten = writer.commit(200).unwrap_err();
    assert_eq!(unwritten.to_string(), unwritten.error.to_string());
    assert!(std::error::Error::source(&unwritten).is_none());
    assert_eq!(unwritten.commit.set_cookie, Some(sessions().cookie().removal()));
    assert_eq!(events().len(), 1);
}

/// Other threads wait for the lock.
#[test]
fn another_thread_waits() {
    let session = SessionHandle::new(sessions(), [""]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|_| _ = session.with(visit)));
        }
    });
    assert_eq!(session.get("visits").unwrap(), Some(400));
}

#[tokio::test]
async fn clones_are_one_session_across_awaits_and_tasks() {
    fn may_go_anywhere<T: Clone + Send + Sync + 'static>(_: &T) {}

    let app = app(async |Extension(session): Handle| {
        may_go_anywhere(&session);
        session.with(visit);
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let session = session.clone();
                tokio::spawn(async move {
                    session.with(visit);
                    tokio::task::yield_now().await;
                    session.with(visit);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        session.with(visit).to_string()
    });
    let response = answer(&app, []).await;
    assert_eq!(set(&response), [r#"sessionid={"visits":22}"#]);
    assert_eq!(text(response).await, "22");
}

/// HTTP/2 may send a header line for each cookie, and a line may contain any byte.
#[tokio::test]
async fn cookies_in_several_lines() {
    let app = app(count);
    let cookie = visited(&keys(), 7);
    let with = |start: &[u8], end: &[u8]| HeaderValue::from_bytes(&[start, cookie.as_bytes(), end].concat()).unwrap();
    for cookies in [
        vec![HeaderValue::from_static("theme=dark"), with(b"", b""), HeaderValue::from_static("language=de")],
        vec![with(b"name=\xff\xfe; ", b"; \x80=\xe9")],
        vec![with(b"", b""), HeaderValue::from_bytes(b"sessionid=\xff\xff\xff\xff\xff\xff\xff\xff").unwrap()],
        vec![with(b"", b""), HeaderValue::from_static(""), HeaderValue::from_static("sessionid=forged:forged:forged")],
    ] {
        let mut request = request([]);
        for line in cookies {
            request.headers_mut().append(COOKIE, line);
        }
        assert_eq!(text(app.clone().oneshot(request).await.unwrap()).await, "8");
    }
}

/// A session that does not fit into a cookie is an error. It is not sent, because the browser would drop it.
#[tokio::test]
async fn a_session_that_outgrew_its_cookie_is_an_error() {
    let hoard = async |Extension(session): Handle| {
        let hoard = ("PRIVATE", (0..2000).map(|n| n * n).collect::<Vec<u32>>());
        session.with(|session| session.insert("hoard", hoard)).unwrap();
        ([(SET_COOKIE, "theme=ZGFyaw"), (CONTENT_TYPE, "text/plain")], "the handler's own answer")
    };
    let response = answer(&app(hoard), []).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let headers: Vec<_> = response.headers().keys().map(HeaderName::as_str).collect();
    assert_eq!(headers, ["vary", "content-length"], "the handler's headers are dropped");
    let error = response.extensions().get::<Arc<EncodeError>>().expect("the reason").clone();
    let EncodeError::CookieTooLarge(report) = &*error else { panic!("{error}") };
    assert_eq!(report.keys[0].0, "hoard");
    assert_eq!(text(response).await, "");
    let [event] = &events()[..] else { panic!("one event") };
    assert!(event.starts_with("ERROR") && event.contains("could not be written"), "{event}");
    assert!(event.contains(&error.to_string()), "{event}");

    // An outer layer may replace the response.
    let told = map_response(async |mut response: Response| {
        if response.extensions().get::<Arc<EncodeError>>().is_some() {
            *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            *response.body_mut() = Body::from("too much");
        }
        response
    });
    let response = answer(&app(hoard).layer(told), []).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(text(response).await, "too much");
}

/// The reason of a rejection is logged on level INFO, and a cookie on an older key on DEBUG, without any part of the
/// cookie.
#[tokio::test]
async fn what_the_log_says_of_cookies() {
    let app = app(count);
    let token = visited(&keys(), 918_273);
    let flipped = format!("{}{}", &token[..token.len() - 1], if token.ends_with('A') { 'B' } else { 'A' });
    for (cookie, level, said) in [
        (visited(&ring("a stranger's"), 918_273), "INFO", "rejected"),
        (flipped, "INFO", "rejected"),
        ("sessionid=forgery:forgery:forgery".to_owned(), "INFO", "rejected"),
        (format!("sessionid={}", "forgery".repeat(2000)), "INFO", "rejected"),
        (format!("{}; sessionid=forgery:forgery:forgery", visited(&keys(), 918_273)), "INFO", "passed over"),
        (visited(&ring(FALLBACK), 918_273), "DEBUG", "key_index=1"),
    ] {
        answer(&app, [cookie.as_str()]).await;
        let told = events();
        for part in cookie.split(['=', ':', ';']).skip(1) {
            assert!(!told.concat().contains(part), "{part}: {told:?}");
        }
        assert!(told.len() == 1 && told[0].starts_with(level) && told[0].contains(said), "{told:?}");
    }
    for unremarkable in ["", &token] {
        answer(&app, [unremarkable]).await;
        assert_eq!(events(), [""; 0], "{unremarkable}");
    }
}

/// A handler can read the number of bytes left before the response is written.
#[tokio::test]
async fn a_handler_can_ask_how_much_still_fits() {
    let app = app(async |Extension(session): Handle| {
        let before = session.bytes_left().unwrap();
        session.with(|session| session.insert("note", "brief")).unwrap();
        let after = session.bytes_left().unwrap();
        session.with(|session| session.insert("note", (0..4000).map(|n| n * n).collect::<Vec<u32>>())).unwrap();
        assert!(matches!(session.bytes_left(), Err(EncodeError::CookieTooLarge(_))));
        session.with(|session| session.insert("note", "brief")).unwrap();
        format!("{before} {after}")
    });
    let cookie = visited(&keys(), 7);
    let response = answer(&app, [cookie.as_str()]).await;
    let [before, after] = [sessions().load_header(&cookie), sessions().load_header(lines(&response, SET_COOKIE)[0])]
        .map(|session| sessions().bytes_left(&session).unwrap());
    assert!(after < before);
    assert_eq!(text(response).await, format!("{before} {after}"));
}

/// The handler gets the session of the innermost layer. The other layers write nothing.
#[tokio::test]
async fn nested_layers() {
    let app = Router::new()
        .fallback(count)
        .layer(SessionLayer::new(store_of(&keys(), "inner").with_salt("inner").unwrap()))
        .layer(SessionLayer::new(store_of(&keys(), "outer")));
    let response = answer(&app, ["outer=forged:forged:forged"]).await;
    assert_eq!(lines(&response, SET_COOKIE).iter().filter(|line| line.starts_with("inner=")).count(), 1);
    assert_eq!(set(&response).len(), 1);
    assert_eq!(events(), [""; 0]);
}

/// A handler gets the session of an outer layer by the name of its cookie.
#[tokio::test]
async fn the_session_of_an_outer_layer() {
    let both = async |Extension(session): Handle| {
        session.insert("inner", 1).unwrap();
        session.of_cookie("outer").unwrap().insert("outer", 1).unwrap();
        assert!(session.of_cookie("another").is_none());
    };
    let app = Router::new()
        .fallback(both)
        .layer(SessionLayer::new(store_of(&keys(), "inner").with_salt("inner").unwrap()))
        .layer(SessionLayer::new(store_of(&keys(), "outer")));
    let response = answer(&app, []).await;
    let names: Vec<_> = lines(&response, SET_COOKIE).into_iter().filter_map(|line| line.split('=').next()).collect();
    assert_eq!(names, ["inner", "outer"]);
}

/// These are logged once each: two cookies with the same keys and salt, nested layers that contradict each other, and a
/// session key of another engine, which is then logged on DEBUG like an expired cookie.
#[tokio::test]
async fn settings_that_cannot_be_meant() {
    let session_key = "sessionid=8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2";
    let secure = CookieSessions::new(&keys(), CookieOptions::builder("sessionid").path("/a").build().unwrap());
    for (app, cookie, said) in [
        (
            app(count).layer(SessionLayer::new(store_of(&keys(), "outer"))),
            "",
            &[
                "WARN nested session layers accept each other's cookie: give each a salt, `with_salt` cookie=\"sessionid\"",
            ] as &[_],
        ),
        (
            app(count).layer(SessionLayer::new(secure)),
            "",
            &[
                "ERROR nested session layers have one cookie name, but different settings: the inner one is not used \
                 cookie=\"sessionid\"",
                "ERROR the session could not be written error=nested session layers have one cookie name, but different \
                 settings",
                "ERROR the session could not be written error=nested session layers have one cookie name, but different \
                 settings",
            ],
        ),
        (
            app(count),
            session_key,
            &[
                "WARN the cookie holds a session key, not a signed session: is the site's SESSION_ENGINE not \
                 `signed_cookies`? `StoredSessions` and `CachedSessions` read the sessions of Django's other engines \
                 cookie=\"sessionid\"",
                "DEBUG a session cookie was rejected reason=cookie holds a session key, not a signed session",
            ],
        ),
    ] {
        answer(&app, [cookie]).await;
        answer(&app, [cookie]).await;
        assert_eq!(events(), said);
    }
    let reads = app(async |Extension(session): Handle| session.contains_key("visits").to_string());
    assert_eq!(set(&answer(&reads, [session_key]).await).len(), 0, "the cookie is Django's and is left alone");
}

/// If the session that replaces a flushed one is too large, the old cookie is removed, so that the logout is not
/// undone.
#[tokio::test]
async fn a_flushed_session_is_removed_though_its_successor_is_too_large() {
    let app = app(async |Extension(session): Handle| {
        session.flush();
        session.insert("hoard", (0..2000).map(|n| n * n).collect::<Vec<u32>>()).unwrap();
    });
    let response = answer(&app, [visited(&keys(), 7).as_str()]).await;
    assert_eq!((response.status(), set(&response)), (StatusCode::INTERNAL_SERVER_ERROR, vec!["sessionid=".to_owned()]));
    assert_eq!(events().len(), 1);
}

/// An outer session cannot be written, and its error replaces the response. The logout in the inner one is sent all the
/// same, also if a new session was begun. What the inner one wrote otherwise is not sent, and neither is the removal of
/// its former cookie, which may be the only one that the browser has.
#[tokio::test]
async fn a_logout_is_sent_though_an_outer_session_is_too_large() {
    let options = |path: &str| CookieOptions::builder("sessionid").path(path).build().unwrap();
    let inner = || {
        let sessions = CookieSessions::new(&keys(), options("/app")).with_clock(clock(NOW));
        sessions.with_salt("inner").unwrap().with_former_cookie(&options("/"))
    };
    let mut session = inner().load(None);
    session.insert("visits", 7).unwrap();
    let cookie = inner().commit(&session, 200).unwrap().set_cookie.unwrap();
    let cookie = format!("sessionid={}", cookie.value());
    let removals = [options("/").removal(), options("/app").removal()].map(String::from);

    for (work, expected) in [
        (Session::flush as fn(&mut Session), &removals[..]),
        (|session| (session.flush(), session.insert("notice", "goodbye").unwrap()).1, &removals),
        (|session| session.insert("visits", 8).unwrap(), &[]),
        (|session| assert!(session.contains_key("visits")), &[]),
    ] {
        let handler = async move |Extension(session): Handle| {
            session.with(work);
            let hoard = (0..2000).map(|n| n * n).collect::<Vec<u32>>();
            session.of_cookie("outer").unwrap().insert("hoard", hoard).unwrap();
        };
        // The layer in the middle passes removals on.
        let middle = store_of(&keys(), "middle").with_salt("middle").unwrap();
        let app = Router::new().fallback(handler).layer(SessionLayer::new(inner())).layer(SessionLayer::new(middle));
        let app = app.layer(SessionLayer::new(store_of(&keys(), "outer")));
        let response = answer(&app, [cookie.as_str()]).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(lines(&response, SET_COOKIE), expected);
        assert_eq!(events().len(), 1);
    }
}

/// A first read after the head is logged, because the response has no `Vary`. A read of a session that was read before
/// is not.
#[tokio::test]
async fn what_a_streaming_body_is_warned_of() {
    let late = |session: SessionHandle| {
        let chunk = move |_| Ok::<_, Infallible>(session.get::<u8>("visits").unwrap().unwrap_or(0).to_string());
        Body::from_stream(stream::iter((0..2).map(chunk)))
    };
    let first_read = app(async move |Extension(session): Handle| late(session));
    assert_eq!(text(answer(&first_read, [visited(&keys(), 7).as_str()]).await).await, "77");
    assert_eq!(events(), ["WARN the session is first used after the response's head: it lacks `Vary: Cookie`"]);
    let read_before = app(async move |Extension(session): Handle| {
        assert!(session.contains_key("visits"));
        late(session)
    });
    assert_eq!(text(answer(&read_before, [visited(&keys(), 7).as_str()]).await).await, "77");
    assert_eq!(events(), [""; 0]);
}

/// Nested layers with the same cookie share one session. Otherwise both would send the cookie, and the outer one would
/// undo a logout. This is also true with a layer of another cookie between them.
#[tokio::test]
async fn nested_layers_of_one_cookie_are_one() {
    async fn mark(request: Request, next: Next) -> Response {
        request.extensions().get::<SessionHandle>().unwrap().with(|session| session.insert("seen", true)).unwrap();
        next.run(request).await
    }
    let logout = async |Extension(session): Handle| session.with(Session::flush);
    for every in [false, true] {
        let layer = || SessionLayer::new(sessions().with_save_every_request(every));
        let app = Router::new().fallback(logout).layer(layer()).layer(from_fn(mark)).layer(layer());
        assert_eq!(set(&answer(&app, [visited(&keys(), 7).as_str()]).await), ["sessionid="]);

        let other = SessionLayer::new(CookieSessions::new(&keys(), CookieOptions::builder("other").build().unwrap()));
        let app = Router::new().fallback(logout).layer(layer()).layer(other).layer(from_fn(mark)).layer(layer());
        assert_eq!(set(&answer(&app, [visited(&keys(), 7).as_str()]).await), ["sessionid="]);
    }
}

/// If nested layers have one cookie and different settings, the inner one does not hand out the session of the outer
/// one, because its own settings would not be enforced. What a handler writes is answered with an error.
#[tokio::test]
async fn nested_layers_that_contradict_each_other() {
    async fn get(inner: CookieSessions, outer: CookieSessions, path: &'static str) -> Response {
        let read = async |Extension(session): Handle| session.contains_key("visits").to_string();
        let logout = async |Extension(session): Handle| session.flush();
        let fail = async |Extension(session): Handle| {
            session.flush();
            (StatusCode::SERVICE_UNAVAILABLE, "later")
        };
        let app = Router::new().route("/read", routing::get(read)).route("/write", routing::get(count));
        let app = app.route("/logout", routing::get(logout)).route("/fail", routing::get(fail));
        let app = app.layer(SessionLayer::new(inner)).layer(SessionLayer::new(outer));
        let mut request = request([visited(&keys(), 7).as_str()]);
        *request.uri_mut() = path.parse().unwrap();
        app.oneshot(request).await.unwrap()
    }
    let others: &[fn(CookieSessions) -> CookieSessions] = &[
        |sessions| sessions.with_absolute_age(Duration::from_secs(3600), Unstamped::Refuse),
        CookieSessions::with_ids,
        |sessions| sessions.with_refresh_after(Duration::from_secs(3600)),
        |sessions| sessions.with_max_token_len(10),
        |sessions| sessions.with_max_ahead(Duration::from_secs(3600)),
        |sessions| sessions.with_inflate_limit(10),
        |sessions| sessions.with_expiry_policy(ExpiryPolicy::Both),
        |sessions| sessions.with_former_cookie(&CookieOptions::builder("a").path("/a").build().unwrap()),
        |sessions| sessions.with_salt("admin").unwrap(),
        |_| store_of(&ring("another key"), "sessionid"),
        #[cfg(feature = "encryption")]
        |sessions| sessions.with_encryption(django_session::Encryption::new(&ring("one"))),
        #[cfg(feature = "encryption")]
        |sessions| sessions.with_encryption(django_session::Encryption::new(&ring("two"))),
    ];
    for (index, other) in others.iter().enumerate() {
        assert_eq!(text(get(other(sessions()), sessions(), "/read").await).await, "false", "{index}");
        let written = get(other(sessions()), sessions(), "/write").await;
        assert_eq!((written.status(), set(&written).len()), (StatusCode::INTERNAL_SERVER_ERROR, 0), "{index}");
        assert!(events().iter().all(|line| line.starts_with("ERROR ")));
        // Equal settings are shared, also if they were created twice.
        for (another, same) in others.iter().enumerate() {
            get(other(sessions()), same(sessions()), "/read").await;
            assert_eq!(events().concat().contains("one cookie name"), index != another, "{index} {another}");
        }
    }
    assert_eq!(set(&get(sessions(), sessions(), "/write").await), [r#"sessionid={"visits":8}"#]);

    // The cookie is removed after a flush. A response that reports an error already is kept.
    let logout = get(sessions().with_ids(), sessions(), "/logout").await;
    assert_eq!((logout.status(), set(&logout)), (StatusCode::INTERNAL_SERVER_ERROR, vec!["sessionid=".to_owned()]));
    let failed = get(sessions().with_ids(), sessions(), "/fail").await;
    assert_eq!((failed.status(), set(&failed)), (StatusCode::SERVICE_UNAVAILABLE, vec!["sessionid=".to_owned()]));
    assert_eq!(text(failed).await, "later");
}

/// Each misfit of a layer is logged once.
#[test]
fn a_layer_that_fits_nowhere() {
    let mount = SessionMount::new(sessions());
    for (outer, said) in [
        (store_of(&keys(), "outer"), "WARN nested"),
        (sessions().with_ids(), "ERROR nested"),
        (sessions().with_ids(), ""),
    ] {
        let (outer, _writer) = SessionMount::new(outer).begin(None, [""]);
        let (session, writer) = mount.begin(Some(outer), [visited(&keys(), 7)]);
        assert_eq!(session.contains_key("visits"), said.starts_with("WARN"));
        let events = events().concat();
        assert!(events.starts_with(said) && events.is_empty() == said.is_empty(), "{events}");
        assert_eq!(session.bytes_left().is_ok(), said.starts_with("WARN"));
        drop(writer);
    }
}

#[cfg(feature = "msgpack")]
#[tokio::test]
async fn another_serializer() {
    let layer = SessionLayer::new(Arc::new(sessions().with_serializer(django_session::MessagePackSerializer)));
    let app = Router::new().fallback(count).layer(layer);
    let first = answer(&app, []).await;
    let cookie = lines(&first, SET_COOKIE)[0].split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("sessionid=gaZ2aXNpdHMB:"), "{{'visits': 1}}, by Python's msgpack: {cookie}");
    assert_eq!(text(answer(&app, [cookie.as_str()]).await).await, "2");
}

/// Two parallel requests of one browser start with the same cookie, and the later response replaces the whole cookie of
/// the earlier one, as in Django. A request that only reads sends no cookie, and so undoes nothing.
#[tokio::test]
async fn the_last_of_two_writers_wins() {
    async fn together<H: Handler<T, ()>, T: 'static>(handler: H, layer: SessionLayer) -> [Vec<String>; 2] {
        let app = Router::new().fallback(handler).layer(layer);
        let cookie = visited(&keys(), 7);
        let answer = |path| {
            let mut request = request([cookie.as_str()]);
            *request.uri_mut() = path;
            app.clone().oneshot(request)
        };
        let (cart, theme) =
            tokio::join!(answer(http::Uri::from_static("/cart")), answer(http::Uri::from_static("/theme")));
        [set(&cart.unwrap()), set(&theme.unwrap())]
    }
    let both = Arc::new(Barrier::new(2));
    let writer = {
        let both = Arc::clone(&both);
        async move |request: Request| {
            let session = request.extensions().get::<SessionHandle>().unwrap();
            session.with(|session| assert_eq!(session.get("visits").unwrap(), Some(7)));
            both.wait().await;
            let key = request.uri().path().trim_start_matches('/');
            session.with(|session| session.insert(key, true)).unwrap();
        }
    };
    let [cart, theme] = together(writer, SessionLayer::new(sessions())).await;
    assert_eq!(cart, [r#"sessionid={"visits":7,"cart":true}"#]);
    assert_eq!(theme, [r#"sessionid={"visits":7,"theme":true}"#], "the key of the request that ends first is lost");

    let one_writer = async move |request: Request| {
        let session = request.extensions().get::<SessionHandle>().unwrap();
        session.with(|session| assert_eq!(session.get("visits").unwrap(), Some(7)));
        both.wait().await;
        if request.uri().path() == "/cart" {
            session.with(|session| session.insert("cart", true)).unwrap();
        }
    };
    let [cart, reader] = together(one_writer.clone(), SessionLayer::new(sessions())).await;
    assert_eq!((cart.len(), reader.len()), (1, 0), "nothing is lost");

    let every = SessionLayer::new(sessions().with_save_every_request(true));
    let [cart, reader] = together(one_writer, every).await;
    assert_eq!(cart, [r#"sessionid={"visits":7,"cart":true}"#]);
    assert_eq!(reader, [r#"sessionid={"visits":7}"#], "with save-every-request, reading also writes");
}

/// A public module named `tower` at the root would make `tower::` ambiguous here.
mod beside_a_glob_import {
    use super::{keys, payload, sessions, visited};
    #[allow(clippy::wildcard_imports, reason = "this is what is tested")]
    use django_session::*;

    #[tokio::test]
    async fn the_crates_tower_and_http_keep_their_names() {
        let layer = middleware::tower::SessionLayer::new(sessions());
        let service = tower::Layer::layer(
            &layer,
            tower::service_fn(async |request: http::Request<()>| {
                let session: &SessionHandle = request.extensions().get().unwrap();
                session.with(super::visit);
                Ok::<_, EncodeError>(http::Response::new(()))
            }),
        );
        let request = http::Request::builder().header(http::header::COOKIE, visited(&keys(), 7)).body(()).unwrap();
        let response = tower::ServiceExt::oneshot(service, request).await.unwrap();
        let cookie = response.headers()[http::header::SET_COOKIE].to_str().unwrap();
        assert_eq!(payload(cookie.trim_start_matches("sessionid=")), r#"{"visits":8}"#);
    }
}

/// A server over real sockets survives anything that a client sends as cookies.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_server_survives_every_cookie() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app(count)).into_future());
    tokio::task::spawn_blocking(move || torment(address)).await.unwrap();
}

fn torment(address: SocketAddr) {
    let good = visited(&keys(), 7);
    let connect = || BufReader::new(TcpStream::connect(address).unwrap());
    let many = |pair: &str, times| pair.repeat(times).into_bytes();

    // Everything that HTTP allows is sent over one connection. Each request is answered, including the next one.
    let mut connection = connect();
    for junk in [
        b";;;==".to_vec(),
        b"\"unterminated; a=\"; sessionid=\"unterminated".to_vec(),
        b"sessionid; =sessionid; sessionid==; sessionid=:::::::::::".to_vec(),
        (1..=255).filter(|byte| !matches!(byte, b'\0'..=b'\x1f' | b'\x7f')).collect(),
        many("a=b; ", 10_000),
        many("sessionid=x; ", 5_000),
        many("sessionid=forged:forged:forged; ", 2_000),
        many("=", 64 * 1024),
        format!("sessionid={}", "x".repeat(64 * 1024)).into_bytes(),
        format!("sessionid=.{}:a:b", "eJ".repeat(4_000)).into_bytes(),
    ] {
        assert_eq!(ask(&mut connection, &junk), Some((200, "1".to_owned())), "alone: {junk:.40?}");
        let beside = [&junk[..], b"; ", good.as_bytes()].concat();
        assert_eq!(ask(&mut connection, &beside), Some((200, "8".to_owned())), "beside a good one: {junk:.40?}");
        assert_eq!(ask(&mut connection, good.as_bytes()), Some((200, "8".to_owned())), "before a good one");
    }

    // A request that HTTP does not allow, or that is too large for hyper, closes at most its own connection.
    for junk in [b"sessionid=\0\0\0\0\0\0\0\0".to_vec(), b"a\rb".to_vec(), vec![b'x'; 1 << 20]] {
        let rejected = ask(&mut connect(), &junk);
        assert!(rejected.as_ref().is_none_or(|(status, _)| [400, 431].contains(status)), "{rejected:?}");
        assert_eq!(ask(&mut connect(), good.as_bytes()), Some((200, "8".to_owned())));
    }
    assert_eq!(ask(&mut connection, good.as_bytes()), Some((200, "8".to_owned())));
}

/// Returns status and body, or `None` if the server closed the connection.
fn ask(connection: &mut BufReader<TcpStream>, cookie: &[u8]) -> Option<(u16, String)> {
    let request = [b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ", cookie, b"\r\n\r\n"].concat();
    connection.get_mut().write_all(&request).ok()?;
    let mut status = None;
    let mut length = 0;
    for line in connection.by_ref().lines() {
        let line = line.ok()?;
        if status.is_none() {
            status = line.split(' ').nth(1)?.parse().ok();
        } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        } else if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).ok()?;
    Some((status?, String::from_utf8(body).ok()?))
}
