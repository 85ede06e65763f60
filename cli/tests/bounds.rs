//! Large and random input is answered within a second, and never with a panic.

mod common;

use std::time::{Duration, Instant};

use common::{KEY, Run, signed};

const MB: usize = 1_000_000;

fn answers(input: &[u8], args: &[&str]) {
    let start = Instant::now();
    let ran = Run::new(args).key(KEY).input(input).run();
    let took = start.elapsed();
    assert!([1, 3, 66].contains(&ran.code), "{args:?} {}{}", ran.out, ran.err);
    assert!(took < Duration::from_secs(1), "{took:?} for {args:?}");
    assert!(ran.out.len() < 100_000);
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
    // Just below what is searched.
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
