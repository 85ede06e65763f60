//! Messages in Django's three storages and in ours: each side shows the messages that either side has stored.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use django_session::{CookieOptions, Message, MessageLevel, MessageStorage, SameSite, Session, SetCookie};
use serde::Serialize;
use serde_json::{Value, json};

use crate::check::{Answered, Check};
use crate::common::json::Json;
use crate::common::{clock, payload};
use crate::cookies::prefixed;
use crate::ours::{name, ring};
use crate::question::{Answer, Key, Op, Question, Signing};
use crate::random::Random;
use crate::rules::{Verdict, judge, rule};
use crate::sites;
use crate::visit::Spelled;

/// A request, and what its view does with the messages.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    site: Site,
    /// The `Cookie` header.
    cookie: Option<String>,
    /// The value of `_messages` in the session.
    kept: Option<Spelled>,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Serialize)]
#[expect(clippy::struct_field_names, reason = "Django's name")]
struct Site {
    /// The keys, the current one first.
    keys: Vec<Key>,
    kind: Kind,
    level: i64,
    domain: Option<&'static str>,
    secure: bool,
    http_only: bool,
    same_site: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Fallback,
    Cookie,
    Session,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Step {
    Add { level: i64, text: String, tags: Option<String>, safe: bool },
    Show,
    Len,
}

/// A visitor: the cookies of the browser, and the session.
struct Visitor {
    site: Site,
    jar: Vec<String>,
    kept: Option<Spelled>,
    now: f64,
}

/// Number of requests of each visitor.
const VISITS: usize = 5;

pub fn visits(check: &mut Check) {
    let mut visitors = check.draw(1500, visitor);
    let questions = visitors.iter().map(|visitor| visitor.junk(&mut check.random)).collect();
    for (visitor, case) in visitors.iter_mut().zip(check.ask(questions)) {
        if check.random.once_in(3) {
            visitor.jar.push(case.text());
        }
    }
    for _ in 0..VISITS {
        let questions = visitors.iter_mut().map(|visitor| visitor.comes(&mut check.random)).collect();
        for (visitor, case) in visitors.iter_mut().zip(check.compare_by(questions, judge_messages)) {
            visitor.leaves(&mut check.random, &case);
        }
    }
}

/// With another zlib, a few messages more or fewer may fit into the cookie.
fn judge_messages(case: &Answered) -> Verdict {
    let verdict = judge(&case.ours, &case.django);
    let (Verdict::Disagreement, Ok(ours)) = (&verdict, &case.ours) else { return verdict };
    let django = case.django.otherwise.as_ref().or(case.django.answer.as_ref().ok());
    match django {
        Some(django) if differ_by_few(ours, django) => Verdict::Difference(vec![rule("messages parted elsewhere")]),
        _ => verdict,
    }
}

fn differ_by_few(ours: &Value, django: &Value) -> bool {
    let parts = |answer: &Value| -> Option<[Vec<Value>; 2]> {
        let value = answer["set_cookie"][0].as_str()?.split(['=', ';']).nth(1)?.to_owned();
        (value != "\"\"").then_some(())?;
        let mut in_cookie: Vec<Value> = serde_json::from_str(&payload(&value)).ok()?;
        let is_continued = in_cookie.pop_if(|last| *last == "__messagesnotfinished__").is_some();
        (value.len() <= 2048).then_some(())?;
        // If all messages fit into the cookie, those in the session are not part of them.
        let kept =
            answer["kept"].as_str().filter(|_| is_continued).and_then(|kept| serde_json::from_str::<String>(kept).ok());
        let in_session = kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default();
        Some([in_cookie, in_session])
    };
    let (Some([ours_first, ours_then]), Some([django_first, django_then])) = (parts(ours), parts(django)) else {
        return false;
    };
    let is_fallback = [ours_first.as_slice(), &ours_then].concat() == [django_first.as_slice(), &django_then].concat();
    let is_cookie = ours_first.ends_with(&django_first) || django_first.ends_with(&ours_first);
    ours["results"] == django["results"]
        && (is_fallback || is_cookie)
        && ours_first.len().abs_diff(django_first.len()) <= 3
}

fn visitor(random: &mut Random) -> Visitor {
    let same_site = random.pick(&[Some("Lax"), Some("Lax"), Some("Strict"), Some("None"), None]);
    let site = Site {
        keys: random.keys(),
        kind: random.pick(&[Kind::Fallback, Kind::Fallback, Kind::Cookie, Kind::Session]),
        level: random.pick(&[20, 20, 20, 10, 30, -5]),
        domain: random.pick(&[None, None, Some("example.com"), Some(".example.com")]),
        secure: same_site == Some("None") || random.once_in(2),
        http_only: !random.once_in(4),
        same_site,
    };
    Visitor { site, jar: Vec::new(), kept: None, now: 1_500_000_000.0 + random.below(500_000_000) as f64 }
}

impl Visitor {
    /// Generates a token that may contain messages, signed by one of the site's keys or by another key.
    fn junk(&self, random: &mut Random) -> Question {
        let key = if random.once_in(8) { random.key() } else { random.pick(&self.site.keys) };
        let salt = random.pick(&["django.contrib.messages", "django.contrib.messages", "django.contrib.messages", "x"]);
        let by = Signing { keys: vec![prefixed(&key)], salt: salt.to_owned(), ..random.default_signing() };
        match random.below(4) {
            0 => by.sign(payload_of(random)).at(self.now),
            _ => Op::Mint { by, json_text: list(random) }.at(self.now),
        }
    }

