//! The exact text of every error.

mod common;

use std::error::Error;
use std::time::{Duration, UNIX_EPOCH};

use common::ring;
use django_session::{
    BadSignature, Codec, ConfigError, CookieOptions, CookieSessions, DecodeError, EncodeError, KeyRing, MaxAge,
    SaltedHmac, SecretKey, Signer, SizeRule, Timestamp, dumps, loads,
};

#[test]
fn sentences() {
    let seconds = Duration::from_secs;
    let sentences: [(&dyn Error, &str); 46] = [
        (&ConfigError::EmptyKey, "secret key is empty or white space"),
        (&ConfigError::NoKeys, "list of keys is empty"),
        (&ConfigError::NoRandomBytes, "operating system's random number generator failed"),
        (&ConfigError::EmptySalt, "salt is empty"),
        (&ConfigError::UnsafeSeparator, "separator is empty or consists only of A-z0-9-_="),
        (&ConfigError::CookieName, "cookie name is empty, too long or contains an invalid character"),
        (&ConfigError::CookiePath, "cookie path is not an absolute path of at most 1024 visible ASCII characters"),
        (&ConfigError::CookieDomain, "cookie domain is not a host name"),
        (&ConfigError::CookiePrefix, "cookie does not meet the requirements of its name's prefix"),
        (&ConfigError::CookieNotSecure, "cookie with SameSite=None or Partitioned is not Secure"),
        (&ConfigError::CookieMaxAge, "cookie max_age is not between 1 second and 400 days"),
        (&ConfigError::TrustedOrigin, "trusted origin is not scheme://host or scheme://*.domain as browsers send it"),
        (&ConfigError::HeaderName, "header name is not a valid HTTP header name"),
        (&EncodeError::Config(ConfigError::NoRandomBytes), "operating system's random number generator failed"),
        (&EncodeError::Occupied(DecodeError::Base64), "key holds a value of another type"),
        (&EncodeError::MalformedExpiry, "_session_expiry is neither seconds nor a date"),
        (&EncodeError::ExpiryOutOfRange, "expiry is outside the years 1 to 9999"),
        (&EncodeError::CookieValue, "cookie value contains a character that is not allowed in cookies"),
        (&too_large(SizeRule::Rfc6265), "cookie exceeds 4096 bytes: name 1, value 4096, attributes 96"),
        (&too_large(SizeRule::Rfc6265bis), "cookie exceeds 4096 bytes: name 1, value 4096"),
        (&EncodeError::Config(ConfigError::EmptySalt), "salt is empty"),
        (&EncodeError::Serialize("reason".into()), "value cannot be serialized"),
        (&EncodeError::NoRandomBytes, "operating system's random number generator failed"),
        (&EncodeError::NotAnObject, "plaintext is not a JSON object"),
        (&EncodeError::TooLong, "value is too long to encrypt"),
        (&BadSignature::TooLong { limit: 4096 }, "token is longer than 4096 bytes"),
        (&BadSignature::MissingSeparator, "token has no separator"),
        (&BadSignature::Mismatch, "signature does not match"),
        (&BadSignature::MalformedTimestamp, "timestamp is malformed"),
        (
            &BadSignature::Expired { age: Duration::from_millis(61_500), max_age: seconds(60) },
            "signature age 61.5s exceeds 60s",
        ),
        (
            &BadSignature::FromTheFuture { ahead: seconds(61), limit: seconds(60) },
            "signature is 61s in the future, more than the limit of 60s",
        ),
        (&DecodeError::Config(ConfigError::EmptySalt), "salt is empty"),
        (&DecodeError::Signature(BadSignature::Mismatch), "signature does not match"),
        (&DecodeError::Base64, "payload is not base64url"),
        (&DecodeError::Empty, "payload is empty"),
        (&DecodeError::NotEncrypted, "payload is not encrypted"),
        (&DecodeError::UnknownVersion, "payload has an unknown encryption version"),
        (&DecodeError::TooShort, "encrypted payload is too short"),
        (&DecodeError::Decrypt, "no key decrypts the payload"),
        (&DecodeError::Zlib, "payload is not a zlib stream"),
        (&DecodeError::InflatesPast { limit: 10 }, "payload inflates to more than 10 bytes"),
        (&DecodeError::SessionKey, "cookie holds a session key, not a signed session"),
        (&DecodeError::NotASessionKey, "cookie value is not a session key"),
        (&DecodeError::NotStored, "no stored session has this key"),
        (&DecodeError::SessionExpired { since: seconds(100) }, "session expired 100s ago"),
        (&DecodeError::Deserialize { reason: "not JSON" }, "payload cannot be deserialized: not JSON"),
    ];
    for (error, sentence) in sentences {
        assert_eq!(error.to_string(), sentence);
    }
}

