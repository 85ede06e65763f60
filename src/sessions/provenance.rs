use crate::clock::Timestamp;
use crate::error::DecodeError;

/// Where a session came from.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Provenance {
    /// How many cookies of our name the browser sent.
    pub(super) cookies: usize,
    /// Whether a session was accepted.
    pub(super) accepted: bool,
    /// Why the cookie was rejected.
    pub(super) rejection: Option<DecodeError>,
    /// Why a later cookie of our name was passed over for this one.
    pub(super) passed_over: Option<DecodeError>,
    /// The index of the key that signed the session.
    pub(super) key_index: Option<usize>,
    pub(super) signed_at: Option<Timestamp>,
}
