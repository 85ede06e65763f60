//! Runs interleaved rounds: in each round, every contestant runs for a short time, next to those it is compared with.

use std::time::{Duration, Instant};

use crate::field::Race;

/// The approximate time of a contestant in a round.
const TURN: Duration = Duration::from_micros(300);

/// The result of a race.
pub struct Outcome {
    pub task: &'static str,
    pub payload: &'static str,
    pub results: Vec<Result>,
}

pub struct Result {
    pub name: &'static str,
    /// Microseconds per call, as the median of all rounds.
    pub micros: f64,
    /// The ratio of the first contestant's time to this one's in the same round, as the median of all rounds.
    pub ratio: f64,
}

impl Outcome {
    pub fn result(&self, name: &str) -> Option<&Result> {
        self.results.iter().find(|result| result.name == name)
    }
}

/// Runs rounds until `limit` has passed, and returns their number.
pub fn run(races: &mut [Race], limit: Duration) -> (usize, Vec<Outcome>) {
    let turns: Vec<Vec<u32>> = races.iter_mut().map(calibrate).collect();
    let mut samples: Vec<Vec<Vec<f64>>> = turns.iter().map(|race| vec![Vec::new(); race.len()]).collect();
    let start = Instant::now();
    let mut round = 0;
    while start.elapsed() < limit {
        for ((race, times), samples) in races.iter_mut().zip(&turns).zip(&mut samples) {
            let count = race.contestants.len();
            // Rotate the order, so that no contestant always follows the same one.
            for index in (0..count).map(|place| (place + round) % count) {
                let elapsed = (race.contestants[index].run)(times[index]);
                samples[index].push(elapsed.as_secs_f64() * 1e6 / f64::from(times[index]));
            }
        }
        round += 1;
    }
    (round, races.iter().zip(samples).map(|(race, samples)| outcome(race, &samples)).collect())
}

/// Returns how often each contestant must be called to fill its turn.
fn calibrate(race: &mut Race) -> Vec<u32> {
    let times = |run: &mut dyn FnMut(u32) -> Duration| {
        run(10);
        let once = run(10) / 10;
        (TURN.as_nanos() / once.as_nanos().max(1)).clamp(1, 10_000) as u32
    };
    race.contestants.iter_mut().map(|contestant| times(&mut contestant.run)).collect()
}

fn outcome(race: &Race, samples: &[Vec<f64>]) -> Outcome {
    let result = |(index, name): (usize, _)| Result {
        name,
        micros: median(samples[index].iter().copied()),
        ratio: median(samples[0].iter().zip(&samples[index]).map(|(first, this)| first / this)),
    };
    let names = race.contestants.iter().map(|contestant| contestant.name);
    Outcome { task: race.task, payload: race.payload, results: names.enumerate().map(result).collect() }
}

fn median(samples: impl Iterator<Item = f64>) -> f64 {
    let mut samples: Vec<f64> = samples.collect();
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
