use std::{fmt, mem, vec};

use crate::error::DecodeError;
use crate::messages::{Message, MessageLevel};

/// The messages of one visitor: those that earlier responses left, and those that this response adds.
///
/// [`drain`](Self::drain) returns them for the page to show. Messages that are not drained stay for the next page.
///
/// Django: `request._messages`, `get_messages`.
///
/// ```
/// use django_session::{CookieOptions, KeyRing, MessageLevel, MessageStorage, SecretKey, Session};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
/// let mut session = Session::default();
///
/// // A form was posted; the response redirects.
/// let mut messages = storage.load(None, &session);
/// messages.add(MessageLevel::SUCCESS, "Saved.");
/// let set_cookie = storage.commit(&messages, &mut session)?.set_cookie.unwrap();
///
/// // The next page shows it, once.
/// let mut messages = storage.load(Some(set_cookie.value()), &session);
/// let shown: Vec<_> = messages.drain().map(|message| message.html().into_owned()).collect();
/// assert_eq!(shown, ["Saved."]);
/// assert!(storage.commit(&messages, &mut session)?.set_cookie.unwrap().as_str().contains("Max-Age=0"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Messages {
    pub(super) loaded: Vec<Message>,
    pub(super) added: Vec<Message>,
    pub(super) drained: bool,
    /// Whether the cookie, or the session's key, has to be removed when no message is left for it.
    pub(super) in_cookie: bool,
    pub(super) in_session: bool,
    /// How many of the loaded messages the cookie held; the session held the others.
    of_cookie: usize,
    pub(super) rejection: Option<DecodeError>,
    pub(super) level: MessageLevel,
}

impl Messages {
    pub(super) fn new(level: MessageLevel) -> Self {
        Self {
            loaded: Vec::new(),
            added: Vec::new(),
            drained: false,
            in_cookie: false,
            in_session: false,
            of_cookie: 0,
            rejection: None,
            level,
        }
    }

    /// Takes the messages of the cookie. Returns whether the session has more.
    pub(super) fn take_cookie(&mut self, found: Result<Option<(Vec<Message>, bool)>, DecodeError>) -> bool {
        match found {
            Ok(Some((messages, is_finished))) => {
                self.of_cookie = messages.len();
                self.loaded = messages;
                self.in_cookie = true;
                !is_finished
            }
            Ok(None) => false,
            Err(reason) => {
                self.rejection = Some(reason);
                false
            }
        }
    }

    /// Returns the messages for the next page, without those of a session that was flushed.
    pub(super) fn left(&self, is_flushed: bool) -> Vec<&Message> {
        let loaded = if is_flushed { self.of_cookie } else { self.loaded.len() };
        self.loaded.iter().take(loaded).chain(&self.added).collect()
    }

    /// Appends the messages of the session.
    pub(super) fn take_session(&mut self, found: Result<Option<Vec<Message>>, DecodeError>) {
        match found {
            Ok(messages) => {
                self.in_session = messages.is_some();
                self.loaded.extend(messages.into_iter().flatten());
            }
            Err(reason) => self.rejection = Some(reason),
        }
    }

    /// Adds a message without tags. The text is not HTML. The message is dropped if its text is empty, or if its level
    /// is below that of the [storage](crate::MessageStorage::with_level).
    ///
    /// Django: `messages.add_message(request, level, text)`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, MessageLevel, MessageStorage, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
    /// let mut messages = storage.load(None, None);
    /// messages.add(MessageLevel::INFO, "Hello.");
    /// messages.add(MessageLevel::INFO, "");
    /// messages.add(MessageLevel::DEBUG, "Not for visitors.");
    /// assert_eq!(messages.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "add_message")]
    pub fn add(&mut self, level: MessageLevel, text: impl Into<String>) {
        self.push(Message::new(level, text));
    }

    /// Adds a message that may have tags or be HTML. It is dropped in the same cases as with [`add`](Self::add).
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, Message, MessageLevel, MessageStorage, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
    /// let mut messages = storage.load(None, None);
    /// messages.push(Message::new(MessageLevel::INFO, "Hello.").with_extra_tags("fade"));
    /// assert_eq!(messages.drain().next().unwrap().tags(), "fade info");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn push(&mut self, message: Message) {
        if !message.text.is_empty() && message.level >= self.level {
            self.added.push(message);
        }
    }

    /// Removes and returns all messages, the oldest first. Messages that are added later stay for the next page.
    ///
    /// Django: `for message in messages`. Django returns them again if the same page iterates twice.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, MessageLevel, MessageStorage, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
    /// let mut messages = storage.load(None, None);
    /// messages.add(MessageLevel::INFO, "Hello.");
    /// assert_eq!(messages.drain().map(|message| message.text().to_owned()).collect::<Vec<_>>(), ["Hello."]);
    /// assert!(messages.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drain(&mut self) -> vec::IntoIter<Message> {
        self.drained = true;
        let mut all = mem::take(&mut self.loaded);
        all.append(&mut self.added);
        all.into_iter()
    }

    /// Returns how many messages there are, without taking them.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, MessageLevel, MessageStorage, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
    /// assert_eq!(storage.load(None, None).len(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.loaded.len().saturating_add(self.added.len())
    }

    /// Returns whether there are no messages.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, MessageLevel, MessageStorage, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
    /// let mut messages = storage.load(None, None);
    /// assert!(messages.is_empty());
    /// messages.add(MessageLevel::INFO, "Saved.");
    /// assert!(!messages.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns why the cookie or the session's messages were rejected, for logs.
    ///
    /// They are left alone until another message is written.
    ///
    /// ```
    /// # use django_session::{BadSignature, CookieOptions, DecodeError, KeyRing, MessageStorage, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
    /// let messages = storage.load(Some("W10:1r31eq:forged"), None);
    /// assert_eq!(messages.rejection(), Some(DecodeError::Signature(BadSignature::Mismatch)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rejection(&self) -> Option<DecodeError> {
        self.rejection
    }
}

/// Shows the number of messages, but not their texts.
impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages")
            .field("loaded", &self.loaded.len())
            .field("added", &self.added.len())
            .field("drained", &self.drained)
            .field("rejection", &self.rejection)
            .finish_non_exhaustive()
    }
}
