//! Reads and writes what twelve versions of Django wrote (`tests/vectors`).

mod common;

use std::time::Duration;

use common::json::Json;
use common::{Hex, algorithm, clock, ring, ring_of, vectors};
use django_session::{
    BadSignature, Codec, Compression, DecodeError, MaxAge, Separator, Signer, Timestamp, TimestampSigner, loads,
};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Signed {
    key_hex: Hex,
    salt: String,
    sep: String,
    algorithm: String,
    value: String,
    token: String,
}

#[test]
fn signer() {
    for (django, v) in vectors::<Signed>("django", "signer") {
        let Some(algorithm) = algorithm(&v.algorithm) else {
            continue;
        };
        let signer = Signer::new(&ring(&v.key_hex.0), &v.salt)
            .unwrap()
            .with_sep(Separator::new(v.sep).unwrap())
            .with_algorithm(algorithm);
        assert_eq!(signer.sign(&v.value), v.token, "Django {django}");
        assert_eq!(signer.unsign(&v.token).unwrap().as_str(), v.value, "Django {django}");
    }
}

#[test]
fn separators() {
    for (django, sep) in vectors::<String>("django", "safe_separators") {
        assert!(Separator::new(sep.clone()).is_ok(), "Django {django} accepts {sep:?}");
    }
    for (django, sep) in vectors::<String>("django", "unsafe_separators") {
        assert!(Separator::new(sep.clone()).is_err(), "Django {django} rejects {sep:?}");
    }
}

#[derive(Deserialize)]
struct Stamped {
    #[serde(flatten)]
    signed: Signed,
    time: f64,
    timestamp: String,
}

#[test]
fn timestamp_signer() {
    for (django, Stamped { signed: v, time, timestamp }) in vectors("django", "timestamp_signer") {
        let Some(algorithm) = algorithm(&v.algorithm) else {
            continue;
        };
        let signer = Signer::new(&ring(&v.key_hex.0), &v.salt).unwrap();
        let signer = signer.with_sep(Separator::new(v.sep.clone()).unwrap()).with_algorithm(algorithm);
        let signer = TimestampSigner::from(signer).with_clock(clock(time));
        assert_eq!(signer.sign(&v.value), v.token, "Django {django}");
        assert!(v.token.starts_with(&[&v.value, &v.sep, &timestamp, &v.sep].map(String::as_str).concat()));
        let verified = signer.unsign(&v.token, Duration::from_secs(1)).unwrap();
        assert_eq!(verified.as_str(), v.value, "Django {django}");
        #[expect(clippy::cast_possible_truncation, reason = "Django truncates too")]
        let seconds = time as i64;
        assert_eq!(verified.timestamp(), Some(Timestamp::from_secs(seconds)), "Django {django}");
    }
}

/// Tests base62 through the timestamps of tokens: writes one at that time, and reads Django's.
#[test]
fn base62() {
    #[derive(Deserialize)]
    struct Number {
        value: i64,
        text: String,
    }
    for (django, Number { value, text }) in vectors("django", "base62") {
        let keys = ring("secret");
        let token = Signer::new(&keys, "salt").unwrap().sign(&format!("hello:{text}"));
        let signer = TimestampSigner::new(&keys, "salt").unwrap();
        let verified = signer.unsign(&token, MaxAge::Unlimited).unwrap();
        assert_eq!(verified.timestamp().map(Timestamp::as_secs), Some(value), "Django {django}");

        // The range of `SystemTime` depends on the platform.
        let at = std::time::UNIX_EPOCH;
        let distance = Duration::from_secs(value.unsigned_abs());
        let Some(now) = (if value < 0 { at.checked_sub(distance) } else { at.checked_add(distance) }) else {
            continue;
        };
        let signer = signer.with_clock(django_session::Clock::fixed(now));
        assert_eq!(signer.sign("hello"), token, "Django {django}");
    }
}

