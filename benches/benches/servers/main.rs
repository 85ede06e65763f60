//! The cost of a session in a complete server: ours in axum and actix-web, compared with alternatives.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench servers -- [--rounds N] [--milliseconds N] [--only NAMES]`
//!
//! Each server is a process with one worker thread, on 127.0.0.1. The client sends requests over 16 connections, with a
//! cookie that the server issued. The relevant figure is the CPU time per request, from `/proc`, above that of a bare
//! handler in the same round. Requests per second and latencies also depend on the load of the machine.
//!
//! The handlers with a jar deserialize a struct, because a jar has no keys. The others read one key of the session.

mod actix;
mod axum;
mod client;
mod oneshot;
mod process;
mod report;
mod rounds;
mod settings;
mod sqlite;
mod variant;
mod workload;

use std::time::Duration;

use benches::counting::Counting;

use crate::report::Report;
use crate::variant::{Role, Variant};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new();

/// The default number of rounds. With all servers, it takes five minutes.
const ROUNDS: usize = 11;
const MILLISECONDS: u64 = 350;

fn main() {
    if let Some(index) = option(process::SERVE) {
        process::end_with_parent();
        let variant = &variant::ALL[index.parse::<usize>().expect("an index")];
        return (variant.serve)(&mut |port| println!("{port}"));
    }
    if let Some(name) = option("--oneshot") {
        return oneshot::run(&name, &option("--workload").expect("--workload"), number("--times", 10_000));
    }
    let only = option("--only");
    let is_chosen = |variant: &Variant| {
        let names = [variant.framework.name(), variant.name];
        let is_named = only.as_ref().is_none_or(|only| only.split(',').any(|name| names.contains(&name)));
        is_named || matches!(variant.role, Role::Bare | Role::NoOp | Role::Ours)
    };
    let chosen = (0..variant::ALL.len()).filter(|index| is_chosen(&variant::ALL[*index]));
    let mut entrants = rounds::prepare(chosen);
    rounds::run(
        &mut entrants,
        number("--rounds", ROUNDS),
        Duration::from_millis(number("--milliseconds", MILLISECONDS)),
    );
    Report::new(entrants).print();
}

/// Returns the number of allocations of this server so far.
fn allocations() -> u64 {
    ALLOCATOR.calls()
}

fn number<N: std::str::FromStr>(name: &str, default: N) -> N {
    option(name).map_or(default, |value| value.parse().ok().unwrap_or_else(|| panic!("{name} takes a number")))
}

fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}
