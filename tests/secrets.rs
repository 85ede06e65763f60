//! No text and no log event of the crate contains a key, a token, a signature or a signed value. (`tests/memory` tests
//! that memory is wiped.)

mod common;

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::fmt::Debug;
use std::mem::discriminant;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64URL};
use common::{clock, key, ring, written};
use django_session::{
    BadSignature, Clock, Codec, ConfigError, CookieOptions, CookieSessions, DecodeError, EncodeError, Expiry, KeyRing,
    MaxAge, Separator, SessionAuth, SessionUser, Signer, StoredChange, StoredSessions, TimestampSigner, dumps, loads,
};
use serde_json::value::RawValue;

const KEY: &str = "dont-tell-the-key";
const OLD_KEY: &str = "dont-tell-the-old-key";
const SALT: &str = "dont-tell-the-salt";
const VALUE: &str = "dont-tell-the-value";
const NOW: f64 = 1.7e9;

fn keys() -> KeyRing {
    ring(KEY).with_fallback(key(OLD_KEY))
}

fn signer() -> TimestampSigner {
    TimestampSigner::new(&keys(), SALT).unwrap().with_clock(clock(NOW))
}

fn sessions() -> CookieSessions {
    CookieSessions::new(&keys(), CookieOptions::builder("sessionid").build().unwrap()).with_clock(clock(NOW))
}

/// Returns a session cookie that contains the value.
fn cookie() -> String {
    let mut session = sessions().load(None);
    session.insert("key", VALUE).unwrap();
    written(&sessions().commit(&session, 200).unwrap()).unwrap()
}

/// Returns the secrets that a text contains, as they are, as numbers, in hexadecimal or in either kind of base64.
fn found<'s>(text: &str, secrets: &[&'s str]) -> Vec<&'s str> {
    let stands = |secret: &str| {
        let bytes = secret.as_bytes();
        // The end of base64 depends on what follows the secret, so only whole groups are searched.
        let whole = bytes.len() / 3 * 3;
        let numbers = format!("{bytes:?}");
        let hex: String = format!("{bytes:02x?}").chars().filter(char::is_ascii_alphanumeric).collect();
        text.contains(secret)
            || text.contains(numbers.trim_matches(['[', ']']))
            || text.to_ascii_lowercase().contains(&hex)
            || text.contains(&BASE64URL.encode(&bytes[..whole]))
            || text.contains(&BASE64_STANDARD.encode(&bytes[..whole]))
    };
    secrets.iter().copied().filter(|secret| stands(secret)).collect()
}

/// Asserts that none of the texts contains a secret or a part of the tokens.
fn assert_silent(what: &str, texts: &[String], tokens: &[&str]) {
    let parts = tokens.iter().flat_map(|token| token.split([':', '|', '='])).filter(|part| part.len() > 8);
    let secrets: Vec<&str> = [KEY, OLD_KEY, SALT, VALUE].into_iter().chain(parts).collect();
    for text in texts {
        assert!(!text.is_empty(), "{what} has no text");
        assert_eq!(found(text, &secrets), [""; 0], "{what}: {text}");
    }
}

fn debug(value: &impl Debug) -> Vec<String> {
    vec![format!("{value:?}"), format!("{value:#?}")]
}

