use std::ops::ControlFlow;

use crate::clock::Clock;
use crate::cookie::{CookieOptions, Search, header};
use crate::error::{ConfigError, DecodeError, EncodeError};
use crate::key::KeyRing;
use crate::messages::cookie::{self, Keep, MessagesCookie};
use crate::messages::{Message, MessageLevel, Messages, MessagesCommit, session};
use crate::sessions::Session;

/// Reads and writes messages in a cookie, in the session, or in both.
///
/// Django: `MESSAGE_STORAGE`. With the same `SECRET_KEY` and `SESSION_COOKIE_*` settings, each storage reads and writes
/// what its Django counterpart does. A response that shows or adds messages depends on the cookie: send `Vary: Cookie`,
/// which Django does not.
///
/// Create it once and share it: creating it derives the keys.
///
/// ```
/// use django_session::{CookieOptions, KeyRing, MessageLevel, MessageStorage, SecretKey, Session};
///
/// let keys = KeyRing::new(SecretKey::new("the site's SECRET_KEY")?);
/// let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
/// let mut session = Session::default(); // the visitor's, from CookieSessions or StoredSessions
///
/// let mut messages = storage.load_header("theme=dark; messages=whatever the browser sent", &session);
/// messages.add(MessageLevel::SUCCESS, "Saved.");
/// let commit = storage.commit(&messages, &mut session)?; // then commit the session
/// assert!(commit.set_cookie.unwrap().as_str().starts_with("messages=W1siX19qc29uX21lc3NhZ2UiLDAsMjUsIlNhdmVkLiIsIiJdXQ:"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[doc(alias = "MESSAGE_STORAGE")]
pub struct MessageStorage {
    cookie: Option<MessagesCookie>,
    in_session: bool,
    level: MessageLevel,
}

/// A search for the cookie's messages, and whether the list is complete.
type InCookie = Search<(Vec<Message>, bool), DecodeError>;

impl MessageStorage {
    /// Creates Django's default storage: the cookie, and the session for messages that do not fit there.
    ///
    /// Takes the options of the session's cookie. The cookie `messages` has the same Domain, Secure, HttpOnly, SameSite
    /// and Partitioned attributes and the path "/". It expires when the browser closes.
    ///
    /// Django: `FallbackStorage`.
    ///
    /// # Errors
    /// None at present: options that are valid for the session's cookie are valid for this one.
    ///
    /// ```
    /// use django_session::{CookieOptions, KeyRing, MessageLevel, MessageStorage, SecretKey, Session};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
    /// let mut session = Session::default();
    /// let mut messages = storage.load(None, &session);
    /// // Digits that hardly compress, so that they do not fit.
    /// messages.add(MessageLevel::INFO, (0..1000_u64).map(|n| (n * n * n).to_string()).collect::<String>());
    /// assert!(storage.commit(&messages, &mut session)?.set_cookie.is_some()); // says that the session has more
    /// assert!(session.contains_key("_messages"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "FallbackStorage")]
    pub fn new(keys: &KeyRing, session_cookie: &CookieOptions) -> Result<Self, ConfigError> {
        Ok(Self { in_session: true, ..Self::in_cookie(keys, session_cookie)? })
    }

    /// Creates a storage in the cookie alone. If not all messages fit, the oldest are dropped.
    ///
    /// Django: `CookieStorage`.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    ///
    /// ```
    /// use django_session::{CookieOptions, KeyRing, MessageLevel, MessageStorage, SecretKey};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let storage = MessageStorage::in_cookie(&keys, &CookieOptions::builder("sessionid").build()?)?;
    /// let mut messages = storage.load(None, None);
    /// messages.add(MessageLevel::INFO, "Hello.");
    /// let set_cookie = storage.commit(&messages, None)?.set_cookie.unwrap();
    /// assert_eq!(storage.load(Some(set_cookie.value()), None).len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "CookieStorage")]
    pub fn in_cookie(keys: &KeyRing, session_cookie: &CookieOptions) -> Result<Self, ConfigError> {
        let cookie = Some(MessagesCookie::new(keys, session_cookie)?);
        Ok(Self { cookie, in_session: false, level: MessageLevel::INFO })
    }

