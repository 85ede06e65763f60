//! `StoredSessions`: the text that Django's db engine stores.

use std::collections::HashSet;

use django_session::{
    BadSignature, ConfigError, CookieOptions, DecodeError, EncodeError, Expiry, KeyRing, Session, SessionAuth,
    SessionKey, SessionUser, StoredChange, StoredSessions, Timestamp, TimestampSigner,
};
use time::macros::{datetime, offset};
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::common::{clock, key, payload, ring, written};
use crate::{NOW, sessions};

/// Django: `test_decode_failure_logged_to_security`, `test_decode_serializer_exception`.
#[test]
fn stored_texts_that_will_not_do() {
    use base64::Engine as _;
    let sessions = StoredSessions::new(&ring("secret"), CookieOptions::default());
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
                StoredSessions::new(&ring("secret"), CookieOptions::default()).with_legacy().decode(&text).map(drop),
                Err(error),
                "{text}"
            );
        }
    }
}

/// Django 5.2.19 wrote the text, with `class ShopStore(SessionStore)`.
#[test]
fn session_classes_of_another_name() {
    let text = "eyJhIjoxfQ:1xXj9q:T894YiHrGGJh2pboy_4NoiRQ-ppsodlJkIPVzT0RjcI";
    let sessions = || StoredSessions::new(&ring("secret"), CookieOptions::default());
    let shop = sessions().with_salt("django.contrib.sessions.ShopStore").unwrap();
    assert_eq!(shop.decode(text).unwrap().get("a"), Ok(Some(1)));
    assert_eq!(shop.decode(&shop.encode(&shop.create()).unwrap()).map(drop), Ok(()));
    assert_eq!(sessions().decode(text).map(drop), Err(DecodeError::Signature(BadSignature::Mismatch)));
    assert_eq!(sessions().with_salt("").map(drop).unwrap_err(), ConfigError::EmptySalt);
}

