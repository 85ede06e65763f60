//! How long everything takes, next to what it could take and to what there is else.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench table -- [--seconds N] [--chart PATH]`

mod chart;
mod field;
mod report;
mod rounds;
mod task;

use std::path::Path;
use std::time::Duration;

use benches::django::Django;
use benches::payloads::visit_all;

use crate::field::Field;

const SECONDS: u64 = 75;

fn main() {
    let seconds = option("--seconds").map_or(SECONDS, |seconds| seconds.parse().expect("--seconds takes a number"));
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let django = Django::start(&target).inspect_err(|reason| println!("Django: skipped, {reason}")).ok();

    let mut field = Field::new(django);
    visit_all(&mut field);
    field.races.sort_by_key(|race| race.task as usize);
    let (rounds, outcomes) = rounds::run(&mut field.races, Duration::from_secs(seconds));
    println!("medians of {rounds} rounds");
    report::print(&outcomes);

    if let Some(path) = option("--chart") {
        chart::write(&outcomes, Path::new(&path)).expect("a path that can be written");
    }
}

fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}
