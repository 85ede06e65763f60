//! The differential check of pickles against Python's `pickle` and `json`. Started by `tests/pickle/run`, which
//! describes what is compared. `oracle.py` is Python's side.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this program may panic"
)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

use django_session::{CachedSessions, CookieOptions, DecodeError, EncodeError, Session};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// The numbers of batches, and of sessions in each batch. `PICKLE_TIMES` multiplies the number of batches.
const BATCHES: u64 = 40;
const INVENTED: usize = 250;
const MUTATED: usize = 1000;

/// A session as Python reads it.
#[derive(Deserialize)]
struct Seen {
    entries: Vec<Entry>,
    /// Whether it has a key that JSON cannot represent. That key is not in the entries.
    other_key: bool,
}

/// A key as JSON text without quotes, and the JSON text of its value or the name of its type.
#[derive(Debug, PartialEq, Deserialize)]
struct Entry(String, Option<String>, Option<String>);

impl Seen {
    /// Returns whether JSON can represent the whole session.
    fn is_plain(&self) -> bool {
        !self.other_key && self.entries.iter().all(|Entry(_, json, _)| json.is_some())
    }

    fn agrees(&self, found: &[Entry]) -> bool {
        let alike = |(ours, theirs): (&Entry, &Entry)| {
            let unnamed = ours.2.as_deref() == Some(UNKNOWN);
            ours == theirs || unnamed && (&ours.0, &ours.1) == (&theirs.0, &theirs.1)
        };
        found.len() == self.entries.len() && found.iter().zip(&self.entries).all(alike)
    }
}

#[derive(Deserialize)]
struct Invented {
    pickle: String,
    #[serde(flatten)]
    seen: Seen,
    /// The session as JSON, in any valid formatting, if it can be represented so.
    json: Option<String>,
}

#[derive(Deserialize)]
struct Mutated {
    pickle: String,
    /// Whether the pickle imports something.
    restricted: bool,
    found: Option<Seen>,
}