/// Like Django 2.2 and 3.0, which compare the digest as lower-case text, it rejects a digest with upper-case letters.
#[cfg(feature = "legacy")]
#[test]
fn a_stored_digest_has_one_spelling() {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    let sessions = StoredSessions::new(&ring("secret"), CookieOptions::default()).with_legacy();
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

/// Dates without an offset are read in the site's time zone, as with `USE_TZ = False`.
#[test]
fn stored_sessions_with_naive_dates() {
    let tokyo = StoredSessions::new(&ring("secret"), CookieOptions::default()).with_naive_dates(offset!(+9));
    let mut session = tokyo.create();
    session.set_expiry(Expiry::At(datetime!(2030-01-02 03:00 UTC)));
    assert_eq!(session.get_json("_session_expiry"), Some("\"2030-01-02T12:00:00\""));
    let text = tokyo.encode(&session).unwrap();
    let expiry = |sessions: &StoredSessions| sessions.decode(&text).unwrap().expiry();
    assert_eq!(expiry(&tokyo), Some(Expiry::At(datetime!(2030-01-02 03:00 UTC))));
    assert_eq!(
        expiry(&StoredSessions::new(&ring("secret"), CookieOptions::default())),
        Some(Expiry::At(datetime!(2030-01-02 12:00 UTC)))
    );
}

/// A row is not limited to 4096 bytes, and what is written can be read.
#[test]
fn large_stored_sessions() {
    let sessions = StoredSessions::new(&ring("secret"), CookieOptions::default());
    for size in [1 << 10, 1 << 20, 3 << 20] {
        let mut session = sessions.create();
        session.insert("big", "x".repeat(size)).unwrap();
        let text = sessions.encode(&session).unwrap();
        assert_eq!(sessions.decode(&text).unwrap().get_json("big").unwrap().len(), size + 2);
    }
}

/// The text is ASCII, because Django reads it as Latin-1.
#[test]
fn stored_texts_are_in_ascii() {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    let signer = TimestampSigner::new(&ring("secret"), "django.contrib.sessions.SessionStore").unwrap();
    let sessions = StoredSessions::new(&ring("secret"), CookieOptions::default());
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
    let stored = StoredSessions::new(&keys, CookieOptions::default()).encode(&session).unwrap();
    assert!(sessions().try_load(&stored).is_err());
    assert!(
        StoredSessions::new(&keys, CookieOptions::default())
            .decode(&written(&sessions().commit(&session, 200).unwrap()).unwrap())
            .is_err()
    );
}

const KEY: &str = "8vbzqm3m5ewqdkvy0u4awi5bb1vzo0q2";

fn stored() -> StoredSessions {
    StoredSessions::new(&ring("secret"), CookieOptions::default()).with_clock(clock(NOW))
}

fn text(json: &str) -> String {
    let mut session = stored().create();
    let Ok(serde_json::Value::Object(pairs)) = serde_json::from_str(json) else { panic!("{json}") };
    session.extend(pairs).unwrap();
    stored().encode(&session).unwrap()
}

type Does<'o> = &'o dyn Fn(&mut Session);

/// The effects on the row and the cookie depend on the row that was found, the operation and the status.
#[test]
#[expect(clippy::too_many_lines, reason = "this is a table")]
fn rows_and_cookies() {
    let keys = ring("secret");
    let auth = SessionAuth::new(&keys);
    let user = |id| SessionUser { id, backend: "backend", password_hash: "column" };
    let mut of_user_7 = stored().create();
    auth.login(&mut of_user_7, &user("7"));
    let of_user_7 = stored().encode(&of_user_7).unwrap();
    let good = text(r#"{"a":1}"#);
    let of_another_key = StoredSessions::new(&ring("another"), CookieOptions::default());
    let foreign = of_another_key.encode(&of_another_key.create()).unwrap();
    let nothing: Does<'_> = &|_| {};
    let read: Does<'_> = &|s| _ = s.get::<u8>("a");
    let write: Does<'_> = &|s| s.insert("a", 2).unwrap();
    let write_nothing: Does<'_> = &|s| {
        s.insert("b", 2).unwrap();
        s.remove("b");
    };
    let refill: Does<'_> = &|s| {
        s.flush();
        s.insert("a", 2).unwrap();
    };
    let discard: Does<'_> = &|s| {
        s.cycle_key();
        s.discard();
    };
    let [clear, flush, cycle]: [Does<'_>; 3] = [&Session::clear, &Session::flush, &Session::cycle_key];
    let login: Does<'_> = &|s| auth.login(s, &user("7"));
    let login_of_8: Does<'_> = &|s| auth.login(s, &user("8"));
    let update_hash: Does<'_> = &|s| auth.update_hash(s, "new column");
    let authenticate_fails: Does<'_> = &|s| assert!(!auth.authenticate(s, "another column"));

    let [none, missing, good, user_7, foreign] =
        [None, Some(None), Some(Some(good.as_str())), Some(Some(of_user_7.as_str())), Some(Some(foreign.as_str()))];
    for (row, operation, status, change, cookie) in [
        (none, nothing, 200, "", ""),
        (none, read, 200, "", ""),
        (none, write, 200, "insert", "new"),
        (none, write, 500, "", ""),
        (none, write_nothing, 200, "", ""),
        (none, flush, 200, "", ""),
        (none, login, 200, "insert", "new"),
        (missing, nothing, 200, "", ""),
        (missing, read, 200, "", ""), // Django removes the cookie
        (missing, write, 200, "insert", "new"),
        (missing, write_nothing, 200, "", ""), // Django removes the cookie
        (missing, flush, 500, "", "removal"),
        (good, read, 200, "", ""),
        (good, write, 200, "update", "same"),
        (good, write, 500, "", ""),
        (good, clear, 200, "update", "same"),
        (good, cycle, 200, "replace", "new"),
        (good, cycle, 500, "", ""), // Django has already replaced the row
        (good, discard, 200, "", ""),
        (good, flush, 200, "delete", "removal"),
        (good, flush, 500, "delete", "removal"),
        (good, refill, 200, "begin", "new"),
        (good, refill, 500, "delete", "removal"),
        (good, login, 200, "replace", "new"), // from anonymous
        (user_7, login, 200, "update", "same"),
        (user_7, login_of_8, 200, "begin", "new"),
        (user_7, update_hash, 200, "replace", "new"),
        (user_7, authenticate_fails, 200, "delete", "removal"),
        (foreign, read, 200, "", ""),
        (foreign, write, 200, "insert", "new"), // Django overwrites it
        (foreign, flush, 200, "delete", "removal"),
    ] {
        let cookie_header = row.map_or_else(String::new, |_| format!("sessionid={KEY}"));
        let mut session = stored().load(stored().sent_cookie(&cookie_header), row.flatten(), None);
        operation(&mut session);
        let commit = stored().commit(&session, status).unwrap();
        let context = format!("{row:?} {status} {change} {cookie}");
        let (did, written) = match &commit.change {
            StoredChange::Nothing => ("", None),
            StoredChange::Update { row } => ("update", Some(row)),
            StoredChange::Insert { row, delete: None } => ("insert", Some(row)),
            StoredChange::Replace { old, row } if old.as_str() == KEY => ("replace", Some(row)),
            StoredChange::Insert { row, delete: Some(old) } if old.as_str() == KEY => ("begin", Some(row)),
            StoredChange::Delete { key } if key.as_str() == KEY => ("delete", None),
            other => panic!("{context}: {other:?}"),
        };
        assert_eq!(did, change, "{context}");
        let set = match (&commit.response.set_cookie, written) {
            (None, None) => "",
            (Some(set), None) if *set == stored().cookie().removal() => "removal",
            (Some(set), Some(row)) if set.value() == row.key.as_str() => {
                if set.value() == KEY {
                    "same"
                } else {
                    "new"
                }
            }
            other => panic!("{context}: {other:?}"),
        };
        assert_eq!(set, cookie, "{context}");
        assert_eq!(commit.response.vary_on_cookie, session.is_accessed() || !set.is_empty(), "{context}");
        if let Some(row) = written {
            let session_of_row = stored().decode(&row.data).unwrap();
            assert!(session_of_row.iter().eq(session.iter()), "{context}");
            assert_eq!(row.expire_date, OffsetDateTime::from(session_moment()) + Duration::days(14), "{context}");
            let is_key =
                |key: &str| key.len() == 32 && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            assert!(is_key(row.key.as_str()), "{context}");
        }
    }
}

