//! Encrypted sessions, compared with Django and the serializer of `python/`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use django_session::{
    Compression, CookieOptions, CookieSessions, Encryption, JsonSerializer, Plaintext, Serializer, Session,
    StoredSessions, TimestampSigner,
};
use serde::Serialize;
use serde_json::json;

use crate::check::{Answered, Check};
use crate::common::{clock, json::Json, written};
use crate::junk::zlib;
use crate::ours::{name, ring};
use crate::question::{Answer, Key, Op, Question, hex};
use crate::random::Random;
use crate::rules::Verdict;
use crate::signatures::other_ring;
use crate::visit::spell;
use crate::visitor::{items, session_of};

/// The settings of both sides, each under its own names.
#[derive(Debug, Clone, Serialize)]
pub struct Site {
    keys: Vec<Key>,
    /// The keys to encrypt with, if they are not the signing keys.
    own: Option<Vec<Key>>,
    /// The step of turning encryption on: `write`, `accept` or `reject` plaintext.
    plaintext: &'static str,
    compress: bool,
    /// Whether the session is in a database, and not in a cookie.
    stored: bool,
}

const STEPS: [&str; 3] = ["write", "accept", "reject"];
const NOW: f64 = 1_700_000_000.0;
/// The inflate limits of sessions in a database and in a cookie.
const LIMITS: [usize; 2] = [1 << 20, 1 << 18];

/// Both read what either side has written, also after key rotations, and at each step that accepts it. With other keys,
/// both reject it.
pub fn encrypted(check: &mut Check) {
    let questions = check.draw(800, |random| {
        let site = site(random);
        let json_text = object(random);
        Op::Encrypt { site, json_text }.at(NOW)
    });
    let mut readings = Vec::new();
    for case in check.ask(questions) {
        let Op::Encrypt { site, json_text } = &case.question.op else { continue };
        let random = &mut check.random;
        for token in case.texts() {
            let rotated =
                Site { plaintext: random.pick(&STEPS), ..site.with_rings(|ring| [vec![random.key()], ring].concat()) };
            let foreign = site.with_rings(|ring| other_ring(random, &ring));
            for reader in [site.clone(), rotated] {
                let accepted = site.plaintext != "write" || reader.plaintext != "reject";
                let expected =
                    if accepted { Ok(items(&session_of(json_text))) } else { Err("NotEncrypted".to_owned()) };
                readings.push(Op::Decrypt { site: reader, token: token.clone(), expected: Some(expected) }.at(NOW));
            }
            readings.push(decrypt(&foreign, token));
        }
    }
    check.compare_by(readings, judge);
}

/// Both reject a payload with a changed bit, another version, or missing or additional bytes, although the signature is
/// valid.
pub fn spoiled(check: &mut Check) {
    let questions = check.draw(2, |random| {
        let json_text = json!({"text": "tea".repeat(30), "bits": random.bits()}).to_string();
        // Test both versions.
        [false, true].map(|compress| {
            let site = Site { plaintext: "reject", compress, ..site(random) };
            Op::Encrypt { site, json_text: json_text.clone() }.at(NOW)
        })
    });
    let mut readings = Vec::new();
    for case in check.ask(questions.into_flattened()) {
        let Op::Encrypt { site, .. } = &case.question.op else { continue };
        for token in case.texts() {
            let payload = URL_SAFE_NO_PAD.decode(token.split(':').next().unwrap()).unwrap();
            let flips = (0..payload.len() * 8).map(|bit| {
                let mut flipped = payload.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                flipped
            });
            let cuts = (1..payload.len()).flat_map(|at| [payload[..at].to_vec(), payload[at..].to_vec()]);
            let versions = (0..=255).map(|version| [&[version], &payload[1..]].concat());
            let longer = [vec![0], vec![0; 16], payload.clone()].map(|more| [&payload[..], &more].concat());
            let spoiled = flips.chain(cuts).chain(versions).chain(longer).filter(|spoiled| *spoiled != payload);
            readings.extend(spoiled.chain([vec![]]).map(|spoiled| decrypt(site, signed(site, &spoiled))));
        }
    }
    for case in check.compare_by(readings, judge) {
        assert!(case.django.answer.is_err(), "Django reads a changed payload: {:?}", case.question);
    }
}

/// Both agree on payloads that are encrypted with the right key in any version, on their beginnings, and on the
/// plaintext itself.
pub fn sealed(check: &mut Check) {
    let questions = check.draw(1500, |random| {
        let site = site(random);
        let key = random.pick(site.own.as_ref().unwrap_or(&site.keys));
        let any = random.bits() as u8;
        let version = random.pick(&[1, 1, 2, 2, 2, 0, 3, any]);
        let (nonce, plaintext) = (Bytes(random.bytes(12)), Bytes(plaintext(random)));
        Op::Seal { site, key, version, nonce, plaintext }.at(NOW)
    });
    let mut readings = Vec::new();
    for case in check.ask(questions) {
        let Op::Seal { site, plaintext: Bytes(plaintext), .. } = &case.question.op else { continue };
        let sealed = unhex(&case.text());
        let random = &mut check.random;
        let site = Site { plaintext: random.pick(&STEPS), stored: site.stored || sealed.len() > 1000, ..site.clone() };
        let short = random.below(sealed.len().min(40));
        for payload in [&sealed, &sealed[..short], plaintext] {
            readings.push(decrypt(&site, signed(&site, payload)));
        }
        // Both accept ciphertext that Django has compressed and marked with a dot.
        let marked = format!(".{}", URL_SAFE_NO_PAD.encode(zlib(&sealed)));
        readings.push(decrypt(&site, signer(&site).sign(&marked)));
    }
    check.compare_by(readings, judge);
}

