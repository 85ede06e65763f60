//! Five sessions, from a counter to one that is too large for a cookie.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::scheme::Value;

/// Called once for each payload, because the types differ. `key` is a key of the session.
pub trait Visitor {
    fn visit<T: Value>(&mut self, name: &'static str, key: &'static str, value: T);
}

/// A key of [`Login`].
pub const LOGIN_KEY: &str = "_auth_user_id";
/// A key of [`Shop`].
pub const SHOP_KEY: &str = "_language";

pub fn visit_all(visitor: &mut impl Visitor) {
    visitor.visit("small", "num_visits", Visits { num_visits: 1 });
    visitor.visit("login", LOGIN_KEY, login());
    visitor.visit("1k", SHOP_KEY, shop(4, 1));
    visitor.visit("3k", SHOP_KEY, shop_3k());
    visitor.visit("10k", "wizard_survey-step-3", wizard());
}

/// The session of Django's tutorial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visits {
    num_visits: u32,
}

/// A session with only what `django.contrib.auth.login` writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Login {
    #[serde(rename = "_auth_user_id")]
    pub id: String,
    #[serde(rename = "_auth_user_backend")]
    pub backend: String,
    #[serde(rename = "_auth_user_hash")]
    pub hash: String,
}

/// [`Login`], reading from the payload's own buffer.
#[derive(Debug, PartialEq, Deserialize)]
pub struct BorrowedLogin<'b> {
    #[serde(rename = "_auth_user_id")]
    pub id: &'b str,
    #[serde(rename = "_auth_user_backend")]
    pub backend: &'b str,
    #[serde(rename = "_auth_user_hash")]
    pub hash: &'b str,
}

/// Returns the session of a typical user. Compressed and with the timestamp, 183 bytes are signed. That is the median
/// of two thousand such hashes, and the maximum for three blocks of SHA-256. One user in twelve has 184 bytes, and a
/// fourth block.
pub fn login() -> Login {
    let hash = hex_digest("password", 64);
    Login { id: "1".into(), backend: "django.contrib.auth.backends.ModelBackend".into(), hash }
}

/// The session of a customer who is logged in and has visited some pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shop {
    auth: Login,
    csrf_token: String,
    #[serde(rename = "_language")]
    language: String,
    cart: BTreeMap<String, Line>,
    recently_viewed: Vec<u32>,
    messages: Vec<(u8, String)>,
    newsletter: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    name: String,
    price: String,
    quantity: u32,
    gift: bool,
    added: String,
    variant: String,
}

pub fn shop_3k() -> Shop {
    shop(15, 6)
}

fn shop(lines: u32, messages: u32) -> Shop {
    const NAMES: [&str; 5] = ["Teapot, blue", "Cast-iron pan", "\"Ada\" notebook", "Wool socks 40/42", "Fern"];
    let line = |n: u32| Line {
        name: NAMES[n as usize % NAMES.len()].into(),
        price: format!("{}.{:02}", 4 + n * 7 % 90, n * 37 % 100),
        quantity: 1 + n % 3,
        gift: n.is_multiple_of(4),
        added: format!("2025-03-{:02}T{:02}:{:02}:07.314Z", 1 + n % 28, n * 5 % 24, n * 17 % 60),
        variant: hex_digest(&format!("variant {n}"), 12),
    };
    Shop {
        auth: login(),
        csrf_token: hex_digest("csrf", 32),
        language: "pt-br".into(),
        cart: (0..lines).map(|n| (format!("{}", 90_210 + n * 7_919), line(n))).collect(),
        recently_viewed: (0..lines * 4).map(|n| 90_210 + n * 104_729 % 65_537).collect(),
        messages: (0..messages)
            .map(|n| (25, format!("'{}' was added to your cart.", NAMES[n as usize % NAMES.len()])))
            .collect(),
        newsletter: None,
    }
}

/// The session of a form wizard that stores every answer: 10 KB with much repetition.
fn wizard() -> BTreeMap<String, Vec<BTreeMap<String, String>>> {
    let answer = |n: usize| {
        [("field", format!("question-{n}")), ("label", "Strongly agree".into()), ("required", "true".into())]
            .map(|(key, value)| (key.into(), value))
            .into()
    };
    (0..10).map(|step| (format!("wizard_survey-step-{step}"), (0..15).map(answer).collect())).collect()
}

fn hex_digest(seed: &str, len: usize) -> String {
    let digest = Sha256::digest(seed);
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()[..len].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sizes(Vec<(&'static str, usize)>);

    impl Visitor for Sizes {
        fn visit<T: Value>(&mut self, name: &'static str, _: &'static str, value: T) {
            self.0.push((name, serde_json::to_vec(&value).unwrap().len()));
        }
    }

    #[test]
    fn sizes_are_what_their_names_say() {
        let mut sizes = Sizes(Vec::new());
        visit_all(&mut sizes);
        let names = [("small", 16), ("login", 171), ("1k", 1024), ("3k", 3072), ("10k", 10240)];
        for ((name, size), (expected, about)) in sizes.0.into_iter().zip(names) {
            assert!(name == expected && size.abs_diff(about) <= about / 50, "{name}: {size}");
        }
    }
}
