//! A request that reads one key of its session and changes nothing, like most requests.

use django_session::{Commit, CookieOptions, CookieSessions, Session};
use serde::de::IgnoredAny;

use crate::ours::{MAX_AGE, Ours, key_ring};
use crate::scheme::{KEY, Objects, Value};

/// A session that a browser sends back, as a header for `CookieSessions` and as a token.
pub struct Visit {
    sessions: CookieSessions,
    ours: Ours,
    header: String,
    token: String,
    key: &'static str,
}

impl Visit {
    /// Creates a visit with a session as Django writes it: compressed if that is shorter.
    pub fn new<T: Value>(value: &T, key: &'static str) -> Self {
        let ours = Ours::with_key(KEY);
        let token = ours.dumps(value, true);
        let cookie = CookieOptions::builder("sessionid").build().expect("a cookie");
        let header = format!("csrftoken=DZJQzVmwW7zGqVTyBKJhM0IRyW9PXYo4; sessionid={token}");
        let visit = Self { sessions: CookieSessions::new(&key_ring(KEY), cookie), ours, header, token, key };
        let (session, commit) = visit.respond();
        assert!(session.rejection().is_none() && session.contains_key(key));
        assert!(commit.set_cookie.is_none() && commit.vary_on_cookie);
        visit
    }

    pub fn load(&self) -> Session {
        self.sessions.load_header(&self.header)
    }

    /// Does the whole work of the request.
    pub fn respond(&self) -> (Session, Commit) {
        let session = self.load();
        session.get::<IgnoredAny>(self.key).expect("JSON").expect("it is there");
        let commit = self.sessions.commit(&session, 200).expect("nothing to write");
        (session, commit)
    }

    /// Without a session: verifies the token, decodes its payload and checks that it is JSON.
    pub fn verify_and_parse(&self, buffer: &mut Vec<u8>) {
        let verified = self.ours.signer.unsign(&self.token, MAX_AGE).expect("ours");
        self.ours.raw.decode_borrowed::<IgnoredAny>(verified, buffer).expect("JSON");
    }

    /// Without a session: verifies the token and builds all values in it.
    pub fn verify_and_build<T: Value>(&self) -> T {
        self.ours.loads(&self.token).expect("ours")
    }
}
