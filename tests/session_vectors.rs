//! Compares the crate's sessions with what twelve versions of Django did (`tests/vectors`).

mod common;

use std::time::Duration;

use common::json::Json;
use common::{Hex, algorithm, clock, moment, payload, ring, ring_of, vectors};
use django_session::{
    AuthKey, Compression, CookieOptions, CookieOptionsBuilder, CookieSessions, Expiry, ExpiryPolicy, SameSite, Session,
    SessionAuth, SessionUser, StoredSessions,
};
use serde::Deserialize;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// The versions that sign with SHA-1.
const BEFORE_3_1: [&str; 3] = ["1.11", "2.2", "3.0"];

fn options() -> CookieOptionsBuilder {
    CookieOptions::builder("sessionid").secure(false)
}

/// Returns sessions that sign as this version of Django, or `None` if that needs the feature `legacy` and it is
/// disabled.
fn sessions(
    django: &str,
    key: &Hex,
    fallbacks: &[Hex],
    now: f64,
    options: CookieOptionsBuilder,
) -> Option<CookieSessions> {
    let sessions = CookieSessions::new(&ring_of(key, fallbacks), options.build().unwrap())
        .with_clock(clock(now))
        .with_compression(Compression::IfSmaller)
        .with_expiry_policy(ExpiryPolicy::CookieAgeOnly);
    if BEFORE_3_1.contains(&django) {
        return algorithm("sha1").map(|sha1| sessions.with_algorithm(sha1));
    }
    match algorithm("sha1") {
        Some(sha1) if matches!(django, "3.1" | "3.2") => Some(sessions.with_legacy_algorithm(sha1)),
        _ => Some(sessions),
    }
}

/// Returns the cookie value that the response sets, or `None` if it sets none or removes the cookie.
fn sent(sessions: &CookieSessions, session: &Session) -> Option<String> {
    let cookie = sessions.commit(session, 200).unwrap().set_cookie?.into_string();
    let value = cookie.split(';').next().unwrap().split_once('=').unwrap().1;
    (value != "\"\"").then(|| value.to_owned())
}

/// Every session is read and written exactly, including big integers, NaN, lone surrogates and unusual keys.
#[test]
fn signed_cookie_sessions() {
    #[derive(Deserialize)]
    struct Signed {
        key_hex: Hex,
        fallbacks_hex: Vec<Hex>,
        time: f64,
        json: String,
        token: String,
        compressed: bool,
    }
    for (django, v) in vectors::<Signed>("sessions", "signed_cookie_sessions") {
        let Some(sessions) = sessions(django, &v.key_hex, &v.fallbacks_hex, v.time, options()) else { continue };
        let mut session =
            sessions.try_load(&v.token).unwrap_or_else(|error| panic!("Django {django}, {}: {error}", v.json));
        assert_eq!(payload(&v.token), v.json);
        session.mark_modified();
        let Some(token) = sent(&sessions, &session) else {
            assert_eq!(v.json, "{}", "an empty session is not sent");
            continue;
        };
        assert_eq!(payload(&token), v.json, "Django {django}");
        assert_eq!(token.starts_with('.'), v.compressed, "Django {django}");
        assert!(v.compressed || token == v.token, "Django {django}: {token} {}", v.token);
    }
}

#[test]
fn signed_cookie_session_reads() {
    #[derive(Deserialize)]
    struct Read {
        case: String,
        key_hex: Hex,
        fallbacks_hex: Vec<Hex>,
        token: String,
        now: f64,
        cookie_age: u64,
        loaded: String,
    }
    // Only a key holder can create these. Django accepts them, or fails later.
    let refused_on_purpose = ["a list, not a dict", "a string, not a dict", "null, not a dict"];
    for (django, v) in vectors::<Read>("sessions", "signed_cookie_session_reads") {
        if v.token.rsplit(':').next().map(str::len) == Some(27) && algorithm("sha1").is_none() {
            continue;
        }
        let options = options().max_age(Duration::from_secs(v.cookie_age));
        let Some(sessions) = sessions(django, &v.key_hex, &v.fallbacks_hex, v.now, options) else { continue };
        let session = sessions.load(Some(&v.token));
        let context = format!("Django {django}, {}: {:?}", v.case, session.rejection());
        if session.rejection().is_some() {
            assert!(
                v.loaded == "{}" || refused_on_purpose.contains(&v.case.as_str()) || !v.loaded.starts_with('{'),
                "{context}"
            );
        } else {
            assert_eq!(payload(&v.token), v.loaded, "{context}");
        }
    }
}

