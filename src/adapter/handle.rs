use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Commit, EncodeError, Serializer, Session, SessionStore};

/// The session of the request that is being answered. Clones are the same session.
///
/// The cookie is verified when [`with`](Self::with) is first called, and the session is written when the head of the
/// response is sent; for a request whose handler never asks, neither happens.
///
/// ```
/// # use std::error::Error;
/// use django_session::SessionHandle;
///
/// async fn handler(session: SessionHandle) -> Result<String, Box<dyn Error>> {
///     let visits = session.with(|session| {
///         let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
///         session.insert("visits", visits)?;
///         Ok::<_, Box<dyn Error>>(visits)
///     })?;
///     Ok(format!("{visits} visits"))
/// }
/// ```
#[derive(Clone)]
#[doc(alias = "request.session")]
pub struct SessionHandle(Arc<Mutex<Slot<dyn Fn() -> Session + Send>>>);

struct Slot<Load: ?Sized> {
    session: Option<Session>,
    sent: bool,
    load: Load,
}

impl SessionHandle {
    /// Of a request with these `Cookie` headers.
    pub(crate) fn new<S, H>(store: Arc<SessionStore<S>>, cookies: Vec<H>) -> Self
    where
        S: Serializer + Send + Sync + 'static,
        H: AsRef<[u8]> + Send + 'static,
    {
        let load = move || load(&store, &cookies);
        Self(Arc::new(Mutex::new(Slot { session: None, sent: false, load })))
    }

    /// Does something with the session, and gives back what came of it.
    ///
    /// The session is locked meanwhile: for its clones, and for a `with` inside this one, which would never end.
    ///
    /// Once the response's head is sent, as when its body streams, the session can be read, but changes are lost; a
    /// `tracing` event of level WARN says so.
    pub fn with<R>(&self, work: impl FnOnce(&mut Session) -> R) -> R {
        let mut slot = self.lock();
        let Slot { load, session, sent } = &mut *slot;
        if *sent {
            tracing::warn!("the session is used after the response was sent: changes are lost");
        }
        work(session.get_or_insert_with(load))
    }

    /// What the response has to say about the session; nothing, if nobody asked for it.
    pub(crate) fn commit<S: Serializer>(&self, store: &SessionStore<S>, status: u16) -> Result<Commit, EncodeError> {
        let mut slot = self.lock();
        let Slot { load, session, sent } = &mut *slot;
        *sent = true;
        if session.is_none() && !store.saves_every_request() {
            return Ok(Commit::default());
        }
        store
            .commit(session.get_or_insert_with(load), status)
            .inspect_err(|error| tracing::error!(%error, "the session could not be written"))
    }

    /// A panic leaves no session half changed.
    fn lock(&self) -> MutexGuard<'_, Slot<dyn Fn() -> Session + Send>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn load<S: Serializer>(store: &SessionStore<S>, cookies: &[impl AsRef<[u8]>]) -> Session {
    let session = store.load_headers(cookies);
    if let Some(reason) = session.refusal() {
        tracing::info!(%reason, "a session cookie was refused");
    }
    if let Some(key_index @ 1..) = session.key_index() {
        tracing::debug!(key_index, "a session cookie is signed with a fallback key");
    }
    session
}

impl fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHandle").finish_non_exhaustive()
    }
}
