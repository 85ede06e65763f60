//! Properties that hold for every value, key, salt and time.

mod common;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use common::json::{Json, any_json};
use common::{clock, key, ring};
use django_session::{Algorithm, Codec, Compression, MaxAge, Separator, Signer, TimestampSigner, dumps, loads};
use proptest::prelude::*;
use serde::Serialize;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..100)
}

/// Generates keys. A key of only white space is not valid.
fn secrets() -> impl Strategy<Value = Vec<u8>> {
    bytes().prop_filter("a key", |secret| !secret.trim_ascii().is_empty())
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    prop_oneof![Just(Algorithm::Sha224), Just(Algorithm::Sha256), Just(Algorithm::Sha384), Just(Algorithm::Sha512)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn unsign_undoes_sign(secret in secrets(), salt in bytes(), algorithm in algorithms(), value in any::<String>()) {
        let signer = Signer::new(&ring(secret), salt).unwrap().with_algorithm(algorithm);
        let token = signer.sign(&value);
        prop_assert_eq!(signer.unsign(&token).unwrap().as_str(), value);
    }

    #[test]
    fn nothing_else_is_accepted(text in any::<String>(), token in "[A-Za-z0-9_-]{0,20}(:[A-Za-z0-9_-]{0,50}){0,3}") {
        let keys = ring("secret").with_fallback(key("old"));
        prop_assert!(Signer::new(&keys, "salt").unwrap().unsign(&text).is_err());
        prop_assert!(Signer::new(&keys, "salt").unwrap().unsign(&token).is_err());
        prop_assert!(TimestampSigner::for_cookie_or_legacy(&keys, "a", "b").unsign(&token, MaxAge::Unlimited).is_err());
    }

    #[test]
    fn other_key_other_salt(a in secrets(), b in secrets(), value in any::<String>()) {
        prop_assume!(a != b);
        let token = Signer::new(&ring(&a), "salt").unwrap().sign(&value);
        prop_assert!(Signer::new(&ring(&b), "salt").unwrap().unsign(&token).is_err());
        let token = Signer::new(&ring("secret"), &a).unwrap().sign(&value);
        prop_assert!(Signer::new(&ring("secret"), &b).unwrap().unsign(&token).is_err());
    }

    #[test]
    fn any_safe_separator_works(sep in any::<String>(), value in any::<String>()) {
        let Ok(sep) = Separator::new(sep) else { return Ok(()) };
        let signer = Signer::new(&ring("secret"), "salt").unwrap().with_sep(sep);
        let signer = TimestampSigner::from(signer).with_clock(clock(1e9));
        let verified = signer.sign(&value);
        prop_assert_eq!(signer.unsign(&verified, Duration::ZERO).unwrap().as_str(), value);
    }

    #[test]
    fn age_is_counted_to_the_fraction(signed in -1e12..1e12, waited in 0.0..1e9, limit in 0..1_000_000_000_u32) {
        let signer = TimestampSigner::new(&ring("secret"), "salt").unwrap().with_clock(clock(signed));
        let token = signer.sign("value");
        let at = signer.unsign(&token, MaxAge::Unlimited).unwrap().timestamp().unwrap();
        let now = common::moment(signed) + Duration::from_secs_f64(waited);
        let limit = Duration::from_secs(limit.into());
        let accepted = signer.with_clock(django_session::Clock::fixed(now)).unsign(&token, limit).is_ok();
        prop_assert_eq!(accepted, at.age(now).map_or(true, |age| age <= limit));
    }

    #[test]
    fn decode_undoes_encode(value in any_json()) {
        let signer = Signer::new(&ring("secret"), "salt").unwrap();
        for compression in [Compression::Never, Compression::IfLarge, Compression::IfSmaller] {
            let codec = Codec::default().with_compression(compression);
            let payload = codec.encode(&value).unwrap();
            prop_assert!(payload.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
            let token = signer.sign_object(&value, &codec).unwrap();
            prop_assert_eq!(&token, &signer.sign(&payload));
            prop_assert_eq!(&signer.unsign_object::<Json, _>(&token, &codec).unwrap(), &value);
            let mut buffer = b"whatever it holds".to_vec();
            prop_assert_eq!(&codec.decode_borrowed::<Json>(signer.unsign(&token).unwrap(), &mut buffer).unwrap(), &value);
        }
        let token = dumps(&value, &ring("secret"), "salt").unwrap();
        prop_assert_eq!(loads::<Json>(&token, &ring("secret"), "salt", Duration::from_secs(60)).unwrap(), value);
    }

    #[test]
    fn compression_never_makes_longer(value in any_json()) {
        let raw = Codec::default().encode(&value).unwrap();
        let by = |compression| Codec::default().with_compression(compression).encode(&value).unwrap();
        let compressed = by(Compression::IfSmaller);
        prop_assert!(compressed.len() <= raw.len());
        let if_large = by(Compression::IfLarge);
        let is_large = raw.len() >= 683; // 512 bytes in base64
        prop_assert_eq!(if_large, if is_large { compressed } else { raw });
    }

    #[test]
    fn floats_of_32_bits_come_back(bits in any::<u32>()) {
        let float = f32::from_bits(bits);
        prop_assume!(float.is_finite());
        let signer = Signer::new(&ring("secret"), "salt").unwrap();
        let token = signer.sign_object(&float, &Codec::default()).unwrap();
        let again: f32 = signer.unsign_object(&token, &Codec::default()).unwrap();
        prop_assert_eq!(again.to_bits(), bits);
        // Python reads 64 bits, and writes the same text again.
        let python: f64 = signer.unsign_object(&token, &Codec::default()).unwrap();
        prop_assert_eq!(signer.sign_object(&python, &Codec::default()).unwrap(), token);
    }

    /// A signed payload of any bytes is accepted or rejected without a panic.
    #[test]
    fn no_signed_payload_panics(payload in prop::collection::vec(any::<u8>(), 0..200), dot in any::<bool>()) {
        let payload = BASE64URL.encode(payload);
        let signer = Signer::new(&ring("secret"), "salt").unwrap();
        let token = signer.sign(&if dot { format!(".{payload}") } else { payload });
        let _ = signer.unsign_object::<Json, _>(&token, &Codec::default());
    }
}

/// Short payloads are not compressed, even if that would make them shorter.
#[test]
fn where_compression_begins() {
    for (compression, first) in [(Compression::IfSmaller, 64), (Compression::IfLarge, 512)] {
        let codec = Codec::default().with_compression(compression);
        for bytes in 2..600 {
            let text = "a".repeat(bytes - 2); // and two quotes
            assert_eq!(codec.encode(&text).unwrap().starts_with('.'), bytes >= first, "{compression:?}, {bytes}");
        }
    }
}

/// Every type of serde's data model is written as `serde_json` writes it.
#[test]
fn every_type_of_serde() {
    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Newtype(f32);
    #[derive(Serialize)]
    struct Tuple(i8, u8, Unit);
    #[derive(Serialize)]
    struct Struct<'s> {
        text: &'s str,
        char: char,
        some: Option<f64>,
        none: Option<f64>,
    }
    #[derive(Serialize)]
    enum Enum<'s> {
        Unit,
        Newtype(Newtype),
        Tuple(i16, u16),
        Struct { nested: Struct<'s> },
    }
    let nested = Struct { text: "\"/\\\n", char: 'x', some: Some(-1.5), none: None };
    let enums = [Enum::Unit, Enum::Newtype(Newtype(0.1)), Enum::Tuple(-1, 2), Enum::Struct { nested }];
    let keys = (BTreeMap::from([(7, true)]), BTreeMap::from([(false, 'y')]), BTreeMap::from([('z', "")]));
    let numbers = (i64::MIN, u64::MAX, i128::MIN, u128::MAX, i32::MIN, u32::MAX, [0.0, -0.0, 1e-4, 1e15]);
    let value = (Unit, Tuple(-1, 2, Unit), enums, keys, numbers, (Ipv4Addr::LOCALHOST, format_args!("{}", 1)), ());

    let payload = Codec::default().encode(&value).unwrap();
    let json = String::from_utf8(BASE64URL.decode(payload).unwrap()).unwrap();
    assert_eq!(json, serde_json::to_string(&value).unwrap());
}
