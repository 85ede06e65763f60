//! Lets valgrind follow the secret key, and counts the jumps and addresses that depend on it or on the expected
//! signature.
//!
//! `valgrind taint [NAME]`, with the name of a case; by default all cases. The exit code is 0 if all results are as
//! expected.

use std::process::ExitCode;

use timing::case::{CASES, Case, Role};
use timing::forgery::{Class, forge};
use timing::random::Random;
use timing::valgrind;

fn main() -> ExitCode {
    if !valgrind::is_there() {
        eprintln!("to be run by valgrind");
        return ExitCode::FAILURE;
    }
    let chosen = std::env::args().nth(1);
    let mut random = Random::from_system();
    let mut held = true;
    println!("{:<26}{}  reports of valgrind", "", Class::ALL.map(|class| format!("{:>18}", class.name())).concat());
    for case in CASES.iter().filter(|case| chosen.as_ref().is_none_or(|name| name == case.name)) {
        let reports = Class::ALL.map(|class| reports(case, class, &mut random));
        let right = judge(&case.role, reports);
        held &= right;
        let verdict = if right { "as it must be" } else { "WRONG" };
        println!("{:<26}{}  {verdict}", case.name, reports.map(|count| format!("{count:>18}")).concat());
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns how many jumps and addresses depend on a secret, from creating a verifier of the key to its result.
fn reports(case: &Case, class: Class, random: &mut Random) -> u32 {
    let (key, message) = (random.text(32), random.text(50));
    let (signer, other) = ((case.make)(key.as_bytes()), (case.make)(random.text(32).as_bytes()));
    // Signed while the key is not marked as secret yet, because anyone who presents a text knows the text.
    let text = forge(class, &message, &*signer, &*other, random);

    valgrind::taint(key.as_bytes());
    // For `SessionAuth`, this is the hash of a password. For the others, it is a part of the text.
    valgrind::taint(message.as_bytes());
    let before = valgrind::reports();
    let mut subject = (case.make)(key.as_bytes());
    subject.present(&message, &text);
    let mut accepted = subject.verify();
    let reports = valgrind::reports() - before;

    valgrind::untaint(&mut accepted);
    assert_eq!(accepted, class == Class::Valid);
    reports
}

/// Checks the counts. Each key takes one jump when it is created, and each compared tag takes one or two, to accept or
/// reject it. A comparison that stops early takes more jumps the more bytes are right. A table look-up with secret
/// bytes is counted too.
fn judge(role: &Role, [valid, refused @ ..]: [u32; 4]) -> bool {
    match *role {
        Role::Ours { keys, jumps } => valid == keys + jumps && refused == [keys + keys * jumps; 3],
        Role::Comparison => valid == 0 && refused == [0; 3],
        Role::Control => valid > 1,
    }
}
