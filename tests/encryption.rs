//! Encrypted payloads: how they are written and read, and which are rejected.
#![cfg(feature = "encryption")]

mod common;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use aes::Aes256;
use aes_gcm_siv::{AeadInOut as _, AesGcmSiv, Key, KeyInit as _, Nonce};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use common::json::{Json, any_json};
use common::{Hex, clock, json_of, key, ring, written};
use django_session::{
    Codec, Compression, CookieOptions, CookieSessions, DecodeError, EncodeError, Encryption, KeyRing, MaxAge,
    Plaintext, Session, SizeRule, StoredSessions, TimestampSigner,
};
use flate2::Compression as Level;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use hkdf::Hkdf;
use proptest::prelude::*;
use serde::Deserialize;
use sha2::Sha256;

const SALT: &str = "django.contrib.sessions.backends.signed_cookies";
const NOW: f64 = 1.79e9;
const LOGIN: &str = r#"{"_auth_user_id":"7","_auth_user_backend":"django.contrib.auth.backends.ModelBackend"}"#;

/// An independent implementation of the encryption, which is itself compared with that of pyca/cryptography.
struct Twin(AesGcmSiv<Aes256>);

impl Twin {
    fn new(secret: &[u8]) -> Self {
        Self(AesGcmSiv::new(&Self::key(secret)))
    }

    fn key(secret: &[u8]) -> Key<AesGcmSiv<Aes256>> {
        let mut key = Key::<AesGcmSiv<Aes256>>::default();
        Hkdf::<Sha256>::new(None, secret).expand(b"django-session.sealed.v1", &mut key).unwrap();
        key
    }

    fn seal(&self, version: u8, nonce: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let nonce: [u8; 12] = nonce.try_into().unwrap();
        let mut ciphertext = plaintext.to_vec();
        let buffer = ciphertext[..].as_mut().into();
        let tag = self.0.encrypt_inout_detached(&Nonce::from(nonce), &[version], buffer).unwrap();
        [&[version], &nonce[..], &ciphertext, &tag].concat()
    }

    fn open(&self, payload: &[u8]) -> Vec<u8> {
        let (head, tag) = payload.split_last_chunk::<16>().unwrap();
        let (nonce, ciphertext) = head[1..].split_first_chunk::<12>().unwrap();
        let mut plaintext = ciphertext.to_vec();
        let buffer = plaintext[..].as_mut().into();
        let (nonce, tag) = (Nonce::from(*nonce), (*tag).into());
        self.0.decrypt_inout_detached(&nonce, &payload[..1], buffer, &tag).unwrap();
        plaintext
    }
}

fn signer(keys: &KeyRing) -> TimestampSigner {
    TimestampSigner::new(keys, SALT).unwrap().with_clock(clock(NOW))
}

/// Signs a token with these bytes as the payload.
fn signed(keys: &KeyRing, payload: &[u8]) -> String {
    signer(keys).sign(&BASE64URL.encode(payload))
}

/// Returns the bytes of a token's payload.
fn bytes(token: &str) -> Vec<u8> {
    BASE64URL.decode(token.split(':').next().unwrap()).unwrap()
}

fn options() -> CookieOptions {
    CookieOptions::builder("sessionid").build().unwrap()
}

fn plain(keys: &KeyRing) -> CookieSessions {
    CookieSessions::new(keys, options()).with_clock(clock(NOW))
}

fn encrypted(keys: &KeyRing) -> CookieSessions {
    plain(keys).with_encryption(Encryption::new(keys))
}

fn loads(sessions: &CookieSessions, token: &str) -> Result<Vec<(String, String)>, DecodeError> {
    sessions.try_load(token).map(|session| json_of(&session))
}

/// Returns the token of the session with this JSON.
fn dumps(sessions: &CookieSessions, json: &str) -> String {
    written(&sessions.commit(&session(json), 200).unwrap()).unwrap()
}

fn session(json: &str) -> Session {
    let mut session = plain(&ring("of no account")).load(Some(&signed(&ring("of no account"), json.as_bytes())));
    assert!(session.rejection().is_none(), "{json}");
    session.mark_modified();
    session
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Level::default());
    std::io::Write::write_all(&mut zlib, data).unwrap();
    zlib.finish().unwrap()
}

fn inflated(data: &[u8]) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut ZlibDecoder::new(data), &mut text).unwrap();
    text
}

