//! All parts of the crate that compare a secret tag with a presented one.

use std::hint::black_box;
use std::time::Duration;

use django_session::{
    Codec, CookieOptions, CookieSessions, DecodeError, EncodeError, Encryption, JsonSerializer, KeyRing, MaxAge,
    SecretKey, Serializer, Session, SessionAuth, Signer, StoredSessions, TimestampSigner,
};
use serde::de::value::{Error, UnitDeserializer};
use serde::{Deserialize, Serialize};

use crate::forgery::Form;

/// A verification. The text is copied to the same memory before each verification, so that only verifying is measured,
/// and not the location of the text.
pub trait Subject {
    fn form(&self) -> Form;
    /// Returns a text that [`verify`](Self::verify) accepts for `message`.
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
        // The user and the backend are not compared, but must be present.
        let login = [("_auth_user_id", "7"), ("_auth_user_backend", "a.Backend"), (Self::HASH, hash)];
        self.session.extend(login).expect("JSON");
    }

    fn verify(&mut self) -> bool {
        black_box(self.auth.verify(&self.session, &self.password)).is_some()
    }
}

/// The format from before Django 3.1, with SHA-1. The message is a value in the session.
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

/// The inner tag of an encrypted payload. The outer signature is by a key that is not secret.
pub struct Sealed {
    signer: Signer,
    codec: Codec<Blind>,
    token: String,
}

impl Sealed {
    pub fn new(encryption: Encryption) -> Self {
        let keys = KeyRing::new(SecretKey::new("is no secret").expect("a key"));
        let signer = Signer::new(&keys, "timing").expect("a salt");
        Self { signer, codec: Codec::new(Blind).with_encryption(encryption), token: String::new() }
    }
}

impl Subject for Sealed {
    fn form(&self) -> Form {
        Form::Sealed
    }

    fn sign(&self, message: &str) -> String {
        self.codec.encode(message).expect("JSON")
    }

    fn present(&mut self, _: &str, payload: &str) {
        self.token = self.signer.sign(payload);
    }

    fn verify(&mut self) -> bool {
        black_box(self.signer.unsign_object::<(), _>(&self.token, &self.codec)).is_ok()
    }
}

/// A serializer that does not read the decrypted data. That data depends on the key, and its use is not part of the
/// check.
struct Blind;

impl Serializer for Blind {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        JsonSerializer.dumps(value, out)
    }

    fn loads<'de, T: Deserialize<'de>>(&self, _: &'de [u8]) -> Result<T, DecodeError> {
        T::deserialize(UnitDeserializer::<Error>::new()).map_err(|_| DecodeError::Deserialize { reason: "no unit" })
    }
}
