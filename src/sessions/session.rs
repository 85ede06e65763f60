use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::clock::Timestamp;
use crate::error::DecodeError;
use crate::random::NoRandomBytes;
use crate::sessions::SessionKey;
use crate::sessions::data::Data;
use crate::sessions::lifetime::{KEY, Malformed, Stored, Terms};
use crate::sessions::provenance::Provenance;

/// The session of a visitor: a dict of keys, and values of any type that JSON can represent.
///
/// In a session shared with Django, a key that is not changed is written back byte for byte, whatever Python wrote. A
/// value is deserialized only when it is read.
///
/// A session records whether it was read ([`is_accessed`](Self::is_accessed)) or changed
/// ([`is_modified`](Self::is_modified)), as Django's does, and
/// [`CookieSessions::commit`](crate::CookieSessions::commit) uses both. A value cannot be changed in place, so every
/// change is recorded.
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
#[derive(Clone, Default)]
pub struct Session {
    data: Data,
    /// The data as it was last written, if writing it added a start or an id.
    stamped: OnceLock<Box<Data>>,
    /// `_session_expiry` of the data, parsed.
    own_expiry: Option<Stored>,
    accessed: Accessed,
    changes: Changes,
    fate: Fate,
    pub(super) provenance: Provenance,
    /// The key of a stored session, as the browser sent it.
    pub(super) key: Option<SessionKey>,
    terms: Terms,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Changes {
    #[default]
    None,
    Made,
    /// By [`Session::discard`].
    Discarded,
}

/// What happens to the session that the browser has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fate {
    #[default]
    Kept,
    /// By [`Session::cycle_key`].
    Renamed,
    /// By [`Session::flush`], even if keys are inserted afterwards.
    Ended,
}

/// Whether the session was read or changed. Atomic, because reading sets it through `&self` and the session is `Sync`.
#[derive(Default)]
struct Accessed(AtomicBool);

impl Clone for Accessed {
    fn clone(&self) -> Self {
        Self(self.0.load(Ordering::Relaxed).into())
    }
}

impl Session {
    /// Parses JSON.
    ///
    /// # Errors
    /// [`DecodeError::Deserialize`] if this is not a JSON object, or its expiry is malformed.
    pub(super) fn parse(json: String, provenance: Provenance, terms: Terms) -> Result<Self, DecodeError> {
        Self::with_data(Data::parse(json)?, provenance, terms)
    }

    /// Parses a pickle.
    ///
    /// # Errors
    /// [`DecodeError::Deserialize`] if this is not a pickled dict, or its expiry is malformed.
    #[cfg(feature = "pickle")]
    pub(super) fn unpickle(pickle: &[u8], provenance: Provenance, terms: Terms) -> Result<Self, DecodeError> {
        Self::with_data(Data::unpickle(pickle)?, provenance, terms)
    }

    fn with_data(data: Data, provenance: Provenance, terms: Terms) -> Result<Self, DecodeError> {
        let own_expiry = match data.get(KEY) {
            Ok(Some(json)) => Stored::parse(json, terms.naive_offset())?,
            // The other keys stay readable if the expiry is not.
            Ok(None) | Err(_) => None,
        };
        Ok(Self { data, own_expiry, ..Self::empty(provenance, terms) })
    }

    pub(super) fn empty(provenance: Provenance, terms: Terms) -> Self {
        Self { provenance, terms, ..Self::default() }
    }

    pub(super) fn terms(&self) -> Terms {
        self.terms
    }

    /// Returns the parsed `_session_expiry`. Does not count as access.
    pub(super) fn own_expiry(&self) -> Option<Stored> {
        self.own_expiry
    }

    /// Returns the data. Does not count as access.
    pub(super) fn data(&self) -> &Data {
        self.stamped.get().map_or(&self.data, |data| &**data)
    }

    /// Adds the start and the id that the settings require to a session dated `date`.
    pub(super) fn stamp(&self, terms: Terms, date: Timestamp) -> Result<(), NoRandomBytes> {
        if let Some(data) = self.stamped_data(terms, date)? {
            // Two threads may do this at the same time. Both then write what the first one added.
            let _ = self.stamped.set(Box::new(data));
        }
        Ok(())
    }

    /// Returns the data for reading; sets `accessed`.
    pub(super) fn read(&self) -> &Data {
        self.accessed.0.store(true, Ordering::Relaxed);
        self.data()
    }

    /// Returns the data for changing; sets `accessed` and `modified`.
    fn change(&mut self) -> &mut Data {
        self.accessed.0.store(true, Ordering::Relaxed);
        self.mark_modified();
        if let Some(stamped) = self.stamped.take() {
            self.data = *stamped;
        }
        &mut self.data
    }

