//! Signed cookies other than sessions, through Django's responses and requests.

use crate::check::{Answered, Check};
use crate::question::{Key, Op, Question, Signing};
use crate::random::Random;

/// Both write the same token for the same name, salt and value. Both read it until it is too old, and only under its
/// name.
pub fn signed_cookies(check: &mut Check) {
    let questions = check.draw(2500, written);
    let tokens = check.compare(questions);
    let readings = tokens.iter().map(|case| reading(&mut check.random, case)).collect();
    check.compare(readings);
}

/// Cookies of older Django versions are read only if that is enabled.
pub fn legacy_cookies(check: &mut Check) {
    let cookies = check.draw(1000, |random| (random.keys(), random.word(), random.text(10)));
    let written = cookies.iter().map(|(keys, name, salt)| {
        let keys = keys.iter().map(prefixed).collect();
        let salt = format!("{name}{salt}");
        let by = check.random.default_signing();
        Signing { keys, salt, ..by }.sign(check.random.text(20)).at(check.random.time())
    });
    let written = written.collect();
    let mut readings = Vec::new();
    for ((keys, name, salt), case) in cookies.iter().zip(check.compare(written)) {
        let (name, salt) = perhaps_shifted(&mut check.random, name, salt);
        let (age, max_age) = age_and_limit(&mut check.random);
        readings.extend([true, false].map(|legacy| {
            let (keys, name, salt, token) = (keys.clone(), name.clone(), salt.clone(), case.text());
            let op = Op::GetCookie { keys, name, salt, token, max_age, legacy };
            op.at(case.now() + age)
        }));
    }
    check.compare(readings);
}

/// Generates a cookie that Django accepts in a response.
pub fn written(random: &mut Random) -> Question {
    let mut value = random.text(30);
    value.retain(|char| !char.is_control());
    let (keys, name, salt) = (random.keys(), format!("x{}", random.word()), random.text(10));
    let op = Op::SetCookie { keys, name, salt, value };
    op.at(random.time())
}

/// Generates a question that reads the cookie of this answer.
pub fn reading(random: &mut Random, made: &Answered) -> Question {
    let Op::SetCookie { keys, name, salt, .. } = &made.question.op else {
        panic!("no cookie is written by {:?}", made.question)
    };
    let (name, salt) = perhaps_shifted(random, name, salt);
    let (age, max_age) = age_and_limit(random);
    let mut keys = keys.clone();
    if random.once_in(4) {
        keys.insert(0, random.key());
    }
    let (token, legacy) = (made.text(), random.once_in(2));
    let op = Op::GetCookie { keys, name, salt, token, max_age, legacy };
    op.at(made.now() + age)
}

/// In one case of four, moves a character between name and salt, so that they are the same text when joined.
fn perhaps_shifted(random: &mut Random, name: &str, salt: &str) -> (String, String) {
    match salt.chars().next() {
        Some(first) if random.once_in(4) => (format!("{name}{first}"), salt.chars().skip(1).collect()),
        _ => (name.to_owned(), salt.to_owned()),
    }
}

fn age_and_limit(random: &mut Random) -> (f64, Option<f64>) {
    (random.pick(&[0.0, 10.0, 10.125, 11.0]), random.pick(&[None, Some(10.0)]))
}

/// Returns the key of Django's cookie signer.
pub fn prefixed(key: &Key) -> Key {
    Key::Hex([b"django.http.cookies", key.as_ref()].concat())
}
