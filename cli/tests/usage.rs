//! Options that would have no effect, and input that would be signed by mistake, are rejected.

mod common;

use common::{KEY, NOW, OLD_KEY, Run, file, signed};

#[test]
fn options_that_do_nothing() {
    for kind in ["stored", "legacy", "cached", "messages"] {
        for command in ["inspect", "sign"] {
            let ran = Run::new(&[command, "--kind", kind, "--salt", "x"]).key(KEY).input("{}").run();
            assert!(ran.code == 64 && ran.err.contains(&format!("--salt is not for --kind {kind}")), "{}", ran.err);
        }
    }
    for kind in ["cookie", "legacy", "cached"] {
        let ran = Run::new(&["sign", "--kind", kind, "--name", "c", "--compress"]).key(KEY).input("{}").run();
        assert!(ran.code == 64 && ran.err.contains(&format!("--compress is not for --kind {kind}")), "{}", ran.err);
    }
    assert_eq!(Run::new(&["sign", "--kind", "object", "--compress"]).key(KEY).input("[]").run().code, 0);
}

#[test]
fn input_that_is_not_utf_8() {
    for (kind, input) in [("cookie", &b"caf\xe9"[..]), ("session", b"{\"a\":\"\xe9\"}"), ("object", b"[\"\xe9\"]")] {
        let ran = Run::new(&["sign", "--kind", kind, "--name", "c"]).key(KEY).input(input).run();
        assert_eq!((ran.code, ran.out.as_str()), (1, ""));
        assert!(ran.err.contains("input is not UTF-8, from byte"), "{}", ran.err);
    }
}

