//! Sessions with a start and an id: they are rejected when they are too old, and can be revoked by their id.

use std::time::Duration;

use django_session::{SetCookie, Unstamped};
use serde::Serialize;
use serde_json::{Value, json};

use crate::check::{Answered, Check};
use crate::common::json::Json;
use crate::ours::name;
use crate::question::{Answer, Op, Question};
use crate::random::Random;
use crate::rules::Verdict;
use crate::sites;
use crate::visit::{Site, Spelled, Step};
use crate::visitor;

const STARTED: &str = "_session_started";
const ID: &str = "_session_id";
const PASSWORD: &str = "column";
/// Number of visits of each visitor.
const VISITS: usize = 6;

/// A visit to a site with these settings.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    site: Site,
    cookie: Option<String>,
    steps: Vec<Step>,
    status: u16,
    /// The maximum age, in seconds.
    absolute_age: u64,
    unstamped: &'static str,
    ids: bool,
    /// The ids of sessions that have been revoked.
    denied: Vec<String>,
    /// The id of the session in the cookie.
    #[serde(skip)]
    sent_id: Option<String>,
}

/// Cookies that either side has set are sent to both, before and after they expire, and before and after their session
/// is revoked.
pub fn visits(check: &mut Check) {
    let mut visitors = check.draw(1000, visitor);
    for _ in 0..VISITS {
        let questions = visitors.iter_mut().map(|(asked, now)| comes(&mut check.random, asked, now)).collect();
        let cases = check.compare_by(questions, verdict);
        for ((asked, _), case) in visitors.iter_mut().zip(cases) {
            leaves(&mut check.random, asked, &case);
        }
    }
}

fn visitor(random: &mut Random) -> (Asked, f64) {
    let site = Site { name: "sessionid".to_owned(), local: None, user_model: None, ..sites::site(random) };
    let asked = Asked {
        site,
        cookie: None,
        steps: Vec::new(),
        status: 200,
        absolute_age: random.pick(&[60, 3600, 86_400]),
        unstamped: random.pick(&["stamp", "refuse"]),
        ids: !random.once_in(3),
        denied: Vec::new(),
        sent_id: None,
    };
    (asked, 1_700_000_000.0 + random.fraction())
}

fn comes(random: &mut Random, asked: &mut Asked, now: &mut f64) -> Question {
    *now += random.pick(&[0.0, 0.125, 1.0, 30.0, 60.0, 61.0, 3600.0]);
    // Set before any login of this request: after a login, only Python would start the session again.
    let planted = random.once_in(4).then(|| plant(random));
    let count = random.below(5);
    asked.steps = planted.into_iter().chain((0..count).map(|_| step(random))).chain([get_user()]).collect();
    asked.status = random.pick(&[200, 200, 200, 404, 500]);
    // Settings may change while sessions exist.
    asked.ids ^= random.once_in(8);
    Op::Lifetimes(asked.clone()).at(*now)
}

fn step(random: &mut Random) -> Step {
    match random.below(14) {
        0 | 1 => Step::Get { key: "cart".to_owned() },
        2..=4 => set("cart", Json::Int(random.below(5) as i128)),
        5 => Step::Delete { key: "cart".to_owned() },
        6..=9 => Step::Login { id: random.pick(&["1", "1", "42"]).to_owned(), password: PASSWORD.to_owned() },
        10 => Step::Flush,
        11 => Step::CycleKey,
        12 => Step::Clear,
        _ => Step::MarkModified,
    }
}

/// Generates a step that sets a start or an id that no server has written.
fn plant(random: &mut Random) -> Step {
    let text = |text: &str| Json::String(text.to_owned());
    if random.once_in(2) {
        let starts = [Json::Int(1_700_000_000), Json::Int(0), Json::Bool(true), Json::Float(1.7e9), text("1")];
        set(STARTED, random.pick(&starts))
    } else {
        let id = sites::session_key(random);
        set(ID, random.pick(&[text(&id[..22]), text(&id), Json::Null, Json::Int(1)]))
    }
}

