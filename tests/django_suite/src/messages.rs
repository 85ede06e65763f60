//! The messages cookie.

use django_session::{Message, MessageLevel, MessageStorage, Messages, Session, SetCookie};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::{config, decode, encode};
use crate::sessions::Cookie;
use crate::{Text, clock, ring};

pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<MessagesCookie>()
}

/// A message: level, text, extra tags, and whether the text is HTML.
type Parts = (i64, String, Option<String>, bool);

/// The storage only in the cookie, and the storage that falls back to the session.
#[pyclass(frozen)]
struct MessagesCookie {
    alone: MessageStorage,
    with_session: MessageStorage,
}

fn messages(storage: &MessageStorage, parts: Vec<Parts>) -> Messages {
    let mut messages = storage.load(None, None);
    for (level, text, extra_tags, safe) in parts {
        let mut message = Message::new(MessageLevel::new(level), text);
        if let Some(tags) = extra_tags {
            message = message.with_extra_tags(tags);
        }
        messages.push(if safe { message.mark_safe() } else { message });
    }
    messages
}

#[pymethods]
impl MessagesCookie {
    #[new]
    fn new(py: Python<'_>, keys: Vec<Text>, session_cookie: Cookie) -> PyResult<Self> {
        let (keys, options) = (ring(&keys)?, session_cookie.options()?);
        let (alone, with_session) = (MessageStorage::in_cookie(&keys, &options), MessageStorage::new(&keys, &options));
        let all_levels = MessageLevel::new(i64::MIN);
        Ok(Self {
            alone: alone.map_err(config)?.with_level(all_levels).with_clock(clock(py)?),
            with_session: with_session.map_err(config)?.with_level(all_levels).with_clock(clock(py)?),
        })
    }

    /// Returns the messages, and whether the cookie indicates that the session has more.
    fn read(&self, token: &str) -> PyResult<(Vec<Parts>, bool)> {
        // The storage reads the session only if the cookie indicates that there are more.
        let session = Session::default();
        let mut messages = self.with_session.load(Some(token), &session);
        if let Some(error) = messages.rejection() {
            return Err(decode(error));
        }
        let parts = |message: Message| {
            let tags = message.extra_tags().to_owned();
            (message.level().get(), message.text().to_owned(), Some(tags), message.is_safe())
        };
        Ok((messages.drain().map(parts).collect(), session.is_accessed()))
    }

    /// Returns the header, and the number of messages that do not fit: the oldest ones, or with a session the newest
    /// ones.
    fn write(&self, parts: Vec<Parts>, in_session: bool) -> PyResult<(String, usize)> {
        let mut session = Session::default();
        let (commit, left) = if in_session {
            let messages = messages(&self.with_session, parts);
            let commit = self.with_session.commit(&messages, &mut session).map_err(encode)?;
            (commit, MessageStorage::in_session().load(None, &session).len())
        } else {
            let commit = self.alone.commit(&messages(&self.alone, parts), None).map_err(encode)?;
            let left = commit.unstored.len();
            (commit, left)
        };
        let header = commit.set_cookie.map(SetCookie::into_string);
        header.map(|header| (header, left)).ok_or_else(|| PyValueError::new_err("no cookie to set"))
    }

    /// Returns the header that removes a cookie whose messages were shown.
    fn removal(&self) -> PyResult<String> {
        let written = messages(&self.alone, vec![(0, "shown".to_owned(), None, false)]);
        let written = self.alone.commit(&written, None).map_err(encode)?.set_cookie;
        let mut shown = self.alone.load(written.as_ref().map(SetCookie::value), None);
        shown.drain();
        let removal = self.alone.commit(&shown, None).map_err(encode)?.set_cookie;
        removal.map(SetCookie::into_string).ok_or_else(|| PyValueError::new_err("no cookie to remove"))
    }
}
