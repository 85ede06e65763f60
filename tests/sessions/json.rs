//! Which texts are accepted as a session, and that the bytes of keys without changes are preserved.

use django_session::{DecodeError, TimestampSigner};
use proptest::prelude::*;

use crate::common::{clock, payload, ring, written};
use crate::{NOW, SALT, sessions, token};

/// Values that no Rust type can represent are preserved exactly when other keys change.
#[test]
fn untouched_keys_come_back_to_the_byte() {
    let odd = concat!(
        r#""big":123456789012345678901234567890123456789012345678901234567890,"floats":[1e+16,1E5,-0,0.10,5e-324],"#,
        r#""nan":[NaN,Infinity,-Infinity],"lone":"\ud800","\ud83d":"\ude00","":"","sl\/ash":"\/","#,
        r#""1":"int","1":"text","deep":[[[[{"a":[{}]}]]]]"#
    );
    let mut session = sessions().load(Some(&token(&format!("{{{odd}}}"), 0.0)));
    assert_eq!(session.rejection(), None);
    session.insert("mine", 1).unwrap();
    let written = written(&sessions().commit(&session, 200).unwrap()).unwrap();
    assert_eq!(payload(&written), format!(r#"{{{odd},"mine":1}}"#));

    assert_eq!(session.get_json("nan"), Some("[NaN,Infinity,-Infinity]"));
    assert!(session.get::<Vec<f64>>("nan").is_err(), "NaN is not JSON to Rust");
    assert_eq!(session.get_json("1"), Some("\"text\""), "of duplicate keys, the last one is used");
    assert_eq!(session.get("sl/ash").unwrap(), Some("/".to_owned()));
    assert!(session.keys().any(|key| key == r"\ud83d"), "no Rust string can represent it, so it is shown as an escape");
}

/// A session that is cut off at any position is rejected.
#[test]
fn sessions_cut_short() {
    let json =
        r#" { "a\u00e9\n" : [ -1.5e-3 , 0 , NaN , Infinity , true , [ ] , { } ] , "b" : { "c" : null , "d" : "" } } "#;
    assert!(sessions().try_load(&token(json, 0.0)).is_ok());
    for end in 0..json.trim_end().len() {
        let refusal = sessions().try_load(&token(&json[..end], 0.0)).map(drop);
        assert_eq!(refusal, Err(DecodeError::Deserialize { reason: "not a JSON object" }), "{}", &json[..end]);
    }
}

#[test]
fn not_a_session() {
    let rejected = |json: &str| sessions().try_load(&token(json, 0.0)).map(drop).expect_err(json);
    let not_an_object = DecodeError::Deserialize { reason: "not a JSON object" };
    for json in [
        "",
        "null",
        "[1]",
        "\"a\"",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":1e}",
        "{\"a\":-}",
        "{\"a\":-NaN}",
        "{\"a\":nan}",
        "{\"a\":tru}",
        "{\"a\":[1}",
        "{\"a\":[1,]}",
        "{\"a\":{\"b\":1]}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":1}x",
        "{\"a\":1}{}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "\u{feff}{}",
    ] {
        assert_eq!(rejected(json), not_an_object, "{json}");
    }
    for json in [
        "{}",
        " { } ",
        "{\"a\" : [ ] ,\t\"b\":\r\n{ } }",
        "{\"a\":-0.5e-3}",
        "{\"a\":\"\\ud800\\/\"}",
        "{\"a\":-Infinity}",
    ] {
        assert!(sessions().try_load(&token(json, 0.0)).is_ok(), "{json}");
    }
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(sessions().try_load(&token(&nested(1024), 0.0)).is_ok());
    assert_eq!(rejected(&nested(1025)), not_an_object);
}

/// For every byte at every position of a string, the scanner agrees with serde_json. It scans several bytes at a time.
#[test]
fn every_byte_at_every_place_of_a_string() {
    for len in [1, 7, 8, 9, 16, 17] {
        for place in 0..len {
            for byte in 0..=u8::MAX {
                let mut text = vec![b'a'; len];
                text[place] = byte;
                let json = [&b"{\"k\":[\""[..], &text, b"\"],\"after\":1}"].concat();
                let payload = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, &json);
                let signer = TimestampSigner::new(&ring("secret"), SALT).unwrap().with_clock(clock(NOW));
                let session = sessions().try_load(&signer.sign(&payload));
                let taken = session.is_ok_and(|session| session.get_json("after") == Some("1"));
                assert_eq!(taken, serde_json::from_slice::<serde_json::Value>(&json).is_ok(), "{byte:#x} at {place}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The scanner accepts what serde_json accepts.
    #[test]
    fn scanning_agrees_with_serde_json(text in r#"[\[\]{}:,"\\ 0-9eE.+\-atrufnls\n]{0,24}"#) {
        let json = format!("{{\"k\":{text}}}");
        let theirs = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&json);
        let ours = sessions().try_load(&token(&json, 0.0));
        match theirs {
            Ok(_) => prop_assert!(ours.is_ok(), "{}", json),
            // Numbers beyond the range of floats and lone surrogates are valid JSON too.
            Err(error) if ours.is_ok() => {
                let message = error.to_string();
                prop_assert!(message.contains("out of range") || message.contains("surrogate"), "{} {}", json, message);
            }
            Err(_) => {}
        }
    }
}
