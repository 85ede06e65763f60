//! Limits for the size of a cookie.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::error::Error;
use std::fmt;

/// Which parts of a cookie count towards the limit of 4096 bytes. Browsers drop a larger cookie silently.
///
/// ```
/// use django_session::SizeRule;
///
/// assert_eq!(SizeRule::default(), SizeRule::Rfc6265);
/// assert_eq!(SizeRule::Rfc6265.limit(), 4096);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SizeRule {
    /// Name, value and attributes together: what every browser must keep
    /// ([RFC 6265, section 6.1](https://www.rfc-editor.org/rfc/rfc6265#section-6.1)).
    #[default]
    Rfc6265,
    /// Name and value only, as in RFC 6265bis, Chromium and Firefox. This leaves some fifty to a hundred bytes more for
    /// the value.
    Rfc6265bis,
}

impl SizeRule {
    /// Returns the limit in bytes.
    ///
    /// ```
    /// assert_eq!(django_session::SizeRule::Rfc6265bis.limit(), 4096);
    /// ```
    #[must_use]
    pub const fn limit(self) -> usize {
        match self {
            Self::Rfc6265 | Self::Rfc6265bis => 4096,
        }
    }

    /// Returns how many more bytes a cookie of these sizes may have.
    ///
    /// # Errors
    /// The report, if the cookie is too large already.
    pub(crate) fn check(self, name: usize, value: usize, attributes: usize) -> Result<usize, CookieTooLarge> {
        let counted = match self {
            Self::Rfc6265 => name.saturating_add(value).saturating_add(attributes),
            Self::Rfc6265bis => name.saturating_add(value),
        };
        let too_large = CookieTooLarge { rule: self, name, value, attributes, keys: Vec::new() };
        self.limit().checked_sub(counted).ok_or(too_large)
    }
}

/// The size of a cookie that browsers would drop: see [`EncodeError::CookieTooLarge`](crate::EncodeError).
///
/// ```
/// use django_session::{CookieOptions, EncodeError, KeyRing, SecretKey, CookieSessions};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let mut session = sessions.load(None);
/// session.insert("name", "Ada")?;
/// session.insert("blob", (0..2000).map(|n| n * n).collect::<Vec<_>>())?;
///
/// let Err(EncodeError::CookieTooLarge(report)) = sessions.commit(&session, 200) else { panic!() };
/// assert!(report.name + report.value + report.attributes > report.rule.limit());
/// assert_eq!(report.keys[0].0, "blob"); // the one to store elsewhere
/// assert_eq!(report.keys[1], ("name".to_owned(), r#""name":"Ada""#.len()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CookieTooLarge {
    /// The rule that was broken.
    pub rule: SizeRule,
    /// Bytes of the cookie's name.
    pub name: usize,
    /// Bytes of its value, as it would appear in the header.
    pub value: usize,
    /// Bytes of everything after the value, separators included.
    pub attributes: usize,
    /// For a session, the bytes that each key adds to its JSON, before compression: the 16 largest keys, largest first.
    /// Names of more than 64 characters are cut and end with `…`.
    pub keys: Vec<(String, usize)>,
}

impl CookieTooLarge {
    pub(crate) fn name_keys<'k>(&mut self, sizes: impl Iterator<Item = (Cow<'k, str>, usize)>) {
        let mut sizes: Vec<_> = sizes.collect();
        sizes.sort_by_key(|(_, bytes)| Reverse(*bytes));
        self.keys = sizes.into_iter().take(MAX_KEYS).map(|(key, bytes)| (shortened(&key), bytes)).collect();
    }
}

/// The most keys in a report, and the most characters of each, because a report may end up in a log.
const MAX_KEYS: usize = 16;
const MAX_KEY_CHARS: usize = 64;

fn shortened(key: &str) -> String {
    match key.char_indices().nth(MAX_KEY_CHARS) {
        Some((end, _)) => format!("{}…", key.get(..end).unwrap_or_default()),
        None => key.to_owned(),
    }
}

impl fmt::Display for CookieTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, name, value, attributes, keys } = self;
        write!(f, "cookie exceeds {} bytes: name {name}, value {value}", rule.limit())?;
        if *rule == SizeRule::Rfc6265 {
            write!(f, ", attributes {attributes}")?;
        }
        if let Some((key, bytes)) = keys.first() {
            write!(f, "; largest session key: {key:?} ({bytes} bytes)")?;
        }
        Ok(())
    }
}

impl Error for CookieTooLarge {}
