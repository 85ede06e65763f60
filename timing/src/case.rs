//! The cases that are checked, and their expected results.

use std::time::{Duration, UNIX_EPOCH};

use django_session::{
    Algorithm, Clock, CookieOptions, Encryption, KeyRing, SecretKey, SessionAuth, Signer, StoredSessions,
    TimestampSigner,
};

use crate::subject::{DatedTokens, Login, Sealed, Stored, Subject, Tokens};
use crate::twin::{Twin, early_exit, whole};

pub struct Case {
    pub name: &'static str,
    pub role: Role,
    /// Creates the subject with a secret key.
    pub make: fn(&[u8]) -> Box<dyn Subject>,
}

pub enum Role {
    /// The crate, with this number of keys. Each key takes one jump when it is created, to reject a blank one, and
    /// `jumps` in each comparison.
    Ours { keys: u32, jumps: u32 },
    /// Only the comparison that the crate relies on.
    Comparison,
    /// The control: if it is not detected, the checks are worthless.
    Control,
}

const ONE_KEY: Role = Role::Ours { keys: 1, jumps: 1 };
/// One jump in the crate `aes-gcm-siv`, and one on its result.
const JUMPS_OF_ENCRYPTION: u32 = 2;

pub const CASES: [Case; 11] = [
    Case { name: "Signer", role: ONE_KEY, make: |key| tokens(signer(&ring(key))) },
    Case {
        name: "Signer, SHA-512",
        role: ONE_KEY,
        make: |key| tokens(signer(&ring(key)).with_algorithm(Algorithm::Sha512)),
    },
    Case {
        name: "Signer, two keys",
        role: Role::Ours { keys: 2, jumps: 1 },
        make: |key| tokens(signer(&ring_of_two(key))),
    },
    Case { name: "TimestampSigner", role: ONE_KEY, make: |key| dated_tokens(timestamp_signer(key)) },
    Case {
        name: "TimestampSigner, SHA-512",
        role: ONE_KEY,
        make: |key| dated_tokens(timestamp_signer(key).map_signer(|signer| signer.with_algorithm(Algorithm::Sha512))),
    },
    Case { name: "SessionAuth", role: ONE_KEY, make: |key| Box::new(Login::new(SessionAuth::new(&ring(key)))) },
    Case {
        name: "StoredSessions, legacy",
        role: ONE_KEY,
        make: |key| Box::new(Stored::new(StoredSessions::new(&ring(key), CookieOptions::default()).with_legacy())),
    },
    Case {
        name: "Encryption",
        role: Role::Ours { keys: 1, jumps: JUMPS_OF_ENCRYPTION },
        make: |key| Box::new(Sealed::new(Encryption::new(&ring(key)))),
    },
    Case {
        name: "Encryption, two keys",
        role: Role::Ours { keys: 2, jumps: JUMPS_OF_ENCRYPTION },
        make: |key| Box::new(Sealed::new(Encryption::new(&ring_of_two(key)))),
    },
    Case { name: "comparison alone", role: Role::Comparison, make: |key| Box::new(Twin::new(key, whole)) },
    Case { name: "early exit", role: Role::Control, make: |key| Box::new(Twin::new(key, early_exit)) },
];

fn tokens(signer: Signer) -> Box<dyn Subject> {
    Box::new(Tokens::new(signer))
}

fn dated_tokens(signer: TimestampSigner) -> Box<dyn Subject> {
    Box::new(DatedTokens::new(signer))
}

fn signer(keys: &KeyRing) -> Signer {
    Signer::new(keys, "timing").expect("a salt")
}

fn timestamp_signer(key: &[u8]) -> TimestampSigner {
    let clock = Clock::fixed(UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    TimestampSigner::new(&ring(key), "timing").expect("a salt").with_clock(clock)
}

fn ring(key: &[u8]) -> KeyRing {
    KeyRing::new(secret(key))
}

/// Returns a ring with a fallback. The fallback is secret too, because it is derived from the key.
fn ring_of_two(key: &[u8]) -> KeyRing {
    let backwards: Vec<u8> = key.iter().rev().copied().collect();
    ring(key).with_fallback(secret(&backwards))
}

fn secret(key: &[u8]) -> SecretKey {
    SecretKey::new(key).expect("a key")
}
