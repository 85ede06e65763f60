//! The servers in axum.

use std::fmt::Debug;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::response::IntoResponseParts;
use axum::routing::get;
use axum_extra::extract::cookie::{self, Cookie, Key, PrivateCookieJar, SignedCookieJar};
use benches::scheme::{KEY, MAX_AGE_SECS};
use django_session::middleware::tower::SessionLayer;
use django_session::{CookieSessions, Session, SessionHandle};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;
use tower_sessions::cookie::{SameSite, time::Duration};
use tower_sessions::{Expiry, MemoryStore, SessionManagerLayer};
use tower_sessions_cookie_store::{CookieSessionConfig, CookieSessionManagerLayer};

use crate::settings::COOKIE;
use crate::workload::{ALLOCATIONS, Content, Login, Shop, Typed, UNTOUCHED_PATH, VISITS};

const AGE: Duration = Duration::seconds(MAX_AGE_SECS.cast_signed());

/// Serves with one worker thread, and calls `ready` with the port.
pub fn serve(app: Router, ready: impl FnOnce(u16)) {
    let app = app.route(ALLOCATIONS, get(async || crate::allocations().to_string()));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_io().build().expect("a thread");
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        ready(listener.local_addr().expect("it is bound").port());
        axum::serve(listener, app).await.expect("it serves forever");
    });
}

pub fn bare() -> Router {
    [Content::Login, Content::Shop].into_iter().fold(untouched(), |app, content| {
        app.route(content.read_path(), get(answer)).route(content.write_path(), get(answer))
    })
}

/// A layer that does nothing: it shows the cost of any layer in axum, which boxes each route once more.
pub fn no_op() -> Router {
    bare().layer(tower::layer::layer_fn(|service| service))
}

fn untouched<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route(UNTOUCHED_PATH, get(answer))
}

async fn answer() -> String {
    "1".to_owned()
}

pub fn ours(sessions: CookieSessions) -> Router {
    with_sessions::<SessionHandle>().layer(SessionLayer::new(sessions))
}

/// An extractor for our session.
pub trait Handle: FromRequestParts<()> + Send + 'static {
    fn with<R>(&self, work: impl FnOnce(&mut Session) -> R) -> R;
}

impl Handle for SessionHandle {
    fn with<R>(&self, work: impl FnOnce(&mut Session) -> R) -> R {
        self.with(work)
    }
}

pub fn with_sessions<H: Handle>() -> Router {
    async fn count<H: Handle>(session: H) -> String {
        session.with(|session| {
            let visits = session.get::<u32>(VISITS).expect("a number").unwrap_or(0) + 1;
            session.insert(VISITS, visits).expect("JSON");
            visits.to_string()
        })
    }
    Content::ALL.into_iter().fold(untouched(), |app, content| {
        let issue = async move |session: H| session.with(|session| session.extend(content.entries())).expect("JSON");
        let read = async move |session: H| {
            session.with(|session| session.get::<String>(content.key())).expect("text").expect("a session of ours")
        };
        app.route(content.issuer(), get(issue))
            .route(content.read_path(), get(read))
            .route(content.write_path(), get(count::<H>))
    })
}

pub fn signed_jar() -> Router {
    with_jar::<SignedCookieJar>()
}

pub fn private_jar() -> Router {
    with_jar::<PrivateCookieJar>()
}

/// A trait for axum-extra's jars, which have none in common.
trait Jar: FromRequestParts<Key> + IntoResponseParts + Send + 'static {
    fn cookie(&self) -> Option<Cookie<'static>>;
    fn with(self, cookie: Cookie<'static>) -> Self;

    fn load<T: Typed>(&self) -> T {
        serde_json::from_str(self.cookie().expect("a cookie of ours").value()).expect("our session")
    }

    fn store(self, session: &impl Typed) -> Self {
        let json = serde_json::to_string(session).expect("JSON");
        let cookie = Cookie::build((COOKIE, json)).max_age(AGE).path("/").http_only(true).secure(true);
        self.with(cookie.same_site(cookie::SameSite::Lax).build())
    }
}

