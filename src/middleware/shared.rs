use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{mem, thread};

use crate::middleware::lock::Lock;
use crate::middleware::visit::{TARGET, Visit};
use crate::{Commit, EncodeError, Session, SetCookie};

/// The session of a request, shared by its handles and its writer.
pub(super) struct Shared<V: ?Sized = dyn Visit> {
    slot: Lock<Slot>,
    /// The session of the layer around this one.
    outer: Option<Arc<Shared>>,
    /// The removals after a flush in inner layers. They are sent even if an error replaces the response.
    removals: Mutex<Vec<SetCookie>>,
    pub(super) visit: V,
}

#[derive(Debug, Default)]
struct Slot {
    /// The session, which is loaded when it is first used.
    session: Option<Session>,
    /// Whether the headers were written, or will never be written.
    head_sent: bool,
    /// Whether a change after that was logged.
    loss_logged: bool,
}

impl<V> Shared<V> {
    pub(super) fn new(visit: V, outer: Option<Arc<Shared>>) -> Self {
        Self { slot: Lock::default(), outer, removals: Mutex::default(), visit }
    }
}

impl Shared {
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut Session) -> R) -> R {
        let Some(mut slot) = self.slot.lock() else {
            // While a thread panics, a second panic in a destructor would abort the process.
            assert!(
                thread::panicking(),
                "a session is used inside its own `SessionHandle::with`: use the `&mut Session` of the closure"
            );
            return work(&mut Session::default());
        };
        let Slot { session, head_sent, loss_logged } = &mut *slot;
        let session = session.get_or_insert_with(|| self.visit.load());
        let was_accessed = session.is_accessed();
        let result = work(session);
        if *head_sent && !was_accessed && session.is_accessed() {
            tracing::warn!(target: TARGET, "the session is first used after the response's head: it lacks `Vary: Cookie`");
        }
        if *head_sent && session.is_modified() && !mem::replace(loss_logged, true) {
            tracing::warn!(target: TARGET, "the session is changed after the response's head: the change is lost");
        }
        result
    }

    /// Returns the headers of a response with this status, or with status 500 after a panic inside `with`.
    pub(super) fn commit(&self, status: u16) -> Result<Commit, EncodeError> {
        let Some(mut slot) = self.slot.lock() else { return Ok(Commit::default()) };
        let panicked = slot.is_poisoned();
        if slot.session.is_none() && !self.visit.saves_unread() {
            slot.head_sent = true;
            return Ok(Commit::default());
        }
        let session = slot.session.get_or_insert_with(|| self.visit.load());
        if panicked && session.is_modified() {
            tracing::error!(target: TARGET, "a closure of `SessionHandle::with` panicked: the session is not written");
        }
        let commit = self.visit.commit(session, if panicked { 500 } else { status }).inspect_err(|error| {
            tracing::error!(target: TARGET, error = %error, "the session could not be written");
        })?;
        if let Some(outer) = self.outer.as_ref().filter(|_| session.is_flushed()) {
            // With status 500, only the removals are left.
            outer.keep(&self.visit.commit(session, 500)?.into_set_cookies().collect::<Vec<_>>());
        }
        session.discard();
        slot.head_sent = true;
        Ok(commit)
    }

    /// Adds removals, here and in the layers around this one.
    fn keep(&self, removals: &[SetCookie]) {
        self.kept().extend_from_slice(removals);
        if let Some(outer) = &self.outer {
            outer.keep(removals);
        }
    }

    /// Returns the removals after a flush in inner layers.
    pub(super) fn kept(&self) -> MutexGuard<'_, Vec<SetCookie>> {
        self.removals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that the session will not be written, and logs a lost change.
    pub(super) fn abandon(&self) {
        let Some(mut slot) = self.slot.lock() else { return };
        slot.head_sent = true;
        if let Some(session) = slot.session.as_mut().filter(|session| session.is_modified()) {
            tracing::warn!(target: TARGET, "the session was changed, but the request produced no response");
            session.discard();
        }
    }
}
