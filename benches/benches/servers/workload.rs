//! The workloads of a server, and the sessions in them.

use std::collections::BTreeMap;

use benches::payloads::{self, LOGIN_KEY, Line, SHOP_KEY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The path that returns the number of allocations of the server so far.
pub const ALLOCATIONS: &str = "/allocations";
/// The key under which a server counts the requests of a session.
pub const VISITS: &str = "visits";

/// The session that a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// What Django's login writes: 171 bytes of JSON.
    Login,
    /// 3 KiB of JSON.
    Shop,
}

impl Content {
    pub const ALL: [Self; 2] = [Self::Login, Self::Shop];

    /// Returns the path that issues the session's cookie.
    pub const fn issuer(self) -> &'static str {
        match self {
            Self::Login => "/login",
            Self::Shop => "/shop",
        }
    }

    pub const fn read_path(self) -> &'static str {
        match self {
            Self::Login => "/login/read",
            Self::Shop => "/shop/read",
        }
    }

    pub const fn write_path(self) -> &'static str {
        match self {
            Self::Login => "/login/write",
            Self::Shop => "/shop/write",
        }
    }

    /// Returns the key that the handler reads.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Login => LOGIN_KEY,
            Self::Shop => SHOP_KEY,
        }
    }

    /// Returns the keys and values of the session.
    pub fn entries(self) -> Vec<(String, Value)> {
        let json = match self {
            Self::Login => serde_json::to_value(payloads::login()),
            Self::Shop => serde_json::to_value(payloads::shop_3k()),
        };
        let Value::Object(entries) = json.expect("JSON") else { unreachable!("a struct is an object") };
        entries.into_iter().collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// The name in lines for programs.
    pub name: &'static str,
    /// The title in tables.
    pub title: &'static str,
    pub content: Content,
    pub path: &'static str,
}

impl Workload {
    /// Returns whether the response sets the cookie.
    pub fn writes(self) -> bool {
        self.path == self.content.write_path()
    }
}

pub const UNTOUCHED_PATH: &str = "/untouched";

pub const UNTOUCHED: Workload = workload("untouched", "untouched", Content::Login, UNTOUCHED_PATH);
pub const LOGIN_READ: Workload = workload("login-read", "login: read", Content::Login, Content::Login.read_path());
pub const LOGIN_WRITE: Workload =
    workload("login-write", "login: read and written", Content::Login, Content::Login.write_path());
pub const SHOP_READ: Workload = workload("3k-read", "3 KiB: read", Content::Shop, Content::Shop.read_path());
pub const SHOP_WRITE: Workload =
    workload("3k-write", "3 KiB: read and written", Content::Shop, Content::Shop.write_path());

pub const ALL: [Workload; 5] = [UNTOUCHED, LOGIN_READ, LOGIN_WRITE, SHOP_READ, SHOP_WRITE];

const fn workload(name: &'static str, title: &'static str, content: Content, path: &'static str) -> Workload {
    Workload { name, title, content, path }
}

/// A session as a struct, for peers that carry one value without keys.
pub trait Typed: Serialize + DeserializeOwned + Send + 'static {
    const CONTENT: Content;

    /// Returns the session as it is issued.
    fn issued() -> Self {
        let entries = Self::CONTENT.entries().into_iter().collect();
        serde_json::from_value(Value::Object(entries)).expect("the same fields")
    }

    /// Returns the value of the key that the handler reads.
    fn value(self) -> String;

    /// Counts this request.
    fn count(&mut self) -> u32;
}

#[derive(Serialize, Deserialize)]
pub struct Login {
    #[serde(rename = "_auth_user_id")]
    id: String,
    #[serde(rename = "_auth_user_backend")]
    backend: String,
    #[serde(rename = "_auth_user_hash")]
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    visits: Option<u32>,
}

impl Typed for Login {
    const CONTENT: Content = Content::Login;

    fn value(self) -> String {
        self.id
    }

    fn count(&mut self) -> u32 {
        *self.visits.insert(self.visits.unwrap_or(0) + 1)
    }
}

#[derive(Serialize, Deserialize)]
pub struct Shop {
    auth: payloads::Login,
    csrf_token: String,
    #[serde(rename = "_language")]
    language: String,
    cart: BTreeMap<String, Line>,
    recently_viewed: Vec<u32>,
    messages: Vec<(u8, String)>,
    newsletter: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    visits: Option<u32>,
}

impl Typed for Shop {
    const CONTENT: Content = Content::Shop;

    fn value(self) -> String {
        self.language
    }

    fn count(&mut self) -> u32 {
        *self.visits.insert(self.visits.unwrap_or(0) + 1)
    }
}
