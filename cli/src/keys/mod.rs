//! The site's keys: reads them and passes them to the library.

mod slips;
mod sources;

use django_session::{KeyRing, SecretKey};
use zeroize::Zeroizing;

pub(crate) use slips::{KeySlip, slips};
pub(crate) use sources::read;

use crate::exit::Failure;

/// A secret key and its origin. The key is wiped from memory when it is dropped.
pub(crate) struct Key {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) origin: String,
    /// Whether the key is alone in its file, but not the whole content: line breaks around it were removed.
    pub(crate) line_break: bool,
}

/// The remedy for a key whose [`line_break`](Keys::line_break) was removed.
pub(crate) const LINE_BREAK_REMEDY: &str = "A server that reads the whole file has another key. Let all servers read it alike. Changing the key of the server \
     that signs would end all sessions, unless the old key becomes a fallback.";

/// All keys, in the order in which they are tried. The first one signs, unless it is a fallback.
#[derive(Default)]
pub(crate) struct Keys {
    list: Vec<Key>,
    /// Whether `SECRET_KEY_FALLBACKS` is set and `SECRET_KEY` is not.
    only_fallbacks: bool,
}

/// The prefix that Django puts before the secret key when it derives a signing key.
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

    /// Returns the sentence for a key that is alone in its file, but not the whole content. It names the file if there
    /// are other keys.
    pub(crate) fn line_break(&self, index: usize) -> Option<String> {
        let key = self.get(index).filter(|key| key.line_break)?;
        let file = if self.len() > 1 { format!("key file ({})", key.origin) } else { "key file".to_owned() };
        Some(format!("The {file} has a line break before or after the key, which this command removed."))
    }

    /// Returns whether the first key signs. In Django, a fallback only verifies.
    pub(crate) fn sign(&self) -> bool {
        !self.only_fallbacks
    }

    /// Returns an error if there are only fallbacks.
    pub(crate) fn must_sign(&self) -> Result<(), Failure> {
        match self.sign() {
            true => Ok(()),
            false => Err(Failure::usage("SECRET_KEY is not set, and fallbacks do not sign")),
        }
    }

    /// Creates a `KeyRing` of these keys.
    pub(crate) fn ring(&self, prefix: Prefix) -> Result<KeyRing, Failure> {
        ring(self.iter().map(|key| key.bytes.as_slice()), prefix)
            .ok_or_else(|| Failure::usage("this needs a key: set SECRET_KEY, or use --key-file, --key-env or --ask"))
    }
}

/// Creates a `KeyRing` of the keys that are not blank, or returns `None` if there are none.
pub(crate) fn ring<'k>(keys: impl Iterator<Item = &'k [u8]>, prefix: Prefix) -> Option<KeyRing> {
    let start: &[u8] = match prefix {
        Prefix::None => b"",
        Prefix::Cookies => b"django.http.cookies",
    };
    let prefixed = |key: &[u8]| Zeroizing::new([start, key].concat());
    KeyRing::from_keys(keys.filter_map(|key| SecretKey::new(prefixed(key).as_slice()).ok())).ok()
}
