//! The table for people, and the lines for machines.

use crate::rounds::{Outcome, Result};

/// The columns, in the order of the table and of the chart.
pub const NAMES: [&str; 10] =
    ["ours", "floor", "naive", "free", "hmac", "cookie", "cookie_sent", "jwt", "axum", "django"];

pub fn print(outcomes: &[Outcome]) {
    println!("microseconds per call");
    grid(outcomes, |result| significant(result.micros));
    println!("ours divided by theirs");
    grid(outcomes, |result| format!("{:.2}", result.ratio));
    for outcome in outcomes {
        for result in outcome.results.iter().filter(|result| result.name != "ours") {
            println!("ratio {}/{}/{} {:.3}", outcome.task.name(), outcome.payload, result.name, result.ratio);
        }
    }
}

fn grid(outcomes: &[Outcome], cell: impl Fn(&Result) -> String) {
    row("", NAMES.map(str::to_owned));
    for outcome in outcomes {
        let label = format!("{} {}", outcome.task.name(), outcome.payload);
        row(&label, NAMES.map(|name| outcome.result(name).map_or("-".into(), &cell)));
    }
    println!();
}

fn row(label: &str, cells: [String; NAMES.len()]) {
    let cells: String = cells.iter().map(|cell| format!("{cell:>12}")).collect();
    println!("{label:<24}{cells}");
}

/// Three digits of it.
pub fn significant(micros: f64) -> String {
    let decimals = if micros < 10.0 { 2 } else { usize::from(micros < 100.0) };
    format!("{micros:.decimals$}")
}
