//! Prints the table for people and lines for programs.

use crate::rounds::{Outcome, Result};
use crate::task::Task;

/// The columns in their order. [`Task::Session`] has other columns.
const NAMES: [&str; 10] = ["ours", "floor", "naive", "free", "hmac", "cookie", "cookie_sent", "jwt", "axum", "django"];
const ENCRYPTED_NAMES: [&str; 5] = ["ours", "plain", "hmac", "private", "django"];
const SESSION_NAMES: [&str; 6] = ["ours", "load_header", "unsign_parse", "unsign_build", "hmac", "django"];

pub fn print(outcomes: &[Outcome]) {
    let (sessions, tokens): (Vec<_>, Vec<_>) =
        outcomes.iter().partition(|outcome| outcome.task == Task::Session.name());
    let of_encryption = [Task::EncodeEncrypted, Task::DecodeEncrypted].map(Task::name);
    let (encrypted, tokens): (Vec<_>, Vec<_>) =
        tokens.into_iter().partition(|outcome| of_encryption.contains(&outcome.task));
    for (outcomes, names) in [(&tokens, &NAMES[..]), (&encrypted, &ENCRYPTED_NAMES), (&sessions, &SESSION_NAMES)] {
        println!("microseconds per call");
        grid(outcomes, names, |result| significant(result.micros));
        println!("ours divided by theirs");
        grid(outcomes, names, |result| format!("{:.2}", result.ratio));
    }
    for outcome in outcomes {
        for result in outcome.results.iter().filter(|result| result.name != "ours") {
            println!("ratio {}/{}/{} {:.3}", outcome.task, outcome.payload, result.name, result.ratio);
        }
    }
}

fn grid(outcomes: &[&Outcome], names: &[&str], cell: impl Fn(&Result) -> String) {
    row("", names.iter().map(|&name| name.to_owned()));
    for outcome in outcomes {
        let label = format!("{} {}", outcome.task, outcome.payload);
        row(&label, names.iter().map(|name| outcome.result(name).map_or("-".into(), &cell)));
    }
    println!();
}

pub fn row(label: &str, cells: impl IntoIterator<Item = String>) {
    let cells: String = cells.into_iter().map(|cell| format!("{cell:>13}")).collect();
    println!("{label:<24}{cells}");
}

/// Formats a number with three significant digits.
pub fn significant(micros: f64) -> String {
    let decimals = if micros < 10.0 { 2 } else { usize::from(micros < 100.0) };
    format!("{micros:.decimals$}")
}