#[test]
fn fallbacks_do_not_sign() {
    let fallbacks = || format!(r#"["{KEY}"]"#);
    for (args, input) in [(&["sign"][..], "{}".to_owned()), (&["edit", "-s", "a=1"], signed("session"))] {
        let ran = Run::new(args).env("SECRET_KEY_FALLBACKS", fallbacks()).input(&input).run();
        assert_eq!((ran.code, ran.out.as_str()), (64, ""));
        assert!(ran.err.contains("fallbacks do not sign"), "{}", ran.err);
        assert_eq!(Run::new(args).key(OLD_KEY).env("SECRET_KEY_FALLBACKS", fallbacks()).input(&input).run().code, 0);
    }
    // Fallbacks verify.
    let ran = Run::new(&["--time", NOW]).env("SECRET_KEY_FALLBACKS", fallbacks()).input(signed("session")).run();
    assert_eq!(ran.code, 0);
    let ran = Run::new(&["keys"]).env("SECRET_KEY_FALLBACKS", fallbacks()).run();
    assert!(ran.out.contains("characters, verifies; good"), "{}", ran.out);
}

#[test]
fn key_files_have_an_end() {
    let keys = |count: usize| file(&format!("keys-{count}"), format!("{KEY}\n\n").repeat(count));
    let inspect = |count| {
        let path = keys(count);
        Run::new(&["--time", NOW, "--key-file", path.to_str().unwrap()]).input(signed("session")).run()
    };
    assert_eq!(inspect(64).code, 0);
    let ran = inspect(65);
    assert!(ran.code == 64 && ran.err.contains("has more than 64 keys"), "{}", ran.err);
}

/// `keys` says that a server may read another key from the file; the key is still good.
#[test]
fn key_files_with_a_line_break() {
    let path = file("line-break", format!("{KEY}\n"));
    let other = file("no-line-break", OLD_KEY);
    let args = ["keys", "--key-file", other.to_str().unwrap(), "--key-file", path.to_str().unwrap()];
    let shown = Run::new(&args).out();
    let sentence = |file: &str| format!("The key file{file} has a line break before or after the key");
    // Of several files, the sentence names the one with the line break.
    let named = format!("key 2: {}", sentence(&format!(" ({}, line 1)", path.display())));
    assert!(!shown.contains("key 1: ") && shown.contains(&named), "{shown}");
    assert!(shown.contains("Let all servers read it alike. Changing the key of the server that signs"), "{shown}");
    let leading = file("leading-line-break", format!("\n{KEY}"));
    let shown = Run::new(&["keys", "--key-file", leading.to_str().unwrap()]).out();
    assert!(shown.contains(&format!("key 1: {}", sentence(""))), "{shown}");
    let json = Run::new(&[&args[..], &["--json"]].concat()).run().json();
    let removed = |index: usize| json["keys"][index]["line_break_removed"].as_bool();
    assert_eq!((removed(0), removed(1)), (Some(false), Some(true)));
    let environment = Run::new(&["keys", "--json"]).key(format!("{KEY}\n")).run().json();
    let signed = Run::new(&["sign", "--key-file", path.to_str().unwrap()]).input("{}").run();
    assert_eq!(signed.code, 0);
    assert!(signed.err.contains(&sentence("")), "{}", signed.err);
    assert_eq!(environment["keys"][0]["line_break_removed"], false);
}

/// Without `--name`, prefixes of the session's cookie count as its name.
#[test]
fn the_session_among_other_cookies() {
    let token = signed("session");
    for name in ["sessionid", "__Host-sessionid", "__Secure-sessionid"] {
        let header = format!("Cookie: {name}={token}; analytics_session=d:e:f; messages=a:b:c");
        assert_eq!(Run::new(&["inspect", "--time", NOW]).key(KEY).input(header).run().code, 0, "{name}");
    }
}

/// Another cookie does not stand in for the one that `--name` names.
#[test]
fn names_that_are_not_there() {
    let token = signed("session");
    let commands = [&["inspect", "--time", NOW][..], &["inspect", "--json", "--time", NOW], &["size"], &["keys", "-"]];
    let run = |command: &[&str], name: &str, input: &str| {
        Run::new(&[command, &["--name", name]].concat()).key(KEY).input(input).run()
    };
    for command in commands {
        for input in [
            format!("Cookie: theme=dark; sessionid={token}; empty="),
            format!("Set-Cookie: theme=dark; Path=/\nSet-Cookie: sessionid={token}; Path=/"),
            format!("curl -b 'theme=dark; sessionid={token}' http://x/"),
            format!("x.org\tFALSE\t/\tTRUE\t0\ttheme\tdark\nx.org\tFALSE\t/\tTRUE\t0\tsessionid\t{token}"),
            format!("theme=dark; sessionid={token}"),
        ] {
            for name in ["shop_session", "empty"] {
                let ran = run(command, name, &input);
                assert_eq!((ran.code, ran.out.as_str()), (66, ""), "{command:?} {input}");
                let message = "no cookie with a value has the name given by --name; there are: theme, sessionid\n";
                assert!(ran.err.ends_with(message), "{}", ran.err);
            }
            assert_eq!(run(command, "sessionid", &input).code, 0, "{command:?} {input}");
        }
        // A token and a row have no name.
        let row = format!("abcdefgh|{}|2026-12-09 10:22:05", signed("stored"));
        for input in [&token, &row] {
            assert_eq!(run(command, "shop_session", input).code, 0, "{command:?} {input}");
        }
    }
    assert_eq!(run(&["size"], "shop_session", "{}").code, 0);
    // The signature of such a cookie depends on its name.
    let kind = ["--kind", "cookie"];
    let cookie = Run::new(&["sign", "--kind", "cookie", "--name", "c"]).key(KEY).input("hi").out();
    assert_eq!(run(&kind, "c", &format!("Cookie: d={cookie}")).code, 66);
    assert_eq!(run(&kind, "c", &cookie).code, 0);
}

#[test]
fn keys_say_how_they_read_a_token() {
    let help = Run::new(&["keys", "--help"]).out();
    assert!(help.contains("Says which key signed the token in this file; - is standard input"), "{help}");
    assert!(Run::new(&["--help"]).out().contains("64 keys at most"));
    // Without a file, standard input is not read.
    assert_eq!(Run::new(&["keys"]).key(KEY).run().code, 0);
    assert!(Run::new(&["keys", "-"]).key(KEY).input(signed("session")).out().contains("signed this token"));
}
