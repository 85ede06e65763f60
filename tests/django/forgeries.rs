//! Tokens that a signer does not create: changed tokens, and junk that is signed with the right key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::check::{Answered, Check};
use crate::cookies;
use crate::junk;
use crate::objects;
use crate::question::{Key, Op, Question, Signing};
use crate::random::Random;
use crate::tamper::tamper;

/// Both reject changed tokens of every kind, or both accept them if the change has no effect.
pub fn tampering(check: &mut Check) {
    for make in [text_token, object_token, compressed_token, cookies::written] {
        let questions = check.draw(300, make);
        let mut readings = Vec::new();
        for case in check.ask(questions) {
            let (genuine, sep) = reading(&mut check.random, &case);
            for _ in 0..10 {
                let mut changed = genuine.clone();
                *changed.token_mut() = tamper(&mut check.random, &case.text(), &sep);
                readings.push(changed);
            }
        }
        check.compare(readings);
    }
}

/// Only valid timestamps are accepted.
pub fn timestamps(check: &mut Check) {
    let questions = check.draw(1500, |random| {
        let by = random.any_signing();
        let value = format!("{}{}{}", URL_SAFE_NO_PAD.encode("[]"), by.sep, junk::timestamp(random));
        Signing { dated: false, ..by }.sign(value).at(random.time())
    });
    let mut readings = Vec::new();
    for case in check.compare(questions) {
        let by = Signing { dated: true, ..case.maker() };
        let max_age = check.random.pick(&[None, Some(3600.0)]);
        readings.push(by.clone().unsign(case.text(), max_age).at(case.now()));
        readings.push(by.loads(case.text(), max_age).at(case.now()));
    }
    check.compare(readings);
}

/// Only valid payloads are accepted.
pub fn payloads(check: &mut Check) {
    let questions = check.draw(6000, |random| {
        let payload = junk::payload(random);
        random.any_signing().sign(payload).at(random.time())
    });
    objects::compare_and_read(check, questions);
}

/// Limits of the crate that Django does not have, and values for which Django has defaults.
pub fn limits(check: &mut Check) {
    const MIB: usize = 1 << 20;
    const OVERHEAD: usize = ":0:".len() + 43;
    let by = check.random.default_signing();
    let sign = |value| by.clone().sign(value).at(0.0);

    let at_the_limit = [0, 1].map(|more| sign("a".repeat(MIB - OVERHEAD + more)));
    let tokens = check.compare(at_the_limit.into());
    check.compare(tokens.iter().map(|case| by.clone().unsign(case.text(), None).at(0.0)).collect());

    let inflating = [0, 1].map(|more| {
        let json = format!("[]{}", " ".repeat(MIB + more - 2));
        sign(format!(".{}", URL_SAFE_NO_PAD.encode(junk::zlib(json.as_bytes()))))
    });
    objects::compare_and_read(check, inflating.into());

    let keys = ["", " \t\n"].map(|key| Signing { keys: vec![Key::Text(key.to_owned())], ..by.clone() });
    let saltless = Signing { salt: String::new(), ..by };
    check.compare(keys.into_iter().chain([saltless]).map(|by| by.sign("value".to_owned()).at(0.0)).collect());
}

fn text_token(random: &mut Random) -> Question {
    random.signing().sign(random.text(30)).at(random.time())
}

fn object_token(random: &mut Random) -> Question {
    random.any_signing().dumps(random.json(1), false).at(random.time())
}

fn compressed_token(random: &mut Random) -> Question {
    random.any_signing().dumps(objects::repetitive(random), true).at(random.time())
}

/// Returns a question that reads the token of this answer, and the token's separator.
fn reading(random: &mut Random, made: &Answered) -> (Question, String) {
    if let Op::SetCookie { .. } = made.question.op {
        return (cookies::reading(random, made), ":".to_owned());
    }
    let (by, max_age) = (made.maker(), random.pick(&[None, Some(0.0), Some(10.0)]));
    let sep = by.sep.clone();
    let op = if let Op::Sign { .. } = made.question.op {
        by.unsign(made.text(), max_age)
    } else {
        by.loads(made.text(), max_age)
    };
    (op.at(made.now()), sep)
}
