//! `size` shows the lengths of the tokens that Django and this crate write.

mod common;

use common::{KEY, Run};
use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
use serde_json::Value;

fn sizes(json: &str, args: &[&str]) -> Value {
    Run::new(&[&["size", "--json"], args].concat()).input(json).run().json()
}

fn lengths(sizes: &Value, writer: &str) -> (u64, u64) {
    let writer = &sizes["writers"][writer];
    (writer["payload_bytes"].as_u64().unwrap(), writer["bytes"].as_u64().unwrap())
}

/// Both compress a session if that is shorter, but this crate only from 512 bytes on.
#[test]
fn of_both_writers() {
    let keys = KeyRing::new(SecretKey::new(KEY).unwrap());
    let sessions = CookieSessions::new(&keys, CookieOptions::default());
    // 100 bytes of JSON are 134 characters; 511 are 682.
    for (len, compressed_here) in [(100, false), (511, false), (512, true), (900, true)] {
        let json = format!(r#"{{"k":"{}"}}"#, "a".repeat(len - 8));
        let sizes = sizes(&json, &[]);
        let (django, here) = (lengths(&sizes, "django"), lengths(&sizes, "this_crate"));
        let token = Run::new(&["sign"]).key(KEY).input(&json).out();
        assert_eq!(django.1, token.len() as u64, "`sign` writes as Django does");
        let mut session = sessions.load(None);
        session.insert("k", "a".repeat(len - 8)).unwrap();
        let cookie = sessions.commit(&session, 200).unwrap().set_cookie.unwrap();
        assert_eq!(here.1, cookie.value().len() as u64);
        let base64 = (len as u64 * 4).div_ceil(3);
        assert_eq!(sizes["base64_bytes"], base64);
        assert!(django.0 < base64);
        assert_eq!(here == django, compressed_here, "{len}");
        if !compressed_here {
            assert_eq!(here, (base64, base64 + 51));
            assert_eq!(sizes["writers"]["this_crate"]["rules"]["rfc6265bis"]["used"], base64 + 51 + 9);
        }
        assert_eq!(sizes["bytes"], django.1);
    }
    // For stored sessions, the crate compresses as Django does.
    let json = format!(r#"{{"k":"{}"}}"#, "a".repeat(92));
    let sizes = sizes(&json, &["--kind", "stored"]);
    assert_eq!(lengths(&sizes, "django"), lengths(&sizes, "this_crate"));
}

#[test]
fn both_are_shown_where_they_differ() {
    let out = |len: usize| Run::new(&["size"]).input(format!(r#"{{"k":"{}"}}"#, "a".repeat(len))).out();
    assert!(out(300).contains("Django, which") && out(300).contains("This crate, which"), "{}", out(300));
    assert!(!out(600).contains("This crate, which"), "{}", out(600));
}

/// The bytes of all keys, the commas and the braces are those of the JSON that is written.
#[test]
fn keys_are_counted_as_they_are_written() {
    let json = r#"{"größe":1,"a":"é"}"#;
    let sizes = sizes(json, &[]);
    assert_eq!(sizes["keys"], serde_json::json!({"größe": {"bytes": 19}, "a": {"bytes": 12}}));
    assert_eq!(sizes["json_bytes"], 19 + 12 + ",{}".len());
    let token = Run::new(&["sign"]).key(KEY).input(json).out();
    let inspected = Run::new(&["--json"]).key(KEY).input(token).run().json();
    assert_eq!(inspected["keys"]["größe"]["bytes"], 19);
}
