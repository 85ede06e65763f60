//! Keys, tokens, signatures and secret values are never shown, except secret values with `--show-secrets`. Keys are not
//! accepted as arguments.

mod common;

use common::{KEY, NOW, OLD_KEY, Run, SECRET_HASH, file, session, signed};

/// Asserts that the output contains no part of a key or a secret value.
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
}

/// Error messages do not repeat a key that was passed as an argument, even if it has slashes, is short, or starts with
/// a hyphen.
#[test]
fn an_argument_is_not_repeated() {
    let folder = file("folder", "").parent().unwrap().to_str().unwrap().to_owned();
    for key in [
        "dGhlL2tleS9vZi90aGUvc2l0ZQ/k3y+base64/withSlashes==",
        "/dGhlL2tleS9vZi90aGUvc2l0ZQ/k3y.base/64",
        "s3cr3t-k3y",
        "-s3cr3t-k3y",
        "--s3cr3t-k3y",
        "s3cr3t/k3y.txt",
        "s3cr3t=k3y",
        "s3cr3t k3y",
        &format!("{folder}/s3cr3t-k3y"),
    ] {
        for args in [
            &["--key-file", key][..],
            &["--key-file", "/dev/null", "--key-file", key],
            &["--key-env", key],
            &["--kind", key],
            &["--max-age", key],
            &["--time", key],
            &["--name", key, "--kind", key],
            &[key],
            &["inspect", key],
            &["inspect", "a", key],
            &["sign", "--key-file", key],
            &["sign", "--salt", key, key],
            &["edit", "-s", key],
            &["edit", "-d", key],
            &["csrf", key],
            &["csrf", "mask", key],
            &["csrf", "mask", "--", key],
            &["page", key],
            &["keys", key],
            &[&format!("--kind={key}")],
            &[&format!("--json={key}")],
        ] {
            let ran = Run::new(args).env("SECRET_KEY", KEY).input(signed("session")).run();
            assert!([1, 64, 66].contains(&ran.code), "{args:?} {}{}", ran.out, ran.err);
            for part in ["k3y", "dGhl"] {
                assert!(!ran.err.contains(part) && !ran.out.contains(part), "{args:?} {}{}", ran.out, ran.err);
            }
        }
    }
    // The messages that are shown instead.
    let err = |args: &[&str]| Run::new(args).key(KEY).input(signed("session")).run().err;
    assert!(err(&["--key-file", "/no/such/file"]).contains("--key-file 1 cannot be read: No such file"));
    assert!(err(&["/no/such/file"]).contains("input file cannot be opened: No such file"));
    assert!(err(&["--key-env", "NOT_SET"]).contains("--key-env 1 names an environment variable that is not set"));
    let empty = Run::new(&["--key-env", "EMPTY"]).env("EMPTY", " ").run();
    assert!(empty.code == 64 && empty.err.contains("--key-env 1 names an environment variable that is empty"));
    assert!(err(&["--kind", "sesion"]).contains("--kind <KIND>\n  possible values: session, stored"));
    assert!(err(&["--key", "x"]).contains("tip: there is --key-"));
    assert!(err(&["edit", "-d", "x"]).contains("it has _auth_user_id, _auth_user_backend"));
    assert!(err(&["edit", "-s", "a=1", "-s", "b=x"]).contains("value of --set 2 is not JSON"));
}

/// Secret values are cut in dicts and lists at any depth, and nothing else changes.
#[test]
fn secrets_below_the_top() {
    let secret = "abcdefsecret-csrf-value";
    let json = format!(
        r#"{{"a":[1,{{"_csrftoken" : "{secret}","b":"\\\",_csrftoken\":1"}}],"_auth_user_hash":{{"x":["{secret}",{{}}]}},"c":{{"\u005fcsrftoken":["{secret}"],"d":1.50}},"e":"_csrftoken","_password_reset_token":"{secret}"}}"#
    );
    let cut = r#"{"a":[1,{"_csrftoken":"abcdef…","b":"\\\",_csrftoken\":1"}],"_auth_user_hash":"x…","c":{"\u005fcsrftoken":"abcd…","d":1.50},"e":"_csrftoken","_password_reset_token":"abcdef…"}"#;
    let token = Run::new(&["sign", "--time", NOW]).key(KEY).input(&json).out();
    let object = Run::new(&["sign", "--kind", "object", "--time", NOW]).key(KEY).input(format!("[{json}]")).out();
    for (token, kind, cut) in [(&token, "session", cut.to_owned()), (&object, "object", format!("[{cut}]"))] {
        for args in [&["--time", NOW, "--kind", kind, "--json"][..], &["--time", NOW, "--kind", kind]] {
            let shown = Run::new(args).key(KEY).input(token).out();
            assert!(!shown.contains("secret-csrf-value"), "{shown}");
            assert!(!args.contains(&"--json") || shown.contains(&format!("\"data\":{cut}")), "{shown}");
            let shown = Run::new(&[args, &["--show-secrets"]].concat()).key(KEY).input(token).out();
            assert_eq!(shown.matches("secret-csrf-value").count(), 4, "{shown}");
        }
    }
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
    // Names in error messages are escaped too.
    let ran = Run::new(&["edit", "-d", "missing"]).key(KEY).input(&token).run();
    assert!(ran.err.contains("\\u001b[2J\\u202e"), "{}", ran.err);
    assert!(!ran.err.replace('\n', "").chars().any(acts), "{:?}", ran.err);
    let path = file("\x1b[31m\u{202e}", format!("{KEY}\n").repeat(65));
    let ran = Run::new(&["--key-file", path.to_str().unwrap()]).input(&token).run();
    assert!(ran.err.contains("has more than 64 keys") && !ran.err.replace('\n', "").chars().any(acts), "{:?}", ran.err);
    let header = "Set-Cookie: \x1b[31msession=\u{202e}a:b:c; Path=/";
    let ran = Run::new(&["inspect"]).input(header).run();
    assert!(!(ran.out + &ran.err).replace('\n', "").chars().any(acts));
}

/// Returns whether a terminal interprets the character, or it changes the direction of text.
fn acts(char: char) -> bool {
    char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{61c}' | '\u{ad}' | '\u{feff}')
}
