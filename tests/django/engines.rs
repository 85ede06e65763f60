//! Visits to a site that stores sessions in rows or files, which the caller of this crate reads and writes.
//! `engines.py` makes the same visits with Django.

use std::collections::BTreeMap;

use django_session::{EncodeError, SetCookie, StoredChange, StoredCommit, StoredRow, StoredSessions};
use serde::Serialize;
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, UtcOffset};

use crate::check::{Answered, Check};
use crate::common::{clock, moment};
use crate::ours::{name, ring};
use crate::question::{Answer, Op, Question, Signing};
use crate::random::Random;
use crate::sites;
use crate::tamper::tamper;
use crate::views;
use crate::visit::{Site, Visit};
use crate::visitor;

/// A visit, and what is stored before it.
#[derive(Debug, Clone, Serialize)]
pub struct EngineVisit {
    #[serde(flatten)]
    visit: Visit,
    engine: Engine,
    rows: Vec<Row>,
    /// Whether the cache of `cached_db` has copies of the rows.
    warm: bool,
    /// Keys of rows that another request deletes before the response to this one.
    vanishes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Engine {
    Db,
    CachedDb,
    File,
}

#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub key: String,
    pub text: String,
    /// When the row expires, or when the file was written, in microseconds since 1970.
    pub micros: i64,
}

/// A visitor of one site: the session keys of the browser, and what the site stores.
struct Visitor {
    site: Site,
    engine: Engine,
    now: f64,
    jar: Vec<String>,
    rows: Vec<Row>,
}

/// Number of visits of each visitor.
const VISITS: usize = 5;

/// Shown in answers instead of a new key.
pub const NEW: &str = "new";

/// Like `sessions::visits`, but the cookie is a key. Each side continues with what either side has stored.
pub fn visits(check: &mut Check) {
    let mut visitors = check.draw(4000, visitor);
    let questions = visitors.iter().map(|visitor| visitor.first_text(&mut check.random)).collect();
    for (visitor, case) in visitors.iter_mut().zip(check.ask(questions)) {
        visitor.begins(&mut check.random, case.text());
    }
    for _ in 0..VISITS {
        let questions = visitors.iter_mut().map(|visitor| visitor.comes(&mut check.random)).collect();
        for (visitor, case) in visitors.iter_mut().zip(check.compare(questions)) {
            visitor.leaves(&mut check.random, &case);
        }
    }
}

fn visitor(random: &mut Random) -> Visitor {
    // Not before 1970, where Django's LocMemCache treats every key as present.
    let now = random.pick(&[0.0, 1e6, 1e10, 1.5e9, 1.6e9, 1.7e9, 1.7e9, 1.7e9]) + random.fraction();
    let engine = random.pick(&[Engine::Db, Engine::CachedDb, Engine::File]);
    Visitor { site: sites::site(random), engine, now, jar: Vec::new(), rows: Vec::new() }
}

impl Visitor {
    /// Generates the first stored text: mostly a session, signed by one of the site's keys or by another key.
    fn first_text(&self, random: &mut Random) -> Question {
        let key = if random.once_in(12) { random.key() } else { random.pick(&self.site.keys) };
        let salt = "django.contrib.sessions.SessionStore".to_owned();
        let by = Signing { keys: vec![key], salt, ..random.default_signing() };
        let json_text = if random.once_in(40) { "[1,2]".to_owned() } else { views::session(random, self.now) };
        Op::Mint { by, json_text }.at(self.now)
    }

    /// Gives the visitor a cookie, in most cases with a row under its key.
    fn begins(&mut self, random: &mut Random, text: String) {
        let key = match random.below(24) {
            0 => "abc1234".to_owned(),
            1 => "abcd1234".to_owned(),
            2 => "k".repeat(random.pick(&[40, 41])),
            // The file engine does not create such names.
            3 if self.engine != Engine::File => "ABCDEFGHabcdefgh01234567".to_owned(),
            _ => sites::session_key(random),
        };
        let text = match random.below(16) {
            0 => tamper(random, &text, ":"),
            1 => random.text(40),
            _ => text,
        };
        let age = self.site.age as f64;
        let left = random.pick(&[age, age, age, 0.0, -1.0, 1e9]);
        let micros = self.micros(if self.engine == Engine::File { left - age } else { left });
        if !random.once_in(8) {
            self.rows.push(Row { key: key.clone(), text, micros });
        }
        self.jar.push(key);
    }

