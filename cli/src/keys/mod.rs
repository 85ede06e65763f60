//! The site's keys: where they are read, and how the library gets them.

mod slips;
mod sources;

use django_session::{KeyRing, SecretKey};
use zeroize::Zeroizing;

pub(crate) use slips::{KeySlip, slips};
pub(crate) use sources::read;

use crate::exit::Failure;

/// A secret key, and what it was read from. It is wiped when it is dropped.
pub(crate) struct Key {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) origin: String,
}

/// All keys, in the order in which they are tried; the first signs.
#[derive(Default)]
pub(crate) struct Keys(Vec<Key>);

/// What stands in front of the secret key in Django's derivation: nothing, or the purpose of a signed cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefix {
    None,
    /// Django: `get_cookie_signer`.
    Cookies,
}

impl Keys {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Key> {
        self.0.get(index)
    }

    /// Makes a ring of these keys for the library.
    pub(crate) fn ring(&self, prefix: Prefix) -> Result<KeyRing, Failure> {
        ring(self.iter().map(|key| key.bytes.as_slice()), prefix)
            .ok_or_else(|| Failure::usage("this needs a key: set SECRET_KEY, or use --key-file, --key-env or --ask"))
    }
}

/// Makes a ring of the keys that are not blank, or `None` if there are none.
pub(crate) fn ring<'k>(keys: impl Iterator<Item = &'k [u8]>, prefix: Prefix) -> Option<KeyRing> {
    let start: &[u8] = match prefix {
        Prefix::None => b"",
        Prefix::Cookies => b"django.http.cookies",
    };
    let prefixed = |key: &[u8]| Zeroizing::new([start, key].concat());
    KeyRing::from_keys(keys.filter_map(|key| SecretKey::new(prefixed(key).as_slice()).ok())).ok()
}
