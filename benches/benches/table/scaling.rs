//! Measures that our cost grows no faster than linearly with the bytes of the payload and with the keys of the ring.

use std::hint::black_box;

use benches::ours::MAX_AGE;
use benches::payloads::login;
use benches::scheme::SALT;
use django_session::{Codec, KeyRing, SecretKey, Signer, TimestampSigner};

use crate::field::{Contestant, Race, leak, timed};
use crate::report::{row, significant};
use crate::rounds::Outcome;

const BYTES: [(&str, usize); 7] = [
    ("16", 16),
    ("64", 64),
    ("256", 256),
    ("1024", 1 << 10),
    ("4096", 1 << 12),
    ("16384", 1 << 14),
    ("65536", 1 << 16),
];
const FALLBACKS: [(&str, usize); 4] = [("0", 0), ("1", 1), ("2", 2), ("8", 8)];

const ENCODE: &str = "encode_raw";
const DECODE: &str = "decode_raw";
const LAST_KEY: &str = "unsign_last_key";
const FORGED: &str = "refuse_forged";

pub fn races() -> Vec<Race> {
    let [mut encode, mut decode, mut last_key, mut forged] =
        [(ENCODE, "bytes"), (DECODE, "bytes"), (LAST_KEY, "fallbacks"), (FORGED, "fallbacks")]
            .map(|(task, payload)| Race { task, payload, contestants: Vec::new() });

    for (name, bytes) in BYTES {
        let (signer, codec): (&_, &_) = (leak(signer(&ring(0))), leak(Codec::default()));
        let value: &Vec<String> = leak(list(bytes));
        let token = signer.sign_object(value, codec).expect("JSON");
        assert_eq!(signer.unsign_object::<Vec<String>, _>(&token, codec, MAX_AGE).as_ref(), Ok(value));
        let run = timed(move || signer.sign_object(black_box(value), codec));
        encode.contestants.push(Contestant { name, run });
        let run = timed(move || signer.unsign_object::<Vec<String>, _>(black_box(&token), codec, MAX_AGE));
        decode.contestants.push(Contestant { name, run });
    }
    for (name, fallbacks) in FALLBACKS {
        let signer: &_ = leak(signer(&ring(fallbacks)));
        let [oldest, nobody] =
            [fallbacks, usize::MAX].map(|number| self::signer(&KeyRing::new(key(number))).sign(&text()));
        assert_eq!(signer.unsign(&oldest, MAX_AGE).map(|verified| verified.key_index()), Ok(fallbacks));
        assert!(signer.unsign(&nobody, MAX_AGE).is_err());
        let run = timed(move || signer.unsign(black_box(&oldest), MAX_AGE).is_ok());
        last_key.contestants.push(Contestant { name, run });
        let run = timed(move || signer.unsign(black_box(&nobody), MAX_AGE).is_ok());
        forged.contestants.push(Contestant { name, run });
    }
    vec![encode, decode, last_key, forged]
}

/// Prints each row with the cost per additional byte or key, compared with the row above.
pub fn print(outcomes: &[Outcome]) {
    for (label, tasks, steps) in
        [("bytes of JSON", [ENCODE, DECODE], &BYTES[..]), ("fallback keys (login)", [LAST_KEY, FORGED], &FALLBACKS)]
    {
        row(
            label,
            tasks.iter().flat_map(|&task| [format!("{task} us"), "+ns each".into()]).map(|head| format!(" {head}")),
        );
        for (index, &(name, size)) in steps.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| steps[before]);
            let cells = tasks.iter().flat_map(|&task| {
                let micros = |name| micros(outcomes, task, name);
                let each = before.map(|(name_before, before)| {
                    (micros(name) - micros(name_before)) * 1000.0 / (size - before) as f64
                });
                [significant(micros(name)), each.map_or("-".into(), significant)]
            });
            row(name, cells);
        }
        println!();
    }
    for outcome in outcomes {
        for result in &outcome.results {
            println!("micros {}/{}/{} {:.3}", outcome.task, outcome.payload, result.name, result.micros);
        }
    }
}

fn micros(outcomes: &[Outcome], task: &str, name: &str) -> f64 {
    let outcome = outcomes.iter().find(|outcome| outcome.task == task);
    outcome.and_then(|outcome| outcome.result(name)).expect("it has run").micros
}

/// Returns a list with 16 bytes of JSON for each item, and one byte for the list itself.
fn list(bytes: usize) -> Vec<String> {
    (0..bytes / 16).map(|n| format!("session-{n:05}")).collect()
}

fn text() -> String {
    serde_json::to_string(&login()).expect("JSON")
}

fn signer(keys: &KeyRing) -> TimestampSigner {
    Signer::new(keys, SALT).expect("a salt").with_max_token_len(1 << 20).into()
}

fn ring(fallbacks: usize) -> KeyRing {
    (1..=fallbacks).fold(KeyRing::new(key(0)), |keys, number| keys.with_fallback(key(number)))
}

fn key(number: usize) -> SecretKey {
    SecretKey::new(format!("key number {number}")).expect("a key")
}
