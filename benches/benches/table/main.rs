//! The time of each task, compared with a minimum and with other crates.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench table -- [--seconds N] [--chart PATH]`

mod chart;
mod field;
mod levels;
mod report;
mod rounds;
mod scaling;
mod task;

use std::path::Path;
use std::time::Duration;

use benches::django::Django;
use benches::payloads::visit_all;

use crate::field::Field;
use crate::levels::Levels;

const SECONDS: u64 = 90;

fn main() {
    let seconds = option("--seconds").map_or(SECONDS, |seconds| seconds.parse().expect("--seconds takes a number"));
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let django = Django::start(&target).inspect_err(|reason| println!("Django: skipped, {reason}")).ok();

    let mut field = Field::new(django);
    visit_all(&mut field);
    let mut races = field.into_races();
    let against_others = races.len();
    let mut levels = Levels::new();
    races.extend(levels.take_races());
    let before_scaling = races.len();
    races.extend(scaling::races());
    let (rounds, mut outcomes) = rounds::run(&mut races, Duration::from_secs(seconds));
    let scaling = outcomes.split_off(before_scaling);
    let by_level = outcomes.split_off(against_others);
    println!("medians of {rounds} rounds");
    println!();
    report::print(&outcomes);
    levels.print(&by_level);
    scaling::print(&scaling);

    if let Some(path) = option("--chart") {
        chart::write(&outcomes, Path::new(&path)).expect("a path that can be written");
    }
}

fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}
