//! Django's CSRF tokens and checks, and the cases in which the crate is stricter.
#![cfg(feature = "csrf")]

mod common;

use std::collections::{HashMap, HashSet};
use std::fs;

use common::clock;
use django_session::{ConfigError, CookieOptions, Csrf, CsrfRejection, CsrfRequest, CsrfTokenSource, Session};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

const SECRET: &str = "9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP";
const OTHER: &str = "KjIg8xNbe3nNyjOq9wMxEhh2FDEEtfjg";

/// Returns the vectors of one group, which are the same for Django 4.2, 5.2 and 6.1.
fn vectors<T: DeserializeOwned>(group: &str) -> Vec<T> {
    let path = format!("{}/tests/vectors/csrf_messages_django42.json", env!("CARGO_MANIFEST_DIR"));
    let mut file: HashMap<String, Box<RawValue>> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    serde_json::from_str(file.remove(group).unwrap().get()).unwrap()
}

/// Returns a request over plain HTTP with a cookie and a token, which is accepted.
fn request(method: &str) -> CsrfRequest<'_> {
    CsrfRequest {
        method,
        host: Some("example.com"),
        cookie: Some(SECRET),
        header_token: Some(SECRET),
        ..Default::default()
    }
}

fn trusting(origins: &[&str]) -> Csrf {
    Csrf::builder().trusted_origins(origins.iter().copied()).build().unwrap()
}

#[test]
fn masked_tokens() {
    #[derive(Deserialize)]
    struct Mask {
        secret: String,
        token: String,
    }
    let csrf = trusting(&[]);
    let masks: Vec<Mask> = vectors("masks");
    assert!(masks.len() > 40);
    for Mask { secret, token } in &masks {
        // Both the secret and the masked token are accepted as cookie and as token. A cookie is written unmasked.
        for (cookie, token) in [(secret, token), (token, token), (token, secret), (secret, secret)] {
            let request = CsrfRequest { cookie: Some(cookie), header_token: Some(token), ..request("POST") };
            assert_eq!(csrf.check(&request), Ok(()));
        }
        let mut cookie = csrf.load(Some(token));
        cookie.token().unwrap();
        assert_eq!(csrf.commit(&cookie).unwrap().unwrap().value(), secret);
    }
}

#[derive(Debug, Deserialize)]
struct Verdict {
    settings: Settings,
    method: String,
    secure: bool,
    host: String,
    origin: Option<String>,
    referer: Option<String>,
    cookie: Option<String>,
    form: Option<String>,
    header: Option<String>,
    reason: Option<String>,
    sets_cookie: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    csrf_trusted_origins: Vec<String>,
    csrf_cookie_domain: Option<String>,
    allowed_hosts: Option<Vec<String>>,
}

#[test]
fn verdicts() {
    let verdicts: Vec<Verdict> = vectors("verdicts");
    assert!(verdicts.len() > 90);
    for verdict in verdicts {
        let Settings { csrf_trusted_origins, csrf_cookie_domain, allowed_hosts } = &verdict.settings;
        let mut cookie = Csrf::cookie_builder("csrftoken");
        if let Some(domain) = csrf_cookie_domain {
            cookie = cookie.domain(domain);
        }
        let builder = Csrf::builder().trusted_origins(csrf_trusted_origins).cookie(cookie.build().unwrap());
        let csrf = builder.build().unwrap();
        let request = CsrfRequest {
            method: &verdict.method,
            secure: verdict.secure,
            host: Some(verdict.host.as_str())
                .filter(|host| allowed_hosts.as_ref().is_none_or(|allowed| allowed.iter().any(|name| name == host))),
            origin: verdict.origin.as_deref(),
            referer: verdict.referer.as_deref(),
            cookie: verdict.cookie.as_deref(),
            form_token: verdict.form.as_deref(),
            header_token: verdict.header.as_deref(),
        };
        let reason = csrf.check(&request).err().map(|rejection| rejection.to_string());
        assert_eq!(reason, verdict.reason, "{verdict:#?}");
        let set_cookie = csrf.commit(&csrf.load(verdict.cookie.as_deref())).unwrap();
        assert_eq!(set_cookie.is_some(), verdict.sets_cookie, "{verdict:#?}");
    }
}