    /// Writes these keys with their JSON texts, or none of them if `_session_expiry` is among them and malformed.
    pub(super) fn write<const N: usize>(&mut self, entries: [(&str, String); N]) -> Result<(), Malformed> {
        self.write_all(entries.into())
    }

    /// Does what [`write`](Self::write) does.
    pub(super) fn write_all<K: AsRef<str>>(&mut self, entries: Vec<(K, String)>) -> Result<(), Malformed> {
        let mut own_expiry = self.own_expiry;
        for (_, json) in entries.iter().filter(|(key, _)| key.as_ref() == KEY) {
            own_expiry = Stored::parse(json, self.terms.naive_offset())?;
        }
        self.own_expiry = own_expiry;
        let data = self.change();
        for (key, json) in entries {
            data.insert(key.as_ref(), json);
        }
        Ok(())
    }

    /// Removes `key`. Counts as a change even if the key is absent.
    pub(super) fn erase(&mut self, key: &str) {
        self.change().remove(key);
        if key == KEY {
            self.own_expiry = None;
        }
    }

    /// Removes all keys, also the [id](Self::id) and the [start](Self::started_at).
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.insert("a", 1)?;
    /// session.clear();
    /// assert!(session.is_empty() && session.is_modified());
    /// # Ok::<(), django_session::EncodeError>(())
    /// ```
    pub fn clear(&mut self) {
        self.change().clear();
        self.own_expiry = None;
    }