fn session_moment() -> std::time::SystemTime {
    crate::common::moment(NOW)
}

/// A session key that an attacker has set is not valid after the login (session fixation).
#[test]
fn a_planted_key_is_not_the_victims() {
    let planted = text("{}");
    let mut session = stored().load(stored().sent_cookie(&format!("sessionid={KEY}")), Some(&planted), None);
    let auth = SessionAuth::new(&ring("secret"));
    auth.login(&mut session, &SessionUser { id: "7", backend: "backend", password_hash: "column" });
    let commit = stored().commit(&session, 200).unwrap();
    let StoredChange::Replace { old, row } = commit.change else { panic!("{:?}", commit.change) };
    assert_eq!(old.as_str(), KEY);
    assert_ne!(row.key.as_str(), KEY);
    assert_eq!(session.session_key().map(SessionKey::as_str), Some(KEY), "what the browser sent");
    session.flush();
    assert_eq!(session.session_key(), None);
}

/// `expire_date` is checked if it is given. An equal time counts as expired, as in Django's `expire_date__gt`.
#[test]
fn rows_that_have_expired() {
    let good = text(r#"{"a":1}"#);
    let now = OffsetDateTime::from(session_moment());
    for (left, rejection) in [
        (Duration::SECOND, None),
        (Duration::ZERO, Some(std::time::Duration::ZERO)),
        (-Duration::MINUTE, Some(std::time::Duration::from_secs(60))),
    ] {
        let sent = stored().sent_cookie(&format!("sessionid={KEY}"));
        let session = stored().load(sent, Some(&good), Some(now + left));
        assert_eq!(session.rejection(), rejection.map(|since| DecodeError::SessionExpired { since }));
        assert_eq!(session.get("a").unwrap(), rejection.is_none().then_some(1));
        let key = rejection.is_none().then_some(KEY);
        assert_eq!(session.session_key().map(SessionKey::as_str), key, "nothing is stored under it");
    }
    let missing = stored().load(stored().sent_cookie(&format!("sessionid={KEY}")), None, None);
    assert_eq!((missing.rejection(), missing.session_key()), (Some(DecodeError::NotStored), None));
}

/// Databases that store text, such as SQLite, compare dates as text: all must have the same offset.
#[test]
fn dates_of_rows_are_in_utc() {
    let mut session = stored().create();
    session.set_expiry(Expiry::At(datetime!(2030-01-01 09:00 +9)));
    assert_eq!(session.get_json("_session_expiry"), Some(r#""2030-01-01T09:00:00+09:00""#));
    let date = session.expiry_date(session_moment()).unwrap();
    assert_eq!((date, date.offset()), (datetime!(2030-01-01 09:00 +9), offset!(+9)), "as in Django");
    let StoredChange::Insert { row, .. } = stored().commit(&session, 200).unwrap().change else { panic!() };
    assert_eq!((row.expire_date.offset(), row.expire_date), (UtcOffset::UTC, datetime!(2030-01-01 00:00 UTC)));
    session.set_expiry(Expiry::At(datetime!(9999-12-31 23:59 -1)));
    assert!(matches!(stored().commit(&session, 200), Err(EncodeError::ExpiryOutOfRange)), "the year 10000 in UTC");
}

#[test]
fn keys_of_cookies() {
    let key = |header: &str| stored().sent_cookie(header).key().map(|key| key.as_str().to_owned());
    for (header, expected) in [
        ("", None),
        ("sessionid=short12", None),
        ("sessionid=abcdefgh", Some("abcdefgh")),
        ("sessionid=ABCDEFGH", None),
        ("sessionid=../../etc", None),
        ("sessionid=abcdefgh:1r31eq:LCqGWTQrIoydnMbNSWtFF-F", None), // a cookie of the former engine
        ("sessionid=abcdefgh; sessionid=ijklmnop", Some("ijklmnop")),
        ("sessionid=abcdefgh; sessionid=a:signed:cookie", Some("abcdefgh")),
        ("other=abcdefgh", None),
    ] {
        assert_eq!(key(header).as_deref(), expected, "{header}");
    }
    assert_eq!(key(&format!("sessionid={}", "a".repeat(40))).map(|key| key.len()), Some(40));
    assert_eq!(key(&format!("sessionid={}", "a".repeat(41))), None);
    assert!(!format!("{:?}", stored().sent_cookie(&format!("sessionid={KEY}"))).contains(KEY));
}

/// New keys differ, and each character of the alphabet occurs.
#[test]
fn new_keys_are_random() {
    let keys: HashSet<String> = (0..500)
        .map(|_| {
            let mut session = stored().create();
            session.insert("a", 1).unwrap();
            match stored().commit(&session, 200).unwrap().change {
                StoredChange::Insert { row, delete: None } => row.key.as_str().to_owned(),
                other => panic!("{other:?}"),
            }
        })
        .collect();
    assert_eq!(keys.len(), 500);
    assert_eq!(keys.iter().flat_map(|key| key.chars()).collect::<HashSet<_>>().len(), 36);
}

#[test]
fn save_every_request_renews_rows() {
    let saving = stored().with_save_every_request(true);
    let good = text(r#"{"a":1}"#);
    let sent = || saving.sent_cookie(&format!("sessionid={KEY}"));
    let session = saving.load(sent(), Some(&good), None);
    assert!(matches!(saving.commit(&session, 200).unwrap().change, StoredChange::Update { .. }));
    assert_eq!(saving.commit(&session, 500).unwrap().change, StoredChange::Nothing);
    let missing = saving.load(sent(), None, None);
    assert_eq!(saving.commit(&missing, 200).unwrap().change, StoredChange::Nothing);
}

/// The cookie of a former scope is removed too. The `Debug` text of a row contains neither its key nor its data.
#[test]
fn former_cookies_of_stored_sessions() {
    let present = CookieOptions::builder("sessionid").domain("example.com").build().unwrap();
    let sessions = StoredSessions::new(&ring("secret"), present).with_former_cookie(&CookieOptions::default());
    let mut session = sessions.load(sessions.sent_cookie(&format!("sessionid={KEY}")), None, None);
    session.insert("secret", "918273").unwrap();
    let commit = sessions.commit(&session, 200).unwrap();
    let StoredChange::Insert { row, .. } = &commit.change else { panic!("{:?}", commit.change) };
    assert!(!format!("{row:?}").contains(&row.data) && !format!("{row:?}").contains(row.key.as_str()));
    let headers: Vec<String> = commit.response.into_set_cookies().map(String::from).collect();
    assert_eq!((headers.len(), &headers[0]), (2, &CookieOptions::default().removal().into_string()));
}

/// A session that was decoded from text has no session key, so it is inserted as a new row, even if it is empty.
#[test]
fn a_decoded_session_begins_a_row() {
    for json in ["{}", r#"{"a":1}"#] {
        let mut session = stored().decode(&text(json)).unwrap();
        assert_eq!(stored().commit(&session, 200).unwrap().change, StoredChange::Nothing);
        session.mark_modified();
        let StoredChange::Insert { row, delete: None } = stored().commit(&session, 200).unwrap().change else {
            panic!("{json}")
        };
        assert_eq!(stored().decode(&row.data).unwrap().len(), session.len());
    }
}

/// The limit does not apply to rows that are not compressed: what is larger is written so.
#[test]
fn the_inflate_limit_of_rows() {
    let limited = || stored().with_inflate_limit(1000);
    let json = format!(r#"{{"a":"{}"}}"#, "a".repeat(1000));
    assert_eq!(limited().decode(&text(&json)).unwrap_err(), DecodeError::InflatesPast { limit: 1000 });
    let written = limited().encode(&stored().decode(&text(&json)).unwrap()).unwrap();
    assert_eq!(limited().decode(&written).unwrap().get_json("a").map(str::len), Some(1002));
}

/// A row shows which key signed it and, since Django 3.1, when.
#[test]
fn rows_of_a_former_key() {
    let rotated = StoredSessions::new(&ring("new").with_fallback(key("secret")), CookieOptions::default());
    let read = rotated.decode(&text(r#"{"a":1}"#)).unwrap();
    assert_eq!((read.key_index(), read.signed_at()), (Some(1), Some(Timestamp::from_secs(1_700_000_000))));
    assert_eq!(rotated.cookie().name(), "sessionid");
    #[cfg(feature = "legacy")]
    {
        let rotated = rotated.with_legacy();
        let former = stored().encode_legacy(&read).unwrap();
        let mut read = rotated.load(rotated.sent_cookie("sessionid=abcdefgh"), Some(&former), None);
        assert_eq!((read.key_index(), read.signed_at()), (Some(1), None));
        // It is the session of this row, which is updated.
        read.insert("a", 2).unwrap();
        let commit = rotated.commit(&read, 200).unwrap();
        assert!(matches!(commit.change, StoredChange::Update { .. }), "{commit:?}");
    }
}

/// A cookie that is not a session key is rejected as such, for example one of the engine `signed_cookies`.
#[test]
fn a_cookie_that_is_no_key_says_so() {
    let sessions = StoredSessions::new(&ring("secret"), CookieOptions::default());
    for header in
        ["sessionid=", "sessionid=eyJhIjoxfQ:1vb66i:Ts6vvpr1zhmNGw7yxus-4faAcVOu9cdRVRCH22xrMq0", "sessionid=7"]
    {
        let mut session = sessions.load(sessions.sent_cookie(header), None, None);
        assert_eq!(session.rejection(), Some(DecodeError::NotASessionKey), "{header}");
        assert_eq!(sessions.commit(&session, 200).unwrap().response.set_cookie, None, "it is left alone");
        session.insert("a", 1).unwrap();
        assert!(matches!(sessions.commit(&session, 200).unwrap().change, StoredChange::Insert { delete: None, .. }));
    }
    assert_eq!(sessions.load(sessions.sent_cookie("theme=dark"), None, None).rejection(), None);
}
