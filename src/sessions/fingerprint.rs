use std::hash::{DefaultHasher, Hash, Hasher};

use crate::sessions::CookieSessions;

/// Compares the settings of [`CookieSessions`], also with different serializers.
#[derive(PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// One number for each accepted combination of key, salt and algorithm.
    accepted: Box<[u64]>,
    /// A hash of everything else, except for the clock.
    settings: u64,
}

impl Fingerprint {
    /// Returns whether some cookies are accepted under both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.accepted.iter().any(|accepted| other.accepted.contains(accepted))
    }
}

impl<S> CookieSessions<S> {
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let mut hasher = DefaultHasher::new();
        let Self { signer, codec, cookie, former, terms, save_every_request, refresh_after, resign } = self;
        (cookie, former, terms, save_every_request, refresh_after, resign, signer.limits()).hash(&mut hasher);
        codec.hash_settings(&mut hasher);
        Fingerprint { accepted: signer.fingerprints(), settings: hasher.finish() }
    }
}
