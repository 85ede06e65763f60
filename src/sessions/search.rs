use crate::cookie;
use crate::error::DecodeError;
use crate::sessions::Session;
use crate::sessions::lifetime::Terms;
use crate::sessions::provenance::Provenance;

/// A search for the session in all cookies of one name. The last cookie is visited first.
#[derive(Default)]
pub(super) struct Search {
    cookies: usize,
    search: cookie::Search<Session, DecodeError>,
}

impl Search {
    /// Counts a cookie. Reads it, unless a cookie that our keys signed was found before.
    pub(super) fn visit(&mut self, token: &str, read: impl FnOnce(&str) -> Result<Session, DecodeError>) {
        self.cookies = self.cookies.saturating_add(1);
        let _ = self.search.visit(|| read(token));
    }

    /// Returns the session that was found, or an empty one if no cookie was accepted.
    pub(super) fn found(self, terms: Terms) -> Session {
        let Self { cookies, search: cookie::Search { decision, passed_over } } = self;
        let provenance = Provenance { cookies, ..Provenance::default() };
        match decision {
            Some(Ok(mut session)) => {
                session.provenance.cookies = cookies;
                session.provenance.passed_over = passed_over;
                session
            }
            Some(Err(reason)) => {
                Session::empty(Provenance { rejection: Some(reason), passed_over, ..provenance }, terms)
            }
            None => Session::empty(Provenance { rejection: passed_over, ..provenance }, terms),
        }
    }
}