impl Jar for SignedCookieJar {
    fn cookie(&self) -> Option<Cookie<'static>> {
        self.get(COOKIE)
    }

    fn with(self, cookie: Cookie<'static>) -> Self {
        self.add(cookie)
    }
}

impl Jar for PrivateCookieJar {
    fn cookie(&self) -> Option<Cookie<'static>> {
        self.get(COOKIE)
    }

    fn with(self, cookie: Cookie<'static>) -> Self {
        self.add(cookie)
    }
}

fn with_jar<J: Jar>() -> Router {
    fn routes<J: Jar, T: Typed>(app: Router<Key>) -> Router<Key> {
        let count = async |jar: J| {
            let mut session: T = jar.load();
            let visits = session.count();
            (jar.store(&session), visits.to_string())
        };
        app.route(T::CONTENT.issuer(), get(async |jar: J| (jar.store(&T::issued()), "")))
            .route(T::CONTENT.read_path(), get(async |jar: J| jar.load::<T>().value()))
            .route(T::CONTENT.write_path(), get(count))
    }
    routes::<J, Shop>(routes::<J, Login>(untouched())).with_state(Key::from(KEY))
}

pub fn tower_sessions_memory() -> Router {
    let layer = SessionManagerLayer::new(MemoryStore::default())
        .with_name(COOKIE)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(AGE));
    with_tower_session::<tower_sessions::Session>().layer(layer)
}

pub fn tower_sessions_cookie() -> Router {
    let config = CookieSessionConfig::default()
        .with_name(COOKIE)
        .with_same_site(SameSite::Lax)
        .with_expiry(tower_sessions_cookie_store::Expiry::OnInactivity(AGE))
        // The cookie of the 3 KiB session exceeds the store's default limit of 4096 bytes, and that of browsers.
        .with_max_cookie_bytes(16_384);
    let key = tower_sessions_cookie_store::Key::from(KEY);
    let layer = CookieSessionManagerLayer::signed(key).with_config(config);
    with_tower_session::<tower_sessions_cookie_store::Session>().layer(layer)
}

/// The `Session` of two versions of tower-sessions.
trait TowerSession: FromRequestParts<()> + Send + Sync + 'static {
    fn get<T: DeserializeOwned>(&self, key: &str) -> impl Future<Output = Option<T>> + Send;
    fn insert(&self, key: &str, value: impl Serialize + Send) -> impl Future<Output = ()> + Send;
}

impl TowerSession for tower_sessions::Session {
    async fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        known(self.get(key).await)
    }

    async fn insert(&self, key: &str, value: impl Serialize + Send) {
        known(self.insert(key, value).await);
    }
}

impl TowerSession for tower_sessions_cookie_store::Session {
    async fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        known(self.get(key).await)
    }

    async fn insert(&self, key: &str, value: impl Serialize + Send) {
        known(self.insert(key, value).await);
    }
}

fn known<T, E: Debug>(outcome: Result<T, E>) -> T {
    outcome.expect("a session of ours")
}

fn with_tower_session<S: TowerSession>() -> Router {
    async fn issue<S: TowerSession>(session: S, content: Content) {
        for (key, value) in content.entries() {
            session.insert(&key, value).await;
        }
    }
    async fn count<S: TowerSession>(session: S) -> String {
        let visits = session.get::<u32>(VISITS).await.unwrap_or(0) + 1;
        session.insert(VISITS, visits).await;
        visits.to_string()
    }
    Content::ALL.into_iter().fold(untouched(), |app, content| {
        let read = async move |session: S| session.get::<String>(content.key()).await.expect("a session of ours");
        app.route(content.issuer(), get(move |session: S| issue(session, content)))
            .route(content.read_path(), get(read))
            .route(content.write_path(), get(count::<S>))
    })
}
