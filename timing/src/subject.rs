//! Everything in the crate that compares a secret tag with a presented one.

use std::hint::black_box;
use std::time::Duration;

use django_session::{
    CookieOptions, CookieSessions, KeyRing, MaxAge, SecretKey, Session, SessionAuth, Signer, StoredSessions,
    TimestampSigner,
};

use crate::forgery::Form;

/// A verification. What it is shown is put in place beforehand, always in the same place, so that verifying alone is
/// measured, and not from where the text came.
pub trait Subject {
    fn form(&self) -> Form;
    /// A text that [`verify`](Self::verify) takes for `message`.
    fn sign(&self, message: &str) -> String;
    fn present(&mut self, message: &str, text: &str);
    fn verify(&mut self) -> bool;
}

pub struct Tokens {
    signer: Signer,
    token: String,
}

impl Tokens {
    pub fn new(signer: Signer) -> Self {
        Self { signer, token: String::new() }
    }
}

impl Subject for Tokens {
    fn form(&self) -> Form {
        Form::Token
    }

    fn sign(&self, message: &str) -> String {
        self.signer.sign(message)
    }

    fn present(&mut self, _: &str, token: &str) {
        token.clone_into(&mut self.token);
    }

    fn verify(&mut self) -> bool {
        black_box(self.signer.unsign(&self.token)).is_ok()
    }
}

pub struct DatedTokens {
    signer: TimestampSigner,
    token: String,
}

impl DatedTokens {
    pub fn new(signer: TimestampSigner) -> Self {
        Self { signer, token: String::new() }
    }
}

impl Subject for DatedTokens {
    fn form(&self) -> Form {
        Form::Token
    }

    fn sign(&self, message: &str) -> String {
        self.signer.sign(message)
    }

    fn present(&mut self, _: &str, token: &str) {
        token.clone_into(&mut self.token);
    }

    fn verify(&mut self) -> bool {
        black_box(self.signer.unsign(&self.token, MaxAge::AtMost(Duration::from_secs(60)))).is_ok()
    }
}

/// The message is the user's `password` column.
pub struct Login {
    auth: SessionAuth,
    session: Session,
    password: String,
}

impl Login {
    const HASH: &str = "_auth_user_hash";

    pub fn new(auth: SessionAuth) -> Self {
        Self { auth, session: empty_session(), password: String::new() }
    }
}

fn empty_session() -> Session {
    let keys = KeyRing::new(SecretKey::new("signs nothing here").expect("a key"));
    CookieSessions::new(&keys, CookieOptions::builder("sessionid").build().expect("options")).load(None)
}

impl Subject for Login {
    fn form(&self) -> Form {
        Form::Hex
    }

    fn sign(&self, message: &str) -> String {
        let mut session = empty_session();
        self.auth.update_hash(&mut session, message);
        session.get(Self::HASH).expect("text").expect("a hash")
    }

    fn present(&mut self, message: &str, hash: &str) {
        message.clone_into(&mut self.password);
        // Who, and by which backend, is not compared but has to be there.
        let login = [("_auth_user_id", "7"), ("_auth_user_backend", "a.Backend"), (Self::HASH, hash)];
        self.session.extend(login).expect("JSON");
    }

    fn verify(&mut self) -> bool {
        black_box(self.auth.verify(&self.session, &self.password)).is_some()
    }
}

/// The form before Django 3.1, with SHA-1. The message is a value in the session.
pub struct Stored {
    sessions: StoredSessions,
    text: String,
}

impl Stored {
    pub fn new(sessions: StoredSessions) -> Self {
        Self { sessions, text: String::new() }
    }
}

impl Subject for Stored {
    fn form(&self) -> Form {
        Form::Stored
    }

    fn sign(&self, message: &str) -> String {
        let mut session = self.sessions.create();
        session.insert("message", message).expect("JSON");
        self.sessions.encode_legacy(&session).expect("a session of text")
    }

    fn present(&mut self, _: &str, text: &str) {
        text.clone_into(&mut self.text);
    }

    fn verify(&mut self) -> bool {
        black_box(self.sessions.decode(&self.text)).is_ok()
    }
}
