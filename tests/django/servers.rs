//! Visits to a site with sessions in a real Redis or Memcached. `servers.py` makes the same visits with Django. It has
//! the connections to the servers, and passes on the bytes.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use django_session::{CachedSessions, StoredRow};
use serde::Serialize;
use serde_json::{Value, json};
use time::{OffsetDateTime, UtcOffset};

use crate::check::{Answered, Check};
use crate::common::{Hex, clock, moment};
use crate::engines::{self, NEW, Row, apply, micros};
use crate::ours::name;
use crate::question::{Answer, Op, Question, Reply, to_hex};
use crate::random::Random;
use crate::rules::{Verdict, judge};
use crate::sites;
use crate::views;
use crate::visit::{Site, Visit};
use crate::visitor;

/// A visit, and what is stored before it.
#[derive(Debug, Clone, Serialize)]
pub struct ServerVisit {
    #[serde(flatten)]
    visit: Visit,
    kind: Kind,
    rows: Vec<Row>,
    entries: Vec<Entry>,
    /// Keys of sessions that another request deletes before the response to this one.
    vanishes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The engine `cache`, with Redis.
    Redis,
    Memcached,
    /// The engine `cached_db`, with Redis.
    CachedDb,
}

#[derive(Debug, Clone, Serialize)]
struct Entry {
    key: String,
    /// The bytes, in hexadecimal.
    data: String,
    /// The time to live.
    seconds: u64,
}

/// A visitor of one site: the session keys of the browser, and what the site stores.
struct Visitor {
    site: Site,
    kind: Kind,
    now: f64,
    jar: Vec<String>,
    rows: Vec<Row>,
    entries: Vec<Entry>,
}

/// Number of visits of each visitor.
const VISITS: usize = 5;

/// Entries that Django cannot read, or does not read as a session.
const NO_SESSIONS: &[&str] = &["", "6a756e6b", "8005", "80057d", "313233", "80055d2e", "80054e2e"];

/// Like `engines::visits`. In half of the cases, the next visit finds what this crate has stored, otherwise what Django
/// has stored.
pub fn visits(check: &mut Check) {
    let mut visitors = check.draw(1200, visitor);
    let session = |visitor: &Visitor| Op::Pickled { json_text: views::session(&mut check.random, visitor.now) }.at(0.0);
    let questions = visitors.iter().map(session).collect();
    for (visitor, case) in visitors.iter_mut().zip(check.ask(questions)) {
        visitor.begins(&mut check.random, case.text());
    }
    for _ in 0..VISITS {
        let questions = visitors.iter_mut().map(|visitor| visitor.comes(&mut check.random)).collect();
        for (visitor, case) in visitors.iter_mut().zip(check.compare_by(questions, judge_meaning)) {
            visitor.leaves(&mut check.random, &case);
        }
    }
}

/// Compares what Django reads from the entries, because equal sessions may have different pickles.
fn judge_meaning(case: &Answered) -> Verdict {
    let without_bytes = |answer: &Value| {
        let mut answer = answer.clone();
        drop(answer.as_object_mut().map(|answer| answer.remove("data")));
        answer
    };
    let Reply { answer, notes, otherwise } = &case.django;
    let answer = answer.as_ref().map(without_bytes).map_err(Clone::clone);
    let otherwise = otherwise.as_ref().map(without_bytes);
    let ours = case.ours.as_ref().map(without_bytes).map_err(Clone::clone);
    judge(&ours, &Reply { answer, notes: notes.clone(), otherwise })
}

fn visitor(random: &mut Random) -> Visitor {
    // The current time, because the servers have their own clocks, and Memcached gets dates.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as f64 + random.fraction();
    let kind = random.pick(&[Kind::Redis, Kind::Memcached, Kind::CachedDb]);
    Visitor { site: sites::site(random), kind, now, jar: Vec::new(), rows: Vec::new(), entries: Vec::new() }
}

