//! Malformed input gets a typed error: input that anyone can send, and input that only a key holder can sign.

mod common;

use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use common::{clock, ring};
use django_session::{
    BadSignature, Clock, Codec, Compression, ConfigError, DecodeError, MaxAge, SecretKey, Separator, Signer, Timestamp,
    TimestampSigner,
};
use flate2::write::ZlibEncoder;

fn signer() -> Signer {
    Signer::new(&ring("secret"), "salt").unwrap()
}

/// Signs any payload and decodes it.
fn decode<T: serde::de::DeserializeOwned>(payload: &str) -> Result<T, DecodeError> {
    let signer = signer();
    Codec::default().decode(signer.unsign(&signer.sign(payload)).unwrap())
}

fn payload(bytes: &[u8]) -> String {
    BASE64URL.encode(bytes)
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(bytes).unwrap();
    zlib.finish().unwrap()
}

const NOT_JSON: DecodeError = DecodeError::Deserialize { reason: "not JSON" };

#[test]
fn set_up_wrongly() {
    assert_eq!(SecretKey::new("").unwrap_err(), ConfigError::EmptyKey);
    assert_eq!(Signer::new(&ring("secret"), "").unwrap_err(), ConfigError::EmptySalt);
    assert_eq!(TimestampSigner::new(&ring("secret"), "").unwrap_err(), ConfigError::EmptySalt);
    for sep in ["", "a", "-", "_", "=", "A1-_=", "[", "\\", "]", "^", "`", "\n", "ab\n"] {
        assert_eq!(Separator::new(sep).unwrap_err(), ConfigError::UnsafeSeparator, "{sep:?}");
    }
    for sep in [":", "::", "a:", ".", "|", " ", "é", "\n\n", "a\nb", "\0", "@", "{"] {
        assert!(Separator::new(sep).is_ok(), "{sep:?}");
    }
}

#[test]
fn not_a_token() {
    let (missing, mismatch) = (BadSignature::MissingSeparator, BadSignature::Mismatch);
    let long = format!("x:{}", "A".repeat(1 << 19));
    for (token, answer) in [
        ("", missing),
        ("value", missing),
        ("\0", missing),
        ("é", missing),
        (":", mismatch),
        ("::::", mismatch),
        ("value:", mismatch),
        (":value", mismatch),
        ("value:short", mismatch),
        ("value:é", mismatch),
        ("value:\0", mismatch),
        ("value:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", mismatch),
        (long.as_str(), mismatch),
    ] {
        assert_eq!(signer().unsign(token), Err(answer), "{token:.20?}");
        let dated = TimestampSigner::new(&ring("secret"), "salt").unwrap();
        assert_eq!(dated.unsign(token, MaxAge::Unlimited), Err(answer), "{token:.20?}");
    }
}

#[test]
fn longer_than_the_limit_is_not_looked_at() {
    let mebibyte = 1 << 20;
    let value = "x".repeat(mebibyte);
    let token = signer().sign(&value);
    assert_eq!(signer().unsign(&token), Err(BadSignature::TooLong { limit: mebibyte }));
    assert_eq!(signer().with_max_token_len(token.len()).unsign(&token).unwrap().as_str(), value);
    let limit = token.len() - 1;
    assert_eq!(signer().with_max_token_len(limit).unsign(&token), Err(BadSignature::TooLong { limit }));
    assert_eq!(signer().with_max_token_len(0).unsign("x"), Err(BadSignature::TooLong { limit: 0 }));
}

#[test]
fn any_text_can_be_signed() {
    for value in ["", "\0", ":", "::", "a:b:c", "é", "\u{10ffff}", "line\r\nline", "🔑"] {
        assert_eq!(signer().unsign(&signer().sign(value)).unwrap().as_str(), value);
        let dated = TimestampSigner::new(&ring("secret"), "salt").unwrap();
        assert_eq!(dated.unsign(&dated.sign(value), Duration::from_secs(60)).unwrap().as_str(), value);
    }
}

#[test]
fn timestamps() {
    let read = |timestamp: &str| {
        let token = signer().sign(&format!("value:{timestamp}"));
        let dated = TimestampSigner::new(&ring("secret"), "salt").unwrap();
        dated.unsign(&token, MaxAge::Unlimited).map(|verified| verified.timestamp().unwrap().as_secs())
    };
    for malformed in ["", "-", "--1", "+1", "1.5", "1 ", " 1", "1_0", "é", "１", "\0", "zzzzzzzzzzzz", "AzL8n0Y58m8"]
    {
        assert_eq!(read(malformed), Err(BadSignature::MalformedTimestamp), "{malformed:?}");
    }
    assert_eq!(read(&"z".repeat(30)), Err(BadSignature::MalformedTimestamp));
    for (timestamp, seconds) in [
        ("0", 0),
        ("-0", 0),
        ("0001", 1),
        ("-1", -1),
        ("4SbCEFr", 253_402_300_799), // the last second of the year 9999
        ("AzL8n0Y58m7", i64::MAX),
        ("-AzL8n0Y58m8", i64::MIN),
    ] {
        assert_eq!(read(timestamp), Ok(seconds), "{timestamp:?}");
    }
    let undated = signer().sign("value");
    let dated = TimestampSigner::new(&ring("secret"), "salt").unwrap();
    assert_eq!(dated.unsign(&undated, MaxAge::Unlimited), Err(BadSignature::MalformedTimestamp));
}

