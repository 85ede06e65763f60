//! The CSRF layer of tower and the CSRF middleware of actix-web: the same requests get the same responses.
#![cfg(all(feature = "csrf", any(feature = "actix-web", feature = "axum")))]

#[path = "../common/mod.rs"]
mod common;

#[cfg(feature = "actix-web")]
mod actix;
#[cfg(feature = "axum")]
mod axum;

use common::events::{listen, told};
use common::{clock, payload, ring};
use django_session::{CookieOptions, CookieSessions, Csrf, CsrfGuard, EncodeError};

const SECRET: &str = "9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP";
const OTHER: &str = "KjIg8xNbe3nNyjOq9wMxEhh2FDEEtfjg";
const NOW: f64 = 1_700_000_000.0;
const FORM: &str = "application/x-www-form-urlencoded";

/// The settings of the test site. GET `/form` returns the field of a form, and GET `/plain` uses no token. POST `/save`
/// returns the body, and POST `/login` rotates the token. POST `/webhook` and `/upload` are exempt; `/upload` itself
/// checks the token, which is the body. GET `/bare` has no layer.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part that a site has or has not")]
struct Site {
    in_session: bool,
    /// Whether the site has a session layer.
    sessions: bool,
    /// Whether a session layer of another cookie is between that layer and the CSRF layer.
    preferences: bool,
    secure: bool,
    limit: usize,
    /// The time at which the CSRF cookie is written.
    now: f64,
}

const SITE: Site = Site { in_session: false, sessions: false, preferences: false, secure: true, limit: 1000, now: NOW };
const IN_SESSION: Site = Site { in_session: true, sessions: true, ..SITE };

impl Site {
    fn guard(self) -> CsrfGuard {
        listen();
        let csrf = Csrf::builder().trusted_origins(["https://*.trusted.test"]).clock(clock(self.now));
        let csrf = if self.in_session { csrf.use_sessions(self.sessions().cookie()) } else { csrf };
        CsrfGuard::from(csrf.build().unwrap())
            .with_exempt("/webhook")
            .with_exempt("/upload")
            .with_secure(self.secure)
            .with_body_limit(self.limit)
    }

    #[expect(clippy::unused_self, reason = "all sites have the same sessions")]
    fn sessions(self) -> CookieSessions {
        sessions("sessionid")
    }
}

fn sessions(cookie: &str) -> CookieSessions {
    CookieSessions::new(&ring("secret"), CookieOptions::builder(cookie).build().unwrap())
        .with_clock(clock(NOW))
        .with_salt(cookie)
        .unwrap()
}

#[derive(Debug, Clone)]
struct Sent {
    method: &'static str,
    target: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

#[derive(Debug, PartialEq)]
struct Got {
    status: u16,
    /// The `Set-Cookie` headers of the CSRF cookie and the session.
    set_cookie: Vec<String>,
    vary: Vec<String>,
    content_type: Option<String>,
    body: String,
    /// The text of the rejection in the response's extensions.
    rejection: Option<String>,
}

fn get(target: &'static str) -> Sent {
    Sent { method: "GET", target, headers: vec![("host", "example.com".to_owned())], body: Vec::new() }
}

/// Returns a request from the site itself, with the CSRF cookie and without a token.
fn post(target: &'static str) -> Sent {
    Sent { method: "POST", ..get(target) }
        .with("origin", "https://example.com")
        .with("cookie", format!("csrftoken={SECRET}"))
}

impl Sent {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| *header != name);
        self
    }

    fn form(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.with("content-type", FORM) }
    }
}

