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

/// All keys, in the order in which they are tried; the first signs, unless it is a fallback.
#[derive(Default)]
pub(crate) struct Keys {
    list: Vec<Key>,
    /// `SECRET_KEY_FALLBACKS` is set, and `SECRET_KEY` is not.
    only_fallbacks: bool,
}

/// What stands in front of the secret key in Django's derivation: nothing, or the purpose of a signed cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefix {
    None,
    /// Django: `get_cookie_signer`.
    Cookies,
}

impl Keys {
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Key> {
        self.list.iter()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Key> {
        self.list.get(index)
    }

    /// Whether the first key signs. In Django a fallback only verifies.
    pub(crate) fn sign(&self) -> bool {
        !self.only_fallbacks
    }

    /// Fails if no key signs.
    pub(crate) fn must_sign(&self) -> Result<(), Failure> {
        match self.sign() {
            true => Ok(()),
            false => Err(Failure::usage("SECRET_KEY is not set, and fallbacks do not sign")),
        }
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
