//! The contestants of each task. Everything that is timed is first read back.

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::django::Django;
use benches::floor::{Floor, keyed};
use benches::naive::Naive;
use benches::ours::{Encrypted, Free, Ours};
use benches::payloads::Visitor;
use benches::peers::{Axum, CookiePrivate, CookieSent, CookieValue, Jwt};
use benches::scheme::{KEY, Objects, Texts, Value};
use benches::visit::Visit;
use hmac::Mac;

use crate::task::Task::{
    self, DecodeCompressed, DecodeEncrypted, DecodeRaw, EncodeCompressed, EncodeEncrypted, EncodeRaw, Refuse, Session,
    SignText, UnsignText,
};

/// Calls a task a number of times, and returns the duration.
pub type Run = Box<dyn FnMut(u32) -> Duration>;

pub struct Contestant {
    pub name: &'static str,
    pub run: Run,
}

/// One task on one payload, with the contestants that are compared. By default they are compared with the first one.
pub struct Race {
    pub task: &'static str,
    pub payload: &'static str,
    pub contestants: Vec<Contestant>,
}

/// All races of this crate against others.
pub struct Field {
    races: [Vec<Race>; Task::ALL.len()],
    django: Option<&'static Django>,
}

impl Field {
    pub fn new(django: Option<Django>) -> Self {
        Self { races: Task::ALL.map(|_| Vec::new()), django: django.map(leak) }
    }

    /// Returns the races, ordered by task.
    pub fn into_races(self) -> Vec<Race> {
        self.races.into_iter().flatten().collect()
    }
}

impl Visitor for Field {
    fn visit<T: Value>(&mut self, payload: &'static str, key: &'static str, value: T) {
        const OBJECTS: &[Task] = &[EncodeRaw, EncodeCompressed, DecodeRaw, DecodeCompressed, Refuse];
        const ENCRYPTED: &[Task] = &[EncodeEncrypted, DecodeEncrypted];
        let mut entry = Entry { payload, key, value: leak(value), races: Task::ALL.map(|_| Vec::new()) };

        entry.objects::<Ours>("ours", OBJECTS);
        entry.texts::<Ours>("ours");
        entry.objects::<Floor>("floor", OBJECTS);
        entry.texts::<Floor>("floor");
        entry.same_format::<Floor>();
        entry.objects::<Naive>("naive", OBJECTS);
        entry.texts::<Naive>("naive");
        entry.same_format::<Naive>();
        entry.objects::<Free>("free", &[EncodeRaw, DecodeRaw]);
        entry.objects::<Encrypted>("ours", ENCRYPTED);
        entry.objects::<Ours>("plain", ENCRYPTED);
        entry.objects::<CookiePrivate>("private", ENCRYPTED);
        entry.session();
        entry.hmac("hmac");
        entry.objects::<CookieValue>("cookie", &[EncodeRaw, DecodeRaw, Refuse]);
        entry.texts::<CookieValue>("cookie");
        entry.objects::<CookieSent>("cookie_sent", &[EncodeRaw, DecodeRaw, Refuse]);
        entry.objects::<Jwt>("jwt", &[EncodeRaw, DecodeRaw, Refuse]);
        entry.objects::<Axum>("axum", &[DecodeRaw, Refuse]);
        if let Some(django) = self.django {
            entry.django("django", django);
        }

        for ((task, contestants), races) in Task::ALL.into_iter().zip(entry.races).zip(&mut self.races) {
            races.push(Race { task: task.name(), payload, contestants });
        }
    }
}

struct Entry<T: 'static> {
    payload: &'static str,
    key: &'static str,
    value: &'static T,
    races: [Vec<Contestant>; Task::ALL.len()],
}

impl<T: Value> Entry<T> {
    fn enter(&mut self, task: Task, name: &'static str, run: Run) {
        self.races[task as usize].push(Contestant { name, run });
    }