#[derive(Deserialize)]
struct Vector {
    secret_key: String,
    derived_key: Hex,
    nonce: Hex,
    version: u8,
    json: String,
    sealed: String,
    token: String,
}

fn vectors() -> Vec<Vector> {
    #[derive(Deserialize)]
    struct File {
        vectors: Vec<Vector>,
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/sealed.json");
    serde_json::from_str::<File>(&fs::read_to_string(path).unwrap()).unwrap().vectors
}

/// The crate reads what Python encrypted exactly. What the crate encrypts is what Python encrypts with the same nonce.
#[test]
fn vectors_to_the_byte() {
    let keys = ring("current-key-of-the-site").with_fallback(key("older-key"));
    let vectors = vectors();
    assert_eq!(vectors.len(), 5);
    for Vector { secret_key, derived_key, nonce, version, json, sealed, token } in vectors {
        assert_eq!(Twin::key(secret_key.as_bytes()).as_slice(), derived_key.0);
        let twin = Twin::new(secret_key.as_bytes());
        if version == 1 {
            assert_eq!(BASE64URL.encode(twin.seal(1, &nonce.0, json.as_bytes())), sealed);
        }

        let read = loads(&encrypted(&keys), &token).unwrap();
        assert_eq!(read, json_of(&session(&json)), "{json}");
        if json == "{}" {
            continue; // an empty session has no cookie
        }
        let compression = if version == 1 { Compression::Never } else { Compression::IfSmaller };
        let keys = ring(&secret_key);
        let ours = dumps(&plain(&keys).with_encryption(Encryption::new(&keys).with_compression(compression)), &json);
        let payload = bytes(&ours);
        assert_eq!(payload[0], version);
        if version == 1 {
            assert_eq!(payload, twin.seal(1, &payload[1..13], json.as_bytes()));
            assert_eq!(ours.len(), token.len(), "{json}");
        } else {
            assert_eq!(inflated(&twin.open(&payload)), json);
            assert!(ours.len().abs_diff(token.len()) < 20, "the same length, except for zlib");
        }
    }
}

/// Django compresses a payload if that makes it shorter. Ciphertext does not get shorter, but if it ever did, the
/// compressed form would be accepted.
#[test]
fn the_zlib_of_django_around_ciphertext_is_accepted() {
    let keys = ring("secret");
    let sealed = bytes(&dumps(&encrypted(&keys), LOGIN));
    let token = signer(&keys).sign(&format!(".{}", BASE64URL.encode(zlib(&sealed))));
    assert_eq!(loads(&encrypted(&keys), &token), Ok(json_of(&session(LOGIN))));
}

/// Rejected payloads, each with the first of the reasons that apply.
#[test]
fn rejections_in_their_order() {
    use DecodeError::{Decrypt, Empty, NotEncrypted, TooShort, UnknownVersion, Zlib};
    const NOT_JSON: DecodeError = DecodeError::Deserialize { reason: "not a JSON object" };
    let secret = b"a secret key of thirty-two bytes";
    let keys = ring(secret);
    let (twin, raw) = (Twin::new(secret), Twin(AesGcmSiv::new(&(*secret).into())));
    let seal = |version, plaintext: &[u8]| twin.seal(version, &[7; 12], plaintext);
    let cut = |version, len| seal(version, b"{}")[..len].to_vec();
    let deflated = zlib(LOGIN.as_bytes());
    let both = |error: DecodeError| [Err(error), Err(error)];

    // In the order of `Plaintext::Reject` and `Plaintext::Accept`.
    let cases = [
        ("empty", vec![], both(Empty)),
        ("plaintext", b"{}".to_vec(), [Err(NotEncrypted), Ok(())]),
        ("plaintext of 30 bytes and more", LOGIN.into(), [Err(NotEncrypted), Ok(())]),
        ("plaintext that is not JSON", b"{".to_vec(), [Err(NotEncrypted), Err(NOT_JSON)]),
        ("plaintext behind white space", b" {}".to_vec(), both(UnknownVersion)),
        ("JSON that is no object", b"[1]".to_vec(), both(UnknownVersion)),
        ("version 0", seal(0, b"{}"), both(UnknownVersion)),
        ("version 3", seal(3, b"{}"), both(UnknownVersion)),
        ("version 0x81", seal(0x81, b"{}"), both(UnknownVersion)),
        ("a version alone", cut(1, 1), both(TooShort)),
        ("29 bytes of version 1", cut(1, 29), both(TooShort)),
        ("29 bytes of version 2", cut(2, 29), both(TooShort)),
        ("no plaintext", seal(1, b""), both(TooShort)),
        ("30 bytes of another value", cut(1, 30), both(Decrypt)),
        ("another key", Twin::new(b"other").seal(1, &[7; 12], b"{}"), both(Decrypt)),
        ("the secret key itself, not what HKDF makes of it", raw.seal(1, &[7; 12], b"{}"), both(Decrypt)),
        ("version 1 presented as 2", [&[2], &seal(1, &deflated)[1..]].concat(), both(Decrypt)),
        ("version 2 presented as 1", [&[1], &seal(2, LOGIN.as_bytes())[1..]].concat(), both(Decrypt)),
        ("version 2 of what is not zlib", seal(2, LOGIN.as_bytes()), both(Zlib)),
        ("a zlib stream that is cut", seal(2, &deflated[..deflated.len() - 1]), both(Zlib)),
        ("a byte behind the zlib stream", seal(2, &[&deflated[..], b"\0"].concat()), both(Zlib)),
        ("a zlib stream behind another", seal(2, &[&deflated[..], &deflated].concat()), both(Zlib)),
        ("zlib of nothing", seal(2, &zlib(b"")), both(NOT_JSON)),
        ("version 1 of zlib", seal(1, &deflated), both(DecodeError::Deserialize { reason: "not UTF-8" })),
        ("no object", seal(1, b"[1]"), both(NOT_JSON)),
        ("not JSON", seal(1, b"{"), both(NOT_JSON)),
        ("two objects", seal(1, b"{}{}"), both(NOT_JSON)),
        ("an object", seal(1, b"{}"), [Ok(()), Ok(())]),
        ("an object behind white space", seal(1, b" {}\n"), [Ok(()), Ok(())]),
        ("zlib of an object", seal(2, &deflated), [Ok(()), Ok(())]),
    ];
    for (what, payload, expected) in cases {
        let token = signed(&keys, &payload);
        for (plaintext, expected) in [Plaintext::Reject, Plaintext::Accept].into_iter().zip(expected) {
            let encryption = Encryption::new(&keys).with_plaintext(plaintext);
            let answer = plain(&keys).with_encryption(encryption).try_load(&token).map(drop);
            assert_eq!(answer, expected, "{what}, {plaintext:?}");
        }
    }
}

/// In both versions, a payload with any changed bit or any other length is rejected, although the signature is valid.
#[test]
fn every_bit_and_every_length_is_authenticated() {
    let keys = ring("secret");
    let sessions = encrypted(&keys);
    for compression in [Compression::Never, Compression::IfSmaller] {
        let encryption = Encryption::new(&keys).with_compression(compression);
        let sealed = bytes(&dumps(&plain(&keys).with_encryption(encryption), LOGIN));
        assert_eq!(sealed[0], if compression == Compression::Never { 1 } else { 2 });
        assert!(loads(&sessions, &signed(&keys, &sealed)).is_ok());

        for bit in 0..sealed.len() * 8 {
            let mut spoiled = sealed.clone();
            spoiled[bit / 8] ^= 1 << (bit % 8);
            let expected = match spoiled[0] {
                1 | 2 => DecodeError::Decrypt,
                _ => DecodeError::UnknownVersion,
            };
            assert_eq!(loads(&sessions, &signed(&keys, &spoiled)), Err(expected), "bit {bit}");
        }
        for len in 0..sealed.len() {
            let expected = match len {
                0 => DecodeError::Empty,
                1..30 => DecodeError::TooShort,
                _ => DecodeError::Decrypt,
            };
            assert_eq!(loads(&sessions, &signed(&keys, &sealed[..len])), Err(expected), "{len} bytes");
        }
        for more in [&[0][..], &[0; 16], &sealed] {
            assert_eq!(loads(&sessions, &signed(&keys, &[&sealed[..], more].concat())), Err(DecodeError::Decrypt));
        }
    }
}

/// Every key of the ring decrypts, and the first one encrypts, independent of the key that signed.
#[test]
fn rotation() {
    const KEYS: [&str; 4] = ["newest", "newer", "old", "stranger's"];
    let keys = || ring(KEYS[0]).with_fallback(key(KEYS[1])).with_fallback(key(KEYS[2]));
    let theirs = keys();
    for (encrypting, name) in KEYS.iter().enumerate() {
        let sealed = Twin::new(name.as_bytes()).seal(1, &[9; 12], LOGIN.as_bytes());
        for (signing, name) in KEYS[..3].iter().enumerate() {
            let token = signed(&ring(name), &sealed);
            // The same ring as the signer's, and another ring with the same keys.
            for encryption in [Encryption::new(&theirs), Encryption::new(&keys())] {
                let answer = plain(&theirs).with_encryption(encryption).try_load(&token);
                match answer {
                    Ok(session) => assert!(encrypting < 3 && session.key_index() == Some(signing)),
                    Err(error) => assert!(encrypting == 3 && error == DecodeError::Decrypt, "{error}"),
                }
            }
        }
    }
    let rotated = keys();
    let payload = bytes(&dumps(&encrypted(&rotated), LOGIN));
    assert_eq!(payload, Twin::new(b"newest").seal(1, &payload[1..13], LOGIN.as_bytes()));
}

/// With separate rings, the signing keys alone cannot decrypt, and the encryption keys alone cannot verify.
#[test]
fn a_ring_of_its_own() {
    let (signing, own) = (ring("signing"), ring("own").with_fallback(key("own, of last year")));
    let sessions = plain(&signing).with_encryption(Encryption::new(&own));
    let token = dumps(&sessions, LOGIN);
    assert_eq!(loads(&sessions, &token), Ok(json_of(&session(LOGIN))));
    assert_eq!(loads(&encrypted(&signing), &token), Err(DecodeError::Decrypt));
    assert!(signer(&signing).unsign(&token, MaxAge::Unlimited).is_ok());
    assert!(matches!(loads(&encrypted(&own), &token), Err(DecodeError::Signature(_))));

    let older = Twin::new(b"own, of last year").seal(1, &[1; 12], LOGIN.as_bytes());
    assert!(loads(&sessions, &signed(&signing, &older)).is_ok());
}

/// Each step of turning encryption on reads what the previous and the next step write.
#[test]
fn roll_out() {
    use DecodeError::NotEncrypted;
    let keys = ring("secret");
    let step = |plaintext| plain(&keys).with_encryption(Encryption::new(&keys).with_plaintext(plaintext));
    let [write, accept, reject] = [Plaintext::Write, Plaintext::Accept, Plaintext::Reject].map(step);
    let steps = [("without", plain(&keys)), ("write", write), ("accept", accept), ("reject", reject)];

    let json = format!("{{\"text\":\"{}\"}}", "plain ".repeat(100));
    let mut rejected = Vec::new();
    for (writer, from) in &steps {
        let token = dumps(from, &json);
        assert_eq!(token.starts_with('.'), ["without", "write"].contains(writer), "plaintext is compressed as usual");
        for (reader, to) in &steps {
            match loads(to, &token) {
                Ok(read) => assert_eq!(read, json_of(&session(&json))),
                Err(error) => rejected.push((*writer, *reader, error == NotEncrypted)),
            }
        }
    }
    let expected = [
        ("without", "reject", true),
        ("write", "reject", true),
        ("accept", "without", false),
        ("reject", "without", false),
    ];
    assert_eq!(rejected, expected);
}

/// A value that readers would not recognize as plaintext is not written as plaintext.
#[test]
fn plaintext_is_an_object() {
    let keys = ring("secret");
    let codec = Codec::default().with_encryption(Encryption::new(&keys).with_plaintext(Plaintext::Write));
    assert_eq!(codec.encode(&BTreeMap::from([("a", 1)])).unwrap(), "eyJhIjoxfQ");
    for value in [Json::Null, Json::Int(1), Json::from("text"), Json::Array(vec![])] {
        assert!(matches!(codec.encode(&value), Err(EncodeError::NotAnObject)), "{value:?}");
    }
    // Such values can be encrypted.
    let codec = Codec::default().with_encryption(Encryption::new(&keys));
    for value in [Json::Null, Json::Int(1), Json::from("text"), Json::Array(vec![])] {
        let token = signer(&keys).sign_object(&value, &codec).unwrap();
        assert_eq!(signer(&keys).unsign_object::<Json, _>(&token, &codec, MaxAge::Unlimited), Ok(value));
    }
}

/// Compression is only used if it is enabled and makes the value shorter. The inflate limit is exact.
#[test]
fn compression_comes_before() {
    let keys = ring("secret");
    let compressing = Encryption::new(&keys).with_compression(Compression::IfSmaller);
    let codec = Codec::default().with_compression(Compression::IfSmaller).with_encryption(Encryption::new(&keys));
    let (repetitive, short) = ("ab".repeat(100), "ab".to_owned());
    let payload = |codec: &Codec, text: &str| BASE64URL.decode(codec.encode(text).unwrap()).unwrap();
    assert_eq!(payload(&codec, &repetitive).len(), 1 + 12 + 202 + 16, "the codec only compresses plaintext");
    let codec = Codec::default().with_encryption(compressing);
    assert!(payload(&codec, &repetitive).len() < 60);
    let versions = [&repetitive, &short].map(|text| payload(&codec, text)[0]);
    assert_eq!(versions, [2, 1]);
    let if_large = Encryption::new(&keys).with_compression(Compression::IfLarge);
    let if_large = Codec::default().with_encryption(if_large);
    let versions = [509, 510].map(|len| payload(&if_large, &"a".repeat(len))[0]);
    assert_eq!(versions, [1, 2], "512 bytes of JSON");

    let token = signer(&keys).sign_object(&repetitive, &codec).unwrap();
    let read = |limit| {
        let codec = codec.clone().with_inflate_limit(limit);
        signer(&keys).unsign_object::<String, _>(&token, &codec, MaxAge::Unlimited)
    };
    assert_eq!(read(202), Ok(repetitive.clone()));
    assert_eq!(read(201), Err(DecodeError::InflatesPast { limit: 201 }));
    // A value over the codec's own inflate limit is not compressed.
    assert_eq!(payload(&codec.clone().with_inflate_limit(201), &repetitive)[0], 1);
    // The limit only applies to compressed values.
    let token = signer(&keys).sign_object(&repetitive, &codec.clone().with_inflate_limit(0)).unwrap();
    let read = signer(&keys).unsign_object::<String, _>(&token, &codec.with_inflate_limit(0), MaxAge::Unlimited);
    assert_eq!(read, Ok(repetitive));
}

/// Each nonce is random in all of its bits, and so are ciphertext and tag.
#[test]
fn nonces_are_random() {
    let keys = ring("secret");
    let codec = Codec::default().with_encryption(Encryption::new(&keys));
    let payloads: Vec<_> = (0..2000).map(|_| BASE64URL.decode(codec.encode(LOGIN).unwrap()).unwrap()).collect();
    let distinct = |part: fn(&Vec<u8>) -> &[u8]| payloads.iter().map(part).collect::<HashSet<_>>().len();
    assert_eq!(distinct(|payload| &payload[1..13]), 2000);
    assert_eq!(distinct(|payload| &payload[13..29]), 2000, "the ciphertext");
    assert_eq!(distinct(|payload| &payload[payload.len() - 16..]), 2000, "the tag");
    for bit in 8..13 * 8 {
        let ones = payloads.iter().filter(|payload| payload[bit / 8] >> (bit % 8) & 1 == 1).count();
        // Fifteen standard deviations.
        assert!((665..1335).contains(&ones), "bit {bit} of the nonce is set {ones} times of 2000");
    }
}

/// Ciphertext reveals the exact length of the plaintext and nothing else. (With compression, the length reveals
/// something about the content: see `a_guess_shows_in_the_length_of_what_is_compressed`.)
#[test]
fn the_length_is_visible_and_nothing_else() {
    let codec = Codec::default().with_encryption(Encryption::new(&ring("secret")));
    let mut lengths = HashSet::new();
    for len in 0..500_usize {
        let texts = ["a", "ab", "tea, cups & saucers; "].map(|of| of.chars().cycle().take(len).collect::<String>());
        let seen: HashSet<_> = texts.iter().map(|text| codec.encode(text).unwrap().len()).collect();
        assert_eq!(seen.len(), 1, "three texts of {len} bytes have one length");
        assert_eq!(seen, HashSet::from([((len + 2 + 29) * 4).div_ceil(3)]), "two quotes, and the overhead");
        lengths.extend(seen);
    }
    assert_eq!(lengths.len(), 500, "each length is visible");
}

/// The reason why compression must be enabled explicitly: an attacker who chooses text next to a secret, and sees
/// lengths, can guess the secret digit by digit.
#[test]
fn a_guess_shows_in_the_length_of_what_is_compressed() {
    const SECRET: &str = "4096813275";
    let right_guesses = |encryption: Encryption| {
        let codec = Codec::default().with_encryption(encryption);
        let len = |guess: &str| {
            codec.encode(&format!("{LOGIN},coupon={SECRET},{}", format!("coupon={guess};").repeat(6))).unwrap().len()
        };
        // The first half of the secret is known, and the second half is guessed.
        let wrong = ["01234", "98765", "55555", "31415", "27182"];
        let lengths = wrong.map(|half| len(&format!("{}{half}", &SECRET[..5])));
        lengths.iter().filter(|&&wrong| len(SECRET) < wrong).count()
    };
    let encryption = Encryption::new(&ring("secret"));
    assert_eq!(right_guesses(encryption.clone().with_compression(Compression::IfSmaller)), 5);
    assert_eq!(right_guesses(encryption), 0);
}

/// Sizes count the encrypted bytes exactly.
#[test]
fn sizes_count_what_is_encrypted() {
    for rule in [SizeRule::Rfc6265, SizeRule::Rfc6265bis] {
        let keys = ring("secret");
        let options = CookieOptions::builder("sessionid").size_rule(rule).build().unwrap();
        let sessions =
            CookieSessions::new(&keys, options).with_clock(clock(NOW)).with_encryption(Encryption::new(&keys));
        let of = |len: usize| session(&format!("{{\"text\":\"{}\"}}", "a".repeat(len)));
        let (mut fit, mut left) = (0, 4096);
        let report = (2800..).find_map(|len| match sessions.bytes_left(&of(len)) {
            Ok(bytes) => {
                assert!(bytes <= left);
                (fit, left) = (len, bytes);
                None
            }
            Err(EncodeError::CookieTooLarge(report)) => Some(report),
            Err(other) => panic!("{other}"),
        });
        let report = report.unwrap();
        let header = sessions.commit(&of(fit), 200).unwrap().set_cookie.unwrap().into_string();
        let counted = if rule == SizeRule::Rfc6265 { header.len() } else { header.find(';').unwrap() };
        assert_eq!(counted - "=".len() + left, 4096);
        assert!(left <= 2, "three bytes are four characters");
        let payload = ((fit + 1 + "{\"text\":\"\"}".len() + 29) * 4).div_ceil(3);
        assert_eq!(report.value, payload + ":1x8elk:".len() + 43);
        assert_eq!(report.keys, [("text".to_owned(), "\"text\":\"\"".len() + fit + 1)], "in bytes of plaintext");
    }
}

#[test]
fn stored_sessions() {
    let keys = ring("secret").with_fallback(key("old"));
    let stored = |plaintext| {
        StoredSessions::new(&keys, CookieOptions::default())
            .with_encryption(Encryption::new(&keys).with_plaintext(plaintext))
            .with_clock(clock(NOW))
    };
    let text = stored(Plaintext::Reject).encode(&session(LOGIN)).unwrap();
    let payload = bytes(&text);
    assert_eq!(payload, Twin::new(b"secret").seal(1, &payload[1..13], LOGIN.as_bytes()));
    assert_eq!(json_of(&stored(Plaintext::Reject).decode(&text).unwrap()), json_of(&session(LOGIN)));

    let text = stored(Plaintext::Write).encode(&session(LOGIN)).unwrap();
    assert_eq!(
        text,
        StoredSessions::new(&keys, CookieOptions::default()).with_clock(clock(NOW)).encode(&session(LOGIN)).unwrap()
    );
    assert_eq!(json_of(&stored(Plaintext::Accept).decode(&text).unwrap()), json_of(&session(LOGIN)));
    assert_eq!(stored(Plaintext::Reject).decode(&text).unwrap_err(), DecodeError::NotEncrypted);
}

/// The format from before Django 3.1 counts as plaintext, and is rejected with `Plaintext::Reject`. What Django 3.2
/// with SHA-1 encrypted in that format is decrypted.
#[cfg(feature = "legacy")]
#[test]
fn stored_sessions_of_the_older_form() {
    use base64::prelude::BASE64_STANDARD;
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use sha1::{Digest as _, Sha1};

    let keys = ring("secret");
    let stored = |plaintext| {
        StoredSessions::new(&keys, CookieOptions::default())
            .with_encryption(Encryption::new(&keys).with_plaintext(plaintext))
            .with_legacy()
    };
    let text = stored(Plaintext::Reject).encode_legacy(&session(LOGIN)).unwrap();
    assert_eq!(json_of(&stored(Plaintext::Accept).decode(&text).unwrap()), json_of(&session(LOGIN)));
    assert_eq!(stored(Plaintext::Reject).decode(&text).unwrap_err(), DecodeError::NotEncrypted);

    let sealed = Twin::new(b"secret").seal(1, &[3; 12], LOGIN.as_bytes());
    let derived = Sha1::new().chain_update("django.contrib.sessionsSessionStore").chain_update("secret").finalize();
    let digest = Hmac::<Sha1>::new_from_slice(&derived).unwrap().chain_update(&sealed).finalize().into_bytes();
    let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let text = BASE64_STANDARD.encode([hex.as_bytes(), b":", &sealed].concat());
    assert_eq!(json_of(&stored(Plaintext::Reject).decode(&text).unwrap()), json_of(&session(LOGIN)));
}

/// The bytes of another serializer are encrypted too, whichever of the two is configured first.
#[cfg(feature = "msgpack")]
#[test]
fn other_serializers() {
    use django_session::MessagePackSerializer;
    let keys = ring("secret");
    let packed = || plain(&keys).with_serializer(MessagePackSerializer).with_encryption(Encryption::new(&keys));
    let before = encrypted(&keys).with_serializer(MessagePackSerializer);
    let token = written(&before.commit(&session(LOGIN), 200).unwrap()).unwrap();
    assert_eq!(bytes(&token)[0], 1);
    assert_eq!(json_of(&packed().try_load(&token).unwrap()), json_of(&session(LOGIN)));
    assert!(loads(&encrypted(&keys), &token).is_err(), "it is not JSON");

    let step = packed().with_encryption(Encryption::new(&keys).with_plaintext(Plaintext::Write));
    assert!(matches!(step.commit(&session(LOGIN), 200), Err(EncodeError::NotAnObject)));
}

/// A value may be encoded while another one is being encoded. Neither gets the other's plaintext.
#[test]
fn values_within_values() {
    struct Nested<'c>(&'c Codec, &'c str);
    impl serde::Serialize for Nested<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(&self.0.encode(self.1).unwrap())
        }
    }
    let keys = ring("secret");
    let codec = Codec::default().with_encryption(Encryption::new(&keys));
    let outer = signer(&keys).sign_object(&[Nested(&codec, "inner"), Nested(&codec, "more")], &codec).unwrap();
    let payloads: Vec<String> = signer(&keys).unsign_object(&outer, &codec, MaxAge::Unlimited).unwrap();
    let read = |payload: &String| {
        let token = signer(&keys).sign(payload);
        signer(&keys).unsign_object::<String, _>(&token, &codec, MaxAge::Unlimited).unwrap()
    };
    assert_eq!(payloads.iter().map(read).collect::<Vec<_>>(), ["inner", "more"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any value is read back with any key of the ring, compressed or not, owned or borrowed.
    #[test]
    fn round_trip(value in any_json(), compress: bool, older in 0..3_usize, borrowed in ".{0,200}") {
        let names = ["first", "second", "third"];
        let keys = ring(names[0]).with_fallback(key(names[1])).with_fallback(key(names[2]));
        let compression = if compress { Compression::IfSmaller } else { Compression::Never };
        let codec = |keys: &KeyRing| {
            Codec::default().with_encryption(Encryption::new(keys).with_compression(compression))
        };
        let (by, reader) = (ring(names[older]), codec(&keys));
        let token = signer(&by).sign_object(&value, &codec(&by)).unwrap();
        prop_assert_eq!(signer(&keys).unsign_object::<Json, _>(&token, &reader, MaxAge::Unlimited), Ok(value));

        let token = signer(&by).sign_object(&borrowed, &codec(&by)).unwrap();
        let mut buffer = b"whatever it held".to_vec();
        let verified = signer(&keys).unsign(&token, MaxAge::Unlimited).unwrap();
        let read: Result<std::borrow::Cow<'_, str>, _> = reader.decode_borrowed(verified, &mut buffer);
        prop_assert_eq!(read.as_deref(), Ok(&*borrowed));
    }
}
