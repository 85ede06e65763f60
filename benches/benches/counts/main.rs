//! Allocations and instructions per call, which do not depend on the load of the machine. They must stay under
//! ceilings.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench counts`

mod allocations;
mod calls;
mod instructions;

use std::process::ExitCode;

use instructions::{REPEAT_FLOOR, REPEAT_OURS};

/// The maximum counts of a call. More is a failure.
struct Ceilings {
    call: &'static str,
    allocations: u64,
    instructions: u64,
}

const fn of(call: &'static str, allocations: u64, instructions: u64) -> Ceilings {
    Ceilings { call, allocations, instructions }
}

/// Whole thousands of instructions are targets. Other numbers are the counts with Rust 1.95 plus 1.5 percent.
const TABLE: [Ceilings; 17] = [
    of("encode_raw", 1, 22_000),
    of("encode_compressed", 1, 103_000),
    // A `Login` has three strings.
    of("decode_raw", 3, 22_000),
    of("decode_compressed", 3, 41_000),
    of("decode_borrowed_raw", 0, 21_450),
    of("decode_borrowed_compressed", 0, 38_750),
    of("sign_text", 1, 15_450),
    of("unsign_text", 0, 15_700),
    // More than the target of 15,000, because this token needs one more block of SHA-256: the floor takes 17,986.
    of("refuse_raw", 0, 18_450),
    of("refuse_compressed", 0, 15_200),
    // The same allocations as without encryption.
    of("encode_encrypted", 1, 28_790),
    of("decode_encrypted", 3, 29_510),
    // With four keys. The one that signed is tried first.
    of("decode_encrypted_fallback", 3, 92_270),
    // A session allocates its JSON, and the positions of its keys.
    of("load", 2, 43_800),
    of("session", 2, 44_800),
    of("session_3k", 2, 220_700),
    // For comparison with `session_3k`: builds all values of the same session.
    of("build_3k", 110, 266_500),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [who, call, times] = &arguments[..] {
        let call =
            if who == REPEAT_FLOOR { calls::floor(call).expect("the floor has this call") } else { calls::ours(call) };
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
        held &= executed.is_none_or(|executed| is_held(call, "instructions", executed, instructions));
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn row(label: &str, cells: [String; 3]) {
    let cells: String = cells.iter().map(|cell| format!("{cell:>14}")).collect();
    println!("{label:<28}{cells}");
}

fn is_held(call: &str, what: &str, count: u64, ceiling: u64) -> bool {
    if count > ceiling {
        println!("OVER {call} {what} {count} > {ceiling}");
    }
    count <= ceiling
}
