//! The command reads tokens of Django 1.11 to 6.1 exactly, and writes the same tokens as Django.

mod common;

use common::{Run, unhex, vectors};
use serde_json::Value;

/// Returns the cases with this name in a file. A file may refer to the file of another version with the same cases.
fn cases(prefix: &str, version: &str, name: &str) -> Vec<Value> {
    let Some(file) = vectors(&format!("{prefix}{version}.json")) else { return Vec::new() };
    match &file[name] {
        Value::String(other) => vectors(&format!("{prefix}{other}.json")).unwrap()[name].as_array().unwrap().clone(),
        cases => cases.as_array().unwrap().clone(),
    }
    .into_iter()
    .filter(|case| case["key_hex"].is_null() || is_usable(case))
    .collect()
}

/// Returns whether the key can be in an environment variable, which cannot contain NUL.
fn is_usable(case: &Value) -> bool {
    !key(case).contains(&0)
}

fn text<'c>(case: &'c Value, name: &str) -> &'c str {
    case[name].as_str().unwrap_or_else(|| panic!("{name} of {case}"))
}

fn key(case: &Value) -> Vec<u8> {
    unhex(text(case, "key_hex"))
}

/// Returns the text of `"data"` in the output.
fn data(out: &str) -> &str {
    let start = out.find("\"data\":").unwrap() + "\"data\":".len();
    &out[start..out.find(",\"keys\":").unwrap()]
}

/// Returns whether the JSON is equal. The text of keys may differ, because the command writes them again.
fn same(data: &str, json: &str) -> bool {
    let plain = |text: &str| serde_json::from_str::<Value>(text).ok();
    data == json || plain(data).is_some() && plain(data) == plain(json)
}

/// Returns the time of a case in whole seconds.
fn time(case: &Value) -> String {
    case["time"].as_f64().map_or_else(|| "1700000000".to_owned(), |time| format!("{}", time.floor()))
}

fn read(args: &[&str], case: &Value, token: &str) -> String {
    let time = time(case);
    let args = [&["--json", "--show-secrets", "--time", &time], args].concat();
    let ran = Run::new(&args).key(key(case)).input(token).run();
    // Some sessions have expired by their own _session_expiry.
    assert!([0, 2].contains(&ran.code), "{token}: {}{}", ran.out, ran.err);
    ran.out
}

#[test]
fn sessions() {
    for version in ["3.1", "4.1", "5.2", "6.1"] {
        for case in cases("sessions-", version, "signed_cookie_sessions") {
            let (token, json) = (text(&case, "token"), text(&case, "json"));
            let out = read(&["--kind", "session"], &case, token);
            assert!(same(data(&out), json), "{} for {json}", data(&out));
            let time = time(&case);
            let signed = Run::new(&["sign", "--time", &time]).key(key(&case)).input(json).out();
            // The bytes of a compressed payload depend on the zlib implementation.
            if case["compressed"] == false && !signed.starts_with('.') {
                assert_eq!(signed, token);
            }
            let edited = Run::new(&["edit", "--time", &time]).key(key(&case)).input(token).out();
            assert_eq!(edited, signed, "{json}");
        }
    }
}

#[test]
fn stored() {
    for version in ["1.11", "3.1", "6.1"] {
        for case in cases("sessions-", version, "stored") {
            let (token, json) = (text(&case, "text"), text(&case, "json"));
            let ran =
                Run::new(&["--json", "--show-secrets", "--time", "1700000000"]).key(key(&case)).input(token).run();
            let sha1 = ran.codes().contains(&"sha1".to_owned());
            // Without --kind, a token may also be a stored session. SHA-1 is rejected.
            assert_eq!(ran.code, i32::from(sha1), "{token}: {}", ran.out);
            assert!(same(data(&ran.out), json), "{} for {json}", data(&ran.out));
            let kind = if token.contains(':') { "stored" } else { "legacy" };
            let time = time(&case);
            let signed = Run::new(&["sign", "--kind", kind, "--time", &time]).key(key(&case)).input(json).out();
            if !sha1 && !token.starts_with('.') && !signed.starts_with('.') {
                assert_eq!(signed, token);
            }
        }
    }
}

#[test]
fn objects_and_cookies() {
    for case in cases("django-", "3.1", "dumps") {
        let out = read(&["--kind", "object", "--salt", text(&case, "salt")], &case, text(&case, "token"));
        assert!(same(data(&out), text(&case, "json")), "{out}");
    }
    for case in cases("django-", "5.2", "signed_cookies") {
        let args = ["--kind", "cookie", "--name", text(&case, "name"), "--salt", text(&case, "salt")];
        let out = read(&args, &case, text(&case, "token"));
        let found: Value = serde_json::from_str(data(&out)).unwrap();
        assert_eq!(found, case["value"]);
    }
}

#[test]
fn messages() {
    let Some(file) = vectors("csrf_messages_django52.json").filter(|file| file["messages"].is_array()) else { return };
    for case in file["messages"].as_array().unwrap() {
        let Some(cookie) = case["set_cookie"].as_str() else { continue };
        let ran = Run::new(&["--json", "--time", "1700000000"]).key("moonshot-secret").input(cookie).run();
        assert_eq!((ran.code, ran.json()["kind"].as_str()), (0, Some("messages")), "{}", ran.out);
    }
}

#[test]
fn cached() {
    for case in cases("pickles-", "3.0", "cached_sessions") {
        let pickle = text(&case, "pickle");
        for input in [unhex(pickle), format!("\\x{pickle}").into_bytes()] {
            let ran = Run::new(&["--kind", "cached", "--json", "--show-secrets"]).input(input).run();
            assert_eq!(ran.code, 0, "{pickle}: {}", ran.out);
            match case["json"].as_str() {
                Some(json) => assert!(same(data(&ran.out), &format!("{{\"k\":{json}}}")), "{} for {json}", ran.out),
                None => assert_eq!(ran.json()["unreadable"]["k"], case["type"], "{}", ran.out),
            }
        }
    }
}

#[test]
fn csrf() {
    let Some(file) = vectors("csrf_messages_django42.json") else { return };
    for case in file["masks"].as_array().unwrap().iter().take(10) {
        let unmask = |token: &str| Run::new(&["csrf", "unmask"]).input(token).out();
        let (secret, token) = (text(case, "secret"), text(case, "token"));
        assert_eq!(unmask(token), secret);
        let masked = Run::new(&["csrf", "mask"]).input(format!("csrftoken={secret}")).out();
        assert_eq!((masked.len(), unmask(&masked).as_str()), (64, secret));
    }
    assert_eq!(Run::new(&["csrf", "unmask"]).input("short").run().code, 1);
}
