//! The questions to Django and this crate, and their answers.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::common::json::Json;
use crate::csrf;
use crate::encrypted::{Bytes, Site};
use crate::engines::EngineVisit;
use crate::lifetimes;
use crate::messages;
use crate::servers::ServerVisit;
use crate::visit::Visit;

/// One question at one time.
#[derive(Debug, Clone, Serialize)]
pub struct Question {
    /// Seconds since 1970, in eighths, which floats represent exactly.
    pub now: f64,
    #[serde(flatten)]
    pub op: Op,
}

/// The functions of `oracle.py`.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    Separator {
        sep: String,
    },
    Sign {
        by: Signing,
        value: String,
    },
    Unsign {
        by: Signing,
        token: String,
        max_age: Option<f64>,
    },
    Dumps {
        by: Signing,
        value: Json,
        compress: bool,
    },
    Loads {
        by: Signing,
        token: String,
        max_age: Option<f64>,
        read: Read,
    },
    /// Reads a value and writes it again.
    Redump {
        by: Signing,
        token: String,
    },
    SetCookie {
        keys: Vec<Key>,
        name: String,
        salt: String,
        value: String,
    },
    GetCookie {
        keys: Vec<Key>,
        name: String,
        salt: String,
        token: String,
        max_age: Option<f64>,
        legacy: bool,
    },
    /// Only for Django: a token of a random value.
    InventObject {
        by: Signing,
        seed: u64,
        compress: bool,
        beyond: bool,
    },
    /// Only for Django: a token of this value, compressed if that is shorter.
    Mint {
        by: Signing,
        json_text: String,
    },
    /// Reads a session cookie.
    Session {
        secret_key: String,
        token: String,
    },
    Visit(Visit),
    EngineVisit(EngineVisit),
    ServerVisit(ServerVisit),
    /// Only for Django: a session as a cache stores it.
    Pickled {
        json_text: String,
    },
    Csrf(Box<csrf::Asked>),
    Messages(messages::Asked),
    Lifetimes(lifetimes::Asked),
    /// The CSRF cookie and a token, after a request with this cookie.
    CsrfPage {
        cookie: Option<String>,
    },
    /// The text that the database engine stores.
    EncodeStored {
        keys: Vec<Key>,
        json_text: String,
    },
    DecodeStored {
        keys: Vec<Key>,
        text: String,
    },
    /// A date under `_session_expiry`.
    Date {
        json_text: String,
    },
    /// What a site with encryption writes.
    Encrypt {
        site: Site,
        json_text: String,
    },
    /// What a site with encryption reads.
    Decrypt {
        site: Site,
        token: String,
        /// The answer that both must give, if it is known.
        #[serde(skip)]
        expected: Option<Answer>,
    },
    /// Only for Django: any plaintext, encrypted in any version.
    Seal {
        #[serde(skip)]
        site: Site,
        key: Key,
        version: u8,
        nonce: Bytes,
        plaintext: Bytes,
    },
    /// The hashes of a password column, by the current key and by each older key.
    AuthHashes {
        keys: Vec<Key>,
        /// The salt of a user model with its own way of hashing.
        salt: Option<String>,
        password: String,
    },
    /// `salted_hmac`, with the current key.
    SaltedHmac {
        keys: Vec<Key>,
        salt: String,
        algorithm: &'static str,
        value: Key,
    },
    /// Which of the keys has created this digest.
    VerifySaltedHmac {
        keys: Vec<Key>,
        salt: String,
        algorithm: &'static str,
        value: Key,
        digest: String,
    },
}

/// A signer: `TimestampSigner` if `dated`.
#[derive(Debug, Clone, Serialize)]
pub struct Signing {
    /// The keys, the current one first.
    pub keys: Vec<Key>,
    pub salt: String,
    pub sep: String,
    pub algorithm: &'static str,
    pub dated: bool,
}

/// A key: Django accepts text or bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    Text(String),
    Hex(#[serde(serialize_with = "hex")] Vec<u8>),
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// Any value, as the text of `describe.rs`.
    Json,
    /// An integer, in decimal.
    Integer,
}

/// A result, or the name of the error.
pub type Answer = Result<Value, String>;

/// Django's answer, and what `oracle.py` says about it.
#[derive(Debug, Clone, Deserialize)]
pub struct Reply {
    pub answer: Answer,
    pub notes: Vec<String>,
    pub otherwise: Option<Value>,
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Hex(bytes) => bytes,
        }
    }
}

impl Op {
    pub fn at(self, now: f64) -> Question {
        Question { now, op: self }
    }
}

/// Operations of this signer.
impl Signing {
    pub fn sign(self, value: String) -> Op {
        Op::Sign { by: self, value }
    }

    pub fn unsign(self, token: String, max_age: Option<f64>) -> Op {
        Op::Unsign { by: self, token, max_age }
    }

    pub fn dumps(self, value: Json, compress: bool) -> Op {
        Op::Dumps { by: self, value, compress }
    }

    pub fn loads(self, token: String, max_age: Option<f64>) -> Op {
        Op::Loads { by: self, token, max_age, read: Read::Json }
    }

    pub fn loads_integer(self, token: String) -> Op {
        Op::Loads { by: self, token, max_age: None, read: Read::Integer }
    }

    pub fn redump(self, token: String) -> Op {
        Op::Redump { by: self, token }
    }
}

impl Question {
    /// Returns the signer of the token that the answer contains.
    pub fn maker(&self) -> Signing {
        match &self.op {
            Op::Sign { by, .. } | Op::Dumps { by, .. } | Op::InventObject { by, .. } => by.clone(),
            op => panic!("no signer creates a token in {op:?}"),
        }
    }

    /// Returns whether the answer is a token.
    pub fn writes(&self) -> bool {
        use Op::{Dumps, EncodeStored, Redump, SetCookie, Sign};
        matches!(self.op, Sign { .. } | Dumps { .. } | Redump { .. } | SetCookie { .. } | EncodeStored { .. })
    }

    /// Returns whether answering reads a token.
    pub fn reads(&self) -> bool {
        use Op::{DecodeStored, Decrypt, EngineVisit, GetCookie, Loads, Redump, ServerVisit, Session, Unsign, Visit};
        match &self.op {
            Visit(visit) => visit.cookie.is_some(),
            EngineVisit(asked) => asked.is_read(),
            ServerVisit(asked) => asked.is_read(),
            Unsign { .. }
            | Loads { .. }
            | Redump { .. }
            | GetCookie { .. }
            | Session { .. }
            | DecodeStored { .. }
            | Decrypt { .. } => true,
            _ => false,
        }
    }

    /// Returns the token that answering reads.
    pub fn token_mut(&mut self) -> &mut String {
        match &mut self.op {
            Op::Unsign { token, .. }
            | Op::Loads { token, .. }
            | Op::Redump { token, .. }
            | Op::GetCookie { token, .. } => token,
            op => panic!("no token is read in {op:?}"),
        }
    }
}

pub fn hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_hex(bytes))
}

pub fn to_hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
