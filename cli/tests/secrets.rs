//! No key, no token, no signature and no secret value is ever shown, unless it is asked for; and no key is an argument.

mod common;

use common::{KEY, NOW, OLD_KEY, Run, SECRET_HASH, file, session, signed};

/// Ends of the keys and the values, none of which may be in any output.
fn assert_no_secret(shown: &str, token: &str) {
    let signature = token.rsplit(':').next().unwrap();
    for secret in [&KEY[4..], &OLD_KEY[4..], &SECRET_HASH[8..], &signature[6..], "secret-csrf-value"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn nothing_shows_a_secret() {
    let csrf = session().replacen('{', r#"{"_csrftoken":"abcsecret-csrf-value","#, 1);
    let token = Run::new(&["sign", "--time", NOW]).key(KEY).input(csrf).out();
    let keys = file("keys", format!("{KEY}\n{OLD_KEY}\n"));
    let keys = keys.to_str().unwrap();
    let inputs = [
        token.clone(),
        format!("Cookie: sessionid={token}"),
        token.replace(':', "%3A"),
        token[..token.len() - 5].to_owned(),
        format!("{}x", &token[..token.len() - 1]),
        format!("\"{token}\""),
        signed("stored"),
        format!("abcdefgh|{}|2026-12-09 10:22:05", signed("stored")),
    ];
    for input in &inputs {
        for args in [&["--json"][..], &[]] {
            for command in [&["inspect"][..], &["inspect", "--kind", "stored"], &["inspect", "--kind", "object"]] {
                let args = [command, args, &["--time", NOW, "--key-file", keys]].concat();
                let ran = Run::new(&args).input(input).run();
                assert_no_secret(&(ran.out + &ran.err), &token);
                let ran = Run::new(&[command, &["--json"]].concat()).input(input).run();
                assert_no_secret(&(ran.out + &ran.err), &token);
            }
            let ran = Run::new(&[&["keys", "--key-file", keys, "-"], args].concat()).input(input).run();
            assert_no_secret(&(ran.out + &ran.err), &token);
            let ran = Run::new(&[&["size"], args].concat()).input(input).run();
            assert_no_secret(&(ran.out + &ran.err), &token);
            let ran = Run::new(&["edit", "--key-env", "OLD", "-d", "x"]).env("OLD", OLD_KEY).input(input).run();
            assert_no_secret(&(ran.out + &ran.err), &token);
        }
    }
    let shown = Run::new(&["--show-secrets", "--time", NOW]).key(KEY).input(&token).out();
    assert!(shown.contains(SECRET_HASH) && shown.contains("secret-csrf-value"));
    assert!(!shown.contains(KEY));
}

#[test]
fn an_argument_is_no_token() {
    let token = signed("session");
    for argument in [token.as_str(), &format!("sessionid={token}"), &format!("Cookie: sessionid={token}")] {
        let ran = Run::new(&["inspect", argument]).run();
        assert_eq!(ran.code, 64);
        assert!(ran.err.contains("standard input"), "{}", ran.err);
        assert_no_secret(&(ran.out + &ran.err), &token);
    }
    let key = format!("--key={KEY}");
    let flag = format!("--json={KEY}");
    for args in [
        &["--key", KEY][..],
        &[&key],
        &[&flag],
        &["--kind", KEY],
        &["--time", KEY],
        &["--key-env", KEY],
        &["--key-file", KEY],
        &["sign", "--key-file", KEY],
        &["csrf", &token],
        &["inspect", "Cookie:", &format!("sessionid={token}")],
    ] {
        let ran = Run::new(args).run();
        assert_eq!(ran.code, 64, "{args:?}");
        assert_no_secret(&(ran.out + &ran.err), &token);
    }
    for argument in ["abcdefghij0123456789abcdefghij01", &"aB".repeat(32)] {
        let ran = Run::new(&["csrf", "mask", argument]).run();
        assert!(ran.code == 64 && !ran.err.contains(argument), "{}", ran.err);
    }
    // A path is named.
    let path = "/no/such/folder/with-a-long-name";
    assert!(Run::new(&["--key-file", path]).run().err.contains(path));
    let name = "cookies-of-last-thursday.txt";
    assert!(Run::new(&[name]).run().err.contains(name));
}

#[test]
fn key_files() {
    use std::os::unix::fs::PermissionsExt as _;

    let path = file("open", format!("{OLD_KEY}\r\n\n{KEY}"));
    let inspect =
        || Run::new(&["--json", "--time", NOW, "--key-file", path.to_str().unwrap()]).input(signed("session")).run();
    let ran = inspect();
    assert_eq!((ran.code, ran.json()["key_index"].as_i64(), ran.err.as_str()), (0, Some(1), ""));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(inspect().err.contains("readable by other users"));
}

#[test]
fn a_terminal_is_safe() {
    let evil = Run::new(&["sign", "--kind", "cookie", "--name", "c"]).key(KEY).input("\x1b[2J\u{202e}\u{9b}1m").out();
    for args in [&["--kind", "cookie", "--name", "c"][..], &["--kind", "cookie", "--name", "c", "--json"]] {
        let ran = Run::new(args).key(KEY).input(&evil).run();
        assert_eq!(ran.code, 0, "{}", ran.out);
        assert!(!ran.out.replace('\n', "").chars().any(acts), "{:?}", ran.out);
    }
    let evil = "{\"\\u001b[2J\\u202e\":\"\\u001b]0;x\\u0007\",\"\u{202e}k\":\"\u{9b}1m\u{61c}\u{ad}\u{feff}\"}";
    let token = Run::new(&["sign"]).key(KEY).input(evil).out();
    for args in [&["inspect"][..], &["inspect", "--json"], &["size"], &["size", "--json"]] {
        let out = Run::new(args).key(KEY).input(&token).out();
        assert!(!out.replace('\n', "").chars().any(acts), "{out:?}");
    }
    let header = "Set-Cookie: \x1b[31msession=\u{202e}a:b:c; Path=/";
    let ran = Run::new(&["inspect"]).input(header).run();
    assert!(!(ran.out + &ran.err).replace('\n', "").chars().any(acts));
}

/// Whether a terminal acts on it, or turns the direction of text.
fn acts(char: char) -> bool {
    char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{61c}' | '\u{ad}' | '\u{feff}')
}