#[test]
fn max_age() {
    #[derive(Deserialize)]
    struct Aged {
        key_hex: Hex,
        salt: String,
        token: String,
        now: f64,
        max_age: f64,
        ok: bool,
    }
    for (django, v) in vectors::<Aged>("django", "max_age") {
        let Some(signer) = default_signer(django, TimestampSigner::new(&ring(&v.key_hex.0), &v.salt).unwrap()) else {
            continue;
        };
        let signer = signer.with_clock(clock(v.now));
        // A `Duration` cannot be negative.
        let Ok(limit) = Duration::try_from_secs_f64(v.max_age) else {
            continue;
        };
        match signer.unsign(&v.token, limit) {
            Ok(verified) => assert!(v.ok, "Django {django}: {}", verified.as_str()),
            Err(error) => {
                assert!(matches!(error, BadSignature::Expired { max_age, .. } if max_age == limit), "{error}");
                assert!(!v.ok, "Django {django}: {error}");
            }
        }
    }
}

/// Returns the signer with the default algorithm of that Django: SHA-1 before 3.1, SHA-256 since.
fn default_signer(django: &str, signer: TimestampSigner) -> Option<TimestampSigner> {
    match django {
        "1.11" | "2.2" | "3.0" => algorithm("sha1").map(|sha1| signer.map_signer(|signer| signer.with_algorithm(sha1))),
        _ => Some(signer),
    }
}

#[derive(Deserialize)]
struct Dumped {
    key_hex: Hex,
    salt: String,
    time: f64,
    compress: bool,
    json: String,
    token: String,
}

#[test]
fn dumps() {
    for (django, v) in vectors::<Dumped>("django", "dumps") {
        let Some(signer) = default_signer(django, TimestampSigner::new(&ring(&v.key_hex.0), &v.salt).unwrap()) else {
            continue;
        };
        let signer = signer.with_clock(clock(v.time));
        let compression = if v.compress { Compression::IfSmaller } else { Compression::Never };
        let codec = Codec::default().with_compression(compression);
        let value = Json::parse(&v.json);

        let read: Json = signer.unsign_object(&v.token, &codec, Duration::from_secs(1)).unwrap();
        assert_eq!(read, value, "Django {django}");

        let written = signer.sign_object(&value, &codec).unwrap();
        assert_eq!(signer.unsign_object::<Json, _>(&written, &codec, MaxAge::Unlimited).unwrap(), value);
        // Different zlibs may write different bytes for the same text.
        if v.token.starts_with('.') {
            assert!(written.starts_with('.'), "Django {django} compressed {}", v.json);
        } else if !written.starts_with('.') {
            assert_eq!(written, v.token, "Django {django}");
        }
    }
}

/// Values that no Rust number or string can represent are read as text, except those that are not JSON.
#[test]
fn python_only() {
    for (django, v) in vectors::<Dumped>("django", "python_only") {
        let Some(signer) = default_signer(django, TimestampSigner::new(&ring(&v.key_hex.0), &v.salt).unwrap()) else {
            continue;
        };
        let signer = signer.with_clock(clock(v.time));
        let codec = Codec::default();
        match signer.unsign_object::<Box<RawValue>, _>(&v.token, &codec, MaxAge::Unlimited) {
            Ok(raw) => {
                assert_eq!(raw.get(), v.json, "Django {django}");
                let written = signer.sign_object(&raw, &codec).unwrap();
                assert!(v.compress || written == v.token, "Django {django}");
            }
            Err(error) => {
                assert_eq!(error, DecodeError::Deserialize { reason: "not JSON" }, "Django {django}: {}", v.json);
                assert!(v.json.contains("NaN") || v.json.contains("Infinity"), "Django {django}: {}", v.json);
            }
        }
    }
}

#[test]
fn fallback_keys() {
    #[derive(Deserialize)]
    struct Rotated {
        keys_hex: Vec<Hex>,
        signed_with: Option<usize>,
        salt: String,
        token: String,
        value: String,
        ok: bool,
    }
    for (django, v) in vectors::<Rotated>("django", "fallback") {
        let signer = Signer::new(&ring_of(&v.keys_hex[0], &v.keys_hex[1..]), &v.salt).unwrap();
        match signer.unsign(&v.token) {
            Ok(verified) => {
                assert!(v.ok, "Django {django}");
                assert_eq!(verified.as_str(), v.value, "Django {django}");
                let signed_with = &v.keys_hex[v.signed_with.unwrap()];
                let first = v.keys_hex.iter().position(|key| key == signed_with);
                assert_eq!(Some(verified.key_index()), first, "Django {django}");
            }
            Err(error) => {
                assert_eq!(error, BadSignature::Mismatch);
                assert!(!v.ok, "Django {django}");
            }
        }
        let by_the_current_key = signer.sign(&v.value) == v.token;
        let current = v.signed_with.is_some_and(|index| v.keys_hex[index] == v.keys_hex[0]);
        assert_eq!(by_the_current_key, current, "only the first key ever signs");
    }
}

