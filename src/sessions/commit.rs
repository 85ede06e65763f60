use std::time::Duration;

use crate::clock::Timestamp;
use crate::codec::Serializer;
use crate::cookie::SetCookie;
use crate::error::EncodeError;
use crate::sessions::CookieSessions;
use crate::sessions::Session;
use crate::sessions::provenance::Provenance;

/// The headers that a response needs for the session.
///
/// ```
/// use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let mut session = sessions.load(None);
/// let commit = sessions.commit(&session, 200)?;
/// assert!(commit.set_cookie.is_none() && !commit.vary_on_cookie);
///
/// session.insert("visits", 1)?;
/// let commit = sessions.commit(&session, 200)?;
/// assert!(commit.vary_on_cookie);
/// let headers: Vec<String> = commit.into_set_cookies().map(String::from).collect();
/// assert_eq!(headers.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
#[non_exhaustive]
pub struct Commit {
    /// The `Set-Cookie` header that sets or removes the cookie. Append it to the other `Set-Cookie` headers.
    pub set_cookie: Option<SetCookie>,
    /// The `Set-Cookie` headers that remove other cookies: [former ones](CookieSessions::with_former_cookie), and those
    /// of inner layers whose sessions were flushed, if an error replaces the response.
    pub removals: Vec<SetCookie>,
    /// Whether `Cookie` must be in the `Vary` header, so that no cache serves this response to another visitor.
    pub vary_on_cookie: bool,
}

impl Commit {
    /// Creates a commit. Includes the `former` removals if the browser sent a cookie that is now set or removed.
    pub(super) fn new(session: &Session, set_cookie: Option<SetCookie>, former: &[SetCookie]) -> Self {
        let may_have_former = set_cookie.is_some() && session.cookie_count() > 0;
        Self {
            vary_on_cookie: session.is_accessed() || set_cookie.is_some(),
            set_cookie,
            removals: if may_have_former { former.to_vec() } else { Vec::new() },
        }
    }

    /// Returns the value to set the `Vary` header to: the `present` values and `Cookie`.
    ///
    /// Returns `None` if the header need not change.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::default());
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let commit = sessions.commit(&session, 200)?;
    /// assert_eq!(commit.vary(["Accept"]).as_deref(), Some(&b"Accept, Cookie"[..]));
    /// assert_eq!(commit.vary(["accept, cookie"]), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn vary(&self, present: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Option<Vec<u8>> {
        if !self.vary_on_cookie {
            return None;
        }
        let mut vary = Vec::new();
        for line in present {
            vary.extend_from_slice(if vary.is_empty() { b"" } else { b", " });
            vary.extend_from_slice(line.as_ref());
        }
        let has_cookie = |name: &[u8]| name == b"*" || name.eq_ignore_ascii_case(b"cookie");
        if vary.split(|byte| *byte == b',').any(|name| has_cookie(name.trim_ascii())) {
            return None;
        }
        Some(if vary.is_empty() { b"Cookie".to_vec() } else { [&*vary, b", Cookie"].concat() })
    }

    /// Returns all `Set-Cookie` headers to append to the response.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let mut session = sessions.load(Some("a rejected one"));
    /// session.flush();
    /// let removal = sessions.cookie().removal();
    /// assert_eq!(sessions.commit(&session, 200)?.into_set_cookies().collect::<Vec<_>>(), [removal]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_set_cookies(self) -> impl Iterator<Item = SetCookie> {
        self.removals.into_iter().chain(self.set_cookie)
    }
}

