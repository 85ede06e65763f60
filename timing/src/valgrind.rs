//! Marks memory as undefined for valgrind. Values that are computed from it are undefined too, and valgrind reports
//! jumps and addresses that depend on them, as in Langley's ctgrind. Outside of valgrind, this is a no-op.

use std::ffi::{c_uint, c_void};

mod c {
    use super::{c_uint, c_void};

    unsafe extern "C" {
        pub(super) safe fn taint(at: *const c_void, len: usize);
        pub(super) safe fn untaint(at: *const c_void, len: usize);
        pub(super) safe fn reports() -> c_uint;
        pub(super) safe fn is_there() -> c_uint;
    }
}

/// Marks memory as secret. Does not change its bytes.
pub fn taint(secret: &[u8]) {
    c::taint(secret.as_ptr().cast(), secret.len());
}

/// Marks memory as public.
pub fn untaint<T>(public: &mut T) {
    c::untaint((&raw const *public).cast(), size_of::<T>());
}

/// Returns how many jumps and addresses have depended on a secret so far.
pub fn reports() -> u32 {
    c::reports()
}

/// Returns whether this program runs in valgrind.
pub fn is_there() -> bool {
    c::is_there() != 0
}