    fn objects<S: Objects + 'static>(&mut self, name: &'static str, tasks: &[Task]) {
        let (scheme, value): (&S, _) = (leak(S::with_key(KEY)), self.value);
        for &task in tasks {
            let run = match task {
                EncodeRaw | EncodeEncrypted => timed(move || scheme.dumps(black_box(value), false)),
                EncodeCompressed => timed(move || scheme.dumps(black_box(value), true)),
                DecodeRaw | DecodeCompressed | DecodeEncrypted => {
                    let token = scheme.dumps(value, task == DecodeCompressed);
                    assert_eq!(scheme.loads::<T>(&token).as_ref(), Some(value), "{name} reads back");
                    timed(move || scheme.loads::<T>(black_box(&token)))
                }
                Refuse => {
                    let token = forger::<S>().dumps(value, false);
                    assert_eq!(scheme.loads::<T>(&token), None, "{name} rejects a forged token");
                    timed(move || scheme.loads::<T>(black_box(&token)))
                }
                SignText | UnsignText | Session => unreachable!("not objects"),
            };
            self.enter(task, name, run);
        }
    }

    fn texts<S: Texts + 'static>(&mut self, name: &'static str) {
        let (scheme, text): (&S, &str) = (leak(S::with_key(KEY)), leak(self.text()));
        let token = scheme.sign(text);
        assert_eq!(scheme.unsign(&token, str::to_owned).as_deref(), Some(text), "{name} reads back");
        self.enter(SignText, name, timed(move || scheme.sign(black_box(text))));
        let unsign = move || scheme.unsign(black_box(&token), |text| black_box(text).len());
        self.enter(UnsignText, name, timed(unsign));
    }

    /// Enters the whole visit and only the loading, with their minimum for comparison.
    fn session(&mut self) {
        let (visit, mut buffer): (&Visit, _) = (leak(Visit::new(self.value, self.key)), Vec::new());
        assert_eq!(&visit.verify_and_build::<T>(), self.value);
        self.enter(Session, "ours", timed(move || visit.respond()));
        self.enter(Session, "load_header", timed(move || visit.load()));
        self.enter(Session, "unsign_parse", timed(move || visit.verify_and_parse(&mut buffer)));
        self.enter(Session, "unsign_build", timed(move || visit.verify_and_build::<T>()));
    }

    /// Enters only a keyed HMAC over the bytes that a task signs or checks.
    fn hmac(&mut self, name: &'static str) {
        let mac: &_ = leak(keyed(KEY));
        for task in Task::ALL {
            let token = self.token(task);
            let signed = token.rsplit_once(':').map(|(signed, _)| signed.to_owned()).expect("a token");
            let run = move || mac.clone().chain_update(black_box(&signed)).finalize().into_bytes();
            self.enter(task, name, timed(run));
        }
    }

    fn django(&mut self, name: &'static str, django: &'static Django) {
        let [raw, compressed, signed, forged, encrypted] =
            [DecodeRaw, DecodeCompressed, UnsignText, Refuse, DecodeEncrypted].map(|task| self.token(task));
        let (payload, text, ours) = (self.payload, self.text(), Ours::with_key(KEY));
        let theirs = django.meet(payload, &text, self.key, [&raw, &compressed, &signed, &forged, &encrypted]);
        assert_eq!(ours.loads::<T>(&theirs[0]).as_ref(), Some(self.value));
        assert_eq!(ours.loads::<T>(&theirs[1]).as_ref(), Some(self.value));
        assert_eq!(ours.unsign(&theirs[2], str::to_owned), Some(text));
        assert_eq!(Encrypted::with_key(KEY).loads::<T>(&theirs[3]).as_ref(), Some(self.value));
        for task in Task::ALL {
            self.enter(task, name, Box::new(move |times| django.time(task.name(), payload, times)));
        }
    }

    /// Asserts that another contestant writes what we write, except for the time, and that each reads the other's
    /// tokens.
    fn same_format<S: Texts>(&self) {
        let (ours, other, value, text) = (Ours::with_key(KEY), S::with_key(KEY), Some(self.value), self.text());
        for compress in [false, true] {
            let tokens = [ours.dumps(self.value, compress), other.dumps(self.value, compress)];
            let [payload, same] = tokens.each_ref().map(|token| token.split(':').next());
            assert_eq!(payload, same);
            assert_eq!(other.loads::<T>(&tokens[0]).as_ref(), value);
            assert_eq!(ours.loads::<T>(&tokens[1]).as_ref(), value);
        }
        assert_eq!(other.unsign(&ours.sign(&text), str::to_owned).as_ref(), Some(&text));
        assert_eq!(ours.unsign(&other.sign(&text), str::to_owned).as_ref(), Some(&text));
    }

    /// Returns our token that a task writes or reads.
    fn token(&self, task: Task) -> String {
        let ours = Ours::with_key(KEY);
        match task {
            EncodeRaw | DecodeRaw => ours.dumps(self.value, false),
            EncodeCompressed | DecodeCompressed | Session => ours.dumps(self.value, true),
            SignText | UnsignText => ours.sign(&self.text()),
            EncodeEncrypted | DecodeEncrypted => Encrypted::with_key(KEY).dumps(self.value, false),
            Refuse => forger::<Ours>().dumps(self.value, false),
        }
    }

    fn text(&self) -> String {
        serde_json::to_string(self.value).expect("JSON")
    }
}

/// Returns a contestant with another key.
fn forger<S: Objects>() -> S {
    S::with_key(&KEY.iter().rev().copied().collect::<Vec<_>>())
}

pub fn timed<R>(mut call: impl FnMut() -> R + 'static) -> Run {
    Box::new(move |times| {
        // Warm up: other contestants have displaced this one's data from the processor's caches.
        black_box(call());
        let start = Instant::now();
        for _ in 0..times {
            black_box(call());
        }
        start.elapsed()
    })
}

/// Leaks a value, so that it lives as long as the program.
pub fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}