#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "Django has as many")]
struct Settings {
    #[serde(rename = "SESSION_COOKIE_AGE", default = "two_weeks")]
    age: u64,
    #[serde(rename = "SESSION_EXPIRE_AT_BROWSER_CLOSE", default)]
    browser_close: bool,
    #[serde(rename = "SESSION_COOKIE_NAME", default = "sessionid")]
    name: String,
    #[serde(rename = "SESSION_COOKIE_DOMAIN")]
    domain: Option<String>,
    #[serde(rename = "SESSION_COOKIE_PATH", default = "slash")]
    path: String,
    #[serde(rename = "SESSION_COOKIE_SECURE", default)]
    secure: bool,
    #[serde(rename = "SESSION_COOKIE_HTTPONLY", default = "yes")]
    http_only: bool,
    #[serde(rename = "SESSION_COOKIE_SAMESITE", default = "lax")]
    same_site: Value,
    #[serde(rename = "SESSION_SAVE_EVERY_REQUEST", default)]
    save_every_request: bool,
}

fn two_weeks() -> u64 {
    1_209_600
}

fn sessionid() -> String {
    "sessionid".to_owned()
}

fn slash() -> String {
    "/".to_owned()
}

fn yes() -> bool {
    true
}

fn lax() -> Value {
    "Lax".into()
}

impl Settings {
    /// Returns the options of the cookie, or `None` for a combination that browsers reject.
    fn options(&self) -> Option<CookieOptions> {
        let same_site = match self.same_site.as_str().map(str::to_ascii_lowercase).as_deref() {
            Some("lax") => Some(SameSite::Lax),
            Some("strict") => Some(SameSite::Strict),
            Some("none") => Some(SameSite::None),
            _ => None,
        };
        let options = CookieOptions::builder(&self.name)
            .max_age(Duration::from_secs(self.age))
            .expire_at_browser_close(self.browser_close)
            .path(&self.path)
            .secure(self.secure)
            .http_only(self.http_only)
            .same_site(same_site);
        match &self.domain {
            Some(domain) => options.domain(domain),
            None => options,
        }
        .build()
        .ok()
    }
}

/// Returns a session with only these keys and values.
fn session_of(json: &str, settings: &Settings, naive: bool) -> Session {
    let sessions = CookieSessions::new(&ring("secret"), settings.options().unwrap());
    let sessions = if naive { sessions.with_naive_dates(UtcOffset::UTC) } else { sessions };
    let mut session = sessions.load(None);
    let Json::Object(pairs) = Json::parse(json) else { panic!("{json}") };
    for (key, value) in pairs {
        // A malformed expiry is rejected here, as in loading.
        let _ = session.insert(&key, value);
    }
    session
}

fn at(iso: &str) -> OffsetDateTime {
    OffsetDateTime::parse(iso, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&format!("{iso}Z"), &Rfc3339))
        .unwrap_or_else(|error| panic!("{iso}: {error}"))
}

