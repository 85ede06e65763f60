//! Only exactly the bytes that were signed are accepted.

mod common;

use std::collections::HashSet;
use std::time::Duration;

use common::{Hex, algorithm, clock, key, ring, vectors};
use django_session::{BadSignature, KeyRing, MaxAge, Separator, Signer, TimestampSigner};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
struct Vector {
    key_hex: Hex,
    salt: String,
    #[serde(default = "colon")]
    sep: String,
    #[serde(default = "unknown")]
    algorithm: String,
    token: String,
}

fn colon() -> String {
    ":".to_owned()
}

/// These vectors do not have the algorithm. It follows from the length of the signature.
fn unknown() -> String {
    String::new()
}

impl Vector {
    fn signer(&self) -> Option<Signer> {
        let name = match self.token.rsplit(self.sep.as_str()).next().map(str::len) {
            Some(27) => "sha1",
            _ if self.algorithm.is_empty() => "sha256",
            _ => &self.algorithm,
        };
        let signer = Signer::new(&ring(&self.key_hex.0), &self.salt).unwrap();
        Some(signer.with_sep(Separator::new(self.sep.clone()).unwrap()).with_algorithm(algorithm(name)?))
    }
}

/// Returns every token that a version of Django signed, without duplicates.
fn tokens() -> HashSet<Vector> {
    ["signer", "timestamp_signer", "dumps", "python_only"]
        .iter()
        .flat_map(|group| vectors::<Vector>("django", group))
        .map(|(_, vector)| vector)
        .collect()
}

/// Returns all texts that differ by one flipped bit, or by one byte with all bits flipped.
fn flips(token: &str) -> impl Iterator<Item = String> {
    let masks = (0..8).map(|bit| 1_u8 << bit).chain([0xff]);
    let edits = (0..token.len()).flat_map(move |at| masks.clone().map(move |mask| (at, mask)));
    edits.filter_map(move |(at, mask)| {
        let mut bytes = token.as_bytes().to_vec();
        bytes[at] ^= mask;
        // Other byte sequences are not valid in a `&str`.
        String::from_utf8(bytes).ok()
    })
}

#[test]
fn every_flipped_bit_and_byte_is_rejected() {
    let mut rejected = 0;
    for vector in tokens() {
        let Some(signer) = vector.signer() else { continue };
        assert!(signer.unsign(&vector.token).is_ok());
        for tampered in flips(&vector.token) {
            let answer = signer.unsign(&tampered);
            assert!(matches!(answer, Err(BadSignature::Mismatch | BadSignature::MissingSeparator)), "{tampered:?}");
            rejected += 1;
        }
    }
    assert!(rejected > 100_000, "only {rejected} tokens tried");
}

#[test]
fn every_truncation_and_insertion_is_rejected() {
    for algorithm in ["sha1", "sha224", "sha256", "sha384", "sha512"].into_iter().filter_map(algorithm) {
        let signer = Signer::new(&ring("secret"), "salt").unwrap().with_algorithm(algorithm);
        rejects_every_truncation_and_insertion(&signer, &signer.sign("value"));
        // As a TimestampSigner signs it, so that a truncated token still has a separator.
        rejects_every_truncation_and_insertion(&signer, &signer.sign("value:1r31eq"));
    }
}

fn rejects_every_truncation_and_insertion(signer: &Signer, token: &str) {
    for end in 0..token.len() {
        assert!(signer.unsign(&token[..end]).is_err(), "cut to {:?}", &token[..end]);
        assert!(signer.unsign(&token[end + 1..]).is_err(), "cut to {:?}", &token[end + 1..]);
    }
    for at in 0..=token.len() {
        for byte in 0..=0x7f_u8 {
            let mut inserted = token.to_owned();
            inserted.insert(at, char::from(byte));
            assert!(signer.unsign(&inserted).is_err(), "{inserted:?}");
        }
    }
}

