use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A mutex that a thread cannot wait for while it holds it.
#[derive(Debug, Default)]
pub(super) struct Lock<T> {
    value: Mutex<T>,
    /// The thread that holds it, or 0.
    holder: AtomicUsize,
}

impl<T> Lock<T> {
    /// `None` if this thread holds it already.
    pub(super) fn lock(&self) -> Option<Locked<'_, T>> {
        // No other thread stores this thread's number, so that a stale value does no harm.
        let thread = this_thread();
        if self.holder.load(Ordering::Relaxed) == thread {
            return None;
        }
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        self.holder.store(thread, Ordering::Relaxed);
        Some(Locked { value, holder: &self.holder })
    }

    /// Whether a thread panicked while it had it locked.
    pub(super) fn is_poisoned(&self) -> bool {
        self.value.is_poisoned()
    }
}

pub(super) struct Locked<'l, T> {
    value: MutexGuard<'l, T>,
    holder: &'l AtomicUsize,
}

impl<T> Drop for Locked<'_, T> {
    fn drop(&mut self) {
        self.holder.store(0, Ordering::Relaxed);
    }
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Locked<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// A number that no other living thread has: the address of something of its own, which is not 0.
fn this_thread() -> usize {
    thread_local!(static OWN: u8 = const { 0 });
    OWN.with(|own| std::ptr::from_ref(own).addr())
}