struct Python {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    fn start() -> Self {
        let python = env::var("PICKLE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let mut child = Command::new(python)
            .args(["-B", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pickle/oracle.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python cannot be started");
        let (questions, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, questions, answers }
    }

    fn ask<T: DeserializeOwned>(&mut self, question: &serde_json::Value) -> T {
        writeln!(self.questions, "{question}").expect("Python does not read questions");
        self.answer()
    }

    fn answer<T: DeserializeOwned>(&mut self) -> T {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Python does not answer");
        serde_json::from_str(&line).expect("the answer is not valid: see above")
    }
}

#[derive(Default)]
struct Tally {
    compared: usize,
    disagreements: usize,
    /// The outcomes of mutated pickles.
    outcomes: BTreeMap<String, usize>,
}

impl Tally {
    fn check(&mut self, agrees: bool, told: impl FnOnce() -> String) {
        self.compared += 1;
        if !agrees {
            self.disagreements += 1;
            if self.disagreements <= 20 {
                eprintln!("disagreement: {:.2000}", told());
            }
        }
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// The type of a value whose key has a lone surrogate. Such a key is shown with escapes, and no Rust string finds it,
/// so the type cannot be read.
const UNKNOWN: &str = "unknown";

fn entries(session: &Session) -> Vec<Entry> {
    let values: BTreeMap<_, _> = session.iter().collect();
    let entry = |key: Cow<'_, str>| {
        let python_type = match session.get::<serde_json::Value>(&key) {
            Err(DecodeError::BeyondJson { python_type }) => Some(python_type.to_string()),
            _ if !values.contains_key(&key) => Some(UNKNOWN.to_owned()),
            _ => None,
        };
        Entry(escaped(&key), values.get(&key).map(|json| (*json).to_owned()), python_type)
    };
    session.keys().map(entry).collect()
}

/// Returns a key as JSON text without quotes. The key may already be escaped.
fn escaped(key: &str) -> String {
    if key.contains("\\ud") {
        return key.to_owned();
    }
    let quoted = serde_json::to_string(key).unwrap();
    let unit = |unit| match char::from_u32(u32::from(unit)) {
        Some(char @ ' '..='~') => char.to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    quoted[1..quoted.len() - 1].encode_utf16().map(unit).collect()
}

fn invented(python: &mut Python, seed: u64, tally: &mut Tally) {
    let sessions = CachedSessions::new(CookieOptions::default());
    let cases: Vec<Invented> = python.ask(&json!({"invent": seed, "count": INVENTED}));
    let mut written = Vec::new();
    for (index, Invented { pickle, seen, json }) in cases.iter().enumerate() {
        // 1. Read what Python wrote.
        let session = match sessions.decode(&bytes(pickle)) {
            Ok(session) => session,
            Err(error) => {
                tally.check(false, || format!("{error}: {pickle}"));
                continue;
            }
        };
        let found = entries(&session);
        tally.check(seen.agrees(&found), || format!("{found:?} for {:?}: {pickle}", seen.entries));

        // 2. Write it, if JSON can represent it.
        let encoded = sessions.encode(&session);
        let rejected = matches!(encoded, Err(EncodeError::Unreadable { .. }));
        tally.check(rejected != seen.is_plain(), || format!("written or not: {pickle}"));
        written.extend(encoded.ok().map(|encoded| (index, hex(&encoded))));

        // 3. Read the JSON, and write it as a pickle.
        if let Some(json) = json {
            let encoded = sessions.decode(json.as_bytes()).ok().and_then(|session| sessions.encode(&session).ok());
            tally.check(encoded.is_some(), || format!("not written: {json}"));
            written.extend(encoded.map(|encoded| (index, hex(&encoded))));
        }
    }
    // 4. Let Python read what was written.
    let differing: Vec<usize> = python.ask(&json!({"written": written}));
    for (index, pickle) in &written {
        tally.check(!differing.contains(index), || format!("Python reads another session: {pickle}"));
    }
}

/// A mutated pickle must be read as Python reads it, or rejected. It must be rejected if Python does not read it.
fn mutated(python: &mut Python, seed: u64, tally: &mut Tally) {
    let cases: Vec<Mutated> = python.ask(&json!({"mutate": seed, "count": MUTATED}));
    for Mutated { pickle, restricted, found: theirs } in cases {
        let outcome = match (CachedSessions::new(CookieOptions::default()).decode(&bytes(&pickle)), theirs) {
            (Ok(session), Some(theirs)) => {
                let ours = entries(&session);
                let rejected = CachedSessions::new(CookieOptions::default()).encode(&session).is_err();
                tally.check(theirs.agrees(&ours) && rejected != theirs.is_plain(), || {
                    format!("{ours:?} for {:?}: {pickle}", theirs.entries)
                });
                "read by both".to_owned()
            }
            (Ok(session), None) => {
                let is_plain = CachedSessions::new(CookieOptions::default()).encode(&session).is_ok();
                tally.check(!is_plain || restricted, || format!("read by us alone: {pickle}"));
                "read by us, but for values of classes".to_owned()
            }
            (Err(error), Some(_)) => format!("read by Python alone: {error}"),
            (Err(_), None) => "rejected by both".to_owned(),
        };
        *tally.outcomes.entry(outcome).or_default() += 1;
    }
}

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is not a number")))
}

fn main() -> ExitCode {
    let (seed, times) = (number("PICKLE_SEED", 1), number("PICKLE_TIMES", 1));
    let mut python = Python::start();
    let version: String = python.answer();
    println!("Python {version}; PICKLE_SEED={seed} PICKLE_TIMES={times}\n");
    let mut tally = Tally::default();
    for batch in 0..BATCHES * times {
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(batch);
        invented(&mut python, seed, &mut tally);
        mutated(&mut python, seed, &mut tally);
    }
    for (outcome, count) in &tally.outcomes {
        println!("{count:8} mutated pickles {outcome}");
    }
    println!("\ncompared {}, disagreements {}", tally.compared, tally.disagreements);
    drop(python.questions); // Python exits at the end of its input
    let _ = python.child.wait();
    if tally.disagreements == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
