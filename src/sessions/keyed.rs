use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};

use crate::cookie::{CookieOptions, SetCookie, header};
use crate::error::{DecodeError, EncodeError};
use crate::sessions::lifetime::Terms;
use crate::sessions::provenance::Provenance;
use crate::sessions::{Commit, Session, SessionKey, StoredChange, StoredCommit, StoredRow};

/// The session cookie of a request, which holds a session key: see
/// [`StoredSessions::sent_cookie`](crate::StoredSessions).
///
/// ```
/// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionKey, StoredSessions};
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = StoredSessions::new(&keys, CookieOptions::default());
/// let sent = sessions.sent_cookie("theme=dark; sessionid=8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2");
/// assert_eq!(sent.key().map(SessionKey::as_str), Some("8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2"));
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SentCookie {
    cookies: usize,
    key: Option<SessionKey>,
}

impl SentCookie {
    /// Returns the session key, if a cookie of the request holds a well-formed one.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default());
    /// assert_eq!(sessions.sent_cookie("sessionid=../etc").key(), None);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn key(&self) -> Option<&SessionKey> {
        self.key.as_ref()
    }
}

/// Sessions whose cookie holds only a key. Their data is stored elsewhere.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) cookie: CookieOptions,
    former: Vec<SetCookie>,
    pub(super) terms: Terms,
    pub(super) save_every_request: bool,
}

impl Keyed {
    pub(super) fn new(cookie: CookieOptions) -> Self {
        let terms = Terms::of(&cookie);
        Self { cookie, former: Vec::new(), terms, save_every_request: false }
    }

    pub(super) fn with_former_cookie(&mut self, former: &CookieOptions) {
        self.former.extend(former.former_removal(&self.cookie));
    }

    pub(super) fn sent_cookie<'h, I, H>(&self, headers: I) -> SentCookie
    where
        I: IntoIterator<Item = &'h H, IntoIter: DoubleEndedIterator>,
        H: AsRef<[u8]> + ?Sized + 'h,
    {
        let mut sent = SentCookie::default();
        header::visit_values(headers, self.cookie.name(), |value| {
            sent.cookies = sent.cookies.saturating_add(1);
            sent.key = sent.key.take().or_else(|| SessionKey::parse(value));
            ControlFlow::Continue(())
        });
        sent
    }

    /// Returns the session of this cookie. `found` is what is stored under its key, or `None` if nothing is.
    pub(super) fn load(
        &self,
        sent: SentCookie,
        found: Option<Result<Session, DecodeError>>,
        now: SystemTime,
    ) -> Session {
        let admit = |session| self.terms.admit_start(&session, now).map(|()| session);
        let found = match sent {
            SentCookie { cookies: 0, .. } => Err(None),
            SentCookie { key: None, .. } => Err(Some(DecodeError::NotASessionKey)),
            _ => found.unwrap_or(Err(DecodeError::NotStored)).and_then(admit).map_err(Some),
        };
        let mut session = found
            .unwrap_or_else(|rejection| Session::empty(Provenance { rejection, ..Provenance::default() }, self.terms));
        session.provenance.cookies = sent.cookies;
        session.key = sent.key;
        session
    }

    pub(super) fn commit<Data>(
        &self,
        session: &Session,
        status: u16,
        now: SystemTime,
        encode: impl FnOnce(&Session) -> Result<Data, EncodeError>,
    ) -> Result<StoredCommit<Data>, EncodeError> {
        let (change, set_cookie) = match self.change(session, status, now, encode) {
            // An unchanged session need not be written.
            Err(_) if !session.is_modified() => (StoredChange::Nothing, None),
            done => done?,
        };
        Ok(StoredCommit { change, response: Commit::new(session, set_cookie, &self.former) })
    }

    fn change<Data>(
        &self,
        session: &Session,
        status: u16,
        now: SystemTime,
        encode: impl FnOnce(&Session) -> Result<Data, EncodeError>,
    ) -> Result<(StoredChange<Data>, Option<SetCookie>), EncodeError> {
        let Provenance { cookies, accepted, rejection, .. } = session.provenance;
        let renew = self.save_every_request && accepted && !session.is_discarded();
        let save = (session.is_modified() || renew) && status < 500;
        // `old` is the key of the row that this request may change. `exists` is whether that row holds this session.
        let old = session.key.clone().filter(|_| rejection != Some(DecodeError::NotStored));
        let exists = accepted && !session.is_flushed();
        let is_too_old = matches!(rejection, Some(DecodeError::SessionTooOld { .. } | DecodeError::Unstamped));

        // 1. the row
        let row = |key| self.row(session, key, now, encode);
        let change = match old {
            Some(key) if save && exists && !session.is_cycled() => StoredChange::Update { row: row(key)? },
            Some(old) if save && exists => StoredChange::Replace { old, row: row(SessionKey::generate()?)? },
            old if save && (exists || session.has_content()) => StoredChange::Insert {
                row: row(SessionKey::generate()?)?,
                delete: old.filter(|_| session.is_flushed() || is_too_old),
            },
            Some(key) if session.is_flushed() => StoredChange::Delete { key },
            _ => StoredChange::Nothing,
        };
        // 2. the cookie
        let set_cookie = match &change {
            StoredChange::Update { row } | StoredChange::Replace { row, .. } | StoredChange::Insert { row, .. } => {
                let lifetime = session.cookie_lifetime(self.terms, Duration::ZERO, now)?;
                Some(SetCookie::new(&self.cookie, row.key.as_str(), lifetime.as_ref())?.0)
            }
            _ => (cookies > 0 && session.is_flushed()).then(|| self.cookie.removal()),
        };
        Ok((change, set_cookie))
    }

    fn row<Data>(
        &self,
        session: &Session,
        key: SessionKey,
        now: SystemTime,
        encode: impl FnOnce(&Session) -> Result<Data, EncodeError>,
    ) -> Result<StoredRow<Data>, EncodeError> {
        session.stamp(self.terms, now.into())?;
        let end = session.end(self.terms, Duration::ZERO, now);
        Ok(StoredRow {
            key,
            data: encode(session)?,
            expire_date: end.utc_date(now).ok_or(EncodeError::ExpiryOutOfRange)?,
            time_to_live: Duration::from_secs(end.left(now).whole_seconds().try_into().unwrap_or(0)),
        })
    }
}
