use std::cell::Cell;
#[cfg(feature = "encryption")]
use std::mem;

#[cfg(feature = "encryption")]
use zeroize::Zeroize;

use crate::codec::zlib::Zlib;

/// What encoding and decoding need besides their result, kept between calls.
///
/// It never meets a key. What stays in it is payload that the client can read anyway; plaintext of encrypted values is wiped.
#[derive(Default)]
pub(super) struct Scratch {
    /// The serialized value.
    pub(super) payload: Vec<u8>,
    /// The same, compressed.
    pub(super) compressed: Vec<u8>,
    pub(super) zlib: Zlib,
    /// Whether the buffers hold what the client must not read.
    #[cfg(feature = "encryption")]
    secret: bool,
}

/// Buffers that grew larger than this are given back.
const KEPT: usize = 65_536;

thread_local! {
    static KEPT_SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

impl Scratch {
    /// Lends this thread's scratch, or a new one where it is lent already (a value whose `Serialize` encodes another) or
    /// the thread is ending.
    pub(super) fn lend<R>(borrow: impl FnOnce(&mut Self) -> R) -> R {
        let mut scratch = KEPT_SCRATCH.try_with(Cell::take).ok().flatten().unwrap_or_default();
        let result = borrow(&mut scratch);
        #[cfg(feature = "encryption")]
        scratch.wipe();
        for buffer in [&mut scratch.payload, &mut scratch.compressed] {
            buffer.clear();
            buffer.shrink_to(KEPT);
        }
        // A thread that is ending has nowhere to keep it.
        let _ = KEPT_SCRATCH.try_with(|kept| kept.set(Some(scratch)));
        result
    }
}

#[cfg(feature = "encryption")]
impl Scratch {
    /// Has the buffers wiped when they come back, or when a panic drops them, and makes them large enough for most values: a
    /// buffer that grows leaves its content behind.
    pub(super) fn keep_secret(&mut self) {
        self.secret = true;
        for buffer in [&mut self.payload, &mut self.compressed] {
            buffer.reserve(SECRET_ROOM);
        }
    }

    /// Up to their capacity: inflating may write beyond what it keeps.
    fn wipe(&mut self) {
        if mem::take(&mut self.secret) {
            for buffer in [&mut self.payload, &mut self.compressed] {
                buffer.zeroize();
            }
        }
    }
}

/// More than an encrypted cookie holds.
#[cfg(feature = "encryption")]
const SECRET_ROOM: usize = 4096;

#[cfg(feature = "encryption")]
impl Drop for Scratch {
    fn drop(&mut self) {
        self.wipe();
    }
}
