use std::cmp::Reverse;

use crate::codec::Serializer;
use crate::cookie::SetCookie;
use crate::error::EncodeError;
use crate::sessions::CookieSessions;
use crate::sessions::Session;
use crate::sessions::provenance::Provenance;

/// What a response must say about the session.
///
/// ```
/// use django_session::{Commit, CookieOptions, KeyRing, SecretKey, CookieSessions};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let Commit { set_cookie, vary_on_cookie, .. } = sessions.commit(&sessions.load(None), 200)?;
/// assert!(set_cookie.is_none() && !vary_on_cookie); // nobody touched it
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
#[non_exhaustive]
pub struct Commit {
    /// The header to send, if any, beside other `Set-Cookie` headers.
    pub set_cookie: Option<SetCookie>,
    /// Whether `Cookie` belongs into the `Vary` header, so that no cache gives this response to another visitor.
    pub vary_on_cookie: bool,
}

impl<S: Serializer> CookieSessions<S> {
    /// What the response, with this status, has to say about the session. All of Django's `SessionMiddleware`:
    ///
    /// - A session that was flushed, or whose cookie was too short to be one, is removed if the browser sent a cookie.
    /// - A changed session is written, an unchanged one only on [request](Self::with_save_every_request), and none with a
    ///   status of 500 or more.
    /// - A changed session without keys is removed; Django would write `{}`. (A session that was used though its cookie had
    ///   been refused counts as changed.)
    /// - The response varies on `Cookie` if the session was used, or a cookie is set or removed.
    ///
    /// # Errors
    /// [`EncodeError::CookieTooLarge`]; [`EncodeError::ExpiryOutOfRange`]; [`EncodeError::Serialize`] with a serializer
    /// other than JSON's. The response should then be an error, for the session would be lost.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let mut session = sessions.load(Some("a cookie that will not do"));
    /// session.insert("visits", 1)?;
    /// assert!(sessions.commit(&session, 200)?.set_cookie.is_some());
    /// assert!(sessions.commit(&session, 500)?.set_cookie.is_none());
    /// session.remove("visits");
    /// assert_eq!(sessions.commit(&session, 200)?.set_cookie, Some(sessions.cookie().removal()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit(&self, session: &Session, status: u16) -> Result<Commit, EncodeError> {
        let Provenance { sent, keyed, .. } = session.provenance;
        let (empty, accessed) = (session.data().is_empty(), session.is_accessed());

        let gone = empty && !keyed;
        let changed = session.is_modified() || self.save_every_request;
        let set_cookie = if gone || (empty && changed && status < 500) {
            sent.then(|| self.cookie.removal())
        } else if changed && status < 500 {
            Some(self.set_cookie(session)?.0)
        } else {
            None
        };
        Ok(Commit { vary_on_cookie: accessed || set_cookie.is_some(), set_cookie })
    }

    /// How many more bytes the cookie could take if the session were written now. (Compression makes a difference: a key
    /// more may cost less than its JSON.)
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
        self.set_cookie(session).map(|(_, bytes_left)| bytes_left)
    }

    fn set_cookie(&self, session: &Session) -> Result<(SetCookie, usize), EncodeError> {
        let now = self.signer.now();
        let lifetime = session.cookie_lifetime(now)?;
        let payload = self.codec.encode_json_with_room(&session.data().to_json(), self.signer.overhead())?;
        let token = self.signer.seal_at(payload, now);
        SetCookie::new(&self.cookie, &token, lifetime.as_ref()).map_err(|mut error| {
            if let EncodeError::CookieTooLarge(report) = &mut error {
                report.keys = session.data().sizes().collect();
                report.keys.sort_by_key(|(_, bytes)| Reverse(*bytes));
            }
            error
        })
    }
}
