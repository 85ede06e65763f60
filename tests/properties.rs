//! What holds for every value, key, salt and time.

mod common;

use std::time::Duration;

use common::json::{Json, any_json};
use common::{clock, key, ring};
use django_session::{Algorithm, Codec, Compression, MaxAge, Separator, Signer, TimestampSigner};
use proptest::prelude::*;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..100)
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    prop_oneof![Just(Algorithm::Sha224), Just(Algorithm::Sha256), Just(Algorithm::Sha384), Just(Algorithm::Sha512)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn unsign_undoes_sign(secret in bytes(), salt in bytes(), algorithm in algorithms(), value in any::<String>()) {
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
    fn other_key_other_salt(a in bytes(), b in bytes(), value in any::<String>()) {
        prop_assume!(a != b);
        let token = Signer::new(&ring(&a), "salt").unwrap().sign(&value);
        prop_assert!(Signer::new(&ring(&b), "salt").unwrap().unsign(&token).is_err());
        let token = Signer::new(&ring("secret"), &a).unwrap().sign(&value);
        prop_assert!(Signer::new(&ring("secret"), &b).unwrap().unsign(&token).is_err());
    }

    #[test]
    fn any_safe_separator_works(sep in any::<String>(), value in any::<String>()) {
        let Ok(sep) = Separator::new(sep) else { return Ok(()) };
        let signer = TimestampSigner::new(&ring("secret"), "salt").unwrap().with_sep(sep).with_clock(clock(1e9));
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
        for compression in [Compression::Never, Compression::IfSmaller] {
            let codec = Codec::default().with_compression(compression);
            let payload = codec.encode(&value).unwrap();
            prop_assert!(payload.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
            let token = signer.sign_object(&value, &codec).unwrap();
            prop_assert_eq!(&token, &signer.sign(&payload));
            prop_assert_eq!(&signer.unsign_object::<Json, _>(&token, &codec).unwrap(), &value);
        }
    }

    #[test]
    fn compression_never_makes_longer(value in any_json()) {
        let raw = Codec::default().encode(&value).unwrap();
        let compressed = Codec::default().with_compression(Compression::IfSmaller).encode(&value).unwrap();
        prop_assert!(compressed.len() <= raw.len());
    }

    /// A signed payload of any bytes is read or refused.
    #[test]
    fn no_signed_payload_panics(payload in prop::collection::vec(any::<u8>(), 0..200), dot in any::<bool>()) {
        use base64::Engine as _;
        let payload = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(payload);
        let signer = Signer::new(&ring("secret"), "salt").unwrap();
        let token = signer.sign(&if dot { format!(".{payload}") } else { payload });
        let _ = signer.unsign_object::<Json, _>(&token, &Codec::default());
    }
}
