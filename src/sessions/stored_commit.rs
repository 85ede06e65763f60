use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;

use crate::sessions::{Commit, SessionKey};

/// The changes that a session needs in the caller's database or cache, and in a response: see
/// [`StoredSessions::commit`](crate::StoredSessions::commit) and `CachedSessions::commit`.
///
/// ```
/// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredSessions};
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = StoredSessions::new(&keys, CookieOptions::default());
/// let mut session = sessions.load(sessions.sent_cookie(""), None, None);
/// session.insert("visits", 1)?;
/// assert_eq!(sessions.commit(&session, 200)?.response.into_set_cookies().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub struct StoredCommit<Data = String> {
    /// The change to make to the row before the response is sent.
    pub change: StoredChange<Data>,
    /// The headers that the response needs.
    pub response: Commit,
}

/// The change to make to the row of a session.
///
/// ```
/// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredChange, StoredSessions};
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = StoredSessions::new(&keys, CookieOptions::default());
/// let mut session = sessions.load(sessions.sent_cookie(""), None, None);
/// session.insert("visits", 1)?;
/// let StoredChange::Insert { row, delete: None } = sessions.commit(&session, 200)?.change else { panic!() };
/// assert_eq!(row.key.as_str().len(), 32);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredChange<Data = String> {
    /// No change.
    Nothing,
    /// `UPDATE … WHERE session_key = row.key`. If no row has this key, another request has ended the session: do not
    /// insert the row, which would undo a logout. Django responds with a status of 400.
    Update {
        /// The row.
        row: StoredRow<Data>,
    },
    /// `DELETE … WHERE session_key = old` and `INSERT` this row, in one transaction, or one `UPDATE` of all columns:
    /// the session continues under another key. If no row has the old key, another request has ended the session: do
    /// not insert, as for `Update`. Django inserts.
    Replace {
        /// The key of the row to delete.
        old: SessionKey,
        /// The row. Its key is new.
        row: StoredRow<Data>,
    },
    /// `INSERT` this row, and delete the row of the ended session, if there is one. That row may be gone already.
    Insert {
        /// The row. Its key is new.
        row: StoredRow<Data>,
        /// The key of the row to delete.
        delete: Option<SessionKey>,
    },
    /// `DELETE … WHERE session_key = key`.
    Delete {
        /// The key of the row to delete.
        key: SessionKey,
    },
}

/// A row of the table `django_session`, or an entry of a cache.
///
/// ```
/// # use django_session::{CookieOptions, KeyRing, SecretKey, StoredChange, StoredSessions};
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = StoredSessions::new(&keys, CookieOptions::default());
/// let mut session = sessions.load(sessions.sent_cookie(""), None, None);
/// session.insert("a", 1)?;
/// let StoredChange::Insert { row, .. } = sessions.commit(&session, 200)?.change else { panic!() };
/// assert!(row.data.starts_with("eyJhIjoxfQ:"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRow<Data = String> {
    /// The column `session_key`, and the value of the cookie.
    pub key: SessionKey,
    /// The column `session_data`, or the bytes of the entry.
    pub data: Data,
    /// The column `expire_date`: when the session ends, in UTC.
    pub expire_date: OffsetDateTime,
    /// How long the cache must keep the entry, in whole seconds. Zero means that the session has ended: delete the
    /// entry.
    pub time_to_live: Duration,
}

/// Shows neither the key nor the data.
impl<Data> fmt::Debug for StoredRow<Data> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredRow").field("expire_date", &self.expire_date).finish_non_exhaustive()
    }
}
