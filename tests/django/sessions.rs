//! Sessions.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::check::{Answered, Check};
use crate::question::{Op, Question, Signing};
use crate::random::Random;
use crate::signatures::other_ring;
use crate::sites;
use crate::tamper::tamper;
use crate::views;
use crate::visit::{Site, Step, Visit, spell};

/// Number of visits of each visitor.
const VISITS: usize = 5;

/// A visitor of one site, with the tokens of the browser.
struct Visitor {
    site: Site,
    now: f64,
    jar: Vec<String>,
    /// When the last token was signed.
    signed: f64,
}

/// For random cookies, views and settings, both have the same results, session, Set-Cookie and Vary. Cookies that
/// either side has set are sent to both, before and after they expire.
pub fn visits(check: &mut Check) {
    let mut visitors = check.draw(4000, visitor);
    let questions = visitors.iter().map(|visitor| first_token(&mut check.random, visitor)).collect();
    for (visitor, case) in visitors.iter_mut().zip(check.ask(questions)) {
        visitor.jar.push(case.text());
    }
    for _ in 0..VISITS {
        let questions = visitors.iter_mut().map(|visitor| visitor.comes(&mut check.random)).collect();
        for (visitor, case) in visitors.iter_mut().zip(check.compare(questions)) {
            visitor.leaves(&mut check.random, &case);
        }
    }
}

/// Both read the sessions that either side writes for a database.
pub fn stored(check: &mut Check) {
    let questions = check.draw(1000, |random| {
        let (now, keys) = (random.time(), random.keys());
        let json_text = spell(&random.object(1));
        Op::EncodeStored { keys, json_text }.at(now)
    });
    let mut readings = Vec::new();
    for case in check.compare(questions) {
        let Op::EncodeStored { keys, .. } = &case.question.op else { continue };
        let random = &mut check.random;
        let [ours, django] = case.texts();
        let (changed, keys) = (tamper(random, &django, ":"), other_ring(random, keys));
        readings
            .extend([ours, django, changed].map(|text| Op::DecodeStored { keys: keys.clone(), text }.at(case.now())));
    }
    check.compare(readings);
}

/// A user who logged in on one side is logged in on both while the password and a key are valid. After a key rotation,
/// the hash is updated. Both also agree if something has changed the keys that the login wrote.
pub fn logins(check: &mut Check) {
    let questions = check.draw(1500, |random| {
        let id = random.pick(&["1", "42", "1000"]).to_owned();
        let mut steps = vec![Step::Login { id, password: views::password(random) }];
        steps.extend((0..random.pick(&[0, 1, 1, 2])).map(|_| views::plant(random)));
        Op::Visit(Visit { site: sites::site(random), cookie: None, steps, status: 200 }).at(1_700_000_000.0)
    });
    let mut next = Vec::new();
    for case in check.compare(questions) {
        let Op::Visit(Visit { site, steps, .. }) = &case.question.op else { continue };
        let [Step::Login { id, password }, ..] = &steps[..] else { continue };
        let random = &mut check.random;
        let mut site = site.clone();
        site.keys = other_ring(random, &site.keys);
        let password = if random.once_in(4) { views::password(random) } else { password.clone() };
        let again = Step::Login { id: id.clone(), password: password.clone() };
        let get_user = Step::GetUser { password: Some(password) };
        let steps = random.pick(&[vec![get_user.clone(), get_user], vec![again, Step::Items]]);
        next.extend(case.set_cookies().into_iter().flatten().map(|token| {
            let (site, steps, cookie) = (site.clone(), steps.clone(), Some(format!("{}={token}", site.name)));
            Op::Visit(Visit { site, cookie, steps, status: 200 }).at(case.now() + 0.5)
        }));
    }
    check.compare(next);
}

/// Both compute the same hash of a password column for the session.
pub fn auth_hashes(check: &mut Check) {
    let questions = check.draw(1000, |random| {
        let (keys, password) = (random.keys(), random.text(80));
        let salt = random.once_in(2).then(|| format!("s{}", random.text(30)));
        Op::AuthHashes { keys, salt, password }.at(0.0)
    });
    check.compare(questions);
}

/// Django reads the token that the example `read_cookie` has printed as the same session.
pub fn example(check: &mut Check) {
    let [Ok(secret_key), Ok(token)] = ["DJANGO_EXAMPLE_SECRET", "DJANGO_EXAMPLE_TOKEN"].map(env::var) else {
        return;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    check.compare(vec![Op::Session { secret_key, token }.at(now)]);
}

fn visitor(random: &mut Random) -> Visitor {
    let now = match random.below(16) {
        0 => 0.0,
        1 => -1e6,
        2 => 1e10,
        _ => 1_500_000_000.0 + random.below(500_000_000) as f64,
    };
    let (site, now) = (sites::site(random), now + random.fraction());
    Visitor { site, now, jar: Vec::new(), signed: now }
}

/// Generates the first token: mostly a session, signed by one of the site's keys or by another key.
fn first_token(random: &mut Random, Visitor { site, now, .. }: &Visitor) -> Question {
    let key = if random.once_in(12) { random.key() } else { random.pick(&site.keys) };
    let by = Signing {
        keys: vec![key],
        salt: "django.contrib.sessions.backends.signed_cookies".to_owned(),
        ..random.default_signing()
    };
    let json_text = if random.once_in(40) { random.pick(NO_SESSIONS).to_owned() } else { views::session(random, *now) };
    Op::Mint { by, json_text }.at(*now)
}

const NO_SESSIONS: &[&str] = &["[]", "[1,2]", "null", "5", "\"text\""];

impl Visitor {
    fn comes(&mut self, random: &mut Random) -> Question {
        let end = self.signed.floor() + self.site.age as f64;
        self.now = views::comes_back(random, self.now, end, self.site.age);
        if random.once_in(8) {
            self.site.keys.insert(0, random.key());
            self.site.keys.truncate(3);
        }
        let visit = views::visit(random, &self.site, &self.jar, self.now);
        Op::Visit(visit).at(self.now)
    }

    /// Ends a visit. The browser may have a new cookie, Django's or ours.
    fn leaves(&mut self, random: &mut Random, case: &Answered) {
        if let Some(token) = random.pick(&case.set_cookies()) {
            if random.once_in(2) {
                self.jar.clear();
            }
            self.jar.push(token);
            self.signed = self.now;
        }
    }
}

impl Answered {
    /// Returns the values of the cookies that this crate and Django have set.
    pub fn set_cookies(&self) -> [Option<String>; 2] {
        [&self.ours, &self.django.answer].map(|answer| {
            let header = answer.as_ref().ok()?["set_cookie"][0].as_str()?;
            let value = header.split_once('=')?.1.split(';').next()?;
            (value != "\"\"").then(|| value.to_owned())
        })
    }
}
