use std::cell::Cell;

use crate::codec::zlib::Zlib;

/// The buffers and the zlib state of encoding and decoding, reused between calls.
///
/// It never contains a key. What remains in its buffers after a call is payload that the client can read anyway; an
/// encrypted one is wiped. The window of zlib may keep parts of a payload.
#[derive(Default)]
pub(super) struct Scratch {
    /// The serialized value.
    pub(super) payload: Vec<u8>,
    /// The serialized value, compressed or encrypted.
    pub(super) compressed: Vec<u8>,
    pub(super) zlib: Zlib,
}

/// Buffers that grew larger than this are shrunk after the call.
const KEPT: usize = 65_536;

thread_local! {
    static KEPT_SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

impl Scratch {
    /// Lends this thread's scratch, or a new one if that is lent already (by a value whose `Serialize` encodes another
    /// value) or if the thread is ending.
    pub(super) fn lend<R>(borrow: impl FnOnce(&mut Self) -> R) -> R {
        let mut scratch = KEPT_SCRATCH.try_with(Cell::take).ok().flatten().unwrap_or_default();
        let result = borrow(&mut scratch);
        for buffer in [&mut scratch.payload, &mut scratch.compressed] {
            buffer.clear();
            buffer.shrink_to(KEPT);
        }
        // If the thread is ending, this fails and the scratch is dropped.
        let _ = KEPT_SCRATCH.try_with(|kept| kept.set(Some(scratch)));
        result
    }

    /// As [`lend`](Self::lend), and wipes the buffers afterwards, for data that the client must not read.
    #[cfg(feature = "encryption")]
    pub(super) fn lend_and_wipe<R>(borrow: impl FnOnce(&mut Self) -> R) -> R {
        Self::lend(|scratch| borrow(Wiped::new(scratch).0))
    }
}

/// A scratch whose buffers are wiped when this is dropped, also by a panic.
#[cfg(feature = "encryption")]
struct Wiped<'s>(&'s mut Scratch);

#[cfg(feature = "encryption")]
impl<'s> Wiped<'s> {
    /// More than an encrypted cookie contains, because a buffer that grows leaves its old content in memory.
    const ROOM: usize = 4096;

    fn new(scratch: &'s mut Scratch) -> Self {
        for buffer in [&mut scratch.payload, &mut scratch.compressed] {
            buffer.reserve(Self::ROOM);
        }
        Self(scratch)
    }
}

#[cfg(feature = "encryption")]
impl Drop for Wiped<'_> {
    /// Wipes the buffers only up to their length, because another value may have grown the capacity to many times that.
    fn drop(&mut self) {
        for buffer in [&mut self.0.payload, &mut self.0.compressed] {
            zeroize::Zeroize::zeroize(buffer.as_mut_slice());
        }
    }
}
