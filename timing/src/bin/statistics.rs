//! Asks a clock whether one signature takes longer to verify than another, as dudect does.
//!
//! `statistics [RUNS [MEASUREMENTS]]`: 10 runs, of 400,000 measurements for each case, unless given. The exit code is 0
//! if no pair of refused signatures was told apart in any run, and the control was in each.

use std::process::ExitCode;
use std::time::Instant;

use timing::case::{CASES, Case, Role};
use timing::forgery::{Class, forge};
use timing::random::Random;
use timing::subject::Subject;
use timing::welch::{THRESHOLD, difference, most_telling_t};

/// So many texts are made, and then shown. They fit into the processor's cache.
const BATCH: usize = 1000;

const MESSAGE_LEN: usize = 50;

/// In nanoseconds, by class.
type Durations = [Vec<u32>; Class::ALL.len()];

fn main() -> ExitCode {
    let arguments: Vec<usize> = std::env::args().skip(1).map(|count| count.parse().expect("a number")).collect();
    let runs = arguments.first().copied().unwrap_or(10);
    let measurements = arguments.get(1).copied().unwrap_or(400_000);
    let mut random = Random::from_system();
    let mut held = true;
    println!("{:<62}{:<width$}  most |t|   differ by", "", format!("t of {runs} runs"), width = 8 * runs);
    for case in &CASES {
        let all: Vec<Durations> = (0..runs).map(|_| measure(case, measurements, &mut random)).collect();
        for (a, b) in pairs() {
            let t: Vec<f64> = all.iter().map(|run| most_telling_t(&run[a as usize], &run[b as usize])).collect();
            let most = t.iter().fold(0.0, |most: f64, t| most.max(t.abs()));
            let differences = all.iter().map(|run| difference(&run[a as usize], &run[b as usize]));
            let nanoseconds = differences.sum::<f64>() / all.len() as f64;
            let (right, verdict) = judge(&case.role, (a, b), &t);
            held &= right;
            let pair = format!("{} / {}", a.name(), b.name());
            let t: String = t.iter().map(|t| format!("{t:>8.1}")).collect();
            println!("{:<26}{pair:<36}{t}  {most:>8.1} {nanoseconds:>8.2} ns  {verdict}", case.name);
        }
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn pairs() -> impl Iterator<Item = (Class, Class)> {
    let each = Class::ALL.into_iter().enumerate();
    each.flat_map(|(at, a)| Class::ALL.into_iter().skip(at + 1).map(move |b| (a, b)))
}

/// Whether it is as it must be, and what to call it.
fn judge(role: &Role, pair: (Class, Class), t: &[f64]) -> (bool, &'static str) {
    let equal = t.iter().all(|t| t.abs() < THRESHOLD);
    match (role, pair) {
        (Role::Control, (Class::FirstByteWrong, Class::LastByteWrong)) => {
            let caught = t.iter().all(|t| t.abs() > THRESHOLD);
            (caught, if caught { "caught" } else { "NOT CAUGHT" })
        }
        (Role::Control, _) => (true, "of no account"),
        // What is done after accepting is not what is done after refusing; and which it was, the answer says.
        (Role::Ours { .. }, (Class::Valid, _)) => (true, if equal { "equal" } else { "another outcome" }),
        (Role::Ours { .. } | Role::Comparison, _) => (equal, if equal { "equal" } else { "DIFFERS" }),
    }
}

fn measure(case: &Case, measurements: usize, random: &mut Random) -> Durations {
    let key = random.text(32);
    let (mut subject, other) = ((case.make)(key.as_bytes()), (case.make)(random.text(32).as_bytes()));
    let mut exhibits = vec![Exhibit::default(); BATCH];
    let mut durations = Durations::default();
    for _ in 0..measurements.div_ceil(BATCH) {
        for exhibit in &mut exhibits {
            exhibit.replace(&*subject, &*other, random);
        }
        for exhibit in &mut exhibits {
            subject.present(&exhibit.message, &exhibit.text);
            exhibit.duration = duration(&mut *subject, exhibit.class);
        }
        for exhibit in &exhibits {
            durations[exhibit.class as usize].push(exhibit.duration);
        }
    }
    durations
}

#[derive(Clone, Default)]
struct Exhibit {
    class: Class,
    message: String,
    text: String,
    duration: u32,
}

impl Exhibit {
    /// Each text is shown once: with a pool of texts, the places in which they lie tell the classes apart. For the same
    /// reason it is put where a text of any class may have been before.
    fn replace(&mut self, signer: &dyn Subject, other: &dyn Subject, random: &mut Random) {
        self.class = class(random);
        random.text(MESSAGE_LEN).clone_into(&mut self.message);
        forge(self.class, &self.message, signer, other, random).clone_into(&mut self.text);
    }
}

/// Valid half of the time: accepting and refusing are mispredicted as often.
fn class(random: &mut Random) -> Class {
    match random.below(2) {
        0 => Class::Valid,
        _ => Class::REFUSED[random.below(3)],
    }
}

fn duration(subject: &mut dyn Subject, class: Class) -> u32 {
    let start = Instant::now();
    let accepted = subject.verify();
    let duration = start.elapsed();
    assert_eq!(accepted, class == Class::Valid);
    u32::try_from(duration.as_nanos()).unwrap_or(u32::MAX)
}
