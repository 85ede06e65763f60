//! Counts instructions by running this program in valgrind's callgrind.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::calls::Call;

/// Arguments with which this program only repeats a call. They are followed by the name of the call and the number of
/// times.
pub const REPEAT_OURS: &str = "--repeat-ours";
pub const REPEAT_FLOOR: &str = "--repeat-floor";

const CALLS: u64 = 300;

/// Prevents glibc from clearing memory with `rep stosb`, which valgrind counts once per byte.
const TUNABLES: (&str, &str) = ("GLIBC_TUNABLES", "glibc.cpu.x86_rep_stosb_threshold=1000000000");

pub fn repeat(mut call: Call, times: u64) {
    for _ in 0..times {
        call();
    }
}

pub fn valgrind_is_there() -> bool {
    Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Returns the instructions per call: the difference between a number of calls and twice that number.
pub fn count(who: &str, name: &str) -> u64 {
    (total(who, name, 2 * CALLS) - total(who, name, CALLS)) / CALLS
}

fn total(who: &str, name: &str, times: u64) -> u64 {
    let report = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("callgrind-{}", std::process::id()));
    let mut out_file = OsString::from("--callgrind-out-file=");
    out_file.push(&report);
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(out_file)
        .arg(std::env::current_exe().expect("this program"))
        .args([who, name, &times.to_string()])
        .env(TUNABLES.0, TUNABLES.1)
        .status();
    assert!(status.is_ok_and(|status| status.success()), "valgrind runs {name}");
    let text = std::fs::read_to_string(&report).expect("callgrind's report");
    std::fs::remove_file(&report).expect("callgrind's report");
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    total.expect("callgrind's total").trim().parse().expect("one number")
}
