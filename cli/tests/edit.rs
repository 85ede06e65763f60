//! `edit` makes only the requested changes, and reports what it cannot do.

mod common;

use common::{KEY, NOW, Run, signed};
use django_session::{Codec, KeyRing, SecretKey, Signer, TimestampSigner};
use serde_json::{Value, json};

#[test]
fn of_a_name_that_is_not_there() {
    let token = signed("session");
    let edit = |name: &str| {
        let header = format!("Cookie: theme=dark; sessionid={token}; \u{1b}[2J=x; csrftoken=y");
        Run::new(&["edit", "--name", name, "-d", "odd", "--time", NOW]).key(KEY).input(header).run()
    };
    let ran = edit("other");
    assert_eq!((ran.code, ran.out.as_str()), (66, ""));
    assert!(ran.err.contains("there are: theme, sessionid, csrftoken"), "{}", ran.err);
    assert_eq!(edit("sessionid").code, 0);
    // A bare token has no name.
    assert_eq!(Run::new(&["edit", "--name", "other"]).key(KEY).input(&token).run().code, 0);
}

#[test]
fn of_an_expired_token() {
    let edit = |json: &str, args: &[&str]| {
        let token = Run::new(&["sign", "--time", "1000"]).key(KEY).input(json).out();
        let ran = Run::new(&[&["edit", "--time", "1210601"], args].concat()).key(KEY).input(token).run();
        assert_eq!(ran.code, 0);
        let alive = Run::new(&["--time", "1210601"]).key(KEY).input(ran.out).run().code;
        (alive, ran.err)
    };
    let (code, err) = edit("{}", &["-s", "a=1"]);
    assert!(code == 0 && err.contains("warning: the session had expired; the new token is signed now"), "{err}");
    let (code, err) = edit(r#"{"_session_expiry":"1970-01-02T00:00:00+00:00"}"#, &[]);
    assert!(code == 2 && err.contains("the new token has expired too"), "{err}");
    let (code, err) = edit(r#"{"_session_expiry":"1970-01-02T00:00:00+00:00"}"#, &["-d", "_session_expiry"]);
    assert!(code == 0 && err.contains("is signed now"), "{err}");
    let (code, err) = edit(r#"{"_session_expiry":2000000}"#, &[]);
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn of_cache_entries() {
    let edit = |input: &[u8]| Run::new(&["edit", "--kind", "cached", "-s", "b=2"]).input(input).run_bytes();
    // JSON stays JSON, and a pickle stays a pickle.
    assert_eq!(edit(br#"{"a": 1}"#).1, br#"{"a":1,"b":2}"#);
    assert_eq!(edit(b"\x80\x04}\x94\x8c\x01a\x94K\x01s.").1, b"\x80\x04}(\x8c\x01aK\x01\x8c\x01bK\x02u.");
    // The time at which a cache file expires may contain the bytes of a zlib header.
    let file = b"\x80\x04\x95\x0a\0\0\0\0\0\0\0G\x41\xda\xc4\x78\x9c\0\0\0.\
        \x78\x9c\x6b\x60\xa9\x9d\xd2\xc3\x98\x38\xc5\x9b\xb1\x58\x0f\0\x1c\x22\x04\x05";
    for wrapped in [
        &file[..],
        br"\x80047d948c0161944b01732e",
        br#""\x80\x04}\x94\x8c\x01a\x94K\x01s.""#,
        b"gAR9lIwBYZRLAXMu",
        b"eyJhIjoxfQ==",
    ] {
        assert_eq!(Run::new(&["--kind", "cached"]).input(wrapped).run().code, 0);
        let (code, out, err) = edit(wrapped);
        assert!(code == 1 && out.is_empty() && err.contains("pass its bytes alone"), "{err}");
    }
}

#[test]
fn of_an_object_without_a_timestamp() {
    let signer = Signer::new(&KeyRing::new(SecretKey::new(KEY).unwrap()), "shop").unwrap();
    let token = signer.sign_object(&json!({"a": 1}), &Codec::default()).unwrap();
    let edit = ["edit", "--kind", "object", "--salt", "shop", "-s", "b=2"];
    let edited = Run::new(&edit).key(KEY).input(token).out();
    assert_eq!(signer.unsign_object::<Value, _>(edited.trim(), &Codec::default()).unwrap(), json!({"a": 1, "b": 2}));

    let token = TimestampSigner::from(signer).sign_object(&json!({"a": 1}), &Codec::default()).unwrap();
    let edited = Run::new(&edit).key(KEY).input(token).out();
    assert_eq!(edited.split(':').count(), 3);
}

/// `script` of util-linux runs the program in a terminal.
#[cfg(target_os = "linux")]
#[test]
fn of_a_terminal() {
    use std::process::Command;

    let program = env!("CARGO_BIN_EXE_django-session");
    let typed = format!("echo '{{}}' | {program} sign --kind cached; echo code $?");
    let Ok(output) = Command::new("script").args(["-qec", &typed, "/dev/null"]).output() else { return };
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("a pickle is not text") && shown.contains("code 64"), "{shown}");
}