    /// Ends the session, for example at logout.
    ///
    /// Removes all keys, and makes the response remove the cookie, whatever its status. If keys are inserted
    /// afterwards, they are written in place of the old session. If they cannot be written, because the status is 500
    /// or more or the cookie would be too large, the old cookie is still removed.
    ///
    /// The [id](Self::id) and the [start](Self::started_at) are removed as well. What is inserted afterwards gets new ones.
    ///
    /// A copied cookie stays valid until it expires, unless you keep a list of ended
    /// [ids](crate::CookieSessions::with_ids): see the guide's page on lifetimes.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let mut session = sessions.load_header("sessionid=eyJhIjoxfQ:1r31eq:rejected");
    /// session.flush();
    /// assert_eq!(sessions.commit(&session, 500)?.set_cookie, Some(sessions.cookie().removal()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flush(&mut self) {
        self.clear();
        self.fate = Fate::Ended;
    }

    /// Returns whether [`flush`](Self::flush) was called.
    pub(crate) fn is_flushed(&self) -> bool {
        self.fate == Fate::Ended
    }

    /// Makes the response write the session: a signed cookie gets a new date, a stored session a new key.
    ///
    /// Call it when a visitor gains rights; [`SessionAuth::login`](crate::SessionAuth::login) does. The session keeps
    /// its [id](Self::id), by which its copies can be ended.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.cycle_key();
    /// assert!(session.is_modified());
    /// ```
    pub fn cycle_key(&mut self) {
        self.change();
        if self.fate == Fate::Kept {
            self.fate = Fate::Renamed;
        }
    }

    /// Returns whether [`cycle_key`](Self::cycle_key) was called, without a [`flush`](Self::flush).
    pub(super) fn is_cycled(&self) -> bool {
        self.fate == Fate::Renamed
    }

    /// Returns the key under which the session was stored when it was loaded, as the browser sent it.
    ///
    /// Returns `None` for a session in a signed cookie, and for one that was [flushed](Self::flush). Also returns
    /// `None` for a new session, even if the browser sent a key: no valid session is stored under that key.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default());
    /// let sent = sessions.sent_cookie("sessionid=8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2");
    /// let text = "eyJhIjoxfQ:1r31eq:LCqGWTQrIoydnMbNSWtFF-F-L8oddWBGrXkjMkkC0SI";
    /// let mut session = sessions.load(sent, Some(text), None);
    /// assert_eq!(session.session_key().map(SessionKey::as_str), Some("8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2"));
    /// session.flush();
    /// assert_eq!(session.session_key(), None);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn session_key(&self) -> Option<&SessionKey> {
        self.key.as_ref().filter(|_| self.provenance.accepted && !self.is_flushed())
    }

    /// Returns whether anything was changed since the session was loaded.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// assert_eq!(session.get::<u8>("a")?, None);
    /// assert!(!session.is_modified());
    /// session.insert("a", 1)?;
    /// assert!(session.is_modified());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_modified(&self) -> bool {
        self.changes == Changes::Made
    }

    /// Makes the response write the session, as if it had been changed. Django: `session.modified = True`.
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// session.mark_modified();
    /// assert!(session.is_modified() && !session.is_accessed());
    /// ```
    pub fn mark_modified(&mut self) {
        self.changes = Changes::Made;
    }

    /// Discards the session's changes so far: the response does not write them.
    ///
    /// A later change writes all of them. [Save-every-request](crate::CookieSessions::with_save_every_request), refresh
    /// and re-signing do not write the session either.
    ///
    /// A [flushed](Self::flush) session is still removed. Django: `session.modified = False`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// session.discard();
    /// assert!(!session.is_modified());
    /// assert_eq!(sessions.commit(&session, 200)?.set_cookie, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "modified")]
    pub fn discard(&mut self) {
        self.changes = Changes::Discarded;
    }

    /// Returns whether the last change was [discarded](Self::discard).
    pub(super) fn is_discarded(&self) -> bool {
        self.changes == Changes::Discarded
    }

    /// Returns whether the session was read or changed since it was loaded. If so, the response depends on the cookie.
    ///
    /// The methods that describe the cookie itself are for logs, not for pages. They do not count as access:
    /// [`rejection`](Self::rejection), [`passed_over`](Self::passed_over), [`cookie_count`](Self::cookie_count),
    /// [`key_index`](Self::key_index), [`signed_at`](Self::signed_at) and [`session_key`](Self::session_key).
    ///
    /// ```
    /// let mut session = django_session::Session::default();
    /// assert!(!session.is_accessed());
    /// session.get::<u8>("a")?;
    /// assert!(session.is_accessed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_accessed(&self) -> bool {
        self.accessed.0.load(Ordering::Relaxed)
    }

    /// Returns why the browser's cookie was rejected, for logs and metrics. The session is then empty.
    ///
    /// The response leaves a rejected cookie alone unless the session is changed or [flushed](Self::flush).
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// use django_session::{BadSignature, DecodeError};
    ///
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let session = sessions.load(Some("eyJhIjoxfQ:1r31eq:forged"));
    /// assert_eq!(session.rejection(), Some(DecodeError::Signature(BadSignature::Mismatch)));
    /// assert_eq!(sessions.commit(&session, 200)?.set_cookie, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rejection(&self) -> Option<DecodeError> {
        self.provenance.rejection
    }

    /// Returns why a later cookie of the same name was skipped in favour of this one, for logs and metrics.
    ///
    /// Our keys did not sign that cookie: it was set for another path, or planted by a sibling domain. Only sessions in
    /// a signed cookie report it.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// use django_session::{BadSignature, DecodeError};
    ///
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let ours = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    ///
    /// let header = format!("sessionid={}; sessionid=eyJhIjoxfQ:1r31eq:planted", ours.value());
    /// let session = sessions.load_header(&header);
    /// assert_eq!(session.passed_over(), Some(DecodeError::Signature(BadSignature::Mismatch)));
    /// assert_eq!((session.rejection(), session.get("a")?), (None, Some(1)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn passed_over(&self) -> Option<DecodeError> {
        self.provenance.passed_over
    }

    /// Returns how many cookies of the session's name the browser sent.
    ///
    /// More than one means that they were set in several scopes (domains or paths): see
    /// [`with_former_cookie`](crate::CookieSessions::with_former_cookie).
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// assert_eq!(sessions.load_header("sessionid=a; theme=dark; sessionid=b").cookie_count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn cookie_count(&self) -> usize {
        self.provenance.cookies
    }

    /// Returns which key of the ring signed the cookie that was loaded. 0 is the current key.
    ///
    /// After a rotation, [`cycle_key`](Self::cycle_key) moves a session to the current key.
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
        self.provenance.key_index
    }

    /// Returns when the cookie that was loaded was signed.
    ///
    /// ```
    /// # use django_session::{Clock, CookieOptions, CookieSessions, KeyRing, SecretKey, Timestamp};
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::default())
    ///     .with_clock(Clock::fixed(UNIX_EPOCH + Duration::from_secs(1_700_000_000)));
    /// let mut session = sessions.load(None);
    /// assert_eq!(session.signed_at(), None);
    /// session.insert("a", 1)?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    /// assert_eq!(sessions.load(Some(cookie.value())).signed_at(), Some(Timestamp::from_secs(1_700_000_000)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn signed_at(&self) -> Option<Timestamp> {
        self.provenance.signed_at
    }
}

/// Shows the number of keys and the state of the session, but neither keys nor values.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("len", &self.data().len())
            .field("accessed", &self.is_accessed())
            .field("modified", &self.is_modified())
            .field("rejection", &self.provenance.rejection)
            .finish_non_exhaustive()
    }
}
