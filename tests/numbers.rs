//! Numbers in sessions, with JSON and other serializers. `tests/precision` runs these tests with the feature
//! `arbitrary_precision` of `serde_json`, which serializes numbers as maps.
#![cfg(feature = "msgpack")]

mod common;

use common::{Hex, json_of, ring, written};
use django_session::{
    CookieOptions, CookieSessions, DecodeError, EncodeError, JsonSerializer, MessagePackSerializer, Serializer, Session,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

fn sessions<S: Serializer>(serializer: S) -> CookieSessions<S> {
    let options = CookieOptions::builder("sessionid").build().unwrap();
    CookieSessions::new(&ring("secret"), options).with_serializer(serializer)
}

/// Writes the session to a cookie, and returns the session that is read from it.
fn again<S: Serializer>(sessions: &CookieSessions<S>, session: &Session) -> Session {
    sessions.try_load(&written(&sessions.commit(session, 200).unwrap()).unwrap()).unwrap()
}

/// A serializer that uses `serde_json`, as in the documentation of [`Serializer`].
struct SerdeJson;

impl Serializer for SerdeJson {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        serde_json::to_writer(out, value).map_err(|error| EncodeError::Serialize(error.into()))
    }

    fn loads<'de, T: Deserialize<'de>>(&self, data: &'de [u8]) -> Result<T, DecodeError> {
        serde_json::from_slice(data).map_err(|_| DecodeError::Deserialize { reason: "not JSON" })
    }
}