/// The cookie is Django's, except for `Secure`. It has the same secret, unless a new one was generated.
#[test]
fn cookies_of_views() {
    #[derive(Deserialize)]
    struct Answered {
        cookie: Option<String>,
        view: String,
        drawn: Vec<String>,
        set_cookie: Option<String>,
    }
    let options = Csrf::cookie_builder("csrftoken").secure(false).build().unwrap();
    let csrf = Csrf::builder().cookie(options).clock(clock(1_700_000_000.0)).build().unwrap();
    assert!(!csrf.cookie().secure());
    let views: Vec<Answered> = vectors("cookies");
    assert_eq!(views.len(), 15);
    for Answered { cookie, view, drawn, set_cookie } in views {
        let mut ours = match &cookie {
            Some(value) => csrf.load_header(&format!("theme=dark; csrftoken={value}")),
            None => csrf.load(None),
        };
        match view.as_str() {
            "get_token" => drop(ours.token().unwrap()),
            "rotate_token" => ours.rotate().unwrap(),
            _ => {}
        }
        let made = csrf.commit(&ours).unwrap();
        let (Some(made), Some(set_cookie)) = (&made, &set_cookie) else {
            assert_eq!((made.is_some(), set_cookie.is_some()), (false, false), "{cookie:?} {view}");
            continue;
        };
        let (value, attributes) = set_cookie.split_once(';').unwrap();
        assert_eq!(made.as_str().split_once(';').unwrap().1, attributes);
        let secret = value.strip_prefix("csrftoken=").unwrap();
        let is_new = drawn.iter().any(|drawn| drawn == secret);
        assert_eq!(made.value() == secret, !is_new, "{cookie:?} {view}");
        assert!(made.value().len() == 32 && made.value().bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}

#[test]
fn secrets_in_sessions() {
    #[derive(Deserialize)]
    struct Answered {
        before: Option<String>,
        view: String,
        kept: Option<String>,
    }
    for Answered { before, view, kept } in vectors("session_secrets") {
        let mut session = Session::default();
        if let Some(before) = &before {
            session.insert("_csrftoken", before).unwrap();
        }
        match view.as_str() {
            "get_token" => drop(session.csrf_token().unwrap()),
            "rotate_token" => session.rotate_csrf_token().unwrap(),
            _ => {}
        }
        let ours = session.csrf_secret();
        match view.as_str() {
            "get_token" if before.is_some() => assert_eq!(ours, kept),
            "get_token" | "rotate_token" => assert!(ours.is_some_and(|ours| ours.len() == 32 && Some(ours) != before)),
            _ => assert_eq!((&ours, &before), (&kept, &kept)),
        }
    }
}

#[test]
fn the_session_is_checked_as_a_cookie_is() {
    let csrf = Csrf::builder().use_sessions(&CookieOptions::builder("sessionid").build().unwrap()).build().unwrap();
    let check = |session: &Session, token: &str| {
        let secret = session.csrf_secret();
        csrf.check(&CsrfRequest { cookie: secret.as_deref(), header_token: Some(token), ..request("POST") })
    };
    let mut session = Session::default();
    assert_eq!(check(&session, SECRET), Err(CsrfRejection::NoCookie));
    let token = session.csrf_token().unwrap();
    assert_eq!(check(&session, &token), Ok(()));
    session.rotate_csrf_token().unwrap();
    assert!(matches!(check(&session, &token), Err(CsrfRejection::WrongToken(_))));

    // Django answers both with a 500.
    session.insert("_csrftoken", 7).unwrap();
    assert_eq!(check(&session, SECRET), Err(CsrfRejection::CookieLength));
    session.insert("_csrftoken", "é".repeat(64)).unwrap();
    assert_eq!(check(&session, SECRET), Err(CsrfRejection::CookieCharacters));
    let token = session.csrf_token().unwrap();
    assert_eq!(check(&session, &token), Ok(()));
}

/// Sessions of each kind preserve the secret, and a login removes it.
#[test]
fn sessions_of_all_kinds() {
    use django_session::{CookieSessions, SessionAuth, SessionUser, StoredSessions};
    let keys = common::ring("secret");
    let options = || CookieOptions::builder("sessionid").build().unwrap();
    let csrf = Csrf::builder().use_sessions(&options()).build().unwrap();
    let check = |session: &Session, token: &str| {
        let secret = session.csrf_secret();
        csrf.check(&CsrfRequest { cookie: secret.as_deref(), form_token: Some(token), ..request("POST") })
    };
    let in_cookie = |session: Session| {
        let sessions = CookieSessions::new(&keys, options());
        let set_cookie = sessions.commit(&session, 200).unwrap().set_cookie.unwrap();
        sessions.load(Some(set_cookie.value()))
    };
    let stored = |session: Session| {
        let sessions = StoredSessions::new(&keys, options());
        sessions.decode(&sessions.encode(&session).unwrap()).unwrap()
    };
    #[cfg(feature = "pickle")]
    let cached = |session: Session| {
        let sessions = django_session::CachedSessions::new(options());
        sessions.decode(&sessions.encode(&session).unwrap()).unwrap()
    };
    let kinds = [
        &in_cookie as &dyn Fn(Session) -> Session,
        &stored,
        #[cfg(feature = "pickle")]
        &cached,
    ];
    for keep in kinds {
        let mut session = Session::default();
        let token = session.csrf_token().unwrap();
        let mut session = keep(session);
        assert_eq!(check(&session, &token), Ok(()));
        let user =
            SessionUser { id: "7", backend: "django.contrib.auth.backends.ModelBackend", password_hash: "column" };
        SessionAuth::new(&keys).login(&mut session, &user);
        assert_eq!(check(&session, &token), Err(CsrfRejection::NoCookie));
        let fresh = session.csrf_token().unwrap();
        let session = keep(session);
        assert_eq!(check(&session, &fresh), Ok(()));
        assert!(check(&session, &token).is_err());
    }
}

/// Tokens of one secret do not repeat and match only this secret. Every character occurs about equally often at each
/// position.
#[test]
fn tokens() {
    let csrf = trusting(&[]);
    let (mut cookie, mut seen, mut characters) = (csrf.load(None), HashSet::new(), HashMap::<char, usize>::new());
    for _ in 0..2000 {
        let token = cookie.token().unwrap();
        assert_eq!(token.len(), 64);
        token.chars().for_each(|char| *characters.entry(char).or_default() += 1);
        assert!(seen.insert(token));
    }
    // 128,000 characters, so about 2065 of each. A deviation of 9 standard deviations does not happen by chance.
    assert_eq!(characters.len(), 62);
    assert!(characters.values().all(|count| (1650..2480).contains(count)), "{characters:?}");

    let secret = csrf.commit(&cookie).unwrap().unwrap().value().to_owned();
    for token in &seen {
        let request = CsrfRequest { cookie: Some(&secret), form_token: Some(token), ..request("POST") };
        assert_eq!(csrf.check(&request), Ok(()));
        let request = CsrfRequest { cookie: Some(OTHER), ..request };
        assert_eq!(csrf.check(&request), Err(CsrfRejection::WrongToken(CsrfTokenSource::Form)));
    }
}

/// A token with any changed character, in the mask or after it, is rejected.
#[test]
fn every_changed_character_is_noticed() {
    let csrf = trusting(&[]);
    let token = csrf.load(Some(SECRET)).token().unwrap();
    for token in [SECRET, &token] {
        for at in 0..token.len() {
            for other in ["a", "Z", "9", "-"] {
                let mut changed = token.to_owned();
                changed.replace_range(at..=at, other);
                let accepted = csrf.check(&CsrfRequest { header_token: Some(&changed), ..request("POST") }).is_ok();
                assert_eq!(accepted, changed == token);
            }
        }
    }
}

/// Django accepts most of these, because it compares the end of the text.
#[test]
fn only_serialized_origins_match() {
    let csrf = trusting(&["https://*.trusted.test"]);
    for host in [
        "evil.test:x@a.trusted.test",
        "user@a.trusted.test",
        "evil.test .trusted.test",
        "evil.test\t.trusted.test",
        "evil.test\\.trusted.test",
        ".trusted.test",
        "..trusted.test",
        "a..trusted.test",
        "*.trusted.test",
        "A.trusted.test",
        "é.trusted.test",
        "a%2e.trusted.test",
        "[::1].trusted.test",
        "evil.test,https://a.trusted.test",
    ] {
        let (origin, referer) = (format!("https://{host}"), format!("https://{host}/"));
        let post = CsrfRequest { secure: true, ..request("POST") };
        let from_origin = csrf.check(&CsrfRequest { origin: Some(&origin), ..post });
        assert!(matches!(from_origin, Err(CsrfRejection::BadOrigin(_))), "{origin}");
        let from_referer = csrf.check(&CsrfRequest { referer: Some(&referer), ..post });
        assert!(from_referer.is_err(), "{referer}");
    }
    for origin in [
        "https://a.trusted.test/",
        "https://a.trusted.test#",
        "https://a.trusted.test?",
        "HTTPS://a.trusted.test",
        " https://a.trusted.test",
        "https://a.trusted.test ",
        "https:/a.trusted.test",
        "https:a.trusted.test",
        "//a.trusted.test",
        "a.trusted.test",
        "https://a.trusted.test:443",
        "https://a.trusted.test:",
    ] {
        let post = CsrfRequest { secure: true, origin: Some(origin), ..request("POST") };
        assert!(csrf.check(&post).is_err(), "{origin}");
    }
}

/// The host of the request is never treated as a pattern.
#[test]
fn invalid_hosts() {
    let csrf = trusting(&[]);
    for host in [
        ".example.com",
        "..",
        ".",
        "",
        "*",
        "a..b",
        "a_b.test",
        "user@example.com",
        "example.com:",
        "[::1",
        "[zz::1]",
        "[::zz]",
        "[:]",
        "[1]",
        "é.test",
    ] {
        let (origin, referer) = (format!("https://{host}"), format!("https://{host}/"));
        let post = CsrfRequest { secure: true, host: Some(host), ..request("POST") };
        assert!(csrf.check(&CsrfRequest { origin: Some(&origin), ..post }).is_err(), "{host}");
        assert!(csrf.check(&CsrfRequest { referer: Some(&referer), ..post }).is_err(), "{host}");
    }
    let post = CsrfRequest { secure: true, host: Some(".example.com"), ..request("POST") };
    assert!(csrf.check(&CsrfRequest { referer: Some("https://evil.example.com/"), ..post }).is_err());
    // Without a host, only trusted origins are accepted.
    let post = CsrfRequest { host: None, secure: true, ..request("POST") };
    assert!(csrf.check(&CsrfRequest { origin: Some("https://example.com"), ..post }).is_err());
    assert!(
        trusting(&["https://example.com"]).check(&CsrfRequest { origin: Some("https://example.com"), ..post }).is_ok()
    );
}

#[test]
fn methods_have_a_case() {
    let csrf = trusting(&[]);
    for method in ["get", "Head", "GET ", "", "CONNECT", "post", "Post", "PROPFIND"] {
        let token = CsrfRequest { cookie: None, ..request(method) };
        assert_eq!(csrf.check(&token), Err(CsrfRejection::NoCookie), "{method}");
        // The form token is only used for POST.
        let form = CsrfRequest { form_token: Some(SECRET), header_token: None, ..request(method) };
        assert_eq!(csrf.check(&form), Err(CsrfRejection::NoToken), "{method}");
    }
}

#[test]
fn trusted_origins() {
    for good in [
        "https://example.com",
        "http://localhost:3000",
        "https://*.example.com",
        "https://*.example.com:8443",
        "http://[::1]:8000",
        "https://my_app.example.com",
        "capacitor://localhost",
        "http://example.com:443",
    ] {
        assert!(Csrf::builder().trusted_origins([good]).build().is_ok(), "{good}");
    }
    for bad in [
        "",
        "example.com",
        "*.example.com",
        "https://",
        "https://*",
        "https://*.",
        "https://*example.com",
        "https://a.*.example.com",
        "https://*.*.example.com",
        "https://.example.com",
        "https://example..com",
        "https://example.com/",
        "https://example.com?",
        "https://user@example.com",
        "https://Example.com",
        "HTTPS://example.com",
        "https://example.com:443",
        "http://example.com:80",
        "https://example.com:",
        "https://example.com:0443",
        "https://example.com:65536",
        "https://example.com:x",
        "https://*.[::1]",
        "https://[::1",
        "https://bücher.example",
        "null",
        "://example.com",
    ] {
        let built = Csrf::builder().trusted_origins(["https://example.com", bad]).build();
        assert_eq!(built.unwrap_err(), ConfigError::TrustedOrigin, "{bad}");
    }
}

#[test]
fn tokens_in_forms() {
    for (body, token) in [
        ("csrfmiddlewaretoken=abc", Some("abc")),
        ("a=b&csrfmiddlewaretoken=abc&c=d", Some("abc")),
        ("csrfmiddlewaretoken=abc&csrfmiddlewaretoken=def", Some("def")),
        ("csrfmiddlewaretoken=abc&csrfmiddlewaretoken=", Some("")),
        ("csrfmiddlewaretoken", Some("")),
        ("csrf%6Diddlewaretoken=%61bc+d%2", Some("abc d%2")),
        ("csrfmiddlewaretoken=a=b", Some("a=b")),
        ("csrfmiddlewaretoken=%ff", Some("\u{fffd}")),
        ("csrfmiddlewaretoken=%+1", Some("% 1")),
        ("csrfmiddlewaretoken=%é", Some("%é")),
        ("&&=&", None),
        ("csrfmiddlewaretokens=abc&Csrfmiddlewaretoken=abc", None),
        ("csrfmiddlewaretoken%=abc", None),
        ("", None),
    ] {
        assert_eq!(Csrf::form_token(body.as_bytes()).as_deref(), token, "{body}");
    }
}

/// A rejection has Django's text, on one line.
#[test]
fn what_rejections_say() {
    let csrf = trusting(&[]);
    let post = CsrfRequest { secure: true, origin: Some("https://evil.test/\r\nlogged in"), ..request("POST") };
    let rejection = csrf.check(&post).unwrap_err();
    assert!(!rejection.to_string().contains(['\r', '\n']));
    assert_eq!(format!("{rejection:?}"), "BadOrigin(..)");

    let debug = format!("{post:?} {:?}", csrf.load(Some(SECRET)));
    assert!(!debug.contains("evil") && !debug.contains(SECRET), "{debug}");
    let header = |name: &str| {
        let csrf = Csrf::builder().header_name(name).build().unwrap();
        csrf.check(&CsrfRequest { header_token: Some(OTHER), ..request("POST") }).unwrap_err().to_string()
    };
    assert_eq!(header("x-csrf2token_B"), "CSRF token from the 'X-Csrf2Token-B' HTTP header incorrect.");
    for name in ["", "X Y", "X:Y", "Ü", "X\r\nY"] {
        assert_eq!(Csrf::builder().header_name(name).build().unwrap_err(), ConfigError::HeaderName);
    }
}