/// The distance between a clock and a timestamp does not overflow.
#[test]
fn clocks_at_the_ends_of_time() {
    let far = [UNIX_EPOCH, UNIX_EPOCH + Duration::from_secs(1 << 40), UNIX_EPOCH - Duration::from_secs(1 << 40)];
    let furthest = [i64::MAX, i64::MIN, 0].map(Timestamp::from_secs);
    for now in far {
        for then in furthest {
            let (Ok(distance) | Err(distance)) = then.age(now);
            let expected = i128::from(Timestamp::from(now).as_secs()) - i128::from(then.as_secs());
            assert_eq!(u128::from(distance.as_secs()), expected.unsigned_abs());

            let token = TimestampSigner::new(&ring("secret"), "salt").unwrap().with_clock(Clock::fixed(now)).sign("x");
            for limit in [Duration::ZERO, Duration::MAX] {
                let signer = TimestampSigner::new(&ring("secret"), "salt").unwrap().with_max_ahead(limit);
                let _ = signer.with_clock(Clock::fixed(far[2])).unsign(&token, limit);
            }
        }
    }
    assert_eq!(Timestamp::from_secs(i64::MIN).age(SystemTime::UNIX_EPOCH), Ok(Duration::from_secs(1 << 63)));
}

#[test]
fn a_clock_that_goes_backwards() {
    let signer = TimestampSigner::new(&ring("secret"), "salt").unwrap().with_clock(clock(1000.0));
    let token = signer.sign("value");
    let back = signer.with_clock(clock(939.5));
    assert!(back.unsign(&token, Duration::ZERO).is_ok(), "like Django, it accepts tokens from any time in the future");
    let (ahead, limit) = (Duration::from_millis(60_500), Duration::from_secs(60));
    let strict = back.with_max_ahead(limit);
    assert_eq!(strict.unsign(&token, Duration::ZERO), Err(BadSignature::FromTheFuture { ahead, limit }));
    assert!(strict.with_max_ahead(ahead).unsign(&token, Duration::ZERO).is_ok(), "the limit itself is accepted");
}

/// Each signing and each age check reads the clock. The default is the system clock.
#[test]
fn a_clock_is_asked_each_time() {
    let asked = AtomicU32::new(0);
    let hours = Clock::from_fn(move || UNIX_EPOCH + Duration::from_secs(3600) * asked.fetch_add(1, Relaxed));
    let signer = TimestampSigner::new(&ring("secret"), "salt").unwrap().with_clock(hours);
    let [midnight, one] = [signer.sign("value"), signer.sign("value")];
    let (limit, two_hours) = (Duration::from_secs(3600), Duration::from_secs(7200));
    let expired = BadSignature::Expired { age: two_hours, max_age: limit };
    assert_eq!(signer.unsign(&midnight, limit), Err(expired), "at two");
    assert_eq!(signer.unsign(&one, two_hours).unwrap().timestamp(), Some(Timestamp::from_secs(3600)), "at three");
    assert!(signer.unsign(&one, two_hours).is_err(), "at four");

    let now = || Timestamp::from(SystemTime::now());
    let (before, token) = (now(), TimestampSigner::new(&ring("secret"), "salt").unwrap().sign("value"));
    let stamp = signer.unsign(&token, MaxAge::Unlimited).unwrap().timestamp().unwrap();
    assert!(before <= stamp && stamp <= now());
}

#[test]
fn payloads_that_are_not_base64url() {
    for text in ["A", "AAAAA", "!!!!", "IiI=", "Ii I", "Ii\n", "Ij8/", "Ij8+", "W11", "é", "..", ".A", "\0\0\0\0"] {
        assert_eq!(decode::<String>(text), Err(DecodeError::Base64), "{text:?}");
    }
}

