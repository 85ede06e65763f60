//! A session middleware for the engines that store sessions on the server. The I/O is in `engine.rs`, which uses
//! `database.rs`, `files.rs` and `cache.rs`.

use std::sync::{Arc, Mutex, PoisonError};

use axum::BoxError;
use axum::extract::{Request, State};
use axum::http::header::{COOKIE, HeaderValue, SET_COOKIE, VARY};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use django_session::{Commit, SentCookie, Session};
use tokio::sync::OnceCell;

use crate::session::engine::{CommitError, Engine};

/// The extension of a request that loads the session.
#[derive(Clone)]
pub struct Mount(Arc<Slot>);

struct Slot {
    engine: Arc<Engine>,
    sent: SentCookie,
    /// Empty until a handler loads the session.
    session: OnceCell<StoredHandle>,
}

/// A loaded session. Clones share it.
#[derive(Clone)]
pub struct StoredHandle(Arc<Mutex<Session>>);

impl StoredHandle {
    pub fn with<R>(&self, work: impl FnOnce(&mut Session) -> R) -> R {
        // A poisoned lock can be used: if a handler panics, there is no response, and its session is not written.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Mount {
    /// Loads the session, once per request.
    pub async fn load(&self) -> Result<StoredHandle, BoxError> {
        let Slot { engine, sent, session } = &*self.0;
        let load = async || {
            let session = engine.load(sent.clone()).await?;
            Ok(StoredHandle(Arc::new(Mutex::new(session))))
        };
        session.get_or_try_init(load).await.cloned()
    }

    /// Writes the session and returns the headers that the response needs.
    async fn commit(&self, status: u16) -> Result<Commit, CommitError> {
        let Some(handle) = self.0.session.get() else { return Ok(Commit::default()) };
        let session = handle.with(|session| session.clone());
        self.0.engine.commit(&session, status).await
    }
}

/// Lets the handlers of a request load the session, and writes it before the response is sent.
pub async fn middleware(State(engine): State<Arc<Engine>>, mut request: Request, next: Next) -> Response {
    // 1. Read the session key from the cookie.
    let sent = engine.sent_cookies(request.headers().get_all(COOKIE));
    let mount = Mount(Arc::new(Slot { engine, sent, session: OnceCell::new() }));
    request.extensions_mut().insert(mount.clone());
    // 2. Call the handler.
    let mut response = next.run(request).await;
    // 3. Write the session and add its headers. If that fails, the handler's response would claim that it was saved, so
    // an error page replaces it.
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
