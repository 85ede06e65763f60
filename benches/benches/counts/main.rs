//! What does not depend on the day: allocations and instructions per call, held under ceilings.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench counts`

mod allocations;
mod calls;
mod instructions;

use std::process::ExitCode;

use Ceiling::{Held, Wanted};
use instructions::{REPEAT_FLOOR, REPEAT_OURS};

/// The most a call may take.
#[derive(Clone, Copy)]
enum Ceiling {
    /// More is a failure.
    Held(u64),
    /// Not reached yet: more is reported.
    #[allow(dead_code, reason = "when everything is held, nothing is wanted")]
    Wanted(u64),
}

struct Ceilings {
    call: &'static str,
    allocations: Ceiling,
    instructions: Option<Ceiling>,
}

const fn of(call: &'static str, allocations: Ceiling, instructions: Option<Ceiling>) -> Ceilings {
    Ceilings { call, allocations, instructions }
}

/// A `Login` that is decoded holds three strings; all other allocations are the token's own.
const TABLE: [Ceilings; 9] = [
    of("encode_raw", Held(1), Some(Held(22_000))),
    of("encode_compressed", Held(1), Some(Held(103_000))),
    of("decode_raw", Held(3), Some(Wanted(22_000))),
    of("decode_compressed", Held(3), Some(Wanted(41_000))),
    of("decode_borrowed_raw", Held(0), None),
    of("decode_borrowed_compressed", Held(0), None),
    of("sign_text", Held(1), None),
    of("unsign_text", Held(0), None),
    of("refuse", Held(0), Some(Wanted(15_000))),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [who, call, times] = &arguments[..] {
        let call = if who == REPEAT_FLOOR { calls::floor(call).expect("the floor has it") } else { calls::ours(call) };
        instructions::repeat(call, times.parse().expect("how often"));
        return ExitCode::SUCCESS;
    }
    let valgrind = instructions::valgrind_is_there();
    if !valgrind {
        println!("instructions: skipped, valgrind is not there");
    }
    let count = |who, call| valgrind.then(|| instructions::count(who, call));
    let mut held = true;
    row("login", ["allocations", "instructions", "of the floor"].map(str::to_owned));
    for Ceilings { call, allocations, instructions } in TABLE {
        let allocated = allocations::count(call);
        let executed = count(REPEAT_OURS, call);
        let floor = calls::floor(call).and_then(|_| count(REPEAT_FLOOR, call));
        let shown = [Some(allocated), executed, floor];
        row(call, shown.map(|count| count.map_or("-".into(), |count| count.to_string())));
        held &= is_held(call, "allocations", allocated, allocations);
        if let (Some(executed), Some(ceiling)) = (executed, instructions) {
            held &= is_held(call, "instructions", executed, ceiling);
        }
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn row(label: &str, cells: [String; 3]) {
    let cells: String = cells.iter().map(|cell| format!("{cell:>14}")).collect();
    println!("{label:<28}{cells}");
}

fn is_held(call: &str, what: &str, count: u64, ceiling: Ceiling) -> bool {
    let (Held(most) | Wanted(most)) = ceiling;
    if count > most {
        println!("OVER {call} {what} {count} > {most}");
    }
    count <= most || matches!(ceiling, Wanted(_))
}
