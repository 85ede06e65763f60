//! Compares the exact output and exit code of commands with the files in `tests/output`. To rewrite the files, run
//! `OUTPUT=write cargo test --test output`.

mod common;

use std::fs;
use std::path::Path;

use common::{KEY, NOW, OLD_KEY, Run, session, signed};

fn check(name: &str, run: Run) {
    let ran = run.run();
    let shown = format!("exit {}\n{}{}", ran.code, ran.out, ran.err);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/output").join(format!("{name}.txt"));
    if std::env::var_os("OUTPUT").is_some() {
        fs::write(&path, &shown).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(shown, expected, "{name}");
}

fn inspect(extra: &[&str]) -> Run {
    Run::new(&[&["inspect", "--time", NOW], extra].concat())
}

#[test]
fn reports() {
    let token = signed("session");
    let header = format!("Cookie: theme=dark; sessionid={token}; csrftoken=x");
    let fallbacks = serde_json::to_string(&[KEY]).unwrap();
    check("verified", inspect(&[]).key(KEY).input(&header));
    check("fallback", inspect(&[]).key(OLD_KEY).env("SECRET_KEY_FALLBACKS", &fallbacks).input(&token));
    check("json", inspect(&["--json"]).key(KEY).input(&header));
    check("json-rejected", inspect(&["--json"]).key("another").input(&header));
    check("not-verified", inspect(&[]).input(&token));
    check("expired", inspect(&["--max-age", "3h"]).key(KEY).input(&token));
    check("rejected", inspect(&[]).key(OLD_KEY).input(&token));
    check("explained", inspect(&[]).key(format!("{KEY}\n")).input(format!("\"{token}\"").replace(':', "%3A")));
    check("session-key", inspect(&[]).key(KEY).input("abcdefghij0123456789abcdefghij01"));
    let row = format!(" 0k3abcdefghijk | {} | 2026-12-09 10:22:05.5+00", signed("stored"));
    check("row", inspect(&[]).key(KEY).input(row));
    let other = format!("Cookie: theme=dark; shop_session={token}");
    check("other-name", inspect(&[]).key(KEY).input(&other));
    let other = format!("Cookie: sessionid=abcdefghij0123456789abcdefghij01; shop_session={token}");
    check("other-cookie", inspect(&[]).key(KEY).input(&other));
    check("legacy", inspect(&[]).key(KEY).input(signed("legacy")));
    check("cached", Run::new(&["inspect", "--kind", "cached"]).input(r#""\x80\x04}\x94\x8c\x01a\x94K\x01s.""#));
}

#[test]
fn commands() {
    check("help", Run::new(&["-h"]));
    check("size", Run::new(&["size"]).input(session()));
    check("size-json", Run::new(&["size", "--json"]).input(signed("session")));
    check("size-over", Run::new(&["size"]).input(format!(r#"{{"rows":"{}","n":1}}"#, noise())));
    check("edit-missing", Run::new(&["edit", "-d", "x"]).key(KEY).input(signed("session")));
    check("keys", Run::new(&["keys"]).key(KEY).env("SECRET_KEY_FALLBACKS", r#"["django-insecure-x","aaaa"]"#));
    check("keys-json", Run::new(&["keys", "--json", "-"]).key("x").input(signed("session")));
}

/// A key and a cookie that Django 5.2.19 signed on 2026-01-01, as in `examples/read_cookie.rs`.
const DJANGO_KEY: &str = "django-insecure-t0ps3cret-f0r-the-readme-0nly-7c1b9e4fd2";
const DJANGO_COOKIE: &str = concat!(
    ".eJxVjs1OwzAQhF8F-Uob-Sd24hy5c-utRdHaXogp2Ci2K1DVd2db9QDSarWa-Wa0ZzZDq8vcCq5zDGxiA9v81Rz4I6arEd4hveX",
    "O51TX6Lor0t3d0j3ngB9Pd_ZfwQJloTRo7QYAB0ogODVYHkagy2tvfJCj8RIwyFcYjEaLwlpUZlCjUaL3TvVUeool1sKmXmyYh7W",
    "yaX9m5diovSJsNecEJfhEEnbLoXGO9uGEBBKfW6KAvLzQcwVLiTnN-P0V1x-iJbdmywXNjvPpNo-3zS6_fdda0w:1vb66i:y9Njc",
    "DXLdLg2UhrXj8limkl9yWdsyxkhHp6oE7O9YTk",
);

/// The output in the READMEs is the actual output.
#[test]
fn readmes() {
    let inspect = || Run::new(&["--time", "1767317400"]).input(format!("Cookie: sessionid={DJANGO_COOKIE}"));
    check("readme", inspect().key(DJANGO_KEY));
    check("readme-why", inspect().key(format!("{DJANGO_KEY}\n")));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = fs::read_to_string(root.join("tests/output/readme.txt")).unwrap();
    let hint = fs::read_to_string(root.join("tests/output/readme-why.txt")).unwrap();
    for readme in ["README.md", "../README.md"] {
        // The published package has no parent folder.
        let Ok(readme) = fs::read_to_string(root.join(readme)) else { continue };
        assert!(readme.contains(output.trim_start_matches("exit 0\n")), "{readme}");
        assert!(readme.contains(&hint[hint.find("why:").unwrap()..]), "{readme}");
    }
}

/// Exit codes 0 and 2 depend on the age as the README describes.
#[test]
fn the_readme_says_for_which_age() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    assert!(
        readme.contains("the age given with `--max-age`, 14 days by default") && readme.contains("`--time SECONDS`")
    );
    let cookie = ["--kind", "cookie", "--name", "c"];
    let code = |sign: &[&str], input: &str, args: &[&str]| {
        let token = Run::new(&[&["sign", "--time", "1000"], sign].concat()).key(KEY).input(input).out();
        Run::new(&[sign, args].concat()).key(KEY).input(token).run().code
    };
    // 14 days and one second later.
    let later = ["--time", "1210601"];
    assert_eq!(code(&[], "{}", &later), 2);
    assert_eq!(code(&[], "{}", &[&later[..], &["--max-age", "30d"]].concat()), 0);
    assert_eq!(code(&[], r#"{"_session_expiry":2000000}"#, &later), 0);
    assert_eq!(code(&cookie, "x", &later), 0);
    assert_eq!(code(&cookie, "x", &[&later[..], &["--max-age", "14d"]].concat()), 2);
}

/// The README lists every code of a hint, and every name in the JSON of `size` and `keys`.
#[test]
fn the_readme_lists_all_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let listed = |name: &str| assert!(readme.contains(&format!("`{name}`")), "{name}");
    let source = |file: &str| fs::read_to_string(root.join("src").join(file)).unwrap();
    let mut codes = 0;
    for file in [
        "commands/inspect.rs",
        "diagnose/form.rs",
        "diagnose/names.rs",
        "diagnose/repair.rs",
        "diagnose/search.rs",
        "keys/slips.rs",
    ] {
        let text = source(file).replace("=> \"key_", "Hint::new(\"key_");
        for code in text.split("Hint::new(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')) {
            listed(code.split('"').next().unwrap());
            codes += 1;
        }
    }
    assert!(codes >= 48, "{codes}");
    let sizes = Run::new(&["size", "--json"]).input("{}").run().json();
    let keys = Run::new(&["keys", "--json"]).key("x").run().json();
    let names = |object: &serde_json::Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for object in [&sizes, &sizes["rules"], &sizes["rules"]["rfc6265"], &sizes["writers"], &keys, &keys["keys"][0]] {
        for name in names(object) {
            listed(&name);
        }
    }
}

/// Text that does not compress.
fn noise() -> String {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[(state >> 26) as usize])
    };
    (0..5000).map(next).collect()
}

#[test]
fn help_fits_a_screen() {
    let help = Run::new(&["-h"]).out();
    assert!(help.lines().count() <= 24, "{help}");
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    assert_eq!(help.split("Examples:").nth(1).unwrap().trim().lines().take(3).count(), 3);
}

#[test]
fn exit_codes_of_misuse() {
    assert_eq!(Run::new(&["--nonsense"]).run().code, 64);
    assert_eq!(Run::new(&["csrf"]).run().code, 64);
    assert_eq!(Run::new(&["sign"]).input("{}").run().code, 64, "it has no key");
    assert_eq!(Run::new(&["--key-env", "NOT_SET"]).input("x").run().code, 64);
    assert_eq!(Run::new(&["--max-age", "soon"]).input("x").run().code, 64);
    assert_eq!(Run::new(&["--kind", "cookie"]).input("x").run().code, 64);
    assert_eq!(Run::new(&[]).run().code, 66);
    assert_eq!(Run::new(&["inspect", "/no/such/file"]).run().code, 66);
    assert_eq!(Run::new(&["--version"]).run().code, 0);
}