/// Returns values, and the text that Python writes for them.
fn spelled() -> [(Value, &'static str); 12] {
    [
        (json!(0), "0"),
        (json!(i64::MIN), "-9223372036854775808"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!(0.1), "0.1"),
        (json!(-0.0), "-0.0"),
        (json!(100_000.0), "100000.0"),
        (json!(1e16), "1e+16"),
        (json!(1.5e-7), "1.5e-07"),
        (json!(5e-324), "5e-324"),
        (json!(f64::MAX), "1.7976931348623157e+308"),
        (json!([1, 2.5, [1e16]]), "[1,2.5,[1e+16]]"),
        (json!({"a": {"b": 1.5}}), r#"{"a":{"b":1.5}}"#),
    ]
}

#[test]
fn floats_of_32_bits() {
    for (float, json) in [
        (0.1_f32, "0.1"),
        (-0.0, "-0.0"),
        (1e-4, "0.0001"),
        (1e-5, "1e-05"),
        (1e13, "10000000000000.0"),
        (1.5e15, "1500000000000000.0"),
        (1e16, "1e+16"),
        (f32::MAX, "3.4028235e+38"),
        (f32::from_bits(1), "1e-45"),
    ] {
        let mut bytes = Vec::new();
        JsonSerializer.dumps(&float, &mut bytes).unwrap();
        assert_eq!(bytes, json.as_bytes());
    }
}

#[test]
fn values_in_sessions() {
    for (value, json) in spelled() {
        let read: Value = JsonSerializer.loads(json.as_bytes()).unwrap();
        for value in [&value, &read] {
            let mut bytes = Vec::new();
            JsonSerializer.dumps(value, &mut bytes).unwrap();
            assert_eq!(bytes, json.as_bytes());
        }

        let mut session = sessions(JsonSerializer).load(None);
        session.insert("value", &value).unwrap();
        assert_eq!(session.get_json("value"), Some(json));
        for back in [
            again(&sessions(JsonSerializer), &session),
            again(&sessions(MessagePackSerializer), &session),
            again(&sessions(SerdeJson), &session),
        ] {
            assert_eq!(back.get_json("value"), Some(json));
            assert_eq!(back.get("value").unwrap(), Some(read.clone()));
            assert_eq!(back.get::<f64>("value").ok().flatten(), value.as_f64(), "{json}");
        }
    }
}

/// Numbers of any precision keep their digits. Numbers that Python would read as infinite are rejected.
#[test]
fn values_of_any_precision() {
    let has_the_feature = serde_json::from_str::<Value>("1e400").is_ok();
    for text in ["1.10", "123456789012345678901234567890", "-1234567890123456789012345.678901234567890", "1.0e-400"] {
        let value: Value = serde_json::from_str(text).unwrap();
        let mut session = sessions(JsonSerializer).load(None);
        session.insert("value", &value).unwrap();
        let json = session.get_json("value").unwrap();
        assert_eq!(json == text, has_the_feature, "{json}");
        assert_eq!(session.get::<Value>("value").unwrap(), Some(value));
    }
    if let Ok(value) = serde_json::from_str::<Value>("[1e400]") {
        let rejected = sessions(JsonSerializer).load(None).insert("value", value);
        assert!(matches!(rejected, Err(EncodeError::Serialize(_))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn typed_numbers(
        floats in prop::collection::vec(any::<f64>().prop_filter("JSON has no others", |float| float.is_finite()), 0..4),
        signed: i64,
        unsigned: u64,
    ) {
        let values = (floats, [signed], (unsigned,));
        let mut session = sessions(JsonSerializer).load(None);
        session.insert("typed", &values).unwrap();
        session.insert("value", json!(values)).unwrap();
        prop_assert_eq!(session.get_json("typed"), session.get_json("value"));
        for back in [
            again(&sessions(JsonSerializer), &session),
            again(&sessions(MessagePackSerializer), &session),
            again(&sessions(SerdeJson), &session),
        ] {
            prop_assert_eq!(json_of(&back), json_of(&session));
            prop_assert_eq!(back.get("typed").unwrap(), Some(values.clone()));
        }
        let mut bytes = Vec::new();
        MessagePackSerializer.dumps_json(session.get_json("typed").unwrap(), &mut bytes).unwrap();
        prop_assert_eq!(MessagePackSerializer.loads(&bytes), Ok(values));
    }
}

/// Converts JSON text to MessagePack, in hexadecimal, or rejects it.
#[test]
fn json_as_message_pack() {
    for (json, expected) in [
        ("null", "c0"),
        (" true ", "c3"),
        ("-0", "00"),
        ("-1", "ff"),
        ("18446744073709551615", "cfffffffffffffffff"),
        ("-9223372036854775808", "d38000000000000000"),
        ("1.0", "cb3ff0000000000000"),
        ("10E-1", "cb3ff0000000000000"),
        ("-0.0", "cb8000000000000000"),
        (r#""""#, "a0"),
        (r#""\u00e9\ud83d\udd11\n""#, "a7c3a9f09f94910a"),
        ("[]", "90"),
        ("[ 1 , [ 2.5 ] , { } ]", "930191cb400400000000000080"),
        (r#"{"a":1,"a":2}"#, "82a16101a16102"),
        (r#" { "a" : { "b" : [ "c" ] } } "#, "81a16181a16291a163"),
        (r#"{"$serde_json::private::Number":"1"}"#, "81bc2473657264655f6a736f6e3a3a707269766174653a3a4e756d626572a131"),
        ("18446744073709551616", ""),
        ("-9223372036854775809", ""),
        ("1e400", ""),
        ("NaN", ""),
        ("[-Infinity]", ""),
        (r#""\ud800""#, ""),
        (r#"{"\udc00":1}"#, ""),
        ("", ""),
        (" ", ""),
        ("tru", ""),
        ("01", ""),
        ("1.", ""),
        ("+1", ""),
        ("1 2", ""),
        ("[1", ""),
        ("[1,]", ""),
        ("[,1]", ""),
        ("[1}", ""),
        (r#"{"a"}"#, ""),
        (r#"{"a":}"#, ""),
        (r#"{"a":1,}"#, ""),
        ("{1:2}", ""),
        ("\"\n\"", ""),
    ] {
        let mut bytes = Vec::new();
        let done = MessagePackSerializer.dumps_json(json, &mut bytes);
        assert_eq!(done.is_ok(), !expected.is_empty(), "{json}");
        let expected = Hex::try_from(expected.to_owned()).unwrap().0;
        assert!(done.is_err() || bytes == expected, "{json}: {bytes:x?}");
    }
}