#[test]
fn expiry() {
    #[derive(Deserialize)]
    struct Asked {
        session_json: String,
        now: String,
        use_tz: bool,
        settings: Settings,
        modification: Option<String>,
        age: Value,
        date: String,
        browser_close: bool,
    }
    for (django, v) in vectors::<Asked>("sessions", "expiry") {
        let modification = at(v.modification.as_ref().unwrap_or(&v.now)).into();
        let session = session_of(&v.session_json, &v.settings, !v.use_tz);
        let context = format!("Django {django}: {} {:?}", v.session_json, session.expiry());
        if v.session_json.contains("tomorrow") {
            assert!(session.is_empty(), "{context}");
            continue;
        }
        // Django raises a TypeError if it compares dates with and without an offset. This crate accepts both.
        if let Some(age) = v.age.as_f64() {
            assert_eq!(session.expiry_age(modification), time::Duration::seconds_f64(age), "{context}");
        }
        if v.date.starts_with("2023") || v.date.starts_with("2030") || v.date.starts_with("9999") {
            let date = if v.date.len() == "2023-11-14T00:00:00".len() { format!("{}Z", v.date) } else { v.date };
            assert_eq!(session.expiry_date(modification), Some(at(&date)), "{context}");
        }
        assert_eq!(session.expires_at_browser_close(), v.browser_close, "{context}");
    }
}