    /// Converts seconds from now to microseconds since 1970.
    fn micros(&self, seconds: f64) -> i64 {
        ((self.now + seconds) * 1e6) as i64
    }

    fn comes(&mut self, random: &mut Random) -> Question {
        let age = self.site.age as f64;
        let end = self.rows.first().map_or(self.now, |row| {
            let (moment, lives) = (row.micros as f64 / 1e6, if self.engine == Engine::File { age } else { 0.0 });
            ((moment + lives) * 8.0).round() / 8.0
        });
        self.now = views::comes_back(random, self.now, end, self.site.age).max(0.0);
        if random.once_in(8) {
            self.site.keys.insert(0, random.key());
            self.site.keys.truncate(3);
        }
        let visit = views::visit(random, &self.site, &self.jar, self.now);
        let (engine, rows) = (self.engine, self.rows.clone());
        let vanishes = if random.once_in(16) { rows.iter().map(|row| row.key.clone()).collect() } else { Vec::new() };
        Op::EngineVisit(EngineVisit { visit, engine, rows, warm: random.once_in(2), vanishes }).at(self.now)
    }

    /// Stores what this crate or Django has left after the visit.
    fn leaves(&mut self, random: &mut Random, case: &Answered) {
        let answer = if random.once_in(2) { &case.ours } else { &case.django.answer };
        let Some(left) = answer.as_ref().ok().filter(|left| left["rows"].is_array()) else { return };
        let new = sites::session_key(random);
        let before = std::mem::take(&mut self.rows);
        for row in left["rows"].as_array().unwrap() {
            let (key, text) = (row[0].as_str().unwrap(), row[1].as_str().unwrap().to_owned());
            let untouched = before.iter().find(|old| old.key == key && old.text == text);
            let written = untouched.map_or_else(|| self.micros(0.0), |old| old.micros);
            let key = if key == NEW { new.clone() } else { key.to_owned() };
            self.rows.push(Row { key, text, micros: row[2].as_i64().unwrap_or(written) });
        }
        // Django may leave two new rows.
        self.rows.sort_by_key(|row| row.key != new);
        self.rows.dedup_by(|row, other| row.key == other.key);
        let value = left["set_cookie"][0].as_str().and_then(|header| header.split(['=', ';']).nth(1));
        if value == Some(NEW) {
            if random.once_in(2) {
                self.jar.clear();
            }
            self.jar.push(new);
        }
    }
}

impl EngineVisit {
    pub fn is_read(&self) -> bool {
        self.visit.cookie.is_some() && !self.rows.is_empty()
    }
}

/// Makes the visit as a caller of `StoredSessions`, and returns all visible effects in the format of `engines.py`.
pub fn answer(EngineVisit { visit, engine, rows: before, vanishes, .. }: &EngineVisit, now: f64) -> Answer {
    let Visit { site, cookie, steps, status } = visit;
    let sessions = sessions(site, now)?;
    let mut rows = table(before);

    // 1. request
    let sent = cookie.as_ref().map(|header| sessions.sent_cookie(header)).unwrap_or_default();
    let row = sent.key().and_then(|key| rows.get(key.as_str()));
    let expire_date = row.and_then(|(text, micros)| match engine {
        // A file has no expiry date. It follows from the session's expiry and the last change of the file.
        Engine::File => sessions.decode(text).ok()?.expiry_date(moment(*micros as f64 / 1e6)),
        Engine::Db | Engine::CachedDb => Some(date(*micros)),
    });
    let session = sessions.load(sent, row.map(|(text, _)| text.as_str()), expire_date);
    // 2. view
    let (session, mut seen) = visitor::view(session, visitor::auth_of(site)?, site, steps, now);
    rows.retain(|key, _| !vanishes.contains(key));
    // 3. response
    let (commit, error) = commit(|status| sessions.commit(&session, status), *status)?;
    let applied = apply(&commit.change, &mut rows, |row| Some((row.data.clone(), micros(row.expire_date))));

    seen.extend(response(&commit, error.or(applied.err())));
    let is_dated = *engine != Engine::File;
    let left: Vec<Value> =
        rows.iter().map(|(key, (text, micros))| json!([key, text, is_dated.then_some(micros)])).collect();
    seen.insert("rows".to_owned(), left.into());
    seen.insert("left".to_owned(), json!({ "Ok": visitor::items(&session) }));
    Ok(seen.into())
}

