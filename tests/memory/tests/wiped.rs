//! Keys, and values that are derived from them, are wiped before their memory is freed.
//!
//! `cargo test --release --manifest-path tests/memory/Cargo.toml --test wiped`
//!
//! Every freed block is searched for: the keys themselves; the HMAC key that Django derives from a key and a salt, as
//! it is and as HMAC masks it; the two hash states with which HMAC starts; the encryption key, which is also the first
//! round key of AES; and the plaintext of encrypted values. The stack and the registers are not searched.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use django_session::{
    Algorithm, AuthKey, Codec, CookieOptions, CookieSessions, Encryption, KeyRing, MaxAge, SaltedHmac, SecretKey,
    Separator, Session, SessionAuth, SessionUser, Signer, StoredSessions, TimestampSigner, dumps, loads,
};
use hkdf::Hkdf;
use memory::{Freed, freed};
use serde::ser::{Error as _, Serialize, SerializeSeq as _, Serializer};
use sha2::Digest;

const KEY: &[u8] = b"marked key that nobody else has written down anywhere";
const OLD_KEY: &[u8] = b"another marked key, of last year, for verifying with";
const SALT: &[u8] = b"some salt";
/// The plaintext of encrypted values: a number, because reading a number does not allocate.
const MARKED: u64 = 12_345_678_909_876_543_211;
const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::Sha1, Algorithm::Sha224, Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512];

/// The text that Django's signers append to every salt.
const SIGNER: &[u8] = b"signer";

fn digest(algorithm: Algorithm, data: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Sha1 => sha1::Sha1::digest(data).to_vec(),
        Algorithm::Sha224 => sha2::Sha224::digest(data).to_vec(),
        Algorithm::Sha256 => sha2::Sha256::digest(data).to_vec(),
        Algorithm::Sha384 => sha2::Sha384::digest(data).to_vec(),
        Algorithm::Sha512 => sha2::Sha512::digest(data).to_vec(),
        _ => unreachable!("there are no others"),
    }
}

/// Returns the secrets that are derived from one key and one salt. (The hash states are computed with the compression
/// functions of SHA-256 and SHA-512, because the digests do not expose them.)
fn derived(algorithm: Algorithm, key: &[u8], salt: &[u8]) -> Vec<Vec<u8>> {
    let derived = digest(algorithm, &[salt, key].concat());
    let masked = |mask: u8| derived.iter().map(|byte| byte ^ mask).collect::<Vec<_>>();
    let [inner, outer] = [masked(0x36), masked(0x5c)];
    let states = [(&inner, 0x36), (&outer, 0x5c)].into_iter().filter_map(|(masked, mask)| match algorithm {
        Algorithm::Sha256 => Some(state_256(masked, mask)),
        Algorithm::Sha512 => Some(state_512(masked, mask)),
        _ => None,
    });
    states.chain([derived.clone(), inner.clone(), outer.clone()]).collect()
}

