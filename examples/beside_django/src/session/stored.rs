//! A session middleware for the engines that keep sessions on the server. What it leaves to `engine.rs`, and that to
//! `database.rs`, `files.rs` and `cache.rs`, is the I/O.

use std::sync::{Arc, Mutex, PoisonError};

use axum::BoxError;
use axum::extract::{Request, State};
use axum::http::header::{COOKIE, HeaderValue, SET_COOKIE, VARY};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use django_session::{Commit, SentCookie, Session};
use tokio::sync::OnceCell;

use crate::session::engine::{CommitError, Engine};

/// The place of the session in the extensions of a request.
#[derive(Clone)]
pub struct Mount(Arc<Slot>);

struct Slot {
    engine: Arc<Engine>,
    sent: SentCookie,
    /// Empty until a handler asks for the session.
    session: OnceCell<StoredHandle>,
}

/// A session that is loaded. Clones share it.
#[derive(Clone)]
pub struct StoredHandle(Arc<Mutex<Session>>);

impl StoredHandle {
    pub fn with<R>(&self, work: impl FnOnce(&mut Session) -> R) -> R {
        // A handler that panicked has no response, and so nothing of its session is written.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Mount {
    /// Loads the session, once for each request.
    pub async fn load(&self) -> Result<StoredHandle, BoxError> {
        let Slot { engine, sent, session } = &*self.0;
        let load = async || {
            let session = engine.load(sent.clone()).await?;
            Ok(StoredHandle(Arc::new(Mutex::new(session))))
        };
        session.get_or_try_init(load).await.cloned()
    }

    /// Writes the session, and returns the headers that the response needs.
    async fn commit(&self, status: u16) -> Result<Commit, CommitError> {
        let Some(handle) = self.0.session.get() else { return Ok(Commit::default()) };
        let session = handle.with(|session| session.clone());
        self.0.engine.commit(&session, status).await
    }
}

/// Gives each request a session, which its handlers may load, and writes it before the response is sent.
pub async fn middleware(State(engine): State<Arc<Engine>>, mut request: Request, next: Next) -> Response {
    // 1. The key in the cookie.
    let sent = engine.sent_cookies(request.headers().get_all(COOKIE));
    let mount = Mount(Arc::new(Slot { engine, sent, session: OnceCell::new() }));
    request.extensions_mut().insert(mount.clone());
    // 2. The response.
    let mut response = next.run(request).await;
    // 3. The session, and its headers. If it cannot be written, the response says what is not true, and is replaced.
    let commit = match mount.commit(response.status().as_u16()).await {
        Ok(commit) => commit,
        Err(error) => {
            response = error.into_response();
            mount.commit(500).await.unwrap_or_default()
        }
    };
    let headers = response.headers_mut();
    if let Some(vary) = commit.vary(headers.get_all(VARY)).and_then(|vary| HeaderValue::try_from(vary).ok()) {
        headers.insert(VARY, vary);
    }
    for cookie in commit.into_set_cookies() {
        if let Ok(value) = HeaderValue::try_from(cookie.into_string()) {
            headers.append(SET_COOKIE, value);
        }
    }
    response
}