/// Sends the request to the site in each framework, and checks that the responses are the same.
async fn answer(site: Site, sent: Sent) -> Got {
    told();
    let mut answers = Vec::new();
    #[cfg(feature = "axum")]
    answers.push(axum::answer(site, sent.clone()).await);
    #[cfg(feature = "actix-web")]
    answers.push(actix::answer(site, sent.clone()).await);
    let got = answers.pop().unwrap();
    for mut other in answers {
        // Secrets and masks are random, so they are made equal.
        for (theirs, ours) in other.set_cookie.iter_mut().zip(&got.set_cookie) {
            let [theirs_value, ours_value] = [&*theirs, ours].map(|line| value(line).to_owned());
            assert_eq!(theirs_value.len(), ours_value.len());
            *theirs = theirs.replace(&theirs_value, &ours_value);
        }
        if got.status == 200 && sent.target == "/form" {
            assert_eq!(other.body.len(), got.body.len());
            other.body.clone_from(&got.body);
        }
        assert_eq!(other, got, "{} {} {:?}", sent.method, sent.target, sent.headers);
    }
    got
}

fn value(set_cookie: &str) -> &str {
    set_cookie.split(['=', ';']).nth(1).unwrap()
}

/// The token in the field of `/form`.
fn token(page: &Got) -> String {
    let token = page.body.strip_prefix(r#"<input type="hidden" name="csrfmiddlewaretoken" value=""#).unwrap();
    token.strip_suffix(r#"">"#).unwrap().to_owned()
}

#[tokio::test]
async fn a_form_is_rendered_and_posted() {
    let page = answer(SITE, get("/form")).await;
    let [set_cookie] = &page.set_cookie[..] else { panic!("{page:?}") };
    let attributes = "; expires=Tue, 12 Nov 2024 22:13:20 GMT; Max-Age=31449600; Path=/; SameSite=Lax; Secure";
    assert!(set_cookie.starts_with("csrftoken=") && set_cookie.ends_with(attributes), "{set_cookie}");
    assert_eq!(page.vary, ["Cookie"]);

    let (cookie, token) = (format!("csrftoken={}", value(set_cookie)), token(&page));
    let body = format!("name=Ada&csrfmiddlewaretoken={token}&note=%20x");
    let posted = post("/save").without("cookie").with("cookie", format!("theme=dark; {cookie}")).form(body.clone());
    let saved = answer(SITE, posted).await;
    assert_eq!((saved.status, &saved.body), (200, &body), "the handler gets the whole body");
    assert!(saved.set_cookie.is_empty() && saved.vary.is_empty());
    assert_eq!(told(), [""; 0]);

    let by_header = post("/save").without("cookie").with("cookie", cookie).with("x-csrftoken", token);
    assert_eq!(answer(SITE, by_header).await.status, 200);
}

#[tokio::test]
async fn a_page_without_a_form_sends_nothing() {
    for cookie in ["", "theme=dark", &format!("csrftoken={SECRET}")] {
        let plain = answer(SITE, get("/plain").with("cookie", cookie)).await;
        assert_eq!((plain.status, plain.set_cookie.len(), plain.vary.len()), (200, 0, 0));
    }
    // A valid cookie is refreshed when a token is used. A malformed one is replaced even if none is used.
    let page = answer(SITE, get("/form").with("cookie", format!("csrftoken={SECRET}"))).await;
    assert_eq!(value(&page.set_cookie[0]), SECRET);
    let plain = answer(SITE, get("/plain").with("cookie", "csrftoken=malformed")).await;
    assert_eq!((value(&plain.set_cookie[0]).len(), &plain.vary[..]), (32, &["Cookie".to_owned()][..]));
}

/// A cookie would expire after the year 9999. The response is an empty 500, and each framework logs it once.
#[tokio::test]
async fn a_cookie_that_cannot_be_written() {
    let got = answer(Site { now: 253_402_300_000.0, ..SITE }, get("/form")).await;
    assert_eq!((got.status, &*got.body, got.set_cookie.len()), (500, "", 0));
    let frameworks = usize::from(cfg!(feature = "axum")) + usize::from(cfg!(feature = "actix-web"));
    let event = format!("ERROR the CSRF cookie could not be written error={}", EncodeError::ExpiryOutOfRange);
    assert_eq!(told(), vec![event; frameworks]);
}

/// Rejected requests get a 403 with the reason, and do not reach the handler.
#[tokio::test]
async fn rejections() {
    let good = || post("/save").with("x-csrftoken", SECRET);
    let cases = [
        (post("/save"), "CSRF token missing."),
        (post("/save").form("name=Ada"), "CSRF token missing."),
        // Neither a header nor a content type replaces the token.
        (post("/save").with("x-requested-with", "XMLHttpRequest"), "CSRF token missing."),
        (post("/save").with("content-type", "text/plain"), "CSRF token missing."),
        (post("/save").with("x-csrftoken", OTHER), "CSRF token from the 'X-Csrftoken' HTTP header incorrect."),
        (post("/save").form(format!("csrfmiddlewaretoken={OTHER}")), "CSRF token from POST incorrect."),
        // A valid header does not replace a wrong field.
        (good().form("csrfmiddlewaretoken=x"), "CSRF token from POST has incorrect length."),
        // The token is not read from such a form.
        (
            Sent {
                body: format!("csrfmiddlewaretoken={SECRET}").into(),
                ..post("/save").with("content-type", "multipart/form-data; boundary=x")
            },
            "CSRF token missing.",
        ),
        (Sent { method: "PUT", ..post("/save").form(format!("csrfmiddlewaretoken={SECRET}")) }, "CSRF token missing."),
        (good().without("cookie"), "CSRF cookie not set."),
        (good().without("cookie").with("cookie", "csrftoken=short"), "CSRF cookie has incorrect length."),
        (
            good().without("origin").with("origin", "https://evil.test"),
            "Origin checking failed - https://evil.test does not match any trusted origins.",
        ),
        (
            good().without("origin").with("origin", "http://example.com"),
            "Origin checking failed - http://example.com does not match any trusted origins.",
        ),
        // Two `Origin` headers match no origin.
        (
            good().with("origin", "https://example.com"),
            "Origin checking failed - https://example.com,https://example.com does not match any trusted origins.",
        ),
        (
            good().with("host", "example.com"),
            "Origin checking failed - https://example.com does not match any trusted origins.",
        ),
        (good().without("host"), "Origin checking failed - https://example.com does not match any trusted origins."),
        (good().without("origin"), "Referer checking failed - no Referer."),
        (
            good().without("origin").with("referer", "https://evil.test/<script>"),
            "Referer checking failed - https://evil.test/<script> does not match any trusted origins.",
        ),
    ];
    for (sent, reason) in cases {
        let got = answer(SITE, sent.clone()).await;
        assert_eq!((got.status, got.rejection.as_deref()), (403, Some(reason)), "{sent:?}");
        assert_eq!(got.content_type.as_deref(), Some("text/html; charset=utf-8"));
        assert!(got.body.contains("<h1>Forbidden</h1>") && !got.body.contains("<script>"));
        assert_eq!(got.set_cookie.len(), usize::from(reason.contains("cookie has")), "{reason}");
        // The log has the name of the reason, without data from the client.
        let events = told().concat();
        assert!(
            events.contains("WARN a request was rejected by the CSRF check reason=") && !events.contains("evil"),
            "{events}"
        );
    }
}

#[tokio::test]
async fn accepted() {
    let good = || post("/save").with("x-csrftoken", SECRET);
    for sent in [
        good(),
        good().without("origin").with("origin", "https://a.trusted.test"),
        good().without("origin").with("referer", "https://example.com/form"),
        good().form("name=Ada"),
        good().form("csrfmiddlewaretoken="),
        good().with("content-type", "application/json"),
        post("/save").form(format!("csrfmiddlewaretoken={SECRET}")),
        Sent {
            body: format!("csrfmiddlewaretoken={SECRET}").into(),
            ..post("/save").with("content-type", "Application/X-WWW-Form-Urlencoded ; charset=utf-8")
        },
        Sent { target: "https://example.com/save", ..good().without("host") },
        Sent { target: "https://example.com/save", ..good() },
        Sent { method: "PUT", ..good() },
    ] {
        let got = answer(SITE, sent.clone()).await;
        assert_eq!((got.status, got.body.as_bytes()), (200, &sent.body[..]), "{sent:?}");
    }
    // Target and header must agree.
    let sent = Sent { target: "https://example.com/save", ..good().without("host").with("host", "evil.test") };
    assert_eq!(answer(SITE, sent).await.status, 403);
    // Plain HTTP is accepted if the site is configured so.
    let plain = Site { secure: false, ..SITE };
    assert_eq!(answer(plain, good().without("origin")).await.status, 200);
    assert_eq!(answer(plain, good().without("origin").with("origin", "http://example.com")).await.status, 200);
    assert_eq!(answer(plain, good()).await.status, 403);
}

#[tokio::test]
async fn forms_have_a_limit() {
    let filled = |len: usize| format!("csrfmiddlewaretoken={SECRET}&x={}", "a".repeat(len - 55)).into_bytes();
    assert_eq!(filled(1000).len(), 1000);
    let good = || post("/save").with("x-csrftoken", SECRET);
    for (len, status) in [(1000, 200), (1001, 413), (100_000, 413)] {
        let got = answer(SITE, post("/save").form(filled(len))).await;
        assert_eq!((got.status, got.rejection), (status, None), "{len}");
        assert_eq!(got.body.len(), if status == 200 { len } else { 0 });
        // Bodies of other types are streamed.
        let other = Sent { body: filled(len), ..good().with("content-type", "text/plain") };
        assert_eq!(answer(SITE, other).await.status, 200);
        // The body is not read if the request is rejected anyway.
        let foreign = post("/save").without("origin").with("origin", "https://evil.test").form(filled(len));
        assert_eq!(answer(SITE, foreign).await.status, 403);
    }
}

/// The body of a form may be streamed without a `Content-Length`. The limit applies to what is read.
#[cfg(feature = "axum")]
#[tokio::test]
async fn forms_that_stream() {
    use ::axum::body::Body;
    use futures_util::stream;
    let parts = |parts: &[&str]| {
        let parts: Vec<_> = parts.iter().map(|part| Ok::<_, std::io::Error>(part.to_string().into_bytes())).collect();
        Body::from_stream(stream::iter(parts))
    };
    let status = async |body| {
        let got = axum::answer_stream(SITE, post("/save").form(""), body).await;
        (got.status, got.body)
    };
    let token = format!("csrfmiddlewaretoken={SECRET}");
    let whole = format!("a=b&{token}&c=d");
    assert_eq!(status(parts(&["a=b&csrf", &whole[8..40], "", &whole[40..]])).await, (200, whole.clone()));
    let filler = "x".repeat(500);
    assert_eq!(status(parts(&[&token, "&", &filler, &filler])).await, (413, String::new()));
    let broken = stream::iter([Ok(token.into_bytes()), Err(std::io::Error::other("the connection broke"))]);
    assert_eq!(status(Body::from_stream(broken)).await, (400, String::new()));
}

#[tokio::test]
async fn exempt_paths() {
    let foreign = |target| post(target).without("cookie").without("origin").with("origin", "https://evil.test");
    assert_eq!(answer(SITE, foreign("/webhook")).await.status, 200);
    for target in ["/webhook/", "/webhook/x", "/Webhook", "//webhook", "/%77ebhook", "/x/../webhook"] {
        assert_eq!(answer(SITE, foreign(target)).await.status, 403, "{target}");
    }
    // The query is not part of the path.
    assert_eq!(answer(SITE, foreign("/webhook?a=b")).await.status, 200);

    // The exempt handler checks the token itself.
    let upload = |token: &str| Sent { body: token.into(), ..post("/upload") };
    assert_eq!(answer(SITE, upload(SECRET)).await.status, 200);
    for (sent, reason) in [
        (upload(OTHER), "CSRF token from POST incorrect."),
        (upload(""), "CSRF token missing."),
        (
            Sent { body: SECRET.into(), ..foreign("/upload") },
            "Origin checking failed - https://evil.test does not match any trusted origins.",
        ),
    ] {
        let got = answer(SITE, sent).await;
        assert_eq!((got.status, got.rejection.as_deref()), (403, Some(reason)));
        let events = told();
        assert!(!events.is_empty() && events.iter().all(|line| line.starts_with("WARN a request was rejected")));
    }
}

#[tokio::test]
async fn login_rotates_the_token() {
    for site in [SITE, IN_SESSION] {
        let page = answer(site, get("/form")).await;
        let (cookie, before) = (page.set_cookie[0].split(';').next().unwrap(), token(&page));
        let login =
            || post("/login").without("cookie").with("cookie", cookie).form(format!("csrfmiddlewaretoken={before}"));
        let logged_in = answer(site, login()).await;
        assert_eq!(logged_in.status, 200);
        let cookie = logged_in.set_cookie[0].split(';').next().unwrap();
        let stale =
            post("/save").without("cookie").with("cookie", cookie).form(format!("csrfmiddlewaretoken={before}"));
        assert_eq!(answer(site, stale).await.rejection.as_deref(), Some("CSRF token from POST incorrect."));
    }
}

/// The secret is in the session of the cookie that the guard names, not in that of the nearest layer.
#[tokio::test]
async fn a_secret_in_one_of_two_sessions() {
    let site = Site { preferences: true, ..IN_SESSION };
    let page = answer(site, get("/form")).await;
    let [set_cookie] = &page.set_cookie[..] else { panic!("{page:?}") };
    assert!(set_cookie.starts_with("sessionid="), "{set_cookie}");
    let cookie = set_cookie.split(';').next().unwrap();
    let saved =
        post("/save").without("cookie").with("cookie", cookie).form(format!("csrfmiddlewaretoken={}", token(&page)));
    assert_eq!(answer(site, saved).await.status, 200);
    let unnamed = Site { sessions: false, ..site };
    assert_eq!(answer(unnamed, get("/plain")).await.status, 500, "only the other cookie has a layer");
}

/// With the session layer around the CSRF layer, the secret is stored in the session.
#[tokio::test]
async fn a_secret_in_the_session() {
    let page = answer(IN_SESSION, get("/form")).await;
    let [set_cookie] = &page.set_cookie[..] else { panic!("{page:?}") };
    assert!(set_cookie.starts_with("sessionid=") && payload(value(set_cookie)).starts_with(r#"{"_csrftoken":""#));
    let cookie = set_cookie.split(';').next().unwrap();
    let saved =
        post("/save").without("cookie").with("cookie", cookie).form(format!("csrfmiddlewaretoken={}", token(&page)));
    assert_eq!(answer(IN_SESSION, saved).await.status, 200);

    // A CSRF cookie is ignored if the secret is in the session.
    let by_cookie = post("/save").with("x-csrftoken", SECRET);
    assert_eq!(answer(IN_SESSION, by_cookie).await.rejection.as_deref(), Some("CSRF cookie not set."));
    // A page without a form does not access the session.
    let plain = answer(IN_SESSION, get("/plain").with("cookie", cookie)).await;
    assert!(plain.set_cookie.is_empty() && plain.vary.is_empty());

    let without_sessions = Site { sessions: false, ..IN_SESSION };
    let got = answer(without_sessions, get("/plain")).await;
    assert_eq!((got.status, got.body.as_str()), (500, ""));
    assert!(
        told().iter().all(|line| line
            == "ERROR no session layer or middleware with the cookie of `use_sessions` around the CSRF layer")
    );
}

#[tokio::test]
async fn a_handler_without_the_layer() {
    let got = answer(SITE, get("/bare")).await;
    assert_eq!((got.status, got.body.as_str()), (500, ""));
    assert!(told().contains(&"ERROR no CSRF layer or middleware around this handler".to_owned()));
}
