//! The effect of compression: the bytes of the cookie's value and the time to write it, by the level of zlib.

use std::hint::black_box;

use benches::floor::Floor;
use benches::payloads::{Visitor, visit_all};
use benches::scheme::{KEY, Objects as _, Value};

use crate::field::{Contestant, Race, leak, timed};
use crate::report::{row, significant};
use crate::rounds::Outcome;

const TASK: &str = "level";
const LEVELS: [(&str, u32); 6] = [("0", 0), ("1", 1), ("2", 2), ("3", 3), ("6", 6), ("9", 9)];

/// One race for each payload, with the lengths of the values.
#[derive(Default)]
pub struct Levels {
    races: Vec<Race>,
    lengths: Vec<[usize; LEVELS.len()]>,
}

impl Levels {
    pub fn new() -> Self {
        let mut levels = Self::default();
        visit_all(&mut levels);
        levels
    }

    pub fn take_races(&mut self) -> Vec<Race> {
        std::mem::take(&mut self.races)
    }

    pub fn print(&self, outcomes: &[Outcome]) {
        row("zlib level: bytes, us", LEVELS.iter().map(|(name, _)| (*name).to_owned()));
        for (outcome, lengths) in outcomes.iter().zip(&self.lengths) {
            let cells = outcome.results.iter().zip(lengths);
            row(outcome.payload, cells.map(|(result, bytes)| format!("{bytes}, {}", significant(result.micros))));
        }
        println!();
    }
}

impl Visitor for Levels {
    fn visit<T: Value>(&mut self, payload: &'static str, _: &'static str, value: T) {
        let value: &T = leak(value);
        let schemes: [&Floor; LEVELS.len()] = LEVELS.map(|(_, level)| leak(Floor::with_level(KEY, level)) as &_);
        self.lengths.push(schemes.map(|floor| floor.dumps(value, true).len()));
        let contestants = LEVELS.iter().zip(schemes).map(|((name, level), floor)| {
            let compress = *level > 0;
            Contestant { name, run: timed(move || floor.dumps(black_box(value), compress)) }
        });
        self.races.push(Race { task: TASK, payload, contestants: contestants.collect() });
    }
}