fn texts(error: &(dyn Error + 'static)) -> Vec<String> {
    let (mut texts, mut next) = (Vec::new(), Some(error));
    while let Some(error) = next {
        texts.extend([format!("{error}"), format!("{error:?}"), format!("{error:#?}")]);
        next = error.source();
    }
    texts
}

/// The search finds secrets that are present.
#[test]
fn what_is_told_is_found() {
    for told in [
        format!("key: {KEY}"),
        format!("{:?}", KEY.as_bytes()),
        format!("Key({:x?})", KEY.as_bytes()).replace(['[', ']', ',', ' '], ""),
        BASE64URL.encode(KEY),
        BASE64_STANDARD.encode(KEY.to_owned() + "and more"),
    ] {
        assert_eq!(found(&told, &[OLD_KEY, KEY]), [KEY], "{told}");
    }
}

#[test]
fn no_type_tells_a_secret() {
    let token = signer().sign_object(VALUE, &Codec::default()).unwrap();
    let plain = Signer::new(&keys(), SALT).unwrap().with_sep(Separator::new("|").unwrap());
    let signed = plain.sign(VALUE);
    let cookie = cookie();
    let session = sessions().load(Some(&cookie));
    assert_eq!(session.get::<String>("key").unwrap().as_deref(), Some(VALUE));
    let renewed = sessions().with_save_every_request(true).commit(&session, 200).unwrap();
    let (auth, stored) = (SessionAuth::new(&keys()), StoredSessions::new(&keys(), CookieOptions::default()));
    let mut logged_in = sessions().load(None);
    auth.login(&mut logged_in, &SessionUser { id: "7", backend: "backend", password_hash: VALUE });
    let hash: String = logged_in.get("_auth_user_hash").unwrap().unwrap();
    let options = CookieOptions::builder("c").build().unwrap();
    let begun = stored.commit(&logged_in, 200).unwrap().change;
    let StoredChange::Insert { row, .. } = &begun else { panic!("it is a new session") };

    let tokens = [&*token, &signed, &cookie, &hash, row.key.as_str(), &row.data];
    let dated = signer();
    for (what, texts) in [
        ("SecretKey", debug(&key(KEY))),
        ("KeyRing", debug(&keys())),
        ("Signer", debug(&plain)),
        ("TimestampSigner", debug(&dated)),
        ("Verified", debug(&plain.unsign(&signed).unwrap())),
        ("Verified, dated", debug(&dated.unsign(&token, MaxAge::Unlimited).unwrap())),
        ("Codec", debug(&Codec::default())),
        ("Clock", [Clock::system(), clock(NOW), Clock::from_fn(|| UNIX_EPOCH)].iter().flat_map(debug).collect()),
        ("CookieSessions", debug(&sessions())),
        ("Session", debug(&session)),
        ("Session, changed", debug(&logged_in)),
        ("Commit", debug(&renewed)),
        ("SetCookie", debug(&renewed.set_cookie)),
        ("SetCookie of any value", debug(&options.set_cookie(&token, UNIX_EPOCH).unwrap())),
        ("SessionAuth", debug(&auth)),
        ("StoredSessions", debug(&stored)),
        ("StoredRow", debug(row)),
        ("SessionKey", debug(&row.key)),
    ] {
        assert_silent(what, &texts, &tokens);
    }
    assert_eq!(format!("{auth:?}"), "SessionAuth(SaltedHmac(..))", "the output shows that something is left out");
    #[cfg(feature = "encryption")]
    {
        let encryption = django_session::Encryption::new(&keys());
        assert_eq!(format!("{encryption:?} {encryption:#?}"), "Encryption(..) Encryption(..)");
        assert_silent("encrypted sessions", &debug(&sessions().with_encryption(encryption.clone())), &[]);
        assert_silent("encrypted stored sessions", &debug(&stored.with_encryption(encryption)), &[]);
    }
    #[cfg(feature = "messages")]
    {
        let storage = django_session::MessageStorage::in_session();
        let mut messages = storage.load_header("", &session);
        messages.add(django_session::MessageLevel::INFO, VALUE);
        assert_silent("Messages", &debug(&messages), &[]);
        assert_silent("Message", &debug(&messages.drain().next().unwrap()), &[]);
    }
    #[cfg(feature = "csrf")]
    {
        let csrf = django_session::Csrf::builder().build().unwrap();
        assert_silent("CsrfCookie", &debug(&csrf.load(Some(VALUE))), &[]);
        let request = django_session::CsrfRequest { cookie: Some(VALUE), ..django_session::CsrfRequest::default() };
        assert_silent("CsrfRequest", &debug(&request), &[]);
        let post = django_session::CsrfRequest { method: "POST", secure: true, origin: Some(VALUE), ..request };
        assert_silent("CsrfRejection", &debug(&csrf.check(&post).unwrap_err()), &[]);
        #[cfg(feature = "tower")]
        assert_silent("CsrfToken", &debug(&django_session::CsrfToken::new(csrf, [format!("csrftoken={VALUE}")])), &[]);
    }
    #[cfg(feature = "actix-web")]
    assert_silent(
        "SessionMiddleware",
        &debug(&django_session::middleware::actix::SessionMiddleware::new(sessions())),
        &[],
    );
}

/// A type that is `Copy` and `'static` owns no text, so these errors can only contain numbers, fixed sentences and the
/// short name of a Python type.
#[test]
fn these_errors_own_no_text() {
    fn owns_nothing<T: Copy + 'static>() {}
    owns_nothing::<(ConfigError, BadSignature, DecodeError)>();
}

#[test]
fn no_refusal_of_a_token_tells_a_secret() {
    let sign = |text: &str| signer().sign(text);
    let codec = Codec::default().with_inflate_limit(10);
    let compressed = Codec::default().with_compression(django_session::Compression::IfSmaller);
    let [good, long] = [VALUE, &VALUE.repeat(50)].map(|value| signer().sign_object(value, &compressed).unwrap());
    let plain = Signer::new(&keys(), SALT).unwrap();
    let refusals: [(String, Duration); 12] = [
        (VALUE.to_owned(), Duration::MAX),
        (format!("{VALUE}:{VALUE}:{VALUE}"), Duration::MAX),
        (good.replace(':', "::"), Duration::MAX),
        (plain.sign(VALUE), Duration::MAX),
        (plain.sign(&format!("{VALUE}:{VALUE}")), Duration::MAX),
        (good.clone(), Duration::ZERO),
        (sign(VALUE), Duration::MAX),
        (sign(&format!("{VALUE}!")), Duration::MAX),
        (sign(&format!(".{}", BASE64URL.encode(VALUE))), Duration::MAX),
        (sign(&BASE64URL.encode(VALUE)), Duration::MAX),
        (sign(&BASE64URL.encode(format!("\"{VALUE}\" {VALUE}"))), Duration::MAX),
        (long, Duration::MAX),
    ];
    let (later, strict) = (signer().with_clock(clock(NOW + 60.0)), signer().with_clock(clock(NOW - 60.0)));
    let strict = strict.with_max_ahead(Duration::from_secs(1));
    let short = TimestampSigner::from(Signer::new(&keys(), SALT).unwrap().with_max_token_len(1));
    let (mut kinds, mut reasons) = (HashSet::new(), HashSet::new());
    for signer in [&later, &strict, &short] {
        for (token, max_age) in &refusals {
            let Err(error) = signer.unsign_object::<u8, _>(token, &codec, *max_age) else { panic!("{token}") };
            assert_silent("rejected", &texts(&error), &[token]);
            kinds.insert(discriminant(&error));
            if let DecodeError::Signature(reason) = error {
                assert_silent("rejected", &texts(&reason), &[token]);
                reasons.insert(discriminant(&reason));
            }
        }
    }
    let unsalted = loads::<u8>(&good, &keys(), "", MaxAge::Unlimited).unwrap_err();
    assert_silent("rejected", &texts(&unsalted), &[&good]);
    kinds.insert(discriminant(&unsalted));
    assert_eq!((kinds.len(), reasons.len()), (6, 6), "every kind of DecodeError and BadSignature");

    #[cfg(feature = "encryption")]
    {
        let codec = Codec::default().with_encryption(django_session::Encryption::new(&keys()));
        let object = format!("{{\"{VALUE}\":1}}");
        for payload in ["", &object, VALUE, "\x01short", &format!("\x01{}", VALUE.repeat(5))] {
            let token = sign(&BASE64URL.encode(payload));
            let error = later.unsign_object::<u8, _>(&token, &codec, MaxAge::Unlimited).unwrap_err();
            assert_silent("rejected", &texts(&error), &[&token]);
            kinds.insert(discriminant(&error));
        }
        assert_eq!(kinds.len(), 11, "every kind of DecodeError");
    }
}

#[test]
fn no_refusal_of_a_value_tells_a_secret() {
    let mut session = sessions().load(Some(&cookie()));
    let nested = |depth: usize| format!("{}\"{VALUE}\"{}", "[".repeat(depth), "]".repeat(depth));
    let deep = RawValue::from_string(nested(2000)).unwrap();
    let options = CookieOptions::builder("c").build().unwrap();
    let mut errors = vec![
        dumps(VALUE, &keys(), "").unwrap_err(),
        session.insert("key", (VALUE, f64::NAN)).unwrap_err(),
        session.insert("key", BTreeMap::from([((1, VALUE), VALUE)])).unwrap_err(),
        session.insert("key", deep).unwrap_err(),
        session.get_or_insert_with("key", || 1).unwrap_err(),
        session.insert("_session_expiry", VALUE).unwrap_err(),
        options.set_cookie(&format!("{VALUE} {VALUE}"), UNIX_EPOCH).unwrap_err(),
        options.set_cookie(&VALUE.repeat(300), UNIX_EPOCH).unwrap_err(),
    ];
    session.set_expiry(Expiry::Inactivity(Duration::MAX));
    errors.push(sessions().commit(&session, 200).unwrap_err());
    session.set_expiry(None);
    let noise: String = (0..3000_u32).map(|n| char::from_u32(0x4e00 + n * 7919 % 20_000).unwrap()).collect();
    session.insert("noise", [VALUE, &noise]).unwrap();
    errors.push(sessions().commit(&session, 200).unwrap_err());
    #[cfg(feature = "msgpack")]
    {
        let packed = sessions().with_serializer(django_session::MessagePackSerializer);
        session.insert("noise", RawValue::from_string(format!("[\"{VALUE}\",{}]", "9".repeat(99))).unwrap()).unwrap();
        errors.push(packed.commit(&session, 200).unwrap_err());
    }
    let kinds: HashSet<_> = errors.iter().map(discriminant).collect();
    assert_eq!(kinds.len(), 7, "every kind of EncodeError except those of encryption");
    #[cfg(feature = "encryption")]
    {
        let encryption = django_session::Encryption::new(&keys()).with_plaintext(django_session::Plaintext::Write);
        errors.push(Codec::default().with_encryption(encryption).encode(VALUE).unwrap_err());
    }
    for error in &errors {
        assert_silent("rejected", &texts(error), &[&cookie()]);
    }
    let EncodeError::CookieTooLarge(_) = &errors[9] else { panic!("{:?}", errors[9]) };
    assert!(errors[9].to_string().contains("\"noise\""), "the keys of a session are not secret");
}

/// Log events about rejected cookies, a cookie on a fallback key, and a session that is too large contain no secret.
#[cfg(feature = "tower")]
#[tokio::test]
async fn no_event_tells_a_secret() {
    use django_session::SessionHandle;
    use django_session::middleware::tower::SessionLayer;
    use tower::{Layer as _, ServiceExt as _, service_fn};

    common::events::listen();
    let layer = SessionLayer::new(sessions());
    let handler = service_fn(async |request: http::Request<()>| {
        let session = request.extensions().get::<SessionHandle>().unwrap().clone();
        session.with(|session| {
            let noise: String = (0..3000_u32).map(|n| char::from_u32(0x4e00 + n * 7919 % 20_000).unwrap()).collect();
            session.insert(VALUE.split_at(4).0, [VALUE, &noise]).unwrap();
        });
        assert_silent("SessionHandle", &debug(&session), &[]);
        Ok::<_, ()>(http::Response::new(()))
    });
    let service = layer.layer(handler);
    assert_silent("SessionLayer", &debug(&layer), &[]);
    assert_silent("SessionService", &debug(&layer.layer(())), &[]);

    let salt = "django.contrib.sessions.backends.signed_cookies";
    let older = TimestampSigner::new(&ring(OLD_KEY), salt).unwrap().with_clock(clock(NOW));
    let object = BASE64URL.encode(format!("{{\"key\":\"{VALUE}\"}}"));
    let mut told = 0;
    for cookie in [
        cookie(),
        format!("{VALUE}:{VALUE}:{VALUE}"),
        VALUE.to_owned(),
        VALUE.repeat(1000),
        older.sign(&object),
        older.sign(&BASE64URL.encode(VALUE)),
        older.sign(&format!(".{}", BASE64URL.encode(VALUE))),
        older.with_clock(clock(0.0)).sign(&object),
    ] {
        let request = http::Request::builder().header("cookie", format!("sessionid={cookie}")).body(()).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500, "the session is too large");
        assert_silent("response", &debug(&response), &[&cookie]);
        let events = common::events::told();
        assert_silent("events", &events, &[&cookie]);
        told += events.len();
    }
    assert!(told >= 15, "only {told} events");
}