fn too_large(rule: SizeRule) -> EncodeError {
    let options = CookieOptions::builder("c").size_rule(rule).build().unwrap();
    options.set_cookie(&"v".repeat(4096), UNIX_EPOCH).unwrap_err()
}

#[test]
fn the_largest_session_key_is_named() {
    let sessions = CookieSessions::new(&ring("secret"), CookieOptions::builder("c").build().unwrap());
    let mut session = sessions.load(None);
    session.insert("blob", (0..2000).map(|n| n * n).collect::<Vec<_>>()).unwrap();
    let sentence = sessions.commit(&session, 200).unwrap_err().to_string();
    assert!(sentence.ends_with("; largest session key: \"blob\" (14545 bytes)"), "{sentence}");
}

#[test]
fn sources() {
    let reason = Codec::default().encode(&f64::NAN).unwrap_err();
    assert_eq!(reason.source().unwrap().to_string(), "JSON cannot represent NaN or infinity");
    assert!(DecodeError::Signature(BadSignature::Mismatch).source().is_none(), "its own text is complete");
    assert!(BadSignature::Mismatch.source().is_none());
}

#[test]
fn an_empty_salt_is_refused_by_the_short_forms_too() {
    assert!(matches!(dumps("hello", &ring("secret"), ""), Err(EncodeError::Config(ConfigError::EmptySalt))));
    let rejected = loads::<String>("a:b:c", &ring("secret"), "", MaxAge::Unlimited);
    assert_eq!(rejected, Err(DecodeError::Config(ConfigError::EmptySalt)));
}

/// A ring has at least one key, and generated keys differ.
#[test]
fn rings() {
    let of = |keys: &[&str]| KeyRing::from_keys(keys.iter().map(|key| SecretKey::new(key).unwrap()));
    assert_eq!(of(&[]).unwrap_err(), ConfigError::NoKeys);
    let ring = of(&["new", "old"]).unwrap();
    assert_eq!(ring.len(), 2);
    let token = Signer::new(&of(&["old"]).unwrap(), "salt").unwrap().sign("a");
    assert_eq!(Signer::new(&ring, "salt").unwrap().unsign(&token).unwrap().key_index(), 1);

    let generated = || Signer::new(&KeyRing::new(SecretKey::generate().unwrap()), "salt").unwrap();
    assert_eq!(generated().unsign(&generated().sign("a")).unwrap_err(), BadSignature::Mismatch);
    for blank in ["", " ", "\n", "\t \r\n"] {
        assert_eq!(SecretKey::new(blank).unwrap_err(), ConfigError::EmptyKey);
    }
    assert_eq!(Timestamp::from_secs(-1).to_string(), "-1");
    assert_eq!(SaltedHmac::new(&ring, "").unwrap_err(), ConfigError::EmptySalt);
}

/// A clone of a signer accepts and writes the same tokens.
#[test]
fn copies_of_signers() {
    let signer = Signer::new(&ring("secret"), "salt").unwrap();
    let hmac = SaltedHmac::new(&ring("secret"), "salt").unwrap();
    let token = signer.clone().sign("a");
    assert_eq!((token.as_str(), signer.unsign(&token).unwrap().as_str()), (signer.sign("a").as_str(), "a"));
    assert_eq!(hmac.clone().hexdigest("a"), hmac.hexdigest("a"));
}
