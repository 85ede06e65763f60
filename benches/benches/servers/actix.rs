//! The servers in actix-web.

use std::future::ready as answered;

use actix_session::config::{CookieContentSecurity, PersistentSession};
use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::{Key, SameSite, time::Duration};
use actix_web::dev::Service as _;
use actix_web::web::{ServiceConfig, get};
use actix_web::{App, HttpServer};
use benches::scheme::{KEY, MAX_AGE_SECS};
use django_session::{CookieSessions, SessionHandle, middleware};

use crate::settings::COOKIE;
use crate::workload::{ALLOCATIONS, Content, UNTOUCHED_PATH, VISITS};

const AGE: Duration = Duration::seconds(MAX_AGE_SECS.cast_signed());

/// Serves with one worker thread, and calls `ready` with the port. The type of an `App` with middleware has no name.
macro_rules! serve {
    ($app:expr, $ready:expr) => {
        actix_web::rt::System::new().block_on(async {
            let server = HttpServer::new($app).workers(1).bind(("127.0.0.1", 0)).expect("a free port");
            $ready(server.addrs()[0].port());
            server.run().await.expect("it serves forever");
        })
    };
}

pub fn bare(ready: impl FnOnce(u16)) {
    serve!(|| App::new().configure(common).configure(without_sessions), ready);
}

/// A middleware that does nothing: it shows the cost of any middleware in actix-web, whose future is boxed.
pub fn no_op(ready: impl FnOnce(u16)) {
    let app = || App::new().configure(common).configure(without_sessions).wrap_fn(|request, inner| inner.call(request));
    serve!(app, ready);
}

fn without_sessions(app: &mut ServiceConfig) {
    for content in Content::ALL {
        app.route(content.read_path(), get().to(answer)).route(content.write_path(), get().to(answer));
    }
}

fn common(app: &mut ServiceConfig) {
    app.route(ALLOCATIONS, get().to(async || crate::allocations().to_string())).route(UNTOUCHED_PATH, get().to(answer));
}

async fn answer() -> String {
    "1".to_owned()
}

pub fn ours(sessions: CookieSessions, ready: impl FnOnce(u16)) {
    async fn count(session: SessionHandle) -> String {
        let visits = session.get::<u32>(VISITS).expect("a number").unwrap_or(0) + 1;
        session.insert(VISITS, visits).expect("JSON");
        visits.to_string()
    }
    fn routes(app: &mut ServiceConfig) {
        for content in Content::ALL {
            let issue = move |session: SessionHandle| {
                session.with(|session| session.extend(content.entries())).expect("JSON");
                answered("")
            };
            let read = move |session: SessionHandle| {
                answered(session.get::<String>(content.key()).expect("text").expect("a session of ours"))
            };
            app.route(content.issuer(), get().to(issue))
                .route(content.read_path(), get().to(read))
                .route(content.write_path(), get().to(count));
        }
    }
    let sessions = middleware::actix::SessionMiddleware::new(sessions);
    serve!(move || App::new().configure(common).configure(routes).wrap(sessions.clone()), ready);
}

pub fn actix_session(security: fn() -> CookieContentSecurity, ready: impl FnOnce(u16)) {
    async fn count(session: Session) -> String {
        let visits = session.get::<u32>(VISITS).expect("a number").unwrap_or(0) + 1;
        session.insert(VISITS, visits).expect("JSON");
        visits.to_string()
    }
    fn routes(app: &mut ServiceConfig) {
        for content in Content::ALL {
            let issue = move |session: Session| {
                for (key, value) in content.entries() {
                    session.insert(key, value).expect("JSON");
                }
                answered("")
            };
            let read = move |session: Session| {
                answered(session.get::<String>(content.key()).expect("text").expect("a session of ours"))
            };
            app.route(content.issuer(), get().to(issue))
                .route(content.read_path(), get().to(read))
                .route(content.write_path(), get().to(count));
        }
    }
    let app = move || {
        let sessions = SessionMiddleware::builder(CookieSessionStore::default(), Key::from(KEY))
            .cookie_name(COOKIE.to_owned())
            .cookie_same_site(SameSite::Lax)
            .cookie_content_security(security())
            .session_lifecycle(PersistentSession::default().session_ttl(AGE))
            .build();
        App::new().configure(common).configure(routes).wrap(sessions)
    };
    serve!(app, ready);
}
