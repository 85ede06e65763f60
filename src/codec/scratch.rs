use std::cell::Cell;

use crate::codec::zlib::Zlib;

/// What encoding and decoding need besides their result, kept between calls.
///
/// It never meets a key. What stays in it is payload that the client can read anyway.
#[derive(Default)]
pub(super) struct Scratch {
    /// The serialized value.
    pub(super) payload: Vec<u8>,
    /// The same, compressed.
    pub(super) compressed: Vec<u8>,
    pub(super) zlib: Zlib,
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
        for buffer in [&mut scratch.payload, &mut scratch.compressed] {
            buffer.clear();
            buffer.shrink_to(KEPT);
        }
        // A thread that is ending has nowhere to keep it.
        let _ = KEPT_SCRATCH.try_with(|kept| kept.set(Some(scratch)));
        result
    }

    /// As [`lend`](Self::lend), and wipes the buffers afterwards, for what the client must not read.
    #[cfg(feature = "encryption")]
    pub(super) fn lend_and_wipe<R>(borrow: impl FnOnce(&mut Self) -> R) -> R {
        Self::lend(|scratch| borrow(Wiped::new(scratch).0))
    }
}

/// Buffers that are wiped when they are given back, also by a panic.
#[cfg(feature = "encryption")]
struct Wiped<'s>(&'s mut Scratch);

#[cfg(feature = "encryption")]
impl<'s> Wiped<'s> {
    /// More than an encrypted cookie holds: a buffer that grows leaves its content behind.
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
    /// Not up to their capacity, which another value may have grown to many times the length.
    fn drop(&mut self) {
        for buffer in [&mut self.0.payload, &mut self.0.compressed] {
            zeroize::Zeroize::zeroize(buffer.as_mut_slice());
        }
    }
}
