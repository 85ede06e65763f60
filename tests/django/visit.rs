//! A visit: a request with a Cookie header, what a view does with the session, and the status of its response.

use serde::{Serialize, Serializer};

use crate::common::json::Json;
use crate::question::Key;

#[derive(Debug, Clone, Serialize)]
pub struct Visit {
    pub site: Site,
    /// The `Cookie` header.
    pub cookie: Option<String>,
    pub steps: Vec<Step>,
    pub status: u16,
}

/// The settings of a site.
#[derive(Debug, Clone, Serialize)]
#[expect(clippy::struct_excessive_bools, clippy::struct_field_names, reason = "they have Django's names and types")]
pub struct Site {
    /// The keys, the current one first.
    pub keys: Vec<Key>,
    pub name: String,
    /// `SESSION_COOKIE_AGE`, in seconds.
    pub age: u64,
    pub domain: Option<String>,
    pub path: String,
    pub secure: bool,
    pub http_only: bool,
    pub same_site: Option<&'static str>,
    pub save_every_request: bool,
    pub expire_at_browser_close: bool,
    /// With `USE_TZ = False`: seconds by which the site's clock is ahead of UTC.
    pub local: Option<i32>,
    /// A user model with its own way of hashing passwords.
    pub user_model: Option<UserModel>,
}

/// A user model that overrides one of Django's methods to hash with another salt.
#[derive(Debug, Clone, Serialize)]
pub struct UserModel {
    pub salt: String,
    /// `get_session_auth_hash`, or `_get_session_auth_hash`, which Django also calls with older keys.
    pub overrides: &'static str,
}

/// A step of a view with `request.session`. Times are in seconds since 1970.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    Get {
        key: String,
    },
    Contains {
        key: String,
    },
    Set {
        key: String,
        value: Spelled,
    },
    Delete {
        key: String,
    },
    Pop {
        key: String,
    },
    Setdefault {
        key: String,
        value: Spelled,
    },
    Update {
        pairs: Vec<(String, Spelled)>,
    },
    Clear,
    Flush,
    CycleKey,
    Keys,
    Items,
    MarkModified,
    /// `session.modified = False`.
    Discard,
    IsModified,
    IsAccessed,
    /// `set_expiry` with a number or null.
    SetExpiry {
        value: Spelled,
    },
    /// `set_expiry` with a `timedelta`.
    SetExpiryIn {
        seconds: f64,
    },
    /// `set_expiry` with a `datetime` that has this offset in seconds.
    SetExpiryAt {
        micros: i64,
        offset: i32,
    },
    GetExpiryAge {
        modification: Option<f64>,
    },
    GetExpiryDate {
        modification: Option<f64>,
    },
    GetExpireAtBrowserClose,
    SetTestCookie,
    TestCookieWorked,
    DeleteTestCookie,
    Login {
        id: String,
        password: String,
    },
    /// The logged-in user has this password column, or was deleted if it is `None`.
    GetUser {
        password: Option<String>,
    },
    UpdateHash {
        password: String,
    },
}

/// A value that is sent to Python as text, because it may contain a NaN.
#[derive(Debug, Clone)]
pub struct Spelled(pub Json);

impl Serialize for Spelled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&spell(&self.0))
    }
}

/// Writes JSON with Python's extensions.
pub fn spell(value: &Json) -> String {
    let list = |items: Vec<String>| items.join(",");
    match value {
        Json::Float(float) if float.is_nan() => "NaN".to_owned(),
        Json::Float(float) if float.is_infinite() => if *float > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        Json::Int(int) => int.to_string(),
        Json::Array(items) => format!("[{}]", list(items.iter().map(spell).collect())),
        Json::Object(pairs) => {
            let pair =
                |(key, value): &(String, Json)| format!("{}:{}", spell(&Json::String(key.clone())), spell(value));
            format!("{{{}}}", list(pairs.iter().map(pair).collect()))
        }
        _ => serde_json::to_string(value).unwrap(),
    }
}
