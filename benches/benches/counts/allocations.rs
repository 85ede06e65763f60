//! Allocations per call.

use benches::counting::Counting;

use crate::calls;

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

/// How often one call allocates, once what a thread keeps is there.
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
