use std::borrow::Cow;

use crate::error::ConfigError;

/// The text between value, timestamp and signature: ":" by default.
///
/// Django: the `sep` argument of its signers.
///
/// ```
/// use django_session::{KeyRing, SecretKey, Separator, Signer};
///
/// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?.with_sep(Separator::new("|")?);
/// assert!(signer.sign("hello").starts_with("hello|"));
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[doc(alias = "sep")]
pub struct Separator(Cow<'static, str>);

impl Separator {
    /// Creates a separator of any text that cannot be part of a timestamp or a signature.
    ///
    /// # Errors
    /// [`ConfigError::UnsafeSeparator`] for text that Django rejects: the empty text, and text that consists only of
    /// `A`–`Z`, `a`–`z`, `0`–`9` and ``[ \ ] ^ _ ` - =``, with or without a newline at its end.
    ///
    /// ```
    /// use django_session::{ConfigError, Separator};
    ///
    /// assert!(Separator::new("::").is_ok());
    /// assert_eq!(Separator::new("-").unwrap_err(), ConfigError::UnsafeSeparator);
    /// ```
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, ConfigError> {
        let text = text.into();
        // Django's regular expression is ^[A-z0-9-_=]*$. Its A-z includes more than letters, and its $ also matches
        // before a final newline.
        let body = text.strip_suffix('\n').unwrap_or(&text);
        if body.bytes().all(|byte| matches!(byte, b'A'..=b'z' | b'0'..=b'9' | b'-' | b'=')) {
            Err(ConfigError::UnsafeSeparator)
        } else {
            Ok(Self(text))
        }
    }

    /// Splits the text at the last separator.
    pub(super) fn rsplit<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        match *self.0.as_bytes() {
            // Several times faster than searching for a string.
            [byte] => text.rsplit_once(char::from(byte)),
            _ => text.rsplit_once(&*self.0),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// ":", as in Django.
///
/// ```
/// use django_session::Separator;
///
/// assert_eq!(Separator::default(), Separator::new(":").unwrap());
/// ```
impl Default for Separator {
    fn default() -> Self {
        Self(Cow::Borrowed(":"))
    }
}