#[test]
fn signed_cookies() {
    #[derive(Deserialize)]
    struct Cookie {
        key_hex: Hex,
        name: String,
        salt: String,
        time: f64,
        value: String,
        token: String,
        version: u8,
    }
    for (django, v) in vectors::<Cookie>("django", "signed_cookies") {
        let keys = ring(&v.key_hex.0);
        let bound = TimestampSigner::for_cookie(&keys, &v.name, &v.salt).with_clock(clock(v.time));
        if v.version == 2 {
            assert_eq!(bound.sign(&v.value), v.token, "Django {django}");
            assert_eq!(bound.unsign(&v.token, Duration::from_secs(1)).unwrap().as_str(), v.value);
        } else {
            assert_eq!(bound.unsign(&v.token, MaxAge::Unlimited), Err(BadSignature::Mismatch), "Django {django}");
            let legacy = TimestampSigner::for_cookie_or_legacy(&keys, &v.name, &v.salt).with_clock(clock(v.time));
            let Some(legacy) = default_signer(django, legacy) else {
                continue;
            };
            assert_eq!(legacy.unsign(&v.token, Duration::from_secs(1)).unwrap().as_str(), v.value, "Django {django}");
            assert_ne!(legacy.sign(&v.value), v.token, "the old salt is not used for signing");
        }
    }
}

#[test]
fn signed_cookie_reads() {
    #[derive(Deserialize)]
    struct Read {
        case: String,
        key_hex: Hex,
        fallbacks_hex: Vec<Hex>,
        name: String,
        salt: String,
        now: f64,
        max_age: Option<f64>,
        legacy_fallback: Option<bool>,
        token: String,
        result: Option<String>,
        error: Option<String>,
    }
    for (django, v) in vectors::<Read>("django", "signed_cookie_reads") {
        // Only 5.2.15 and 6.0.6 and later bind name and salt. Other versions only read the old format.
        if !matches!(django, "5.2" | "6.1") {
            continue;
        }
        let keys = ring_of(&v.key_hex, &v.fallbacks_hex);
        let signer = match v.legacy_fallback {
            Some(true) => TimestampSigner::for_cookie_or_legacy,
            _ => TimestampSigner::for_cookie,
        };
        let signer = signer(&keys, &v.name, &v.salt).with_clock(clock(v.now));
        let max_age = v.max_age.map_or(MaxAge::Unlimited, |limit| MaxAge::AtMost(Duration::from_secs_f64(limit)));
        let ours = signer.unsign(&v.token, max_age);
        assert_eq!(ours.ok().map(|verified| verified.as_str()), v.result.as_deref(), "Django {django}: {}", v.case);
        let expired = v.error.as_deref() == Some("SignatureExpired");
        assert_eq!(matches!(ours, Err(BadSignature::Expired { .. })), expired, "Django {django}: {}", v.case);
    }
}

/// Django 3.1 and 3.2 sign with SHA-256 and also read SHA-1.
#[cfg(feature = "legacy")]
#[test]
fn legacy_algorithm() {
    #[derive(Deserialize)]
    struct Old {
        key_hex: Hex,
        salt: String,
        default_hashing_algorithm: Option<String>,
        signed_algorithm: String,
        token: String,
        ok: bool,
    }
    for (django, v) in vectors::<Old>("django", "legacy_algorithm") {
        let signer = Signer::new(&ring(&v.key_hex.0), &v.salt).unwrap();
        let signer = match (django, v.default_hashing_algorithm.as_deref()) {
            ("1.11" | "2.2" | "3.0", _) => signer.with_algorithm(django_session::Algorithm::Sha1),
            ("3.1" | "3.2", Some("sha1")) => signer
                .with_algorithm(django_session::Algorithm::Sha1)
                .with_legacy_algorithm(django_session::Algorithm::Sha1),
            ("3.1" | "3.2", _) => signer.with_legacy_algorithm(django_session::Algorithm::Sha1),
            _ => signer,
        };
        let read = signer.unsign(&v.token);
        assert_eq!(read.is_ok(), v.ok, "Django {django}, signed with {}", v.signed_algorithm);
    }
}

