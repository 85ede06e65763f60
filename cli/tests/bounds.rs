//! The command handles large and random input within a second and without a panic.

mod common;

use std::time::{Duration, Instant};

use common::{KEY, Ran, Run, signed};

const MB: usize = 1_000_000;

#[track_caller]
fn answers(input: &[u8], args: &[&str]) {
    let ran = within(Duration::from_secs(1), || Run::new(args).key(KEY).input(input));
    assert!([1, 3, 66].contains(&ran.code), "{args:?} {}{}", ran.out, ran.err);
    assert!(ran.out.len() < 100_000);
}

/// Runs the command up to four times, and returns the first run that ends within the limit. On a busy machine, a run
/// may wait for the processor.
#[track_caller]
fn within(limit: Duration, run: impl Fn() -> Run) -> Ran {
    let attempt = |_| {
        let start = Instant::now();
        let ran = run().run();
        (start.elapsed() < limit).then_some(ran)
    };
    (0..4).find_map(attempt).expect("the command takes too long")
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[4]
    };
    (0..len).map(next).collect()
}

#[test]
fn ten_megabytes_of_garbage() {
    let repeated = |text: &str, len: usize| text.repeat(len / text.len()).into_bytes();
    for input in [
        noise(10 * MB),
        repeated("a", 10 * MB),
        repeated(":", 10 * MB),
        repeated("Cookie: a=b\n", 10 * MB),
        repeated("%3A\n", 10 * MB),
        [b"\x80\x04".as_slice(), &noise(10 * MB)].concat(),
    ] {
        answers(&input, &["--json"]);
        answers(&input, &["--kind", "cached"]);
        answers(&input, &["size"]);
        answers(&input, &["edit"]);
    }
    // Inputs just below the limit up to which a text is searched.
    for text in [
        "a",
        "a:",
        "Cookie: a=b\n",
        "-b 'a=b' cookie:",
        "%3A",
        "sessionid=x;",
        "a\tTRUE\t/\tTRUE\t0\tn\tv\n",
        "{\"a\":",
    ] {
        answers(&repeated(text, 2 * MB), &["--json"]);
    }
}

/// A token that is too long is rejected with a key and without one.
#[test]
fn tokens_that_are_too_long() {
    let token = format!("{}:1vb66i:{}", "a".repeat(3 * MB), "b".repeat(43));
    for run in [Run::new(&["--json"]), Run::new(&["--json"]).key(KEY)] {
        let ran = run.input(&token).run();
        assert_eq!((ran.code, ran.codes()), (1, vec!["too_long".to_owned()]), "{}", ran.err);
    }
}

#[test]
fn small_garbage() {
    let token = signed("session");
    for len in 0..200 {
        let input = noise(len);
        for args in [&["--json"][..], &["--kind", "cached"], &["--kind", "legacy"], &["size"], &["csrf", "unmask"]] {
            let ran = Run::new(args).key(KEY).input(&input).run();
            assert!([0, 1, 66].contains(&ran.code), "{len} {args:?} {}{}", ran.out, ran.err);
        }
        if let Some(start) = token.get(..len).filter(|start| !start.is_empty()) {
            assert_eq!(Run::new(&["--json"]).key(KEY).input(start).run().code, 1);
        }
    }
}

/// Small inputs that could take much longer to process than to read.
#[test]
fn small_input_of_much_work() {
    let signature = "KFdskw_qrFqPTQw9KJtisVIQvEIh54SG5OHoFzALqhc";
    let cookies = |count| format!("Cookie: sessionid=eyJhIjoxfQ:1xXZhN:{signature}\n").repeat(count);
    answers(cookies(20_000).as_bytes(), &["--json"]);
    answers(cookies(20_000).replace("session", "").as_bytes(), &["--json"]);
    // More than a megabyte of keys in one session.
    let keys: Vec<_> = (0..120_000).map(|number| format!("\"{number}\":1")).collect();
    let token = Run::new(&["sign"]).key("another").input(format!("{{{}}}", keys.join(","))).out();
    for args in [&["--json"][..], &[]] {
        let ran = within(Duration::from_secs(2), || Run::new(args).key(KEY).input(&token));
        assert_eq!(ran.code, 1);
    }
}

#[test]
fn a_pickle_of_many_bytes() {
    let values: Vec<u8> =
        (0..32_000).flat_map(|n| [b"\x8c\x06k", format!("{n:05}").as_bytes(), b"C\x01x"].concat()).collect();
    let pickle = [b"\x80\x04}(", values.as_slice(), b"u."].concat();
    let ran = within(Duration::from_secs(2), || Run::new(&["--kind", "cached", "--json"]).input(&pickle));
    assert_eq!((ran.code, ran.json()["unreadable"]["k00000"].as_str()), (0, Some("bytes")));
    assert_eq!(ran.json()["unreadable"].as_object().unwrap().len(), 32_000);
}

/// The limit on input bounds the memory.
#[test]
fn endless_input() {
    let zeros = ["/dev/zero"];
    for command in ["inspect", "sign", "edit", "size", "keys"] {
        let ran = Run::new(&[&[command][..], &zeros].concat()).key(KEY).run();
        assert!(ran.code == 66 && ran.err.contains("more than 16777216 bytes"), "{command} {}", ran.err);
    }
    let ran = Run::new(&["csrf", "mask", "/dev/zero"]).run();
    assert_eq!(ran.code, 66);
    let ran = Run::new(&["--key-file", "/dev/zero"]).input("x").run();
    assert!(ran.code == 64 && ran.err.contains("more than 65536 bytes"), "{}", ran.err);
}

/// The program does not panic if the output is full.
#[test]
fn output_that_fails() {
    use std::fs::OpenOptions;
    use std::process::{Command, Stdio};

    let full = || Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap());
    for (args, code) in [(&["page"][..], 0), (&["/no/such/file"], 66), (&["--nonsense"], 64), (&["--help"], 0)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_django-session"));
        let status = command.args(args).stdin(Stdio::null()).stdout(full()).stderr(full()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{args:?}");
    }
}
