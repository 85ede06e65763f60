//! The wire format is frozen: every version reads what earlier versions wrote to the same values, and writes the same
//! bytes. (Compressed bytes depend on zlib, so they are only read.)
//!
//! `tests/frozen` has a file for each version. Each line is JSON: a name, the text that was written, and the value that
//! it reads as. This command adds cases that no file has yet to the file of the current version:
//!
//! ```sh
//! FROZEN=add cargo test --all-features --test frozen
//! ```
//!
//! It never changes an existing line, and no other command does: an incompatible format needs a new name.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{clock, key, ring};
use django_session::{
    Algorithm, Codec, Compression, CookieOptions, CookieOptionsBuilder, CookieSessions, EncodeError, Expiry, KeyRing,
    MaxAge, Separator, Serializer, Session, SessionAuth, SessionUser, Signer, StoredSessions, TimestampSigner,
    Verified,
};
use serde_json::{Value, json};
use time::macros::{datetime, offset};

const NOW: f64 = 1_700_000_000.0;
const SECRET: &str = "django-insecure-frozen-in-the-year-2026";

struct Case {
    name: String,
    written: String,
    reads_as: Box<dyn Fn(&str) -> Value>,
}

fn case(name: impl Into<String>, written: String, reads_as: impl Fn(&str) -> Value + 'static) -> Case {
    Case { name: name.into(), written, reads_as: Box::new(reads_as) }
}

fn keys() -> KeyRing {
    ring(SECRET)
}

fn seen(verified: Verified<'_>) -> Value {
    json!({
        "value": verified.as_str(),
        "key_index": verified.key_index(),
        "signed_at": verified.timestamp().map(django_session::Timestamp::as_secs),
    })
}

/// A text that one signer signs and reads.
fn text(name: impl Into<String>, value: &str, signer: impl Fn() -> Signer + 'static) -> Case {
    case(name, signer().sign(value), move |token| seen(signer().unsign(token).unwrap()))
}

fn dated(name: impl Into<String>, value: &str, signer: impl Fn() -> TimestampSigner + 'static) -> Case {
    case(name, signer().sign(value), move |token| seen(signer().unsign(token, MaxAge::Unlimited).unwrap()))
}

fn object<S: Serializer + 'static>(name: impl Into<String>, value: &Value, codec: Codec<S>) -> Case {
    let signer = || TimestampSigner::new(&keys(), "frozen").unwrap().with_clock(clock(NOW));
    case(name, signer().sign_object(value, &codec).unwrap(), move |token| {
        signer().unsign_object(token, &codec, MaxAge::Unlimited).unwrap()
    })
}

/// Returns everything that the API reveals about a session.
fn asked(session: &Session) -> Value {
    let moment = common::moment(NOW + 1.0);
    json!({
        "items": session.iter().map(|(key, json)| json!([key, json])).collect::<Vec<_>>(),
        "key_index": session.key_index(),
        "signed_at": session.signed_at().map(django_session::Timestamp::as_secs),
        "expiry": match session.expiry() {
            None => json!(null),
            Some(Expiry::BrowserClose) => json!("browser close"),
            Some(Expiry::Inactivity(time)) => json!({ "seconds": time.as_secs_f64() }),
            Some(Expiry::At(at)) => json!({ "nanoseconds": at.unix_timestamp_nanos().to_string() }),
            Some(other) => unreachable!("{other:?}"),
        },
        "expiry_age": session.expiry_age(moment).whole_seconds(),
        "expiry_date": session.expiry_date(moment).map(|date| date.unix_timestamp_nanos().to_string()),
        "expires_at_browser_close": session.expires_at_browser_close(),
        "user": session.auth_user_id(),
    })
}

/// The complete `Set-Cookie` header of a session, and the session that is read from its cookie.
fn cookie<S: Serializer + 'static>(
    name: impl Into<String>,
    sessions: impl Fn() -> CookieSessions<S> + 'static,
    fill: impl FnOnce(&mut Session),
) -> Case {
    let mut session = sessions().load(None);
    fill(&mut session);
    let header = sessions().commit(&session, 200).unwrap().set_cookie.unwrap().into_string();
    case(name, header, move |header| {
        let session = sessions().load_header(header.split(';').next().unwrap());
        assert_eq!(session.rejection(), None);
        asked(&session)
    })
}