/// Returns the rows by their keys.
pub fn table(rows: &[Row]) -> BTreeMap<String, (String, i64)> {
    rows.iter().map(|row| (row.key.clone(), (row.text.clone(), row.micros))).collect()
}

/// Returns the visible effects on the response. A new key is shown as for Django.
pub fn response<Data>(commit: &StoredCommit<Data>, error: Option<String>) -> Map<String, Value> {
    let mut seen = Map::new();
    if let Some(error) = error {
        seen.insert("error".to_owned(), error.into());
        return seen;
    }
    let new = match &commit.change {
        StoredChange::Insert { row, .. } | StoredChange::Replace { row, .. } => row.key.as_str(),
        _ => NEW,
    };
    let set_cookie = commit.response.set_cookie.as_ref().map(SetCookie::as_str);
    let set_cookies: Vec<_> = set_cookie.iter().map(|header| header.replacen(new, NEW, 1)).collect();
    seen.insert("set_cookie".to_owned(), json!(set_cookies));
    seen.insert("vary".to_owned(), json!(commit.response.vary_on_cookie.then_some("Cookie")));
    seen
}

/// Applies the change of a commit to the stored rows. `make` returns what is stored for a row, if anything is.
pub fn apply<Data, V>(
    change: &StoredChange<Data>,
    stored: &mut BTreeMap<String, V>,
    make: impl Fn(&StoredRow<Data>) -> Option<V>,
) -> Result<(), String> {
    let (row, key, old) = match change {
        StoredChange::Nothing => return Ok(()),
        StoredChange::Update { row } if stored.contains_key(row.key.as_str()) => (Some(row), row.key.as_str(), None),
        StoredChange::Replace { old, row } if stored.contains_key(old.as_str()) => (Some(row), NEW, Some(old)),
        StoredChange::Update { .. } | StoredChange::Replace { .. } => return Err("SessionInterrupted".to_owned()),
        StoredChange::Insert { row, delete } => (Some(row), NEW, delete.as_ref()),
        StoredChange::Delete { key } => (None, NEW, Some(key)),
        other => panic!("a change of another kind: {:?}", std::mem::discriminant(other)),
    };
    if let Some(old) = old {
        stored.remove(old.as_str());
    }
    match row.and_then(make) {
        Some(value) => drop(stored.insert(key.to_owned(), value)),
        None => drop(stored.remove(key)),
    }
    Ok(())
}

/// Returns the commit for this status. If that fails, returns the commit for status 500 and the error.
pub fn commit<Data>(
    commit: impl Fn(u16) -> Result<StoredCommit<Data>, EncodeError>,
    status: u16,
) -> Result<(StoredCommit<Data>, Option<String>), String> {
    match commit(status) {
        Ok(made) => Ok((made, None)),
        Err(error) => Ok((commit(500).map_err(name)?, Some(name(error)))),
    }
}

pub fn sessions(site: &Site, now: f64) -> Result<StoredSessions, String> {
    let sessions = StoredSessions::new(&ring(&site.keys)?, visitor::cookie_options(site)?)
        .with_clock(clock(now))
        .with_save_every_request(site.save_every_request);
    Ok(match site.local {
        Some(offset) => sessions.with_naive_dates(UtcOffset::from_whole_seconds(offset).unwrap()),
        None => sessions,
    })
}

pub fn date(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).unwrap()
}

pub fn micros(date: OffsetDateTime) -> i64 {
    i64::try_from(date.unix_timestamp_nanos().div_euclid(1000)).unwrap()
}
