//! The maximum size of a cookie.

use django_session::{Codec, Compression};
use serde_json::{Value, json};

use crate::check::{Answered, Check};
use crate::common::json::Json;
use crate::question::{Op, Question};
use crate::random::Random;
use crate::rules::{Verdict, rule};
use crate::same::same;
use crate::sites;
use crate::visit::{Spelled, Step, Visit};

/// The bytes of name, value and attributes that browsers accept (RFC 6265, section 6.1).
const MOST_BYTES: usize = 4096;

/// The length of a SHA-256 signature in base64.
const SIGNATURE: usize = 43;

/// A cookie is rejected exactly if Django's header, with our token in it, has too many bytes.
pub fn sizes(check: &mut Check) {
    let questions = check.draw(1000, full_session);
    check.compare_by(questions, judge);
}

fn full_session(random: &mut Random) -> Question {
    let now = 1_700_000_000.0 + random.fraction();
    let mut site = sites::site(random);
    if site.path != "/" {
        site.path.push_str(&"p".repeat(random.below(900)));
    }
    let others = site.name.len() + site.path.len() + site.domain.as_ref().map_or(0, String::len);
    let length = MOST_BYTES - 215 - others + random.below(60);
    let text = (0..length)
        .map(|_| char::from(random.pick(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")));
    let step = Step::Set { key: "text".to_owned(), value: Spelled(Json::String(text.collect())) };
    Op::Visit(Visit { site, cookie: None, steps: vec![step], status: 200 }).at(now)
}

fn judge(case: &Answered) -> Verdict {
    let (Ok(ours), Ok(django)) = (&case.ours, &case.django.answer) else { return Verdict::Disagreement };
    let [name, value, attributes] = sizes_of(django).expect("Django sets a cookie");
    let token = token_size(&case.question.op);
    let fits = name + token + attributes <= MOST_BYTES;
    // The lengths differ a little, because the zlibs differ.
    if token.abs_diff(value) > value / 50 {
        return Verdict::Disagreement;
    }
    match sizes_of(ours) {
        Some(sizes) if fits && sizes == [name, token, attributes] && same(ours, django) => Verdict::Agreement,
        None if !fits && ours["sizes"] == json!([name, token, attributes]) && refused_alone(ours, django) => {
            Verdict::Difference(vec![rule("cookie beyond 4096 bytes")])
        }
        _ => Verdict::Disagreement,
    }
}

/// Returns the lengths of name, value and attributes of the Set-Cookie header.
fn sizes_of(seen: &Value) -> Option<[usize; 3]> {
    let (name, rest) = seen["set_cookie"][0].as_str()?.split_once('=')?;
    let value = rest.find(';').unwrap_or(rest.len());
    Some([name.len(), value, rest.len() - value])
}

/// Returns the length of our token for what the view has put into the session.
fn token_size(visit: &Op) -> usize {
    let Op::Visit(Visit { steps, .. }) = visit else { panic!("no visit: {visit:?}") };
    let [Step::Set { key, value: Spelled(value) }] = &steps[..] else { panic!("unexpected steps: {steps:?}") };
    let codec = Codec::default().with_compression(Compression::IfSmaller);
    let payload = codec.encode(&Json::Object(vec![(key.clone(), value.clone())])).unwrap();
    payload.len() + ":1r2s3t:".len() + SIGNATURE
}

/// Returns whether this crate rejects the cookie as too large, and everything except the response is the same.
fn refused_alone(ours: &Value, django: &Value) -> bool {
    ours["error"] == "CookieTooLarge"
        && ["results", "accessed", "modified", "left"].iter().all(|part| ours[part] == django[part])
}