fn row(
    name: impl Into<String>,
    fill: impl FnOnce(&mut Session),
    write: impl FnOnce(&StoredSessions, &Session) -> Result<String, EncodeError>,
    sessions: impl Fn() -> StoredSessions + 'static,
) -> Case {
    let mut session = sessions().create();
    fill(&mut session);
    case(name, write(&sessions(), &session).unwrap(), move |text| asked(&sessions().decode(text).unwrap()))
}

fn options() -> CookieOptionsBuilder {
    CookieOptions::builder("sessionid")
}

fn store_with(options: CookieOptionsBuilder) -> CookieSessions {
    CookieSessions::new(&keys(), options.build().unwrap())
        .with_compression(Compression::IfSmaller)
        .with_clock(clock(NOW))
}

fn sessions() -> CookieSessions {
    store_with(options())
}

fn stored() -> StoredSessions {
    StoredSessions::new(&keys(), CookieOptions::default()).with_clock(clock(NOW))
}

fn small(session: &mut Session) {
    session.insert("a", 1).unwrap();
}

fn medium(session: &mut Session) {
    session.insert("cart", (0..4).map(|n| (n, "same again")).collect::<Vec<_>>()).unwrap();
}

fn large(session: &mut Session) {
    session.insert("cart", (0..40).map(|n| (n, "same again")).collect::<Vec<_>>()).unwrap();
}

fn odd(session: &mut Session) {
    session
        .extend([("", json!(null)), ("é", json!("🔑\u{7f}\\\"")), ("n", json!([1, -0.0, 1e16, 0.1, 5e-324]))])
        .unwrap();
}

const ALGORITHMS: [(&str, Algorithm); 4] = [
    ("sha224", Algorithm::Sha224),
    ("sha256", Algorithm::Sha256),
    ("sha384", Algorithm::Sha384),
    ("sha512", Algorithm::Sha512),
];

fn signer() -> Signer {
    Signer::new(&keys(), "frozen").unwrap()
}

fn tokens() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, algorithm) in ALGORITHMS {
        cases.push(text(format!("text, {name}"), "value", move || signer().with_algorithm(algorithm)));
        cases.push(cookie(format!("session, {name}"), move || sessions().with_algorithm(algorithm), small));
    }
    for (name, compression) in [("default", Compression::IfLarge), ("never", Compression::Never)] {
        for (size, fill) in [("medium", medium as fn(&mut Session)), ("large", large)] {
            let sessions = move || sessions().with_compression(compression);
            cases.push(cookie(format!("session, compression {name}, {size}"), sessions, fill));
        }
    }
    for value in ["", ":", "a:b:c", "é", "\0", "🔑 line\r\nline"] {
        cases.push(text(format!("text {value:?}"), value, signer));
    }
    for sep in [":", "::", ".", "|", " ", "é", "\n\n"] {
        let signer = move || signer().with_sep(Separator::new(sep).unwrap());
        cases.push(text(format!("text, separator {sep:?}"), "value", signer));
    }
    for salt in ["s", "é", "a salt with spaces and : in it"] {
        cases.push(text(format!("text, salt {salt:?}"), "value", move || Signer::new(&keys(), salt).unwrap()));
    }
    for seconds in
        [-62_135_596_800.0, -62.0, -1.0, -0.5, 0.0, 0.5, 9.0, 61.0, 62.0, NOW, 4_294_967_296.0, 253_402_300_799.0]
    {
        let signer = move || TimestampSigner::new(&keys(), "frozen").unwrap().with_clock(clock(seconds));
        cases.push(dated(format!("dated, {seconds}"), "value", signer));
    }
    let older = || ring("new").with_fallback(key(SECRET));
    cases.push(case("text, by a fallback key", signer().sign("value"), move |token| {
        seen(Signer::new(&older(), "frozen").unwrap().unsign(token).unwrap())
    }));
    for (name, salt) in [("theme", ""), ("theme", "salt"), ("é", "ß")] {
        let signer = move || TimestampSigner::for_cookie(&keys(), name, salt).with_clock(clock(NOW));
        cases.push(dated(format!("signed cookie {name:?}, salt {salt:?}"), "dark", signer));
        // The salt as in Django before 5.2.15 and 6.0.6: name and salt concatenated.
        let before = TimestampSigner::new(&ring(format!("django.http.cookies{SECRET}")), format!("{name}{salt}"));
        let written = before.unwrap().with_clock(clock(NOW)).sign("dark");
        cases.push(case(format!("signed cookie of before {name:?}, salt {salt:?}"), written, move |token| {
            seen(TimestampSigner::for_cookie_or_legacy(&keys(), name, salt).unsign(token, MaxAge::Unlimited).unwrap())
        }));
    }
    for (name, value) in [
        ("null", json!(null)),
        ("text", json!("é🔑\u{7f}\"\\/\n")),
        ("numbers", json!([0, -1, u64::MAX, i64::MIN, 0.1, -0.0, 1e16, 1e-5, 123_456.789])),
        ("a dict", json!({"a": [1, {"b": null}], "": false})),
    ] {
        cases.push(object(format!("object, {name}"), &value, Codec::default()));
    }
    let compressed = Codec::default().with_compression(Compression::IfSmaller);
    cases.push(object("object, compressed", &json!("a".repeat(1000)), compressed.clone()));
    cases.push(object("object, too short to be compressed", &json!("aa"), compressed));
    cases
}