impl Visitor {
    /// Gives the visitor a cookie, in most cases with a session under its key that Django or this crate has pickled.
    fn begins(&mut self, random: &mut Random, pickle: String) {
        let cached = sessions(&self.site, self.kind, self.now).unwrap();
        // This crate cannot write a session that it rejects.
        let ours = cached.decode(&bytes(&pickle)).ok();
        let data = match (random.below(8), &ours) {
            (0, _) => random.pick(NO_SESSIONS).to_owned(),
            (1..=4, Some(session)) => to_hex(&cached.encode(session).unwrap()),
            _ => pickle,
        };
        let (key, seconds) = (sites::session_key(random), self.site.age);
        if self.kind == Kind::CachedDb
            && let Some(session) = &ours
        {
            let text = engines::sessions(&self.site, self.now).unwrap().encode(session).unwrap();
            self.rows.push(Row { key: key.clone(), text, micros: ((self.now + seconds as f64) * 1e6) as i64 });
        }
        if !random.once_in(if self.kind == Kind::CachedDb { 2 } else { 8 }) {
            self.entries.push(Entry { key: key.clone(), data, seconds });
        }
        self.jar.push(key);
    }

    fn comes(&mut self, random: &mut Random) -> Question {
        let (moments, elapsed) = random.pick(&[(0.0, 0), (0.0, 0), (0.125, 1), (1.0, 1), (60.0, 60)]);
        self.now += moments;
        self.entries.retain_mut(|entry| {
            entry.seconds = entry.seconds.saturating_sub(elapsed);
            entry.seconds > 0
        });
        let visit = views::visit(random, &self.site, &self.jar, self.now);
        let (kind, rows, entries) = (self.kind, self.rows.clone(), self.entries.clone());
        let vanishes = if random.once_in(16) { self.jar.clone() } else { Vec::new() };
        Op::ServerVisit(ServerVisit { visit, kind, rows, entries, vanishes }).at(self.now)
    }

    /// Stores what this crate or Django has left after the visit.
    fn leaves(&mut self, random: &mut Random, case: &Answered) {
        let answer = if random.once_in(2) { &case.ours } else { &case.django.answer };
        let Some(left) = answer.as_ref().ok() else { return };
        let new = sites::session_key(random);
        let key = |value: &Value| if value == NEW { new.clone() } else { value.as_str().unwrap().to_owned() };
        let rows = left["rows"].as_array().unwrap().iter();
        self.rows = rows
            .map(|row| Row {
                key: key(&row[0]),
                text: row[1].as_str().unwrap().to_owned(),
                micros: row[2].as_i64().unwrap(),
            })
            .collect();
        let entries = left["entries"].as_array().unwrap().iter();
        self.entries = entries
            .filter_map(|entry| {
                let data = left["data"][entry[0].as_str().unwrap()].as_str().unwrap().to_owned();
                // The entry has no expiry if the number was too large for Memcached.
                Some(Entry { key: key(&entry[0]), data, seconds: entry[2].as_u64()? })
            })
            .collect();
        if left["set_cookie"][0].as_str().and_then(|header| header.split(['=', ';']).nth(1)) == Some(NEW) {
            if random.once_in(2) {
                self.jar.clear();
            }
            self.jar.push(new);
        }
    }
}

impl ServerVisit {
    pub fn is_read(&self) -> bool {
        self.visit.cookie.is_some() && !(self.rows.is_empty() && self.entries.is_empty())
    }
}