fn set(key: &str, value: Json) -> Step {
    Step::Set { key: key.to_owned(), value: Spelled(value) }
}

fn get_user() -> Step {
    Step::GetUser { password: Some(PASSWORD.to_owned()) }
}

/// Ends a visit: the visitor may keep the new cookie, Django's or ours, and the session may be revoked.
fn leaves(random: &mut Random, asked: &mut Asked, case: &Answered) {
    let answer = random.pick(&[&case.ours, &case.django.answer]).as_ref().expect("an answer");
    let token = answer["token"].as_str().expect("a text");
    // Otherwise the visitor sends the old cookie again, as a thief would.
    if !token.is_empty() && !random.once_in(6) {
        asked.cookie = Some(format!("{}={token}", asked.site.name));
        asked.sent_id = written(answer, ID).and_then(|id| serde_json::from_str(&id).ok());
    }
    if let Some(id) = &asked.sent_id
        && asked.ids
        && random.once_in(6)
    {
        asked.denied.push(id.clone());
    }
}

/// Makes the visit as the documentation recommends: the id is looked up first.
pub fn answer(asked: &Asked, now: f64) -> Answer {
    let Asked { site, cookie, steps, status, absolute_age, unstamped, ids, denied, .. } = asked;
    let unstamped = if *unstamped == "refuse" { Unstamped::Refuse } else { Unstamped::Stamp };
    let mut sessions = visitor::sessions(site, now)?.with_absolute_age(Duration::from_secs(*absolute_age), unstamped);
    if *ids {
        sessions = sessions.with_ids();
    }
    let mut session = sessions.load_header(cookie.as_deref().unwrap_or_default());
    if *ids && session.id().is_some_and(|id| denied.iter().any(|denied| denied == id)) {
        session.flush();
    }
    let (session, seen) = visitor::view(session, visitor::auth_of(site)?, site, steps, now);
    let set_cookie = sessions.commit(&session, *status).map_err(name)?.set_cookie;
    let token = set_cookie.as_ref().map(SetCookie::value).filter(|value| *value != "\"\"");
    let written = token.map_or_else(|| json!([]), |_| visitor::items(&session));
    Ok(json!({ "results": seen["results"], "token": token.unwrap_or_default(), "written": written }))
}

/// Compares what the views have seen and what is written. New ids are random, so they are not compared.
fn verdict(case: &Answered) -> Verdict {
    let Op::Lifetimes(Asked { sent_id, .. }) = &case.question.op else { return Verdict::Disagreement };
    let (Ok(ours), Ok(django)) = (&case.ours, &case.django.answer) else { return Verdict::Disagreement };
    let seen = |answer: &Value| (answer["results"].clone(), content(answer, sent_id.as_deref()));
    if seen(ours) == seen(django) { Verdict::Agreement } else { Verdict::Disagreement }
}

/// Returns what is written, sorted. Returns nothing if it is only start and id, because this crate removes that
/// session.
fn content(answer: &Value, sent_id: Option<&str>) -> Vec<(String, String)> {
    let items: Vec<(String, String)> = serde_json::from_value(answer["written"].clone()).expect("keys and values");
    if items.iter().all(|(key, _)| [STARTED, ID].iter().any(|stamp| *key == format!("\"{stamp}\""))) {
        return Vec::new();
    }
    let known = |(key, value): (String, String)| {
        let is_new = key == format!("\"{ID}\"") && sent_id.map(|id| format!("\"{id}\"")) != Some(value.clone());
        let value = if is_new && value.len() == 24 { "new".to_owned() } else { value };
        (key, value)
    };
    let mut content: Vec<_> = items.into_iter().map(known).collect();
    content.sort();
    content
}

/// Returns the JSON text that is written under this key.
fn written(answer: &Value, key: &str) -> Option<String> {
    let items = answer["written"].as_array()?;
    let item = items.iter().find(|item| item[0] == format!("\"{key}\""))?;
    item[1].as_str().map(str::to_owned)
}