    /// Creates a storage in the session alone.
    ///
    /// Django: `SessionStorage`.
    ///
    /// ```
    /// use django_session::{MessageLevel, MessageStorage, Session};
    ///
    /// let (storage, mut session) = (MessageStorage::in_session(), Session::default());
    /// let mut messages = storage.load(None, &session);
    /// messages.add(MessageLevel::INFO, "Hello.");
    /// assert!(storage.commit(&messages, &mut session)?.set_cookie.is_none());
    /// assert_eq!(session.get("_messages")?, Some(r#"[["__json_message", 0, 20, "Hello.", ""]]"#.to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SessionStorage")]
    pub fn in_session() -> Self {
        Self { cookie: None, in_session: true, level: MessageLevel::INFO }
    }

    /// Sets the level below which messages are dropped when they are added. Default: [`INFO`](MessageLevel::INFO).
    ///
    /// ```
    /// use django_session::{MessageLevel, MessageStorage};
    ///
    /// let storage = MessageStorage::in_session().with_level(MessageLevel::DEBUG);
    /// let mut messages = storage.load(None, None);
    /// messages.add(MessageLevel::DEBUG, "For developers.");
    /// assert_eq!(messages.len(), 1);
    /// ```
    #[must_use]
    #[doc(alias = "MESSAGE_LEVEL")]
    pub fn with_level(mut self, level: MessageLevel) -> Self {
        self.level = level;
        self
    }

