use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use time::UtcOffset;

use crate::clock::Timestamp;
use crate::cookie::TWO_WEEKS;
use crate::error::DecodeError;
use crate::sessions::data::Data;

/// The dict that a visitor carries: keys, and values of any type that JSON holds.
///
/// A session shared with Django comes back whole: a key that is not touched is written back to the byte, whatever
/// Python put there, and a value is read only when it is asked for.
///
/// It remembers whether it was read ([`is_accessed`](Self::is_accessed)) or changed
/// ([`is_modified`](Self::is_modified)), as Django's does; [`CookieSessions::commit`](crate::CookieSessions::commit) goes by
/// that. There is no way to change a value in place, so no change goes unnoticed.
///
/// ```
/// use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let mut session = sessions.load(None);
///
/// session.insert("cart", ["tea", "cup"])?;
/// assert_eq!(session.get::<Vec<String>>("cart")?.unwrap(), ["tea", "cup"]);
/// assert_eq!(session.get::<String>("absent")?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "request.session")]
pub struct Session {
    data: Data,
    accessed: AtomicBool,
    modified: bool,
    pub(super) cookie: Cookie,
    pub(super) terms: Terms,
}

/// What the browser sent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cookie {
    /// A cookie of our name was there.
    pub(super) sent: bool,
    /// Django's session key is set: a value of 8 characters or more was there, or the session got a new one.
    pub(super) keyed: bool,
    pub(super) rejection: Option<DecodeError>,
    /// Of another cookie of our name, which was tried before the one that was taken.
    pub(super) passed_over: Option<DecodeError>,
    pub(super) key_index: Option<usize>,
    pub(super) signed_at: Option<Timestamp>,
}

/// What the store says about the life of sessions that do not say it themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// In seconds.
    pub(super) max_age: i64,
    pub(super) expire_at_browser_close: bool,
    /// What dates without an offset mean, if dates are written without one.
    pub(super) naive: Option<UtcOffset>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            max_age: 0_i64.saturating_add_unsigned(TWO_WEEKS.as_secs()),
            expire_at_browser_close: false,
            naive: None,
        }
    }
}

impl Terms {
    pub(super) fn naive_offset(self) -> UtcOffset {
        self.naive.unwrap_or(UtcOffset::UTC)
    }
}

impl Session {
    /// # Errors
    /// [`DecodeError::Deserialize`] if this is not a JSON object.
    pub(super) fn parse(json: String, cookie: Cookie, terms: Terms) -> Result<Self, DecodeError> {
        Ok(Self { data: Data::parse(json)?, ..Self::empty(cookie, terms) })
    }

    pub(super) fn empty(cookie: Cookie, terms: Terms) -> Self {
        Self { data: Data::default(), accessed: AtomicBool::new(false), modified: false, cookie, terms }
    }

    /// For looking, which Django notes.
    pub(super) fn read(&self) -> &Data {
        self.accessed.store(true, Ordering::Relaxed);
        &self.data
    }

    /// The one way to what the session holds, for changing it.
    pub(super) fn change(&mut self) -> &mut Data {
        self.accessed.store(true, Ordering::Relaxed);
        self.modified = true;
        &mut self.data
    }

    /// Ends the session, as at logout: everything is taken out, and the browser is told to forget the cookie, whatever the
    /// response's status. (If something is put in again, that is a session like another: a status of 500 keeps it from
    /// being written, as in Django, and the browser keeps the one it has.)
    ///
    /// Who kept a copy of the cookie can still send it, until it expires.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
    /// let mut session = sessions.load(Some("a cookie that will not do"));
    /// session.flush();
    /// assert_eq!(sessions.commit(&session, 500)?.set_cookie, Some(sessions.cookie().removal()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flush(&mut self) {
        self.clear();
        self.cookie.keyed = false;
    }

    /// Has the session written anew, with a new date, though nothing else changed.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
    /// session.cycle_key();
    /// assert!(session.is_modified());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cycle_key(&mut self) {
        self.change();
        self.cookie.keyed = true;
    }

    /// Whether anything was changed since it was loaded; or a cookie was refused and the session used all the same, which
    /// means to Django that it begins anew.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// assert!(session.is_modified());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_modified(&self) -> bool {
        self.modified || (self.cookie.rejection.is_some() && self.is_accessed())
    }

    /// Has the session written, as if it had been changed. Django: `session.modified = True`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
    /// session.mark_modified();
    /// assert!(session.is_modified() && !session.is_accessed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mark_modified(&mut self) {
        self.modified = true;
    }

    /// Whether anything was read or changed since it was loaded: then the response depends on the cookie.
    ///
    /// What tells of the cookie alone is for logs, not for pages, and is no access: [`rejection`](Self::rejection),
    /// [`passed_over`](Self::passed_over), [`key_index`](Self::key_index) and [`signed_at`](Self::signed_at).
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
    /// assert!(!session.is_accessed());
    /// session.get::<u8>("a")?;
    /// assert!(session.is_accessed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_accessed(&self) -> bool {
        self.accessed.load(Ordering::Relaxed)
    }

    /// Why the cookie that the browser sent was refused, if it was: for logs and metrics. To the visitor, a refused cookie
    /// is an empty session.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
    /// use django_session::{BadSignature, DecodeError};
    ///
    /// let session = sessions.load(Some("eyJhIjoxfQ:1r31eq:forged"));
    /// assert_eq!(session.rejection(), Some(DecodeError::Signature(BadSignature::Mismatch)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rejection(&self) -> Option<DecodeError> {
        self.cookie.rejection
    }

    /// Why another cookie of the same name was passed over before this session's, if one was: an old one of another path,
    /// or one that somebody on a sibling domain planted. For logs and metrics.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
    /// # session.insert("a", 1)?;
    /// # let header = sessions.commit(&session, 200)?.set_cookie.unwrap().into_string();
    /// # let ours = header.split(';').next().unwrap();
    /// use django_session::{BadSignature, DecodeError};
    ///
    /// let session = sessions.load_header(&format!("{ours}; sessionid=eyJhIjoxfQ:1r31eq:planted"));
    /// assert_eq!(session.passed_over(), Some(DecodeError::Signature(BadSignature::Mismatch)));
    /// assert_eq!((session.rejection(), session.len()), (None, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn passed_over(&self) -> Option<DecodeError> {
        self.cookie.passed_over
    }

    /// Which key of the ring signed the cookie that was loaded: 0 is the current one. After a rotation,
    /// [`cycle_key`](Self::cycle_key) moves a session to the current key.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.unwrap();
    /// let token = cookie.as_str().split(['=', ';']).nth(1).unwrap();
    /// assert_eq!(sessions.load(Some(token)).key_index(), Some(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn key_index(&self) -> Option<usize> {
        self.cookie.key_index
    }

    /// When the cookie that was loaded was signed.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// # let mut session = sessions.load(None);
    /// assert_eq!(session.signed_at(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.cookie.signed_at
    }

    pub(super) fn data(&self) -> &Data {
        &self.data
    }
}

/// How many keys there are and what happened to them, not what they hold.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("len", &self.data.len())
            .field("accessed", &self.is_accessed())
            .field("modified", &self.is_modified())
            .field("rejection", &self.cookie.rejection)
            .finish_non_exhaustive()
    }
}