    fn comes(&mut self, random: &mut Random) -> Question {
        self.now += random.pick(&[0.0, 1.0, 60.0, 1e6]);
        if random.once_in(8) {
            self.site.keys.insert(0, random.key());
            self.site.keys.truncate(3);
        }
        if random.once_in(10) {
            self.site.kind = random.pick(&[Kind::Fallback, Kind::Cookie, Kind::Session]);
        }
        let kept = if random.once_in(12) { Some(Spelled(kept(random))) } else { self.kept.clone() };
        let cookie = match self.jar.is_empty() {
            true => None,
            false => sites::header_of(random, "messages", &self.jar),
        };
        Op::Messages(Asked { site: self.site.clone(), cookie, kept, steps: steps(random) }).at(self.now)
    }

    /// Ends a visit with the cookie and the session that either Django or this crate has left.
    fn leaves(&mut self, random: &mut Random, case: &Answered) {
        let (ours, django) = (case.ours.as_ref().ok(), case.django.answer.as_ref().ok());
        let Some(left) = (if random.once_in(2) { ours } else { django }).filter(|left| left.get("error").is_none())
        else {
            return;
        };
        self.kept = left["kept"].as_str().map(|kept| Spelled(Json::parse(kept)));
        if let Some(header) = left["set_cookie"][0].as_str() {
            let value = header.split(['=', ';']).nth(1).unwrap();
            if value == "\"\"" || random.once_in(2) {
                self.jar.clear();
            }
            if value != "\"\"" {
                self.jar.push(value.to_owned());
            }
        }
    }
}

fn steps(random: &mut Random) -> Vec<Step> {
    let count = random.pick(&[0, 1, 1, 2, 3, 12]);
    let mut steps: Vec<Step> = (0..count).map(|_| add(random)).collect();
    for step in [Step::Show, Step::Len] {
        if random.once_in(3) {
            steps.insert(random.below(steps.len() + 1), step);
        }
    }
    steps
}

fn add(random: &mut Random) -> Step {
    let text = match random.below(8) {
        0 => String::new(),
        1 => random.text(40).repeat(20),
        2 => BASE64URL.encode(random.bytes(300)),
        3 => {
            let len = random.below(2500);
            BASE64URL.encode(random.bytes(len))
        }
        _ => random.text(60),
    };
    Step::Add {
        level: random.pick(&[20, 25, 25, 30, 40, 10, 15, 50, -3]),
        text,
        tags: random.pick(&[None, None, Some(String::new()), Some("fade".to_owned()), Some("é\" <b>".to_owned())]),
        safe: random.once_in(4),
    }
}

/// Generates the JSON text of a list, mostly of messages.
fn list(random: &mut Random) -> String {
    let count = random.pick(&[0, 1, 1, 2, 4]);
    let mut items: Vec<String> = (0..count)
        .map(|_| if random.once_in(4) { random.pick(NO_MESSAGES).to_owned() } else { random.pick(MESSAGES).to_owned() })
        .collect();
    if random.once_in(3) {
        items.push(r#""__messagesnotfinished__""#.to_owned());
    }
    if random.once_in(8) { random.pick(NO_LISTS).to_owned() } else { format!("[{}]", items.join(",")) }
}

const MESSAGES: &[&str] = &[
    r#"["__json_message",0,20,"a"]"#,
    r#"["__json_message",1,25,"<b>",""]"#,
    r#"["__json_message",0,40,"é\u2028🔑","x y"]"#,
    r#"["__json_message",0,-7,"","x y"]"#,
    r#"["__json_message",0,20,"half \ud83d of a pair"]"#,
    r#"["__json_message",0,20,"\udc00\ud800","\ud800x"]"#,
    r#"["__json_message",0,20,"\ud83d\udd11",null]"#,
];

const NO_MESSAGES: &[&str] = &[
    r#"["__json_message"]"#,
    r#"["__json_message",0,20]"#,
    r#"["__json_message",0,20,"a","b","c"]"#,
    r#"["__json_message",7,20,"a"]"#,
    r#"["__json_message",true,20,"a"]"#,
    r#"["__json_message",0,"20","a"]"#,
    r#"["__json_message",0,20.5,"a"]"#,
    r#"["__json_message",0,20,7]"#,
    r#"["__json_message",0,20,null]"#,
    r#"["another",0,20,"a"]"#,
    r#"[["__json_message",0,20,"a"]]"#,
    r#"{"a":["__json_message",0,20,"a"]}"#,
    "[]",
    "7",
    "null",
    "\"text\"",
    "\"__messagesnotfinished__\"",
    "NaN",
];

const NO_LISTS: &[&str] = &["{}", "null", "7", "0", "\"text\"", "\"\"", "true", "false", "[[[[[]]]]]"];

/// Generates a payload to sign that may not be a valid object.
fn payload_of(random: &mut Random) -> String {
    match random.below(6) {
        0 => random.text(20),
        1 => format!(".{}", random.word()),
        2 => BASE64URL.encode(random.text(20)),
        3 => format!("{}=", BASE64URL.encode(list(random))),
        4 => format!("{} ", BASE64URL.encode(list(random))),
        _ => BASE64URL.encode(list(random)),
    }
}

fn kept(random: &mut Random) -> Json {
    match random.below(8) {
        0 => random.pick(&[Json::Null, Json::Int(7), Json::Array(vec![]), Json::Array(vec![Json::Int(7)]), "".into()]),
        1 => Json::String(random.text(20)),
        _ => Json::String(list(random)),
    }
}

/// Returns this crate's answer.
pub fn answer(asked: &Asked, now: f64) -> Answer {
    let Asked { site, cookie, kept, steps } = asked;
    let storage = site.storage(now)?;
    let mut session = Session::default();
    if let Some(Spelled(kept)) = kept {
        session.insert("_messages", kept).map_err(name)?;
    }
    let mut messages = storage.load_headers(cookie, &session);
    let mut results = Vec::new();
    for step in steps {
        match step {
            Step::Add { level, text, tags, safe } => {
                let message = Message::new(MessageLevel::new(*level), text);
                let message = match tags {
                    Some(tags) => message.with_extra_tags(tags),
                    None => message,
                };
                messages.push(if *safe { message.mark_safe() } else { message });
            }
            Step::Show => results.push(messages.drain().map(|message| shown(&message)).collect()),
            Step::Len => results.push(json!(messages.len())),
        }
    }
    let commit = storage.commit(&messages, &mut session).map_err(name)?;
    Ok(json!({
        "results": results,
        "set_cookie": commit.set_cookie.iter().map(SetCookie::as_str).collect::<Vec<_>>(),
        "kept": session.get_json("_messages"),
        "unstored": commit.unstored.len(),
    }))
}

fn shown(message: &Message) -> Value {
    let (level, safe) = (message.level().get(), message.is_safe());
    json!([level, safe, message.text(), message.extra_tags(), message.tags(), message.html()])
}

impl Site {
    fn storage(&self, now: f64) -> Result<MessageStorage, String> {
        let same_site = self.same_site.map(|value| match value {
            "Strict" => SameSite::Strict,
            "Lax" => SameSite::Lax,
            _ => SameSite::None,
        });
        let cookie =
            CookieOptions::builder("sessionid").secure(self.secure).http_only(self.http_only).same_site(same_site);
        let cookie = match self.domain {
            Some(domain) => cookie.domain(domain),
            None => cookie,
        };
        let (keys, cookie) = (ring(&self.keys)?, cookie.build().map_err(name)?);
        let storage = match self.kind {
            Kind::Fallback => MessageStorage::new(&keys, &cookie).map_err(name)?,
            Kind::Cookie => MessageStorage::in_cookie(&keys, &cookie).map_err(name)?,
            Kind::Session => MessageStorage::in_session(),
        };
        Ok(storage.with_level(MessageLevel::new(self.level)).with_clock(clock(now)))
    }
}
