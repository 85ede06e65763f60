//! `StoredSessions`: the text that Django's db engine keeps.

use django_session::{BadSignature, DecodeError, Expiry, KeyRing, StoredSessions, TimestampSigner};
use time::macros::{datetime, offset};

use crate::common::{payload, ring, written};
use crate::sessions;

/// Django: `test_decode_failure_logged_to_security`, `test_decode_serializer_exception`.
#[test]
fn stored_texts_that_will_not_do() {
    use base64::Engine as _;
    let sessions = StoredSessions::new(&ring("secret"));
    let signer = TimestampSigner::new(&ring("secret"), "django.contrib.sessions.SessionStore").unwrap();
    let signature = DecodeError::Signature;
    for (text, error) in [
        (base64::prelude::BASE64_STANDARD.encode("flaskdj:alkdjf"), signature(BadSignature::MissingSeparator)),
        ("bad:encoded:value".to_owned(), signature(BadSignature::Mismatch)),
        (String::new(), signature(BadSignature::MissingSeparator)),
        (signer.sign("invalid data"), DecodeError::Base64),
        (signer.sign("W10"), DecodeError::Deserialize { reason: "not a JSON object" }),
    ] {
        assert_eq!(sessions.decode(&text).map(drop), Err(error), "{text}");
        #[cfg(feature = "legacy")]
        {
            let error = if text == "Zmxhc2tkajphbGtkamY=" { signature(BadSignature::Mismatch) } else { error };
            assert_eq!(
                StoredSessions::new(&ring("secret")).with_legacy().decode(&text).map(drop),
                Err(error),
                "{text}"
            );
        }
    }
}

/// Django 2.2 and 3.0 compare the digest as text, in lower case, so that no other spelling of it will do.
#[cfg(feature = "legacy")]
#[test]
fn a_stored_digest_has_one_spelling() {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    let sessions = StoredSessions::new(&ring("secret")).with_legacy();
    let text = BASE64_STANDARD.decode("NTdkYjJhMDQwZDA4ZjIyNDFmMmM1YjM5Zjg5OGQ5MDNkMGE3MDQ0Zjp7ImEiOjF9").unwrap();
    let (digest, json) = text.split_at(40);
    let decode = |digest: &[u8]| sessions.decode(&BASE64_STANDARD.encode([digest, json].concat())).map(drop);
    assert_eq!(decode(digest), Ok(()));
    let mismatch = Err(DecodeError::Signature(BadSignature::Mismatch));
    assert_eq!(decode(&digest.to_ascii_uppercase()), mismatch);
    for at in digest.iter().enumerate().filter(|(_, byte)| byte.is_ascii_alphabetic()).map(|(at, _)| at) {
        let mut one_capital = digest.to_vec();
        one_capital[at].make_ascii_uppercase();
        assert_eq!(decode(&one_capital), mismatch, "at {at}");
    }
    for other in [&digest[1..], &digest[..39], &[b"0", digest].concat(), &[digest, b"0"].concat(), b"", b" "] {
        assert_eq!(decode(other), mismatch, "{}", other.escape_ascii());
    }
}

/// As with `USE_TZ = False`, by the clock of the site.
#[test]
fn stored_sessions_with_naive_dates() {
    let tokyo = StoredSessions::new(&ring("secret")).with_naive_dates(offset!(+9));
    let mut session = tokyo.create();
    session.set_expiry(Expiry::At(datetime!(2030-01-02 03:00 UTC)));
    assert_eq!(session.get_json("_session_expiry"), Some("\"2030-01-02T12:00:00\""));
    let text = tokyo.encode(&session).unwrap();
    let expiry = |sessions: &StoredSessions| sessions.decode(&text).unwrap().expiry();
    assert_eq!(expiry(&tokyo), Some(Expiry::At(datetime!(2030-01-02 03:00 UTC))));
    assert_eq!(expiry(&StoredSessions::new(&ring("secret"))), Some(Expiry::At(datetime!(2030-01-02 12:00 UTC))));
}

/// A row has no 4096 bytes to fit in, and what is written is read.
#[test]
fn large_stored_sessions() {
    let sessions = StoredSessions::new(&ring("secret"));
    for size in [1 << 10, 1 << 20, 3 << 20] {
        let mut session = sessions.create();
        session.insert("big", "x".repeat(size)).unwrap();
        let text = sessions.encode(&session).unwrap();
        assert_eq!(sessions.decode(&text).unwrap().get_json("big").unwrap().len(), size + 2);
    }
}

/// Django reads Latin-1, and would take anything else for other characters.
#[test]
fn stored_texts_are_in_ascii() {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    let signer = TimestampSigner::new(&ring("secret"), "django.contrib.sessions.SessionStore").unwrap();
    let sessions = StoredSessions::new(&ring("secret"));
    let session = sessions.decode(&signer.sign(&BASE64_URL_SAFE_NO_PAD.encode(r#"{"é":"🔑"}"#))).unwrap();
    let ascii = r#"{"\u00e9":"\ud83d\udd11"}"#;
    assert_eq!(payload(&sessions.encode(&session).unwrap()), ascii);
    #[cfg(feature = "legacy")]
    {
        let text = sessions.encode_legacy(&session).unwrap();
        let digest_and_json = String::from_utf8(base64::prelude::BASE64_STANDARD.decode(&text).unwrap()).unwrap();
        assert_eq!(digest_and_json.split_once(':').unwrap().1, ascii);
        assert_eq!(sessions.with_legacy().decode(&text).unwrap().get::<String>("é").unwrap().as_deref(), Some("🔑"));
    }
}

#[test]
fn stored_sessions_are_no_cookies() {
    let keys: KeyRing = ring("secret");
    let mut session = sessions().load(None);
    session.insert("a", 1).unwrap();
    let stored = StoredSessions::new(&keys).encode(&session).unwrap();
    assert!(sessions().try_load(&stored).is_err());
    assert!(StoredSessions::new(&keys).decode(&written(&sessions().commit(&session, 200).unwrap()).unwrap()).is_err());
}
