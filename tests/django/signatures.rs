//! Signed texts.

use crate::check::Check;
use crate::question::{Key, Op, Question, Signing};
use crate::random::Random;
use crate::tamper::tamper;

/// Both accept the same texts as separators, and both use them correctly.
pub fn separators(check: &mut Check) {
    let questions = check.draw(2000, |random| {
        let sep = random.separator();
        Op::Separator { sep }.at(0.0)
    });
    let mut accepted = Vec::new();
    for case in check.compare(questions) {
        if let (Op::Separator { sep }, Ok(_)) = (case.question.op, case.django.answer) {
            accepted.push(sep);
        }
    }
    let questions = check.draw(1000, |random| {
        let by = random.signing();
        let sep = random.pick(&accepted);
        signed_text(random, Signing { sep, ..by })
    });
    sign_and_unsign(check, questions);
}

/// Both write the same token for the same text. Both read it with any of the ring's keys, and with no other key.
pub fn signatures(check: &mut Check) {
    let questions = check.draw(4000, |random| {
        let by = random.signing();
        signed_text(random, by)
    });
    sign_and_unsign(check, questions);
}

/// Both agree on whether a token is too old, to an eighth of a second.
pub fn ages(check: &mut Check) {
    let questions = check.draw(3000, |random| {
        let by = random.signing();
        signed_text(random, Signing { dated: true, ..by })
    });
    let mut readings = Vec::new();
    for case in check.compare(questions) {
        let random = &mut check.random;
        let age = random.pick(&[0.0, 1.0, 60.0, 86400.0]) + random.pick(&[-1.0, 0.0, 1.0]) + random.fraction();
        // The timestamp has no fraction of a second, so the fraction adds to the age.
        let limit = age + random.pick(&[0.0, case.now().fract()]);
        let limit = limit + random.pick(&[-1.0, -0.125, 0.0, 0.0, 0.125, 1.0, 1e9]);
        readings.push(case.maker().unsign(case.text(), Some(limit.max(0.0))).at(case.now() + age));
    }
    check.compare(readings);
}

/// Both compute the same digest for `salted_hmac`, and both find the key that created it.
pub fn salted_hmacs(check: &mut Check) {
    let questions = check.draw(1000, |random| {
        let (Signing { keys, salt, algorithm, .. }, len) = (random.signing(), random.below(100));
        let value = Key::Hex(random.bytes(len));
        Op::SaltedHmac { keys, salt, algorithm, value }.at(0.0)
    });
    let mut readings = Vec::new();
    for case in check.compare(questions) {
        let Op::SaltedHmac { keys, salt, algorithm, value } = &case.question.op else { continue };
        let (random, digest) = (&mut check.random, case.text());
        let digest = if random.once_in(3) { tamper(random, &digest, ":") } else { digest };
        let (keys, salt, value) = (other_ring(random, keys), salt.clone(), value.clone());
        readings.push(Op::VerifySaltedHmac { keys, salt, algorithm, value, digest }.at(0.0));
    }
    check.compare(readings);
}

/// Generates a text to sign. Sometimes it contains separators, or ends with a part of one.
fn signed_text(random: &mut Random, by: Signing) -> Question {
    let mut value = random.text(40);
    if random.once_in(4) {
        value = format!("{value}{}{}{}", by.sep, random.text(5), random.pick(&["", &by.sep]));
    }
    by.sign(value).at(random.time())
}

fn sign_and_unsign(check: &mut Check, questions: Vec<Question>) {
    let mut readings = Vec::new();
    for case in check.compare(questions) {
        let by = case.maker();
        let keys = other_ring(&mut check.random, &by.keys);
        readings.push(Signing { keys, ..by }.unsign(case.text(), None).at(case.now()));
    }
    check.compare(readings);
}

/// Returns the ring after some key rotations, or one that no longer has the key that signed.
pub fn other_ring(random: &mut Random, keys: &[Key]) -> Vec<Key> {
    if random.once_in(8) {
        return random.keys();
    }
    let newer = random.below(3);
    let mut ring: Vec<Key> = (0..newer).map(|_| random.key()).collect();
    ring.extend_from_slice(keys);
    ring
}
