use crate::clock::Timestamp;
use crate::error::DecodeError;

/// Where a session came from.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Provenance {
    /// The browser sent a cookie of our name.
    pub(super) sent: bool,
    /// Django's session key is set: the cookie had 8 characters or more, or the session got a new key.
    pub(super) keyed: bool,
    /// Why the cookie was rejected.
    pub(super) rejection: Option<DecodeError>,
    /// Why another cookie of our name was rejected before this one was accepted.
    pub(super) passed_over: Option<DecodeError>,
    pub(super) key_index: Option<usize>,
    pub(super) signed_at: Option<Timestamp>,
}