fn state_256(start: &[u8], mask: u8) -> Vec<u8> {
    let mut state =
        [0x6a09_e667_u32, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
    let mut block = [mask; 64];
    block[..start.len()].copy_from_slice(start);
    sha2::block_api::compress256(&mut state, &[block]);
    state.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn state_512(start: &[u8], mask: u8) -> Vec<u8> {
    let mut state = [
        0x6a09_e667_f3bc_c908_u64,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ];
    let mut block = [mask; 128];
    block[..start.len()].copy_from_slice(start);
    sha2::block_api::compress512(&mut state, &[block]);
    state.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn secrets() -> Vec<Vec<u8>> {
    let cookie_salt = b"django.http.cookies.v2:4:saltname";
    let salts = [SALT, b"django.contrib.sessions.backends.signed_cookies", b"django.contrib.sessions.SessionStore"];
    let mut secrets = vec![KEY.to_vec(), OLD_KEY.to_vec(), MARKED.to_string().into()];
    for key in [KEY, OLD_KEY] {
        let mut sealing = vec![0; 32];
        Hkdf::<sha2::Sha256>::new(None, key).expand(b"django-session.sealed.v1", &mut sealing).expect("32 bytes");
        secrets.push(sealing);
        for algorithm in ALGORITHMS {
            for salt in salts {
                secrets.extend(derived(algorithm, key, &[salt, SIGNER].concat()));
            }
            let prefixed = [b"django.http.cookies", key].concat();
            secrets.extend(derived(algorithm, &prefixed, &[cookie_salt, SIGNER].concat()));
            let hash_salt = b"django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash";
            secrets.extend(derived(algorithm, key, hash_salt));
            secrets.extend(derived(algorithm, key, b"django.contrib.sessionsSessionStore"));
            secrets.extend(derived(algorithm, key, SALT));
        }
    }
    secrets
}

fn keys() -> KeyRing {
    KeyRing::new(SecretKey::new(KEY).expect("a key")).with_fallback(SecretKey::new(OLD_KEY).expect("a key"))
}

fn options() -> CookieOptions {
    CookieOptions::builder("sessionid").build().expect("a cookie")
}

/// Signs, and verifies valid and invalid tokens.
fn sign_and_unsign(signer: &Signer) {
    let token = signer.sign("value");
    assert!(signer.unsign(&token).is_ok() && signer.unsign(&format!("{token}A")).is_err());
    assert!(signer.unsign(&token.replace("value", "eulav")).is_err());
}

/// Returns a codec with encryption and a signer.
fn encrypting() -> (Codec, TimestampSigner) {
    let codec = Codec::default().with_encryption(Encryption::new(&keys()));
    (codec, TimestampSigner::new(&keys(), SALT).unwrap())
}

/// Runs `work` in a thread, because a thread frees its buffers when it ends.
fn in_a_thread(work: impl FnOnce() + Send + 'static) {
    std::thread::spawn(work).join().unwrap();
}

/// A value that writes the marked number, and then calls the function, which fails.
struct Spoilt(fn());

impl Serialize for Spoilt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut numbers = serializer.serialize_seq(None)?;
        numbers.serialize_element(&MARKED)?;
        (self.0)();
        Err(S::Error::custom("spoilt"))
    }
}

/// Returns functions that use keys, with their names. They free everything before they return.
fn works() -> Vec<(&'static str, fn())> {
    vec![
        ("SecretKey", || drop(SecretKey::new(KEY))),
        ("KeyRing", || drop(keys())),
        ("KeyRing::rotate", || {
            drop(KeyRing::new(SecretKey::new(OLD_KEY).unwrap()).rotate(SecretKey::new(KEY).unwrap()))
        }),
        ("KeyRing of 64", || {
            drop((0..64).fold(keys(), |keys, _| keys.with_fallback(SecretKey::new(OLD_KEY).unwrap())));
        }),
        ("Signer", || sign_and_unsign(&Signer::new(&keys(), SALT).unwrap())),
        ("Signer of each algorithm", || {
            for algorithm in ALGORITHMS {
                sign_and_unsign(&Signer::new(&keys(), SALT).unwrap().with_algorithm(algorithm));
            }
        }),
        ("Signer with a legacy algorithm", || {
            sign_and_unsign(&Signer::new(&keys(), SALT).unwrap().with_legacy_algorithm(Algorithm::Sha1));
        }),
        ("Signer of a long value", || {
            let value = "x".repeat(100_000);
            let signer = Signer::new(&keys(), SALT).unwrap().with_sep(Separator::new("::").unwrap());
            assert!(signer.unsign(&signer.sign(&value)).is_ok());
        }),
        ("TimestampSigner", || {
            let signer = TimestampSigner::new(&keys(), SALT).unwrap();
            let token = signer.sign("value");
            assert!(signer.unsign(&token, Duration::from_secs(60)).is_ok());
            assert!(signer.unsign(&token[1..], MaxAge::Unlimited).is_err());
        }),
        ("TimestampSigner::for_cookie_or_legacy", || {
            let signer = TimestampSigner::for_cookie_or_legacy(&keys(), "name", "salt");
            assert!(signer.unsign(&signer.sign("value"), MaxAge::Unlimited).is_ok());
        }),
        ("dumps, loads", || {
            let token = dumps("value", &keys(), "some salt").unwrap();
            assert!(loads::<String>(&token, &keys(), "some salt", MaxAge::Unlimited).is_ok());
        }),
        ("CookieSessions", || {
            let sessions = CookieSessions::new(&keys(), options());
            let mut session = sessions.load(Some("forged:by:somebody"));
            session.insert("a", 1).unwrap();
            let cookie = sessions.commit(&session, 200).unwrap().set_cookie.unwrap().into_string();
            assert!(sessions.load_header(cookie.split(';').next().unwrap()).contains_key("a"));
        }),
        ("CookieSessions, from one thread to another", || {
            let sessions = Arc::new(CookieSessions::new(&keys(), options()));
            let shared = Arc::clone(&sessions);
            std::thread::spawn(move || drop(shared.load(Some("forged:by:somebody")))).join().unwrap();
        }),
        ("SessionAuth", || {
            let auth = SessionAuth::new(&keys());
            let mut session = CookieSessions::new(&keys(), options()).load(None);
            auth.login(&mut session, &SessionUser { id: "7", backend: "backend", password_hash: "column" });
            assert_eq!(auth.verify(&session, "column"), Some(AuthKey::Current));
        }),
        ("SaltedHmac, and a SessionAuth of another salt", || {
            let hmac = SaltedHmac::new(&keys(), SALT).unwrap().with_algorithm(Algorithm::Sha512);
            assert_eq!(hmac.verify("value", hmac.hexdigest("value")), Some(0));
            let auth = SessionAuth::new(&keys()).with_salt(SALT).unwrap().with_legacy_algorithm(Algorithm::Sha1);
            let mut session = Session::default();
            auth.login(&mut session, &SessionUser { id: "7", backend: "backend", password_hash: "column" });
            assert!(auth.authenticate(&mut session, "column") && !auth.authenticate(&mut session, "changed"));
        }),
        ("CookieSessions of another salt", || {
            let sessions = CookieSessions::new(&keys(), options()).with_salt(SALT).unwrap();
            assert!(sessions.load(Some("forged:by:somebody")).rejection().is_some());
        }),
        ("StoredSessions, and its legacy form", || {
            let sessions = StoredSessions::new(&keys(), CookieOptions::default()).with_legacy();
            let mut session = sessions.create();
            session.insert("a", 1).unwrap();
            for text in [sessions.encode(&session).unwrap(), sessions.encode_legacy(&session).unwrap()] {
                assert!(sessions.decode(&text).is_ok() && sessions.decode(&text[1..]).is_err());
            }
        }),
        ("Encryption", || {
            let encryption = Encryption::new(&keys());
            drop(encryption.clone());
            let codec = Codec::default().with_encryption(encryption);
            let signer = TimestampSigner::new(&keys(), SALT).unwrap();
            let token = signer.sign_object("value", &codec).unwrap();
            assert!(signer.unsign_object::<String, _>(&token, &codec, MaxAge::Unlimited).is_ok());
            let unsealed = signer.sign("AQ");
            assert!(signer.unsign_object::<String, _>(&unsealed, &codec, MaxAge::Unlimited).is_err());
        }),
        ("encrypting and decrypting", || {
            in_a_thread(|| {
                let (codec, signer) = encrypting();
                let token = signer.sign_object(&[[MARKED; 10]; 5], &codec).unwrap();
                for _ in 0..2 {
                    let read: [u64; 2] = signer
                        .unsign_object(&signer.sign_object(&[MARKED; 2], &codec).unwrap(), &codec, MaxAge::Unlimited)
                        .unwrap();
                    assert_eq!(read, [MARKED; 2]);
                }
                assert!(signer.unsign_object::<bool, _>(&token, &codec, MaxAge::Unlimited).is_err());
            });
        }),
        ("decrypting with no key that fits", || {
            in_a_thread(|| {
                let (codec, signer) = encrypting();
                let token = signer.sign_object(&[MARKED; 2], &codec).unwrap();
                let other = KeyRing::new(SecretKey::new("another").unwrap());
                let other = Codec::default().with_encryption(Encryption::new(&other));
                assert!(signer.unsign_object::<bool, _>(&token, &other, MaxAge::Unlimited).is_err());
            });
        }),
        ("encrypting what cannot be serialized", || {
            in_a_thread(|| assert!(encrypting().0.encode(&Spoilt(|| ())).is_err()));
        }),
        ("a panic while encrypting", || {
            in_a_thread(|| {
                let codec = encrypting().0;
                let panics = || codec.encode(&Spoilt(|| std::panic::resume_unwind(Box::new(()))));
                assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
            });
        }),
        ("a panic while a signer is alive", || {
            let unwound = std::panic::catch_unwind(|| {
                let signer = Signer::new(&keys(), SALT).unwrap();
                sign_and_unsign(&signer);
                std::panic::resume_unwind(Box::new(()));
            });
            assert!(unwound.is_err());
        }),
    ]
}

/// The control: frees one block for each of the secrets without wiping it. The search must find all of them.
fn control(secrets: &[Vec<u8>]) -> Freed {
    freed(secrets, || {
        for secret in secrets {
            drop([b"before", &secret[..], b"after"].concat());
        }
    })
}

fn main() -> ExitCode {
    let secrets = secrets();
    println!("{:<48}{:>10}{:>16}", "freed by", "blocks", "with a secret");
    let row = |what: &str, freed: Freed| println!("{what:<48}{:>10}{:>16}", freed.blocks, freed.with_a_secret);
    let found = control(&secrets);
    row("a Vec<u8> for each secret", found);
    let mut held = found.with_a_secret == secrets.len();

    for (what, work) in works() {
        let freed = freed(&secrets, work);
        row(what, freed);
        held &= freed.with_a_secret == 0 && freed.blocks > 0;
    }
    println!("{}", if held { "all wiped" } else { "FAILED" });
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
