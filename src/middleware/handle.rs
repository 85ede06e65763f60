use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, mem};

use crate::middleware::visit::{Request, TARGET, Visit};
use crate::{Commit, CookieSessions, EncodeError, Serializer, Session};

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
pub struct SessionHandle(Arc<Mutex<Slot>>);

struct Slot<V: ?Sized = dyn Visit> {
    /// Once somebody has asked.
    session: Option<Session>,
    /// The response's head is sent, and nobody has been told yet.
    too_late: bool,
    /// Of the layer around this one.
    outer: Option<SessionHandle>,
    visit: V,
}

impl SessionHandle {
    /// The session of a request with these `Cookie` headers, and whether it is a new one: further out may be one whose
    /// cookie has the same name, and two would undo each other.
    pub(crate) fn within<S, H>(outer: Option<Self>, sessions: Arc<CookieSessions<S>>, cookies: Vec<H>) -> (Self, bool)
    where
        S: Serializer + Send + Sync + 'static,
        H: AsRef<[u8]> + Send + 'static,
    {
        if let Some(same) = outer.as_ref().and_then(|outer| outer.named(sessions.cookie().name())) {
            return (same, false);
        }
        let slot = Slot { session: None, too_late: false, outer, visit: Request { sessions, cookies } };
        (Self(Arc::new(Mutex::new(slot))), true)
    }

    /// This one or the next further out whose cookie has this name.
    fn named(&self, cookie: &str) -> Option<Self> {
        let slot = self.lock();
        if slot.visit.cookie_name() == cookie { Some(self.clone()) } else { slot.outer.as_ref()?.named(cookie) }
    }

    /// Does something with the session, and gives back what came of it.
    ///
    /// The session is locked meanwhile: for its clones, for the response, and for a `with` or
    /// [`bytes_left`](Self::bytes_left) inside this one, which would never end.
    ///
    /// Once the response's head is sent, as when its body streams, the session can be read, but changes are lost; a
    /// `tracing` event of level WARN says so, once.
    pub fn with<R>(&self, work: impl FnOnce(&mut Session) -> R) -> R {
        let mut slot = self.lock();
        if mem::take(&mut slot.too_late) {
            tracing::warn!(target: TARGET, "the session is used after the response was sent: changes are lost");
        }
        let Slot { session, visit, .. } = &mut *slot;
        work(session.get_or_insert_with(|| visit.load()))
    }

    /// How many more bytes the cookie could take, if the session were written now: see [`CookieSessions::bytes_left`].
    ///
    /// # Errors
    /// Those of [`CookieSessions::commit`].
    ///
    /// ```
    /// use django_session::{EncodeError, SessionHandle};
    ///
    /// /// Whether it was put into the cart; else the cart is full.
    /// fn add(session: &SessionHandle, cart: &mut Vec<String>, item: &str) -> Result<bool, EncodeError> {
    ///     // Three bytes become four in base64, and a character may take six of JSON.
    ///     let fits = session.bytes_left()? > 8 * item.len() + 4;
    ///     if fits {
    ///         cart.push(item.to_owned());
    ///         session.with(|session| session.insert("cart", &cart))?;
    ///     }
    ///     Ok(fits)
    /// }
    /// ```
    pub fn bytes_left(&self) -> Result<usize, EncodeError> {
        let mut slot = self.lock();
        let Slot { session, visit, .. } = &mut *slot;
        visit.bytes_left(session.get_or_insert_with(|| visit.load()))
    }

    /// What the response has to say about the session; nothing, if nobody asked for it.
    pub(crate) fn commit(&self, status: u16) -> Result<Commit, EncodeError> {
        let mut slot = self.lock();
        let Slot { session, too_late, visit, .. } = &mut *slot;
        *too_late = true;
        if session.is_none() && !visit.saves_unread() {
            return Ok(Commit::default());
        }
        visit.commit(session.get_or_insert_with(|| visit.load()), status)
    }

    /// There is no response to write anything into.
    pub(crate) fn abandon(&self) {
        let mut slot = self.lock();
        slot.too_late = true;
        if slot.session.as_ref().is_some_and(Session::is_modified) {
            tracing::warn!(target: TARGET, "the session was changed, but an error took the place of the response");
        }
    }

    /// A panic leaves no session half changed.
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHandle").finish_non_exhaustive()
    }
}
