//! A model of a session: a plain list of pairs, and the rules of Django's `SessionMiddleware` for the flags.

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
    Take(Key),
    GetOrInsert(Key, u8),
    Clear,
    Flush,
    CycleKey,
    MarkModified,
    Discard,
    SetTestCookie,
    DeleteTestCookie,
    SetExpiry(Option<u16>),
    Respond(Next),
}

/// The response to the request, and the cookies that the browser sends with the next one.
#[derive(Arbitrary, Debug, Clone, Copy)]
pub struct Next {
    well: bool,
    /// Whether the browser's cookie is replaced with a foreign one.
    spoiled: bool,
    /// Number of foreign cookies after the browser's own.
    planted: u8,
}

/// What happens to the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Set,
    Removal,
    Nothing,
}

/// Keys and JSON texts.
type Items = Vec<(String, String)>;

#[derive(Default)]
pub struct Model {
    items: Items,
    modified: bool,
    accessed: bool,
    discarded: bool,
    flushed: bool,
    /// The number of cookies with the name that the request sent.
    sent: usize,
    /// The browser's cookie, and the contents of the session when it was written, or `None` for a foreign cookie.
    cookie: Option<(String, Option<Items>)>,
}

impl Model {
    fn change(&mut self) -> &mut Items {
        (self.accessed, self.modified, self.discarded) = (true, true, false);
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

    /// Applies an operation to the model and to the session.
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
            Op::Take(key) => {
                let taken: Option<Json> = session.take(key.name()).unwrap();
                assert_eq!(taken.as_ref().map(python::dumps), self.get(key.name()));
                self.remove(key.name());
            }
            Op::GetOrInsert(key, number) => {
                let found = session.get_or_insert_with(key.name(), || *number).ok();
                match self.get(key.name()) {
                    // null is an existing value that is not a number, so it is not replaced.
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
                self.flushed = true;
            }
            Op::CycleKey => {
                session.cycle_key();
                self.change();
            }
            Op::MarkModified => {
                session.mark_modified();
                (self.modified, self.discarded) = (true, false);
            }
            Op::Discard => {
                session.discard();
                (self.modified, self.discarded) = (false, true);
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
            Op::Respond(next) => self.respond(*next, sessions, session),
        }
    }

    /// Writes the response, and begins the next request of the same browser.
    fn respond(&mut self, next: Next, sessions: &CookieSessions, session: &mut Session) {
        let commit = sessions.commit(session, if next.well { 200 } else { 500 });
        let due = self.due(next.well && commit.is_ok(), sessions.saves_every_request());
        let commit = commit.unwrap_or_else(|_| {
            // 4096 bytes without name, attributes and signature, of which three quarters remain after base64.
            let json: usize = self.items.iter().map(|(key, json)| python::quote(key).len() + json.len() + 2).sum();
            assert!(json > 2800);
            sessions.commit(session, 500).unwrap()
        });
        assert_eq!(commit.vary_on_cookie, self.accessed || due != Due::Nothing);
        let is_former_removed = due != Due::Nothing && self.sent > 0;
        assert_eq!(commit.removals.len(), usize::from(is_former_removed));
        match (commit.set_cookie, due) {
            (Some(header), Due::Set) => {
                let (_, value, _) = cookies::set_cookie(header.as_str());
                self.cookie = Some((value.to_owned(), Some(take(&mut self.items))));
            }
            (Some(header), Due::Removal) => {
                assert_eq!(header, sessions.cookie().removal());
                self.cookie = None;
            }
            (None, Due::Nothing) => {}
            (header, due) => panic!("{due:?} became {header:?}"),
        }
        self.begin(next, sessions, session);
    }

    fn due(&self, well: bool, saves_every_request: bool) -> Due {
        let renewed = saves_every_request && self.is_accepted() && !self.discarded;
        if well && (self.modified || renewed) && !self.items.is_empty() {
            Due::Set
        } else if (self.flushed && self.sent > 0) || (well && self.modified && self.is_accepted()) {
            Due::Removal
        } else {
            Due::Nothing
        }
    }

    fn is_accepted(&self) -> bool {
        self.cookie.as_ref().is_some_and(|(_, items)| items.is_some())
    }

    fn begin(&mut self, next: Next, sessions: &CookieSessions, session: &mut Session) {
        let mut cookie = take(&mut self.cookie);
        if let (true, Some((token, items))) = (next.spoiled, &mut cookie) {
            token.push('A');
            *items = None;
        }
        let planted = usize::from(next.planted % 3);
        let items = cookie.as_ref().and_then(|(_, items)| items.clone()).unwrap_or_default();
        let own = cookie.as_ref().map_or_else(String::new, |(token, _)| format!("sessionid={token}; "));
        *self = Self { items, sent: planted + usize::from(cookie.is_some()), cookie, ..Self::default() };

        *session = sessions.load_header(&format!("{own}{}", "sessionid=planted; ".repeat(planted)));
        assert_eq!(session.cookie_count(), self.sent);
        assert_eq!(session.rejection().is_some(), self.sent > 0 && !self.is_accepted());
        assert_eq!(session.passed_over().is_some(), planted > 0 && self.is_accepted());
    }

    /// Compares the flags without accessing the session.
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
