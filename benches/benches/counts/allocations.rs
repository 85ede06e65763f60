//! Counts allocations per call.

use benches::counting::Counting;

use crate::calls;

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

/// Returns the number of allocations per call, after thread-local buffers are allocated.
pub fn count(name: &str) -> u64 {
    const CALLS: u64 = 100;
    let mut call = calls::ours(name);
    call();
    let before = ALLOCATOR.calls();
    for _ in 0..CALLS {
        call();
    }
    (ALLOCATOR.calls() - before).div_ceil(CALLS)
}