/// Makes the visit as a caller of `CachedSessions`, and returns all visible effects in the format of `servers.py`.
pub fn answer(ServerVisit { visit, kind, rows, entries, vanishes }: &ServerVisit, now: f64) -> Answer {
    let Visit { site, cookie, steps, status } = visit;
    let (cached, in_rows) = (sessions(site, *kind, now)?, engines::sessions(site, now)?);
    let mut rows = engines::table(rows);
    let mut entries: BTreeMap<String, (Vec<u8>, u64)> =
        entries.iter().map(|entry| (entry.key.clone(), (bytes(&entry.data), entry.seconds))).collect();

    // 1. request
    let sent = cookie.as_ref().map(|header| cached.sent_cookie(header)).unwrap_or_default();
    let key = sent.key().map(|key| key.as_str().to_owned()).unwrap_or_default();
    let entry = entries.get(&key).map(|(data, _)| data.as_slice());
    let row = rows.get(&key).filter(|_| *kind == Kind::CachedDb);
    let session = match row {
        // cached_db reads the row if the cache has no session, and adds it to the cache.
        Some((text, micros)) if entry.is_none_or(|data| cached.decode(data).is_err()) => {
            let end = engines::date(*micros);
            let session = in_rows.load(sent, Some(text), Some(end));
            if session.rejection().is_none() {
                let seconds = (end - OffsetDateTime::from(moment(now))).whole_seconds().try_into().unwrap();
                set(&mut entries, &key, cached.encode(&session).map_err(name)?, seconds);
            }
            session
        }
        _ => cached.load(sent, entry),
    };
    // 2. view
    let (session, mut seen) = visitor::view(session, visitor::auth_of(site)?, site, steps, now);
    rows.retain(|key, _| !vanishes.contains(key));
    entries.retain(|key, _| !vanishes.contains(key));
    // 3. response
    if *kind == Kind::CachedDb {
        let (commit, error) = engines::commit(|status| in_rows.commit(&session, status), *status)?;
        let applied = apply(&commit.change, &mut rows, |row| Some((row.data.clone(), micros(row.expire_date))));
        if applied.is_ok() {
            // The cache may not have had an entry.
            entries.entry(key).or_default();
            let data = cached.encode(&session).map_err(name)?;
            apply(&commit.change, &mut entries, |row| kept(&data, row))?;
            entries.retain(|_, (_, seconds)| *seconds > 0);
        }
        seen.extend(engines::response(&commit, error.or(applied.err())));
    } else {
        let (commit, error) = engines::commit(|status| cached.commit(&session, status), *status)?;
        let applied = apply(&commit.change, &mut entries, |row| kept(&row.data, row));
        seen.extend(engines::response(&commit, error.or(applied.err())));
    }

    let rows: Vec<Value> = rows.iter().map(|(key, (text, micros))| json!([key, text, micros])).collect();
    let read = |data: &[u8]| cached.decode(data).ok().map(|session| visitor::items(&session));
    let shown: Vec<Value> = entries.iter().map(|(key, (data, seconds))| json!([key, read(data), seconds])).collect();
    let data: BTreeMap<&str, String> = entries.iter().map(|(key, (data, _))| (key.as_str(), to_hex(data))).collect();
    seen.insert("rows".to_owned(), rows.into());
    seen.insert("entries".to_owned(), shown.into());
    seen.insert("data".to_owned(), json!(data));
    seen.insert("left".to_owned(), json!({ "Ok": visitor::items(&session) }));
    Ok(seen.into())
}

/// Returns what a cache stores for a row, unless its time to live is 0.
fn kept<Data>(data: &[u8], row: &StoredRow<Data>) -> Option<(Vec<u8>, u64)> {
    let seconds = row.time_to_live.as_secs();
    (seconds > 0).then(|| (data.to_owned(), seconds))
}

fn set(entries: &mut BTreeMap<String, (Vec<u8>, u64)>, key: &str, data: Vec<u8>, seconds: u64) {
    entries.remove(key);
    if seconds > 0 {
        entries.insert(key.to_owned(), (data, seconds));
    }
}

fn sessions(site: &Site, kind: Kind, now: f64) -> Result<CachedSessions, String> {
    let sessions = CachedSessions::new(visitor::cookie_options(site)?)
        .with_clock(clock(now))
        .with_save_every_request(site.save_every_request);
    let sessions = match site.local {
        Some(offset) => sessions.with_naive_dates(UtcOffset::from_whole_seconds(offset).unwrap()),
        None => sessions,
    };
    Ok(if kind == Kind::CachedDb { sessions.with_cached_db() } else { sessions })
}

fn bytes(hex: &str) -> Vec<u8> {
    Hex::try_from(hex.to_owned()).unwrap().0
}