#[test]
fn payloads_that_are_not_one_zlib_stream() {
    let whole = compressed(br#""aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa""#);
    let decode = |bytes: &[u8]| decode::<String>(&format!(".{}", payload(bytes)));
    assert!(decode(&whole).is_ok());
    for end in 0..whole.len() {
        assert_eq!(decode(&whole[..end]), Err(DecodeError::Zlib), "cut to {end} bytes");
    }
    assert_eq!(decode(&[&whole[..], b"\0"].concat()), Err(DecodeError::Zlib), "one byte more");
    assert_eq!(decode(&[&whole[..], &whole].concat()), Err(DecodeError::Zlib), "twice");
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        assert_eq!(decode(&damaged), Err(DecodeError::Zlib), "damaged at {at}");
    }
}

/// The limit is on the inflated length, and is exact.
#[test]
fn inflate_limit() {
    let signer = signer();
    for size in [3, 64, 1000, 100_000] {
        let json = format!("\"{}\"", "a".repeat(size - 2));
        let token = signer.sign(&format!(".{}", payload(&compressed(json.as_bytes()))));
        let decode = |limit| {
            Codec::default().with_inflate_limit(limit).decode::<String>(signer.unsign(&token).unwrap()).map(|s| s.len())
        };
        assert_eq!(decode(size), Ok(size - 2));
        assert_eq!(decode(size - 1), Err(DecodeError::InflatesPast { limit: size - 1 }));
        assert_eq!(decode(0), Err(DecodeError::InflatesPast { limit: 0 }));
        assert_eq!(decode(usize::MAX), Ok(size - 2));
    }
}

/// One GiB of zeros.
#[test]
fn an_inflate_bomb_stops_at_the_limit() {
    let mut zlib = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let mebibyte = vec![0; 1 << 20];
    for _ in 0..1 << 10 {
        zlib.write_all(&mebibyte).unwrap();
    }
    let bomb = zlib.finish().unwrap();
    let signer = signer().with_max_token_len(usize::MAX);
    let token = signer.sign(&format!(".{}", payload(&bomb)));
    let answer = Codec::default().decode::<String>(signer.unsign(&token).unwrap());
    assert_eq!(answer, Err(DecodeError::InflatesPast { limit: 1 << 20 }));
}

/// A value longer than the inflate limit is not compressed, so that it can be read back.
#[test]
fn what_is_written_can_be_read() {
    let codec = Codec::default().with_compression(Compression::IfSmaller).with_inflate_limit(1000);
    for size in [996, 998, 999, 5000] {
        let value = "a".repeat(size);
        let token = signer().sign_object(&value, &codec).unwrap();
        assert_eq!(token.starts_with('.'), size + 2 <= 1000);
        assert_eq!(signer().unsign_object::<String, _>(&token, &codec).unwrap(), value);
    }
}

#[test]
fn payloads_that_are_not_json() {
    for bytes in [
        &b""[..],
        b"hello",
        b"{",
        b"[1,]",
        b"{'a':1}",
        b"{}{}",
        b"{}\0",
        b"\"\x01\"",
        b"01",
        b"1.",
        b"1e400",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        br#""\ud83d""#,
        br#""\x41""#,
        b"\xef\xbb\xbf[]",
    ] {
        assert_eq!(
            decode::<serde_json::Value>(&payload(bytes)),
            Err(NOT_JSON),
            "{:?}",
            bytes.escape_ascii().to_string()
        );
    }
    let not_utf8 = DecodeError::Deserialize { reason: "not UTF-8" };
    assert_eq!(decode::<String>(&payload(b"\"\xff\"")), Err(not_utf8));
    let another_type = DecodeError::Deserialize { reason: "JSON is not of the requested type" };
    assert_eq!(decode::<String>(&payload(b"1")), Err(another_type));
    assert_eq!(decode::<u8>(&payload(b"256")), Err(another_type));
}

#[test]
fn nesting() {
    let nested = |depth: usize| payload(["[".repeat(depth), "]".repeat(depth)].concat().as_bytes());
    assert!(decode::<serde_json::Value>(&nested(127)).is_ok());
    assert_eq!(decode::<serde_json::Value>(&nested(128)), Err(NOT_JSON));
    assert_eq!(decode::<serde_json::Value>(&nested(100_000)), Err(NOT_JSON));
    assert_eq!(decode::<serde_json::Value>(&payload("[".repeat(100_000).as_bytes())), Err(NOT_JSON));
}

#[test]
fn values_without_a_json_form() {
    let codec = Codec::default();
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(codec.encode(&float).is_err());
        assert!(codec.encode(&[1.0, float]).is_err());
        assert!(codec.encode(&Some(std::collections::BTreeMap::from([("a", (float,))]))).is_err());
    }
    assert!(codec.encode(&f32::NAN).is_err());
    assert!(codec.encode(&std::collections::BTreeMap::from([((1, 2), "a key must be a string")])).is_err());
}
