use std::borrow::Cow;
use std::fmt;

use crate::sessions::Session;
use crate::sessions::data::{Iter, name};

/// An iterator over the keys of a session and the JSON text of their values: see [`Session::iter`].
///
/// ```
/// use django_session::{Session, SessionItems};
///
/// let mut session = Session::default();
/// session.insert("a", [1, 2])?;
/// let mut items: SessionItems<'_> = session.iter();
/// assert_eq!(items.next(), Some(("a".into(), "[1,2]")));
/// # Ok::<(), django_session::EncodeError>(())
/// ```
#[derive(Clone)]
pub struct SessionItems<'s> {
    entries: Iter<'s>,
    /// The number of remaining entries that have JSON text.
    len: usize,
}

impl<'s> SessionItems<'s> {
    pub(super) fn new(entries: Iter<'s>) -> Self {
        let len = entries.clone().filter(|(_, json)| json.is_ok()).count();
        Self { entries, len }
    }
}

impl<'s> Iterator for SessionItems<'s> {
    type Item = (Cow<'s, str>, &'s str);

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.entries.find_map(|(key, json)| Some((name(key), json.ok()?)));
        self.len = self.len.saturating_sub(found.is_some().into());
        found
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len, Some(self.len))
    }
}

impl ExactSizeIterator for SessionItems<'_> {}

impl fmt::Debug for SessionItems<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionItems").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// An iterator over the keys of a session: see [`Session::keys`].
///
/// ```
/// use django_session::{Session, SessionKeys};
///
/// let mut session = Session::default();
/// session.insert("a", 1)?;
/// let keys: SessionKeys<'_> = session.keys();
/// assert_eq!(keys.collect::<Vec<_>>(), ["a"]);
/// # Ok::<(), django_session::EncodeError>(())
/// ```
#[derive(Clone)]
pub struct SessionKeys<'s>(pub(super) Iter<'s>);

impl<'s> Iterator for SessionKeys<'s> {
    type Item = Cow<'s, str>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, _)| name(key))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for SessionKeys<'_> {}

impl fmt::Debug for SessionKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionKeys").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Iterates over the keys and the JSON text of their values, like [`Session::iter`].
///
/// ```
/// let mut session = django_session::Session::default();
/// session.insert("a", 1)?;
/// for (key, json) in &session {
///     assert_eq!((&*key, json), ("a", "1"));
/// }
/// # Ok::<(), django_session::EncodeError>(())
/// ```
impl<'s> IntoIterator for &'s Session {
    type Item = (Cow<'s, str>, &'s str);
    type IntoIter = SessionItems<'s>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