impl<S: Serializer> CookieSessions<S> {
    /// Returns the headers that a response with this status needs for the session.
    ///
    /// These are the rules of Django's `SessionMiddleware`, except that by default a request which only reads sends no
    /// cookie:
    ///
    /// - A changed session is written.
    /// - An unchanged session is written only if its cookie was accepted, and only for
    ///   [save-every-request](Self::with_save_every_request), to [refresh](Self::with_refresh_after) it or to
    ///   [re-sign](Self::with_resign) it. If it cannot be written, the browser keeps its cookie.
    /// - Nothing is written with a status of 500 or more.
    /// - An accepted session that was changed and has no keys left, other than its start and id, is removed, unless the
    ///   status is 500 or more. Django writes `{}`.
    /// - A session that was [flushed](Session::flush) is removed whatever the status, if the browser sent a cookie.
    /// - A rejected cookie is replaced when the session is changed, removed when it is flushed, and otherwise left
    ///   alone.
    /// - The response varies on `Cookie` if the session was read or changed, or if a cookie is set or removed.
    ///
    /// # Errors
    /// [`EncodeError::CookieTooLarge`]; [`EncodeError::ExpiryOutOfRange`]; [`EncodeError::Serialize`] with a serializer
    /// other than JSON's; [`EncodeError::Unreadable`] if the session, from a cache, holds a value that JSON cannot
    /// represent; [`EncodeError::NoRandomBytes`] with [ids](Self::with_ids) or encryption; `EncodeError::ReadOnly` with
    /// `PickleSerializer`.
    ///
    /// The changes are then lost, so respond with an error. Commit again with the status 500 to get the headers that
    /// this response needs: the removal after a flush, and `Vary`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let mut session = sessions.load(Some("a rejected cookie"));
    /// assert_eq!(session.get::<u32>("visits")?, None);
    /// assert_eq!(sessions.commit(&session, 200)?.set_cookie, None);
    ///
    /// session.insert("visits", 1)?;
    /// assert!(sessions.commit(&session, 200)?.set_cookie.is_some());
    /// assert!(sessions.commit(&session, 500)?.set_cookie.is_none());
    ///
    /// session.flush();
    /// assert_eq!(sessions.commit(&session, 200)?.set_cookie, Some(sessions.cookie().removal()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit(&self, session: &Session, status: u16) -> Result<Commit, EncodeError> {
        let Provenance { cookies, accepted, .. } = session.provenance;
        let (changed, may_save) = (session.is_modified(), status < 500);
        let has_content = session.has_content();
        let emptied = changed && may_save && accepted && !has_content;

        let date = if may_save && has_content { self.date(session) } else { None };
        let set_cookie = match date {
            Some(date) => match self.set_cookie(session, date) {
                Ok((cookie, _)) => Some(cookie),
                // An unchanged session need not be written.
                Err(_) if !changed => None,
                Err(error) => return Err(error),
            },
            None => (session.is_flushed() && cookies > 0 || emptied).then(|| self.cookie.removal()),
        };
        Ok(Commit::new(session, set_cookie, &self.former))
    }

    /// Returns how many more bytes the cookie could hold if the session were written now. Counts as access.
    ///
    /// With compression, a key may take fewer bytes than its JSON. By default a session is compressed once its JSON has
    /// 512 bytes, so more bytes may be left after it has grown to that size.
    ///
    /// # Errors
    /// Those of [`commit`](Self::commit).
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let mut session = sessions.load(None);
    /// let before = sessions.bytes_left(&session)?;
    /// session.insert("visits", 1)?;
    /// assert!(sessions.bytes_left(&session)? < before && before < 4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bytes_left(&self, session: &Session) -> Result<usize, EncodeError> {
        session.read();
        // A clone, because a session that is not sent must not get an id.
        self.set_cookie(&session.clone(), Date::Now).map(|(_, bytes_left)| bytes_left)
    }

    /// Returns the date to sign the cookie with, or `None` if no cookie is to be written.
    fn date(&self, session: &Session) -> Option<Date> {
        if session.is_modified() {
            return Some(Date::Now);
        }
        let Provenance { accepted, signed_at, key_index, .. } = session.provenance;
        let signed_at = signed_at.filter(|_| accepted && !session.is_discarded())?;
        let is_read = session.is_accessed();
        let is_old = |limit| signed_at.age(self.signer.now()).is_ok_and(|age| age > limit);
        if self.save_every_request || is_read && self.refresh_after.is_some_and(is_old) {
            return Some(Date::Now);
        }
        (is_read && self.resign && key_index > Some(0)).then_some(Date::Kept(signed_at))
    }

    fn set_cookie(&self, session: &Session, date: Date) -> Result<(SetCookie, usize), EncodeError> {
        let now = self.signer.now();
        let (date, elapsed) = match date {
            Date::Now => (now.into(), Duration::ZERO),
            Date::Kept(date) => (date, date.age(now).unwrap_or_default()),
        };
        session.stamp(self.terms, date)?;
        let lifetime = session.cookie_lifetime(self.terms, elapsed, now)?;
        let payload = self.codec.encode_json_with_room(&session.data().to_json()?, self.signer.overhead())?;
        let token = self.signer.seal_at(payload, date);
        SetCookie::new(&self.cookie, &token, lifetime.as_ref()).map_err(|mut error| {
            if let EncodeError::CookieTooLarge(report) = &mut error {
                report.name_keys(session.data().sizes());
            }
            error
        })
    }
}

/// The date that a cookie is signed with.
#[derive(Clone, Copy)]
enum Date {
    Now,
    /// The date of the cookie that is replaced.
    Kept(Timestamp),
}
