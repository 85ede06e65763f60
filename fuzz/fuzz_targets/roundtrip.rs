//! Every serde value that JSON can represent is read back unchanged from a token, and the token is valid in a cookie.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arbitrary::Arbitrary;
use django_session::{Codec, Compression, MaxAge, TimestampSigner};
use fuzz::json::Json;
use fuzz::{cookies, keys, stamper};
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};

#[derive(Arbitrary, Serialize, Deserialize, Debug, PartialEq)]
struct Newtype(i8);

#[derive(Arbitrary, Serialize, Deserialize, Debug, PartialEq)]
enum Value {
    Unit,
    Float(f64),
    Single(f32),
    Char(char),
    Wide(i128, u128),
    Maybe(Option<Newtype>),
    Keyed(BTreeMap<i16, ()>),
    Fields { text: String, json: Json, bytes: Vec<u8> },
}

static SIGNER: LazyLock<TimestampSigner> = LazyLock::new(|| stamper(&keys(), "salt"));

fuzz_target!(|input: (Vec<Value>, bool)| {
    let (values, compress) = input;
    let codec = Codec::default().with_compression(if compress { Compression::IfSmaller } else { Compression::Never });
    let no_json = |value: &Value| match value {
        Value::Float(float) => !float.is_finite(),
        Value::Single(float) => !float.is_finite(),
        _ => false,
    };
    let signed = SIGNER.sign_object(&values, &codec);
    assert_eq!(signed.is_err(), values.iter().any(no_json));
    let Ok(token) = signed else { return };
    assert!(cookies::is_value(&token));
    let again: Vec<Value> = SIGNER.unsign_object(&token, &codec, MaxAge::Unlimited).unwrap();
    assert_eq!(again, values);
    // Compare tokens too, because -0.0 equals 0.0.
    assert_eq!(SIGNER.sign_object(&again, &codec).unwrap(), token);
});
