//! Measures with a clock whether one signature takes longer to verify than another, as dudect does.
//!
//! `statistics [RUNS [MEASUREMENTS]]`: by default 10 runs of 400,000 measurements for each case. The exit code is 0 if
//! no pair of rejected signatures could be distinguished in any run, and the control could be distinguished in each
//! run.

use std::process::ExitCode;
use std::time::Instant;

use timing::case::{CASES, Case, Role};
use timing::forgery::{Class, forge};
use timing::random::Random;
use timing::subject::Subject;
use timing::welch::{THRESHOLD, difference, most_telling_t};

/// The number of texts that are created before they are verified. They fit into the processor's cache.
const BATCH: usize = 1000;

const MESSAGE_LEN: usize = 50;

/// Durations in nanoseconds, by class.
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

/// Returns whether the result is as expected, and its name in the table.
fn judge(role: &Role, pair: (Class, Class), t: &[f64]) -> (bool, &'static str) {
    let equal = t.iter().all(|t| t.abs() < THRESHOLD);
    match (role, pair) {
        (Role::Control, (Class::FirstByteWrong, Class::LastByteWrong)) => {
            let caught = t.iter().all(|t| t.abs() > THRESHOLD);
            (caught, if caught { "caught" } else { "NOT CAUGHT" })
        }
        (Role::Control, _) => (true, "of no account"),
        // The work after accepting differs from the work after rejecting. The result reveals which it was anyway.
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
    /// Each text is used once: with a pool of texts, their memory addresses would distinguish the classes. For the same
    /// reason, it is stored where a text of any class may have been before.
    fn replace(&mut self, signer: &dyn Subject, other: &dyn Subject, random: &mut Random) {
        self.class = class(random);
        random.text(MESSAGE_LEN).clone_into(&mut self.message);
        forge(self.class, &self.message, signer, other, random).clone_into(&mut self.text);
    }
}

/// Chooses a class at random, in half of the cases a valid one, so that accepting and rejecting are mispredicted
/// equally often.
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