#[test]
fn set_expiry() {
    #[derive(Deserialize)]
    struct Set {
        use_tz: bool,
        now: String,
        argument: String,
        stored_json: Option<String>,
    }
    let defaults: Settings = serde_json::from_value(json!({})).unwrap();
    for (django, v) in vectors::<Set>("sessions", "set_expiry") {
        let Some(stored) = v.stored_json else { continue };
        // Django stores a timedelta as a date. In this crate, a duration is `Inactivity`.
        let expiry = match v.argument.as_str() {
            "None" => None,
            "0" => Some(Expiry::BrowserClose),
            "90" => Some(Expiry::Inactivity(Duration::from_secs(90))),
            argument if argument.starts_with("datetime") && v.use_tz == stored.contains('+') => {
                let date: Value = serde_json::from_str(&stored).unwrap();
                Some(Expiry::At(at(date["_session_expiry"].as_str().unwrap())))
            }
            _ => continue,
        };
        let mut session = session_of(r#"{"a":1,"_session_expiry":5}"#, &defaults, !v.use_tz);
        session.set_expiry(expiry);
        let after: Vec<String> = session.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        assert_eq!(
            Json::parse(&format!("{{{}}}", after.join(","))),
            Json::parse(&stored),
            "Django {django}, {}: {}",
            v.now,
            v.argument
        );
    }
}

#[test]
fn stored() {
    #[derive(Deserialize)]
    struct Stored {
        key_hex: Hex,
        time: f64,
        json: String,
        text: String,
    }
    for (django, v) in vectors::<Stored>("sessions", "stored") {
        let sessions = StoredSessions::new(&ring(&v.key_hex.0), CookieOptions::default()).with_clock(clock(v.time));
        if v.text.contains(':') {
            let session = sessions.decode(&v.text).unwrap();
            let text = sessions.encode(&session).unwrap();
            assert_eq!(payload(&text), v.json, "Django {django}");
            assert!(text.starts_with('.') || text == v.text, "Django {django}");
        } else {
            #[cfg(feature = "legacy")]
            {
                let sessions = sessions.with_legacy();
                let session = sessions.decode(&v.text).unwrap();
                assert_eq!(sessions.encode_legacy(&session).unwrap(), v.text, "Django {django}");
                assert_eq!(payload(&sessions.encode(&session).unwrap()), v.json, "Django {django}");
            }
        }
    }
}

#[test]
fn stored_reads() {
    #[derive(Deserialize)]
    struct Read {
        case: String,
        key_hex: Hex,
        fallbacks_hex: Vec<Hex>,
        text: String,
        loaded: Option<String>,
    }
    // Python's base64 ignores characters outside its alphabet.
    let refused_on_purpose = ["space before", "newline after", "padded"];
    for (django, v) in vectors::<Read>("sessions", "stored_reads") {
        let sessions = StoredSessions::new(&ring_of(&v.key_hex, &v.fallbacks_hex), CookieOptions::default());
        #[cfg(feature = "legacy")]
        let sessions = sessions.with_legacy();
        #[cfg(not(feature = "legacy"))]
        if !v.text.contains(':') {
            continue;
        }
        let context = format!("Django {django}: {}", v.case);
        match sessions.decode(&v.text) {
            Ok(session) => assert_eq!(sessions.encode(&session).map(|text| payload(&text)).ok(), v.loaded, "{context}"),
            Err(error) => assert!(
                v.loaded.is_none_or(|loaded| loaded == "{}") || refused_on_purpose.contains(&v.case.as_str()),
                "{context}: {error}"
            ),
        }
    }
}

#[test]
fn auth() {
    #[derive(Deserialize)]
    struct Hashed {
        key_hex: Hex,
        fallbacks_hex: Vec<Hex>,
        password: String,
        hash: String,
        fallback_hashes: Vec<String>,
    }
    for (django, v) in vectors::<Hashed>("sessions", "auth") {
        let keys = ring_of(&v.key_hex, &v.fallbacks_hex);
        let auth = SessionAuth::new(&keys);
        let auth = match (v.hash.len(), algorithm("sha1")) {
            (40, Some(sha1)) => auth.with_algorithm(sha1),
            (40, None) => continue,
            _ => auth,
        };
        let sessions = CookieSessions::new(&keys, options().build().unwrap());
        let mut session = sessions.load(None);
        auth.login(&mut session, &SessionUser { id: "7", backend: "backend", password_hash: &v.password });
        assert_eq!(session.get("_auth_user_hash").unwrap(), Some(v.hash.clone()), "Django {django}");
        for (index, hash) in [&v.hash].into_iter().chain(&v.fallback_hashes).enumerate() {
            session.insert("_auth_user_hash", hash).unwrap();
            let key = if index == 0 { AuthKey::Current } else { AuthKey::Fallback(index) };
            assert_eq!(auth.verify(&session, &v.password), Some(key), "Django {django}");
            assert_eq!(auth.verify(&session, "another"), None, "Django {django}");
        }
    }
}

#[derive(Deserialize)]
struct Request {
    case: String,
    settings: Settings,
    key_hex: Hex,
    now: f64,
    cookie: Option<String>,
    ops: Vec<Vec<Json>>,
    status: u16,
    view_vary: Option<String>,
    returned: Vec<Json>,
    set_cookie: Option<String>,
    vary: Option<String>,
    error: Option<String>,
}

/// Calls the equivalent of Django's method, and returns its result, or `None` if it cannot be compared.
fn call(session: &mut Session, op: &[Json]) -> Option<Json> {
    let (Json::String(name), arguments) = (&op[0], &op[1..]) else { panic!("{op:?}") };
    let key = match arguments.first() {
        Some(Json::String(key)) => key,
        _ => "",
    };
    let get = |session: &Session| session.get::<Json>(key).unwrap();
    let done = |done: bool| if done { Json::Null } else { Json::String("KeyError".to_owned()) };
    Some(match name.as_str() {
        "get" => get(session).unwrap_or(Json::Null),
        "getitem" => get(session).unwrap_or_else(|| done(false)),
        "contains" => Json::Bool(session.contains_key(key)),
        "set" => done(session.insert(key, &arguments[1]).is_ok()),
        "delete" => done(session.remove(key)),
        "delete_test_cookie" => done(session.delete_test_cookie()),
        "test_cookie_worked" => Json::Bool(session.test_cookie_worked()),
        "pop" => {
            let value = get(session);
            session.remove(key);
            value.unwrap_or(Json::Null)
        }
        "setdefault" => session.get_or_insert_with(key, || arguments[1].clone()).unwrap(),
        "update" => {
            let Json::Object(pairs) = &arguments[0] else { panic!("{op:?}") };
            done(session.extend(pairs.iter().map(|(key, value)| (key, value))).is_ok())
        }
        "items" => Json::Array(
            session.iter().map(|(key, json)| Json::Array(vec![Json::String(key.into()), Json::parse(json)])).collect(),
        ),
        // Django's is_empty considers the session key; ours only whether there are keys in the session.
        "is_empty" => return None,
        // The crate cannot change a list in place.
        "append" => {
            get(session);
            return None;
        }
        other => {
            match (other, arguments.first()) {
                ("clear", _) => session.clear(),
                ("flush", _) => session.flush(),
                ("cycle_key", _) => session.cycle_key(),
                ("mark_modified", _) => session.mark_modified(),
                ("set_test_cookie", _) => session.set_test_cookie(),
                ("set_expiry", Some(Json::Null)) => session.set_expiry(None),
                ("set_expiry", Some(seconds)) => session.insert("_session_expiry", seconds).unwrap(),
                ("set_expiry_at", _) => session.set_expiry(Expiry::At(at(key))),
                _ => panic!("no such operation: {other}"),
            }
            Json::Null
        }
    })
}

/// Returns the expected `Vary` header.
fn vary(view: Option<&str>, on_cookie: bool) -> Option<String> {
    let names: Vec<&str> = view.into_iter().flat_map(|names| names.split(',')).map(str::trim).collect();
    let there = names.iter().any(|name| *name == "*" || name.eq_ignore_ascii_case("cookie"));
    let added = (on_cookie && !there).then_some("Cookie");
    let names: Vec<&str> = names.into_iter().chain(added).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// All of `SessionMiddleware`, in the two versions of Django with the same rules as the crate. (Older versions differ
/// in Vary and in the format of dates.)
#[test]
fn middleware() {
    let mut compared = 0;
    for (django, v) in vectors::<Request>("sessions", "middleware") {
        if !matches!(django, "5.2" | "6.1")
            || v.error.is_some()
            || v.ops.iter().any(|op| op[0] == Json::from("set_expiry_in"))
        {
            continue;
        }
        let context = format!("Django {django}: {}", v.case);
        let Some(options) = v.settings.options() else { continue };
        let sessions = CookieSessions::new(&ring(&v.key_hex.0), options)
            .with_clock(clock(v.now))
            .with_expiry_policy(ExpiryPolicy::CookieAgeOnly)
            .with_save_every_request(v.settings.save_every_request);
        let mut session = sessions.load_header(v.cookie.as_deref().unwrap_or_default());
        let appends = v.ops.iter().any(|op| op[0] == Json::from("append"));
        if v.case.starts_with("two, the last is ") && !v.case.ends_with("good") {
            assert!(session.contains_key("a"), "{context}: the cookie that verifies is used");
            continue;
        }
        for (op, returned) in v.ops.iter().zip(&v.returned) {
            if let Some(ours) = call(&mut session, op) {
                assert_eq!(ours, *returned, "{context}, {op:?}");
            }
        }
        let commit = sessions.commit(&session, v.status).unwrap();
        let ours = commit.set_cookie.map(django_session::SetCookie::into_string);
        // A request that only reads does not change a rejected cookie, or one that Django ignores.
        let leaves = session.rejection().is_some() && !session.is_modified();
        let theirs = match v.set_cookie {
            // Django writes an empty session. This crate removes its cookie, or sets none.
            Some(header) if header.contains("=e30:") || leaves => {
                (v.cookie.is_some() && !leaves).then(|| sessions.cookie().removal().into_string())
            }
            // Django's removal is Secure only if browsers require it.
            Some(header) if header.contains("=\"\"") && sessions.cookie().removal().as_str().ends_with("; Secure") => {
                Some(format!("{}; Secure", header.trim_end_matches("; Secure")))
            }
            other => other,
        };
        if !appends {
            assert_eq!(
                ours.map(|header| header.to_lowercase()),
                theirs.map(|header| header.to_lowercase()),
                "{context}"
            );
        }
        if !leaves || session.is_accessed() {
            assert_eq!(vary(v.view_vary.as_deref(), commit.vary_on_cookie), v.vary, "{context}");
        }
        compared += 1;
    }
    assert!(compared > 200, "only {compared} requests compared");
}

#[test]
fn moments_are_those_of_the_vectors() {
    assert_eq!(OffsetDateTime::from(moment(1_700_000_000.5)), at("2023-11-14T22:13:20.5+00:00"));
}
