//! A session as a plain list of pairs, and the rules of Django's `SessionMiddleware` about its flags.

use std::mem::take;
use std::time::Duration;

use arbitrary::Arbitrary;
use django_session::{CookieSessions, Expiry, Session};

use crate::json::Json;
use crate::{cookies, python};

const KEYS: [&str; 8] = ["a", "b", "", "é", "\"\\\n", "a\u{7f}\u{1f600}", "_auth_user_id", "testcookie"];

#[derive(Arbitrary, Debug, Clone, Copy)]
pub struct Key(u8);

impl Key {
    fn name(self) -> &'static str {
        KEYS[usize::from(self.0) % KEYS.len()]
    }
}

#[derive(Arbitrary, Debug)]
pub enum Op {
    Insert(Key, Json),
    Extend(Vec<(Key, u8)>),
    Remove(Key),
    Get(Key),
    GetOrInsert(Key, u8),
    Clear,
    Flush,
    CycleKey,
    MarkModified,
    SetTestCookie,
    DeleteTestCookie,
    SetExpiry(Option<u16>),
    Respond(bool),
}

/// Keys, and JSON texts.
type Items = Vec<(String, String)>;

#[derive(Default)]
pub struct Model {
    items: Items,
    modified: bool,
    accessed: bool,
    keyed: bool,
    /// The browser's cookie, and what the session held when it was written.
    cookie: Option<(String, Items)>,
}

impl Model {
    fn change(&mut self) -> &mut Items {
        (self.accessed, self.modified) = (true, true);
        &mut self.items
    }

    fn get(&mut self, key: &str) -> Option<String> {
        self.accessed = true;
        self.items.iter().find(|(found, _)| found == key).map(|(_, json)| json.clone())
    }

    fn insert(&mut self, key: &str, json: String) {
        match self.change().iter_mut().find(|(found, _)| found == key) {
            Some((_, value)) => *value = json,
            None => self.items.push((key.to_owned(), json)),
        }
    }

    fn remove(&mut self, key: &str) -> bool {
        let there = self.get(key).is_some();
        if there {
            self.change().retain(|(found, _)| found != key);
        }
        there
    }

    /// Does the same to both.
    pub fn apply(&mut self, op: &Op, sessions: &CookieSessions, session: &mut Session) {
        match op {
            Op::Insert(key, json) => {
                session.insert(key.name(), json).unwrap();
                self.insert(key.name(), python::dumps(json));
            }
            Op::Extend(pairs) => {
                session.extend(pairs.iter().map(|(key, number)| (key.name(), number))).unwrap();
                self.change();
                pairs.iter().for_each(|(key, number)| self.insert(key.name(), number.to_string()));
            }
            Op::Remove(key) => assert_eq!(session.remove(key.name()), self.remove(key.name())),
            Op::Get(key) => assert_eq!(session.get_json(key.name()).map(str::to_owned), self.get(key.name())),
            Op::GetOrInsert(key, number) => {
                let found = session.get_or_insert_with(key.name(), || *number).ok();
                match self.get(key.name()) {
                    // null is the value of no number, not its absence.
                    Some(json) => assert_eq!(found, json.parse().ok()),
                    None => self.insert(key.name(), found.unwrap().to_string()),
                }
            }
            Op::Clear => {
                session.clear();
                self.change().clear();
            }
            Op::Flush => {
                session.flush();
                self.change().clear();
                self.keyed = false;
            }
            Op::CycleKey => {
                session.cycle_key();
                self.change();
                self.keyed = true;
            }
            Op::MarkModified => {
                session.mark_modified();
                self.modified = true;
            }
            Op::SetTestCookie => {
                session.set_test_cookie();
                self.insert("testcookie", "\"worked\"".to_owned());
            }
            Op::DeleteTestCookie => assert_eq!(session.delete_test_cookie(), self.remove("testcookie")),
            Op::SetExpiry(None) => {
                session.set_expiry(None);
                self.remove("_session_expiry");
            }
            Op::SetExpiry(Some(0)) => {
                session.set_expiry(Expiry::BrowserClose);
                self.insert("_session_expiry", "0".to_owned());
            }
            Op::SetExpiry(Some(seconds)) => {
                session.set_expiry(Expiry::Inactivity(Duration::from_secs((*seconds).into())));
                self.insert("_session_expiry", seconds.to_string());
            }
            Op::Respond(well) => self.respond(if *well { 200 } else { 500 }, sessions, session),
        }
    }

    /// Answers the request, and begins the next of the same browser.
    fn respond(&mut self, status: u16, sessions: &CookieSessions, session: &mut Session) {
        let changed = self.modified && status < 500;
        let ends = self.items.is_empty() && (changed || !self.keyed);
        let Ok(commit) = sessions.commit(session, status) else {
            // 4096 bytes less name, attributes and signature, of which base64 makes three quarters.
            let json: usize = self.items.iter().map(|(key, json)| python::quote(key).len() + json.len() + 2).sum();
            return assert!(json > 2800);
        };
        assert_eq!(commit.set_cookie.is_some(), if ends { self.cookie.is_some() } else { changed });
        assert_eq!(commit.vary_on_cookie, self.accessed || commit.set_cookie.is_some());
        if let Some(header) = &commit.set_cookie {
            let (_, value, _) = cookies::set_cookie(header.as_str());
            self.cookie = (!ends).then(|| (value.to_owned(), take(&mut self.items)));
        }
        let cookie = take(&mut self.cookie);
        *session = sessions.load(cookie.as_ref().map(|(token, _)| token.as_str()));
        assert_eq!(session.rejection(), None);
        let items = cookie.as_ref().map_or_else(Vec::new, |(_, items)| items.clone());
        *self = Self { items, keyed: cookie.is_some(), cookie, ..Self::default() };
    }

    /// Looks at nothing that would count as access.
    pub fn check_flags(&self, session: &Session) {
        assert_eq!(session.is_modified(), self.modified);
        assert_eq!(session.is_accessed(), self.accessed);
    }

    pub fn check_items(&self, session: &Session) {
        assert_eq!((session.len(), session.is_empty()), (self.items.len(), self.items.is_empty()));
        assert!(session.keys().eq(self.items.iter().map(|(key, _)| key.as_str())));
        assert!(session.iter().eq(self.items.iter().map(|(key, json)| (key.into(), json.as_str()))));
    }
}