/// Lenient decoders read four different last characters as the same byte. Only the canonical one is accepted.
#[test]
fn no_other_spelling_of_a_signature_is_accepted() {
    let signer = Signer::new(&ring("secret"), "salt").unwrap();
    let both = |token: &String| token.contains('-') && token.contains('_');
    let token = (0..1000).map(|n| signer.sign(&format!("value{n}"))).find(both).unwrap();
    let (text, signature) = token.rsplit_once(':').unwrap();
    let (body, _) = signature.split_at(signature.len() - 1);
    let last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=";
    let accepted: Vec<String> =
        last.chars().map(|last| format!("{text}:{body}{last}")).filter(|token| signer.unsign(token).is_ok()).collect();
    assert_eq!(accepted, [token.as_str()]);

    let others = [token.replace('-', "+"), token.replace('_', "/"), token.replace('-', "+").replace('_', "/")];
    for other in others.into_iter().flat_map(|other| [other.clone(), other + "="]).chain([format!("{token}=")]) {
        assert_eq!(signer.unsign(&other), Err(BadSignature::Mismatch), "{other:?}");
    }
}

#[test]
fn a_token_is_good_for_its_own_purpose_only() {
    let keys = ring("secret");
    let signer = |salt: &str| Signer::new(&keys, salt).unwrap();
    let token = signer("salt").sign("value");
    for other in ["sal", "saltt", "Salt", "salt ", "salts", "saltsigner"] {
        assert_eq!(signer(other).unsign(&token), Err(BadSignature::Mismatch), "salt {other:?}");
    }
    // A Signer accepts a token with a timestamp, but the timestamp is then part of the value.
    let dated = TimestampSigner::new(&keys, "salt").unwrap().with_clock(clock(61.0)).sign("value");
    assert_eq!(signer("salt").unsign(&dated).unwrap().as_str(), "value:z");
}

/// Names and salts that concatenate to the same text do not match each other (CVE-2026-6873).
#[test]
fn signed_cookies_never_pass_for_each_other() {
    let keys = ring("secret");
    let pairs = [("ab", "c"), ("a", "bc"), ("abc", ""), ("c", "ab"), ("", "abc"), ("1:abc", ""), ("bc", "1:a")];
    for (name, salt) in pairs {
        let token = TimestampSigner::for_cookie(&keys, name, salt).sign("value");
        for (other_name, other_salt) in pairs {
            let read = TimestampSigner::for_cookie(&keys, other_name, other_salt).unsign(&token, MaxAge::Unlimited);
            assert_eq!(
                read.is_ok(),
                (name, salt) == (other_name, other_salt),
                "{name} {salt} {other_name} {other_salt}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The same for any two ways to split one text into name and salt.
    #[test]
    fn no_name_and_salt_pass_for_others(joined in prop::collection::vec("[ab1:é]", 0..8), at in any::<[usize; 2]>()) {
        let keys = ring("secret");
        let [part, other] = at.map(|at| at % (joined.len() + 1));
        let signer = |at: usize| TimestampSigner::for_cookie(&keys, &joined[at..].concat(), &joined[..at].concat());
        let token = signer(part).sign("value");
        prop_assert_eq!(signer(other).unsign(&token, MaxAge::Unlimited).is_ok(), part == other);
    }
}

#[test]
fn an_expired_cookie_does_not_come_back_by_its_legacy_salt() {
    let keys = ring("secret");
    let signer = TimestampSigner::for_cookie_or_legacy(&keys, "theme", "").with_clock(clock(0.0));
    let token = signer.sign("dark");
    let later = signer.with_clock(clock(61.0)).unsign(&token, Duration::from_secs(60));
    assert!(matches!(later, Err(BadSignature::Expired { .. })));
}

#[test]
fn only_the_first_key_signs_and_each_of_them_verifies() {
    let names = ["newest", "newer", "old", "oldest"];
    let keys = names[1..].iter().fold(ring(names[0]), |keys, older| keys.with_fallback(key(older)));
    let signer = Signer::new(&keys, "salt").unwrap();
    for (index, name) in names.iter().enumerate() {
        let token = Signer::new(&ring(name), "salt").unwrap().sign("value");
        assert_eq!(signer.unsign(&token).unwrap().key_index(), index);
        assert_eq!(signer.sign("value") == token, index == 0);
    }
    let stranger = Signer::new(&ring("stranger"), "salt").unwrap().sign("value");
    assert_eq!(signer.unsign(&stranger), Err(BadSignature::Mismatch));

    let rotated: KeyRing = keys.rotate(key("brand new"));
    let rotated = Signer::new(&rotated, "salt").unwrap();
    assert_eq!(rotated.unsign(&signer.sign("value")).unwrap().key_index(), 1);
}