fn stored_cases() -> Vec<Case> {
    let week = Duration::from_secs(7 * 86_400);
    let mut cases = vec![
        cookie("session", sessions, small),
        cookie("session, compressed", sessions, large),
        cookie("session, odd keys and values", sessions, odd),
        cookie("session, test cookie", sessions, Session::set_test_cookie),
        cookie("session, of a user", sessions, |session| {
            SessionAuth::new(&keys()).login(
                session,
                &SessionUser { id: "7", backend: "django.contrib.auth.backends.ModelBackend", password_hash: "column" },
            );
        }),
        cookie(
            "session, every attribute",
            move || store_with(options().domain("example.com").path("/a").max_age(week).partitioned(true)),
            small,
        ),
        cookie(
            "session, few attributes",
            || store_with(options().secure(false).http_only(false).same_site(None).expire_at_browser_close(true)),
            small,
        ),
        case("removal", options().build().unwrap().removal().into_string(), |header| {
            asked(&sessions().load_header(header.split(';').next().unwrap()))
        }),
        row("stored", small, StoredSessions::encode, stored),
        row("stored, compressed", large, StoredSessions::encode, stored),
        row("stored, odd keys and values", odd, StoredSessions::encode, stored),
    ];
    for (name, expiry) in [
        ("browser close", Expiry::BrowserClose),
        ("nothing", Expiry::Inactivity(Duration::ZERO)),
        ("a week", Expiry::Inactivity(week)),
        ("a second and a half", Expiry::Inactivity(Duration::from_millis(1500))),
        ("a date", Expiry::At(datetime!(2030-01-02 03:04:05 UTC))),
        ("a date to the microsecond, far east", Expiry::At(datetime!(2030-01-02 03:04:05.000_006 +14:00))),
        ("the last second", Expiry::At(datetime!(9999-12-31 23:59:59 UTC))),
    ] {
        let fill = move |session: &mut Session| {
            small(session);
            session.set_expiry(expiry);
        };
        // With this policy, sessions that have already expired are read too.
        let sessions = || sessions().with_expiry_policy(django_session::ExpiryPolicy::CookieAgeOnly);
        cases.push(cookie(format!("session, expires: {name}"), sessions, fill));
        cases.push(cookie(
            format!("session, naive, expires: {name}"),
            move || sessions().with_naive_dates(offset!(+9)),
            fill,
        ));
    }
    cases
}

