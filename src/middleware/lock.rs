use std::ops::{Deref, DerefMut};

// In `tests/schedules`, shuttle decides which thread runs next.
#[cfg(shuttle)]
use shuttle as threads;
#[cfg(not(shuttle))]
use std as threads;
use threads::sync::atomic::{AtomicUsize, Ordering};
use threads::sync::{Mutex, MutexGuard};

/// A mutex that returns `None`, instead of a deadlock, if the thread holds it already.
#[derive(Debug, Default)]
pub(super) struct Lock<T> {
    value: Mutex<T>,
    /// The number of the thread that holds the lock, or 0.
    holder: AtomicUsize,
}

impl<T> Lock<T> {
    /// Locks the value. Returns `None` if this thread holds the lock already.
    pub(super) fn lock(&self) -> Option<Locked<'_, T>> {
        // No other thread stores this thread's number, so a stale value is harmless.
        let thread = this_thread();
        if self.holder.load(Ordering::Relaxed) == thread {
            return None;
        }
        let (value, is_poisoned) = match self.value.lock() {
            Ok(value) => (value, false),
            Err(poisoned) => (poisoned.into_inner(), true),
        };
        self.holder.store(thread, Ordering::Relaxed);
        Some(Locked { value, is_poisoned, holder: &self.holder })
    }
}

pub(super) struct Locked<'l, T> {
    value: MutexGuard<'l, T>,
    is_poisoned: bool,
    holder: &'l AtomicUsize,
}

impl<T> Locked<'_, T> {
    /// Returns whether a thread panicked while it held the lock.
    pub(super) fn is_poisoned(&self) -> bool {
        self.is_poisoned
    }
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

/// Returns a number that no other living thread has: the address of a thread-local, which is not 0.
fn this_thread() -> usize {
    threads::thread_local!(static OWN: u8 = const { 0 });
    OWN.with(|own| std::ptr::from_ref(own).addr())
}
