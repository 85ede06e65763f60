//! The MessagePack serializer, through the same paths as JSON. Feature `msgpack`.
#![cfg(feature = "msgpack")]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::json::{Json, any_json};
use common::{clock, json_of, ring, written};
use django_session::{
    Codec, Compression, CookieOptions, CookieSessions, DecodeError, EncodeError, MaxAge, MessagePackSerializer,
    Serializer, TimestampSigner,
};
use proptest::prelude::*;

const SALT: &str = "django.contrib.sessions.backends.signed_cookies";
const NOW: f64 = 1_700_000_000.0;

#[test]
fn another_serializer_sees_ordinary_data() {
    let options = CookieOptions::builder("sessionid").build().unwrap();
    let sessions =
        CookieSessions::new(&ring("secret"), options).with_serializer(MessagePackSerializer).with_clock(clock(NOW));
    let mut session = sessions.load(None);
    session.extend([("b", Json::Int(1)), ("a", Json::Array(vec![Json::Float(1.5), Json::Null, "é".into()]))]).unwrap();
    let token = written(&sessions.commit(&session, 200).unwrap()).unwrap();
    assert_eq!(json_of(&sessions.try_load(&token).unwrap()), json_of(&session));

    let signer = TimestampSigner::new(&ring("secret"), SALT).unwrap().with_clock(clock(NOW));
    let codec = Codec::new(MessagePackSerializer).with_compression(Compression::IfSmaller);
    let plain: BTreeMap<String, Json> = signer.unsign_object(&token, &codec, Duration::from_secs(1)).unwrap();
    assert_eq!(plain["b"], Json::Int(1));

    // Values that JSON cannot represent would change when they are written back.
    let token_of = |data: &[u8]| signer.sign(&base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, data));
    let lossy = DecodeError::Deserialize { reason: "value does not survive conversion to JSON and back" };
    for map in [
        &b"\x81\xa1a\xc4\x01\xff"[..],    // {"a": bytes}
        b"\x81\x07\xa1a",                 // {7: "a"}
        b"\x81\xa1a\xca\x3f\xc0\x00\x00", // {"a": 1.5 in 32 bits}
        b"\x81\xa1a\xcd\x00\x01",         // {"a": 1 in 16 bits}
    ] {
        assert_eq!(sessions.try_load(&token_of(map)).map(drop), Err(lossy), "{map:x?}");
    }

    // Text that looks like a wide integer is text.
    let texts =
        ["123456789012345678901234567890", "\"123456789012345678901234567890,", "\\\"[123456789012345678901234567890"];
    session.insert("texts", texts).unwrap();
    assert!(sessions.commit(&session, 200).is_ok());

    session.insert("wide", u128::MAX).unwrap();
    let EncodeError::Serialize(reason) = sessions.commit(&session, 200).unwrap_err() else { panic!() };
    let reason = reason.to_string();
    assert!(reason.contains("only JSON can represent integers of more than 64 bits"), "{reason}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// MessagePack rejects integers of more than 64 bits. Text stays text, even if it looks like such an integer.
    #[test]
    fn sessions_with_integers(
        texts in prop::collection::vec(r#"(["\\,-]|[0-9]{20}){0,6}"#, 0..6),
        int in prop_oneof![any::<i128>(), any::<i64>().prop_map(i128::from), any::<u64>().prop_map(i128::from)],
    ) {
        let options = CookieOptions::builder("sessionid").build().unwrap();
        let sessions = CookieSessions::new(&ring("secret"), options).with_serializer(MessagePackSerializer);
        let mut session = sessions.load(None);
        session.insert("texts", &texts).unwrap();
        session.insert("int", Json::Int(int)).unwrap();
        let commit = sessions.commit(&session, 200);
        prop_assert_eq!(commit.is_ok(), i64::try_from(int).is_ok() || u64::try_from(int).is_ok());
        if let Ok(commit) = commit {
            let again = sessions.try_load(&written(&commit).unwrap()).unwrap();
            prop_assert_eq!(json_of(&again), json_of(&session));
        }
    }

    #[test]
    fn message_pack_is_a_serializer_like_another(value in any_json(), trailing in any::<u8>()) {
        let signer = TimestampSigner::new(&ring("secret"), "salt").unwrap();
        let codec = Codec::new(MessagePackSerializer).with_compression(Compression::IfSmaller);
        let token = signer.sign_object(&value, &codec).unwrap();
        prop_assert_eq!(&signer.unsign_object::<Json, _>(&token, &codec, MaxAge::Unlimited).unwrap(), &value);

        let mut bytes = Vec::new();
        MessagePackSerializer.dumps(&value, &mut bytes).unwrap();
        bytes.push(trailing);
        let rejected = MessagePackSerializer.loads::<Json>(&bytes);
        prop_assert_eq!(rejected, Err(DecodeError::Deserialize { reason: "trailing bytes after the value" }));
    }
}

/// A map that looks like a number of `serde_json` stays a map, because a visitor may have sent it as JSON.
#[test]
fn maps_that_look_like_numbers() {
    let sessions = CookieSessions::new(&ring("secret"), CookieOptions::default());
    let sessions = sessions.with_serializer(MessagePackSerializer);
    for json in [r#"{"$serde_json::private::Number":"1"}"#, r#"[{"$serde_json::private::Number":"1.5"}]"#] {
        let mut session = sessions.load(None);
        session.insert("draft", serde_json::value::RawValue::from_string(json.to_owned()).unwrap()).unwrap();
        let again = sessions.try_load(&written(&sessions.commit(&session, 200).unwrap()).unwrap()).unwrap();
        assert_eq!(again.get_json("draft"), Some(json));
    }
}

/// The nesting limit is the same as for JSON. Deeper values get an error and do not overflow the stack.
#[test]
fn nesting() {
    let signer = TimestampSigner::new(&ring("secret"), SALT).unwrap().with_clock(clock(NOW));
    let options = CookieOptions::builder("sessionid").build().unwrap();
    let sessions =
        CookieSessions::new(&ring("secret"), options).with_serializer(MessagePackSerializer).with_clock(clock(NOW));
    for depth in [1, 126, 127, 128, 129, 1000, 1023, 1025, 6000] {
        let nested = [&b"\x91".repeat(depth)[..], b"\xc0"].concat();
        let read = MessagePackSerializer.loads::<Json>(&nested);
        assert_eq!(read.is_ok(), depth < 128, "{depth}");
        let map = [&b"\x81\xa1a"[..], &nested].concat();
        let token = signer.sign(&base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, map));
        assert_eq!(sessions.try_load(&token).is_ok(), depth < 127, "{depth}");

        // A value that could not be read is not written.
        let mut session = sessions.load(None);
        let json = format!("{}null{}", "[".repeat(depth), "]".repeat(depth));
        if session.insert("a", serde_json::value::RawValue::from_string(json).unwrap()).is_ok() {
            assert_eq!(sessions.commit(&session, 200).is_ok(), depth < 127, "{depth}");
        }
    }
}
