use crate::error::DecodeError;
use crate::sessions::Session;
use crate::sessions::lifetime::Terms;
use crate::sessions::provenance::Provenance;

/// A search for the session in all cookies of one name. The last cookie is visited first.
#[derive(Default)]
pub(super) struct Search {
    cookies: usize,
    /// Why the first visited cookie that our keys did not sign was rejected.
    foreign: Option<DecodeError>,
    /// The first visited cookie that our keys signed: its session, or why it was rejected.
    answer: Option<Result<Session, DecodeError>>,
}

impl Search {
    /// Counts a cookie. Reads it, unless a cookie that our keys signed was found before.
    pub(super) fn visit(&mut self, token: &str, read: impl FnOnce(&str) -> Result<Session, DecodeError>) {
        self.cookies = self.cookies.saturating_add(1);
        if self.answer.is_some() {
            return;
        }
        match read(token) {
            Err(reason) if !reason.is_authentic() => self.foreign = self.foreign.or(Some(reason)),
            answer => self.answer = Some(answer),
        }
    }

    /// Returns the session that was found, or an empty one if no cookie was accepted.
    pub(super) fn found(self, terms: Terms) -> Session {
        let Self { cookies, foreign, answer } = self;
        let provenance = Provenance { cookies, ..Provenance::default() };
        match answer {
            Some(Ok(mut session)) => {
                session.provenance.cookies = cookies;
                session.provenance.passed_over = foreign;
                session
            }
            Some(Err(reason)) => {
                Session::empty(Provenance { rejection: Some(reason), passed_over: foreign, ..provenance }, terms)
            }
            None => Session::empty(Provenance { rejection: foreign, ..provenance }, terms),
        }
    }
}
