use crate::cookie::SetCookie;
use crate::messages::Message;

/// What [`MessageStorage::commit`](crate::MessageStorage::commit) leaves to do.
///
/// ```
/// use django_session::{CookieOptions, KeyRing, MessageLevel, MessageStorage, MessagesCommit, SecretKey};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
/// let mut messages = storage.load(None, None);
/// messages.add(MessageLevel::INFO, "Hello.");
///
/// let MessagesCommit { set_cookie, unstored, .. } = storage.commit(&messages, None)?;
/// assert_eq!(set_cookie.unwrap().name(), "messages");
/// assert_eq!(unstored, []);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
#[must_use]
#[non_exhaustive]
pub struct MessagesCommit {
    /// The header to send, if any, beside other `Set-Cookie` headers.
    pub set_cookie: Option<SetCookie>,
    /// The messages that found no room, and are lost: there are some only without a session. Django with `DEBUG` raises a
    /// `ValueError`, and is silent without.
    pub unstored: Vec<Message>,
}