#[derive(Deserialize)]
struct Malformed {
    case: String,
    key_hex: Hex,
    salt: String,
    signer: String,
    now: f64,
    max_age: Option<f64>,
    token: String,
    outcome: String,
    value: Option<String>,
}

/// Returns our error for cases that we reject, while Django fails, or reads what only a key holder can create.
fn refused_on_purpose(case: &str) -> Option<DecodeError> {
    let not_json = DecodeError::Deserialize { reason: "not JSON" };
    Some(match case.split_once(": ").map_or(case, |(_, what)| what) {
        "minus" | "12 digits" | "30 digits" | "180 digits" | "30 digits, negative" | "180 digits, negative" => {
            BadSignature::MalformedTimestamp.into()
        }
        "padded"
        | "padded as base64 wants"
        | "padding inside"
        | "four foreign characters inside"
        | "standard base64 alphabet"
        | "last character not canonical"
        | "not base64"
        | "not ASCII" => DecodeError::Base64,
        "zlib with trailing bytes" | "zlib twice" => DecodeError::Zlib,
        "bytes that are not UTF-8" => DecodeError::Deserialize { reason: "not UTF-8" },
        "number too large" | "NaN" | "lone surrogate" => not_json,
        _ => return None,
    })
}

#[test]
fn malformed() {
    for (django, v) in vectors::<Malformed>("django", "malformed") {
        let keys = ring(&v.key_hex.0);
        let max_age = v.max_age.map_or(MaxAge::Unlimited, |limit| MaxAge::AtMost(Duration::from_secs_f64(limit)));
        let Some(stamped) = default_signer(django, TimestampSigner::new(&keys, &v.salt).unwrap()) else {
            continue;
        };
        let stamped = stamped.with_clock(clock(v.now));

        let ours: Result<Option<String>, DecodeError> = match v.signer.as_str() {
            "Signer" => {
                let signer = Signer::new(&keys, &v.salt).unwrap();
                let signer = match (django, algorithm("sha1")) {
                    ("1.11" | "2.2" | "3.0", Some(sha1)) => signer.with_algorithm(sha1),
                    _ => signer,
                };
                signer.unsign(&v.token).map(|verified| Some(verified.as_str().to_owned())).map_err(Into::into)
            }
            "TimestampSigner" => {
                stamped.unsign(&v.token, max_age).map(|verified| Some(verified.as_str().to_owned())).map_err(Into::into)
            }
            _ => stamped.unsign_object::<Json, _>(&v.token, &Codec::default(), max_age).map(|_| None),
        };

        let context = format!("Django {django}, {} of {:?}: {ours:?}", v.signer, v.case);
        match (&ours, v.outcome.as_str()) {
            (Err(error), _) if v.signer != "Signer" && refused_on_purpose(&v.case) == Some(*error) => {}
            (Ok(Some(value)), "ok") => assert_eq!(Some(value), v.value.as_ref(), "{context}"),
            (Err(DecodeError::Signature(error)), outcome) => match outcome {
                "BadSignature" => {
                    assert!(matches!(error, BadSignature::Mismatch | BadSignature::MissingSeparator), "{context}");
                }
                "SignatureExpired" => assert!(matches!(error, BadSignature::Expired { .. }), "{context}"),
                "IndexError" => assert_eq!(*error, BadSignature::MalformedTimestamp, "{context}"),
                "ValueError" => assert!(
                    matches!(error, BadSignature::MalformedTimestamp | BadSignature::MissingSeparator),
                    "{context}"
                ),
                _ => panic!("{context}, but {outcome}"),
            },
            (Ok(None), "ok")
            | (Err(DecodeError::Base64), "binascii.Error")
            | (Err(DecodeError::Zlib), "zlib.error")
            | (Err(DecodeError::Deserialize { .. }), "JSONDecodeError") => {}
            (_, outcome) => panic!("{context}, but {outcome}"),
        }
    }
}

/// The function `loads` reads the same values.
#[test]
fn loads_reads_what_dumps_of_django_wrote() {
    for (django, v) in vectors::<Dumped>("django", "dumps") {
        if matches!(django, "1.11" | "2.2" | "3.0") {
            continue;
        }
        let keys = ring(&v.key_hex.0);
        assert_eq!(loads::<Json>(&v.token, &keys, &v.salt, MaxAge::Unlimited).unwrap(), Json::parse(&v.json));
    }
}
