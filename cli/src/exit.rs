//! Exit codes, and the results of commands.

/// Verified and not expired.
pub(crate) const OK: u8 = 0;
/// A server would reject it, or the command failed.
pub(crate) const REJECTED: u8 = 1;
/// Verified, but expired.
pub(crate) const EXPIRED: u8 = 2;
/// Not verified, because no key was given.
pub(crate) const NOT_VERIFIED: u8 = 3;
/// `EX_USAGE` of sysexits.h.
pub(crate) const USAGE: u8 = 64;
/// `EX_NOINPUT` of sysexits.h.
pub(crate) const NO_INPUT: u8 = 66;

/// What a command prints, and its exit code.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) out: Vec<u8>,
    pub(crate) warnings: Vec<String>,
    pub(crate) code: u8,
}

impl Output {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { out: text.into().into_bytes(), ..Self::default() }
    }
}

/// The reason why a command failed. The message contains neither keys nor tokens.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: u8,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: USAGE, message: message.into() }
    }

    pub(crate) fn no_input(message: impl Into<String>) -> Self {
        Self { code: NO_INPUT, message: message.into() }
    }

    pub(crate) fn rejected(message: impl Into<String>) -> Self {
        Self { code: REJECTED, message: message.into() }
    }
}
