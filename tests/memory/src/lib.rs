//! An allocator that measures the memory in use, and searches freed memory for secrets.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::c_int;
use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

struct Watched;

#[global_allocator]
static ALLOCATOR: Watched = Watched;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static FREED: AtomicUsize = AtomicUsize::new(0);
static FOUND: AtomicUsize = AtomicUsize::new(0);
/// The secrets to search for. They are leaked, so that they are not found in their own freed memory.
static SECRETS: RwLock<&[&[u8]]> = RwLock::new(&[]);

// SAFETY: it passes all calls on to `System`, and reads a block only before that is freed.
// `realloc` is the default of the trait, which allocates, copies and frees, so that moved blocks are searched too.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), SeqCst) + layout.size();
        PEAK.fetch_max(held, SeqCst);
        // Zeroed, so that bytes which the caller does not write contain no secret from an earlier block.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), SeqCst);
        FREED.fetch_add(1, SeqCst);
        let secrets = SECRETS.read().map_or(&[][..], |secrets| *secrets);
        if !secrets.is_empty() {
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            if secrets.iter().any(|secret| contains(bytes, secret)) {
                FOUND.fetch_add(1, SeqCst);
            }
        }
        unsafe { System.dealloc(block, layout) }
    }
}

fn contains(bytes: &[u8], secret: &[u8]) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret)
}

/// Returns the maximum number of bytes that `work` uses at one time, beyond those in use before it, and its result.
pub fn peak<R>(work: impl FnOnce() -> R) -> (usize, R) {
    let before = HELD.load(SeqCst);
    PEAK.store(before, SeqCst);
    let result = work();
    (PEAK.load(SeqCst).saturating_sub(before), result)
}

/// Returns the processor time of this thread. Linux only.
#[must_use]
pub fn processor_time() -> Duration {
    const CLOCK_THREAD_CPUTIME_ID: c_int = 3;

    #[repr(C)]
    struct Timespec {
        seconds: i64,
        nanos: i64,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int;
    }

    let mut time = Timespec { seconds: 0, nanos: 0 };
    // SAFETY: it writes one `struct timespec`, which has these two fields on 64-bit Linux.
    let failed = unsafe { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0, "Linux has this clock");
    Duration::from_secs(time.seconds.unsigned_abs()) + Duration::from_nanos(time.nanos.unsigned_abs())
}

/// Counts of the blocks that `work` frees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freed {
    pub blocks: usize,
    /// The blocks that still contained a secret.
    pub with_a_secret: usize,
}

/// Searches every block that `work` frees for these secrets.
pub fn freed(secrets: &[Vec<u8>], work: impl FnOnce()) -> Freed {
    let leaked: Vec<&'static [u8]> = secrets.iter().map(|secret| &*secret.clone().leak()).collect();
    let now = || (FREED.load(SeqCst), FOUND.load(SeqCst));
    let before = now();
    watch(leaked.leak());
    work();
    watch(&[]);
    let after = now();
    Freed { blocks: after.0 - before.0, with_a_secret: after.1 - before.1 }
}

fn watch(secrets: &'static [&'static [u8]]) {
    *SECRETS.write().expect("no thread panics while holding it") = secrets;
}
