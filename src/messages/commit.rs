use crate::cookie::SetCookie;
use crate::messages::Message;

/// The result of [`MessageStorage::commit`](crate::MessageStorage::commit): the cookie to send, and the messages that
/// are lost.
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
    /// The `Set-Cookie` header that sets or removes the cookie. Append it to the other `Set-Cookie` headers.
    pub set_cookie: Option<SetCookie>,
    /// The messages that did not fit and are lost. Django raises a `ValueError` for them if `DEBUG` is on.
    ///
    /// This is empty if the storage uses the session and the session was passed.
    pub unstored: Vec<Message>,
}
