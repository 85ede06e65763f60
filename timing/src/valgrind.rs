//! Memory whose content valgrind takes for unknown: what is computed of it is unknown too, and a jump or an address
//! that depends on it is reported. As in Langley's ctgrind. Outside of valgrind, nothing happens.

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

/// Makes it a secret. Not one byte is changed.
pub fn taint(secret: &[u8]) {
    c::taint(secret.as_ptr().cast(), secret.len());
}

/// Makes it known.
pub fn untaint<T>(public: &mut T) {
    c::untaint((&raw const *public).cast(), size_of::<T>());
}

/// How many jumps and addresses have depended on a secret so far.
pub fn reports() -> u32 {
    c::reports()
}

/// Whether this program is run by it.
pub fn is_there() -> bool {
    c::is_there() != 0
}