    /// Takes the time from another clock than the system's. The cookie contains the time at which it was signed, but
    /// its age is not limited.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, MessageLevel, MessageStorage, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// use django_session::Clock;
    /// use std::time::UNIX_EPOCH;
    ///
    /// let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
    /// let storage = storage.with_clock(Clock::fixed(UNIX_EPOCH));
    /// let mut messages = storage.load(None, None);
    /// messages.add(MessageLevel::INFO, "Hello.");
    /// assert!(storage.commit(&messages, None)?.set_cookie.unwrap().value().contains(":0:"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.cookie = self.cookie.map(|cookie| cookie.with_clock(clock));
        self
    }

    /// Reads the messages of a visitor from the cookie's value and the session. Either may be absent.
    ///
    /// With [`new`](Self::new), the session is read only if the cookie is marked as incomplete, because the session
    /// then holds the other messages. Otherwise the session is not accessed.
    ///
    /// If the cookie or the text in the session is rejected, it counts as no messages, and [`Messages::rejection`]
    /// returns why. Django raises an error if the cookie is properly signed and holds something else.
    ///
    /// ```
    /// use django_session::{MessageStorage, Session};
    ///
    /// let mut session = Session::default();
    /// session.insert("_messages", r#"[["__json_message", 0, 20, "Hello."]]"#)?; // as Django does
    /// assert_eq!(MessageStorage::in_session().load(None, &session).len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load<'s>(&self, cookie: Option<&str>, session: impl Into<Option<&'s Session>>) -> Messages {
        let mut search = Search::default();
        if let Some(value) = cookie {
            let _ = self.visit(value, &mut search);
        }
        self.found(search, session.into())
    }

    /// Reads the messages of a visitor from a whole `Cookie` header, as text or bytes, and the session.
    ///
    /// If several cookies have the name, the last one that our keys signed decides. Django uses the last one, signed or
    /// not.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, MessageLevel, MessageStorage, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
    /// let mut messages = storage.load(None, None);
    /// messages.add(MessageLevel::INFO, "Hello.");
    /// let set_cookie = storage.commit(&messages, None)?.set_cookie.unwrap();
    ///
    /// let header = format!("theme=dark; messages={}; messages=planted", set_cookie.value());
    /// assert_eq!(storage.load_header(&header, None).len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load_header<'s>(
        &self,
        header: &(impl AsRef<[u8]> + ?Sized),
        session: impl Into<Option<&'s Session>>,
    ) -> Messages {
        self.load_headers([header], session)
    }

    /// Reads the messages of a visitor from all `Cookie` headers of a request, and the session.
    ///
    /// Over HTTP/2 a browser may send several headers.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, MessageStorage, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
    /// let messages = storage.load_headers(["theme=dark", "messages=forged"], None);
    /// assert!(messages.is_empty() && messages.rejection().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load_headers<'h, 's, I, H>(&self, headers: I, session: impl Into<Option<&'s Session>>) -> Messages
    where
        I: IntoIterator<Item = &'h H, IntoIter: DoubleEndedIterator>,
        H: AsRef<[u8]> + ?Sized + 'h,
    {
        let mut search = Search::default();
        header::visit_values(headers, cookie::NAME, |value| self.visit(value, &mut search));
        self.found(search, session.into())
    }

    /// Visits a cookie, unless messages are not kept in a cookie or it is empty.
    fn visit(&self, value: &str, search: &mut InCookie) -> ControlFlow<()> {
        match &self.cookie {
            Some(cookie) if !value.is_empty() => search.visit(|| cookie.read(value)),
            _ => ControlFlow::Continue(()),
        }
    }

    /// Returns the messages that were found in the cookie, and those of the session.
    fn found(&self, search: InCookie, session: Option<&Session>) -> Messages {
        let mut messages = Messages::new(self.level);
        let goes_on = messages.take_cookie(search.result()) || self.cookie.is_none();
        if let Some(session) = session.filter(|_| goes_on && self.in_session) {
            messages.take_session(session::read(session));
        }
        messages
    }

    /// Writes the messages for the next page into the session, and returns the cookie to set.
    ///
    /// After [`drain`](Messages::drain), these are the messages that were added later. Otherwise they are all messages,
    /// if any was added. A cookie or a text in the session that is no longer needed is removed.
    ///
    /// Pass the session that the messages were loaded with, and commit it afterwards. If it was flushed meanwhile, for
    /// example at logout, the messages that it held are dropped, because they are not for the next visitor.
    ///
    /// Django: `MessageMiddleware.process_response`. Django keeps a cookie without messages that only says that the
    /// session has more, and its `CookieStorage` removes a rejected cookie.
    ///
    /// # Errors
    /// [`EncodeError::CookieTooLarge`] if the options leave no room.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, MessageLevel, MessageStorage, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let storage = MessageStorage::new(&keys, &CookieOptions::builder("sessionid").build()?)?;
    /// let mut messages = storage.load(None, None);
    /// messages.add(MessageLevel::INFO, "For this page.");
    /// messages.drain();
    /// assert!(storage.commit(&messages, None)?.set_cookie.is_none());
    /// messages.add(MessageLevel::INFO, "For the next page.");
    /// assert!(storage.commit(&messages, None)?.set_cookie.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit<'s>(
        &self,
        messages: &Messages,
        session: impl Into<Option<&'s mut Session>>,
    ) -> Result<MessagesCommit, EncodeError> {
        if !messages.drained && messages.added.is_empty() {
            return Ok(MessagesCommit::default());
        }
        let session = session.into().filter(|_| self.in_session);
        // The session is not accessed if it held no messages.
        let is_flushed =
            messages.in_session && session.as_ref().is_some_and(|session| !session.contains_key(session::KEY));
        let left = messages.left(is_flushed);
        let (set_cookie, left) = match &self.cookie {
            Some(cookie) if left.is_empty() => (messages.in_cookie.then(|| cookie.removal()), &left[..]),
            Some(cookie) => {
                let (set_cookie, left) =
                    cookie.write(&left, if self.in_session { Keep::Oldest } else { Keep::Newest })?;
                (Some(set_cookie), left)
            }
            None => (None, &left[..]),
        };
        let unstored = match session {
            Some(session) if !left.is_empty() => session::write(session, left).map(|()| Vec::new())?,
            Some(session) if messages.in_session => {
                session.remove(session::KEY);
                Vec::new()
            }
            _ => left.iter().copied().cloned().collect(),
        };
        Ok(MessagesCommit { set_cookie, unstored })
    }
}
