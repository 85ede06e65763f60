//! Random bytes of the operating system.

/// The operating system has no random bytes to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRandomBytes;

/// Fills `bytes` with random ones.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), NoRandomBytes> {
    getrandom::fill(bytes).map_err(|_| NoRandomBytes)
}
