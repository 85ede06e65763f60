use std::fmt;

use crate::random::{self, NoRandomBytes};

/// The characters of a session key. Django: `VALID_KEY_CHARS`.
const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

const LEN: usize = 32;

/// The key of a stored session: the value of the session cookie, and the primary key of its row.
///
/// Anyone who knows the key has the session, so `Debug` does not show it.
///
/// ```
/// use django_session::SessionKey;
///
/// let key = SessionKey::parse("8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2").expect("a key");
/// assert_eq!(key.as_str(), "8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2");
/// assert_eq!(format!("{key:?}"), "SessionKey(..)");
/// assert_eq!(SessionKey::parse("../../etc/passwd"), None);
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[doc(alias = "session_key")]
pub struct SessionKey(Box<str>);

impl SessionKey {
    /// Returns the key if `text` is 8 to 40 characters of `[a-z0-9]`.
    ///
    /// Django creates keys of these characters, and its column holds at most 40 of them.
    ///
    /// ```
    /// assert_eq!(django_session::SessionKey::parse("short"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        ((8..=40).contains(&text.len()) && is_in_alphabet(text)).then(|| Self(text.into()))
    }

    /// Returns whether Django or [`generate`](Self::generate) may have created this text as a key.
    pub(super) fn is_generated(text: &str) -> bool {
        text.len() == LEN && is_in_alphabet(text)
    }

    /// Generates a key of 32 random characters.
    pub(super) fn generate() -> Result<Self, NoRandomBytes> {
        let mut key = String::with_capacity(LEN);
        while key.len() < LEN {
            let mut bytes = [0; LEN];
            random::fill(&mut bytes)?;
            // 252 is a multiple of the alphabet's length, so all characters are equally likely.
            let fair = bytes.into_iter().filter(|byte| *byte < 252);
            let chars = fair.filter_map(|byte| ALPHABET.get(usize::from(byte % 36))).map(|char| char::from(*char));
            key.extend(chars.take(LEN.saturating_sub(key.len())));
        }
        Ok(Self(key.into()))
    }

    /// Returns the key's text.
    ///
    /// ```
    /// # use django_session::SessionKey;
    /// assert_eq!(SessionKey::parse("abcdefgh").as_ref().map(SessionKey::as_str), Some("abcdefgh"));
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

fn is_in_alphabet(text: &str) -> bool {
    text.bytes().all(|byte| ALPHABET.contains(&byte))
}