fn site(random: &mut Random) -> Site {
    let own = random.once_in(3).then(|| random.keys());
    let (plaintext, compress, stored) = (random.pick(&STEPS), random.once_in(2), random.once_in(2));
    Site { keys: random.keys(), own, plaintext, compress, stored }
}

impl Site {
    fn with_rings(&self, mut change: impl FnMut(Vec<Key>) -> Vec<Key>) -> Self {
        Self { keys: change(self.keys.clone()), own: self.own.clone().map(change), ..self.clone() }
    }
}

/// Generates the JSON of a session that fits into a cookie.
fn object(random: &mut Random) -> String {
    loop {
        let Json::Object(mut pairs) = random.object(1) else { unreachable!("it draws an object") };
        pairs.push(("more".to_owned(), Json::String("tea ".repeat(random.below(30)))));
        let object = Json::Object(pairs);
        if ascii(&object).len() < 2700 {
            return spell(&object);
        }
    }
}

/// Writes JSON in ASCII, as both sides do. (They read other bytes differently, but write none.)
fn ascii(value: &Json) -> Vec<u8> {
    let mut json = Vec::new();
    JsonSerializer.dumps(value, &mut json).unwrap();
    json
}

/// Generates JSON or damaged JSON, as it is or as zlib, which may be damaged too.
fn plaintext(random: &mut Random) -> Vec<u8> {
    const ODD: [&str; 9] = ["", "{", "{}", " {}\n", "[]", "null", "{}{}", "{}x", "{\"a\":}"];
    let odd = random.once_in(2);
    let json = if odd { random.pick(&ODD).into() } else { ascii(&random.object(1)) };
    let mut data = zlib(&json);
    let at = random.below(data.len());
    match random.below(8) {
        0..3 => return json,
        3 => data.truncate(at),
        4 => data.push(0),
        5 => data[at] ^= 1 << random.below(8),
        6 if random.once_in(4) => {
            let len = random.pick(&LIMITS) + random.below(3) - 1;
            data = zlib(format!("{{{}}}", " ".repeat(len - 2)).as_bytes());
        }
        _ => {}
    }
    data
}

fn decrypt(site: &Site, token: String) -> Question {
    Op::Decrypt { site: site.clone(), token, expected: None }.at(NOW)
}

fn signed(site: &Site, payload: &[u8]) -> String {
    signer(site).sign(&URL_SAFE_NO_PAD.encode(payload))
}

fn signer(site: &Site) -> TimestampSigner {
    let salt = match site.stored {
        true => "django.contrib.sessions.SessionStore",
        false => "django.contrib.sessions.backends.signed_cookies",
    };
    TimestampSigner::new(&ring(&site.keys).unwrap(), salt).unwrap().with_clock(clock(NOW))
}

/// Checks that both answers are the same, and the expected one. In Python, each rejection is a bad signature.
fn judge(case: &Answered) -> Verdict {
    const REJECTIONS: [&str; 9] = [
        "Mismatch",
        "Empty",
        "NotEncrypted",
        "UnknownVersion",
        "TooShort",
        "Decrypt",
        "Zlib",
        "InflatesPast",
        "Deserialize",
    ];
    let Op::Decrypt { expected, .. } = &case.question.op else { panic!("{:?}", case.question) };
    let same = match (&case.ours, &case.django.answer) {
        (Ok(ours), Ok(django)) => ours == django,
        (Err(ours), Err(django)) => REJECTIONS.contains(&ours.as_str()) && django == "BadSignature",
        _ => false,
    };
    let foretold = expected.as_ref().is_none_or(|expected| *expected == case.ours);
    if same && foretold { Verdict::Agreement } else { Verdict::Disagreement }
}

/// Returns this crate's token for a session.
pub fn encrypt(site: &Site, json_text: &str) -> Answer {
    let session = session_of(json_text);
    let token = match Sessions::of(site)? {
        Sessions::Stored(sessions) => sessions.encode(&session).map_err(name)?,
        Sessions::Cookie(sessions) => written(&sessions.commit(&session, 200).map_err(name)?).unwrap(),
    };
    Ok(token.into())
}

pub fn read(site: &Site, token: &str) -> Answer {
    let session = match Sessions::of(site)? {
        Sessions::Stored(sessions) => sessions.decode(token),
        Sessions::Cookie(sessions) => sessions.try_load(token),
    };
    session.map(|session: Session| items(&session)).map_err(name)
}

enum Sessions {
    Stored(StoredSessions),
    Cookie(CookieSessions),
}

impl Sessions {
    fn of(site: &Site) -> Result<Self, String> {
        let keys = ring(&site.keys)?;
        let encryption = match &site.own {
            Some(own) => Encryption::new(&ring(own)?),
            None => Encryption::new(&keys),
        };
        let encryption = encryption
            .with_compression(if site.compress { Compression::IfSmaller } else { Compression::Never })
            .with_plaintext(match site.plaintext {
                "write" => Plaintext::Write,
                "accept" => Plaintext::Accept,
                _ => Plaintext::Reject,
            });
        Ok(if site.stored {
            Self::Stored(
                StoredSessions::new(&keys, CookieOptions::default()).with_encryption(encryption).with_clock(clock(NOW)),
            )
        } else {
            let cookie = CookieOptions::builder("sessionid").build().map_err(name)?;
            Self::Cookie(CookieSessions::new(&keys, cookie).with_encryption(encryption).with_clock(clock(NOW)))
        })
    }
}

/// Bytes that are serialized in hexadecimal.
#[derive(Debug, Clone, Serialize)]
pub struct Bytes(#[serde(serialize_with = "hex")] Vec<u8>);

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