fn by_feature() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    #[cfg(feature = "legacy")]
    {
        let sha1 = Algorithm::Sha1;
        let before_3_1 = || stored().with_legacy();
        cases.extend([
            text("legacy: text, sha1", "value", move || signer().with_algorithm(sha1)),
            text("legacy: text, sha1 beside sha256", "value", move || signer().with_legacy_algorithm(sha1)),
            cookie("legacy: session, sha1", move || sessions().with_algorithm(sha1), small),
            row("legacy: stored", small, StoredSessions::encode_legacy, before_3_1),
            row("legacy: stored, large", large, StoredSessions::encode_legacy, before_3_1),
            row("legacy: stored, odd keys and values", odd, StoredSessions::encode_legacy, before_3_1),
        ]);
        let sha1_cookie = signer().with_algorithm(sha1).sign("value");
        cases.push(case("legacy: text, sha1 read beside sha256", sha1_cookie, move |token| {
            seen(signer().with_legacy_algorithm(sha1).unsign(token).unwrap())
        }));
    }
    #[cfg(feature = "msgpack")]
    {
        use django_session::MessagePackSerializer;
        let value = json!({"a": [1, -1, 1.5, null, true], "é": "🔑"});
        cases.push(object("msgpack: object", &value, Codec::new(MessagePackSerializer)));
        cases.push(cookie("msgpack: session", || sessions().with_serializer(MessagePackSerializer), small));
        cases.push(cookie("msgpack: session, compressed", || sessions().with_serializer(MessagePackSerializer), large));
    }
    cases.shrink_to_fit();
    cases
}

fn cases() -> Vec<Case> {
    tokens().into_iter().chain(stored_cases()).chain(by_feature()).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frozen")
}

/// Returns the cases of all versions by name: what was written, and what it reads as.
fn frozen() -> BTreeMap<String, (String, Value)> {
    let mut frozen = BTreeMap::new();
    for file in fs::read_dir(folder()).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, written, reads_as): (String, String, Value) = serde_json::from_str(line).unwrap();
            assert!(frozen.insert(name.clone(), (written, reads_as)).is_none(), "{name} is listed twice");
        }
    }
    frozen
}

/// Returns whether the text is compressed, so that its bytes depend on zlib.
fn is_compressed(written: &str) -> bool {
    written
        .split_once('=')
        .filter(|(name, _)| *name == "sessionid")
        .map_or(written, |(_, value)| value)
        .starts_with('.')
}

#[test]
fn the_wire_is_frozen() {
    let (frozen, cases) = (frozen(), cases());
    for (name, (written, reads_as)) in &frozen {
        let off = (name.starts_with("legacy:") && !cfg!(feature = "legacy"))
            || (name.starts_with("msgpack:") && !cfg!(feature = "msgpack"));
        if off {
            continue;
        }
        let case =
            cases.iter().find(|case| case.name == *name).unwrap_or_else(|| panic!("no case reads {name:?} any more"));
        assert_eq!((case.reads_as)(written), *reads_as, "{name} reads as another value");
        assert_eq!((case.reads_as)(&case.written), *reads_as, "the new text of {name} reads as another value");
        assert_eq!(is_compressed(&case.written), is_compressed(written), "{name}");
        assert!(is_compressed(written) || case.written == *written, "{name}: wrote {written}, writes {}", case.written);
    }
    let mut new = String::new();
    for Case { name, written, reads_as } in cases.iter().filter(|case| !frozen.contains_key(&case.name)) {
        writeln!(new, "{}", json!([name, written, reads_as(written)])).unwrap();
    }
    if std::env::var_os("FROZEN").is_some_and(|what| what == "add") {
        add(&new);
    } else {
        assert_eq!(new, "", "these are not frozen; FROZEN=add cargo test --all-features --test frozen");
    }
}

fn add(lines: &str) {
    let version = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));
    let path = folder().join(format!("{version}.jsonl"));
    let header = || {
        format!(
            "# What version {version} of django-session wrote, and what that reads as: each line a name, a text and a value.\n\
             # Lines are never changed. FROZEN=add cargo test --all-features --test frozen adds those of new cases.\n"
        )
    };
    let text = fs::read_to_string(&path).unwrap_or_else(|_| header());
    fs::write(path, text + lines).unwrap();
}
