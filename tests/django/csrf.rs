//! Sends requests to Django's `CsrfViewMiddleware` and to this crate: compares results and reasons, and exchanges
//! tokens.

use django_session::{CookieOptions, Csrf, CsrfRequest, Session};
use serde::Serialize;
use serde_json::{Value, json};

use crate::check::Check;
use crate::ours::name;
use crate::question::{Answer, Op, Question};
use crate::random::Random;

/// A request, and the settings of the site.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    site: Site,
    method: String,
    secure: bool,
    host: String,
    /// `SERVER_PORT`: the port of the host.
    port: String,
    origin: Option<String>,
    referer: Option<String>,
    /// The `Cookie` header.
    cookies: Option<String>,
    /// `_csrftoken` of the session, as JSON.
    kept: Option<Value>,
    /// A body of type `application/x-www-form-urlencoded`.
    body: String,
    header: Option<String>,
    view: View,
}

#[derive(Debug, Clone, Serialize)]
struct Site {
    trusted: Vec<String>,
    /// The domains of the CSRF cookie and of the session cookie.
    domains: [Option<&'static str>; 2],
    use_sessions: bool,
    header_name: &'static str,
}

/// What the view does, if the request is not rejected.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum View {
    Nothing,
    GetToken,
    RotateToken,
}

const SECRETS: [&str; 2] = ["9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP", "KjIg8xNbe3nNyjOq9wMxEhh2FDEEtfjg"];

/// For all kinds of requests, also those that no browser sends, both accept or reject with the same reason, and both or
/// neither set a cookie.
pub fn requests(check: &mut Check) {
    let questions = check.draw(20_000, request);
    check.compare(questions);
}

/// Each side accepts the other's token with the secret that it belongs to, and with no other secret.
pub fn tokens(check: &mut Check) {
    let pages = check.draw(1000, |random| {
        let (masked, another) = (mask(random, SECRETS[0]), text(random));
        let cookie = random.pick(&[None, Some(SECRETS[0].to_owned()), Some(masked), Some(another)]);
        Op::CsrfPage { cookie }.at(0.0)
    });
    let mut posts = Vec::new();
    for case in check.ask(pages) {
        for page in [&case.ours, &case.django.answer] {
            let Ok(Value::Array(page)) = page else { panic!("no page for {:?}", case.question) };
            let [cookie, token] = [&page[0], &page[1]].map(|text| text.as_str().unwrap().to_owned());
            let random = &mut check.random;
            let cookie = if random.once_in(4) { SECRETS[1].to_owned() } else { cookie };
            let (body, header) = match random.below(2) {
                0 => (format!("csrfmiddlewaretoken={token}"), None),
                _ => (String::new(), Some(token)),
            };
            let cookies = Some(format!("csrftoken={cookie}"));
            posts.push(Asked { cookies, body, header, ..plain() }.post());
        }
    }
    check.compare(posts);
}

/// Trusted origins that no browser could send are rejected when they are configured. Django accepts them, and never
/// matches them.
pub fn trusted_origins(check: &mut Check) {
    let questions = check.draw(1000, |random| {
        let trusted = vec![if random.once_in(2) { origin(random) } else { trusted(random) }];
        Asked { site: Site { trusted, ..plain().site }, ..plain() }.post()
    });
    check.compare(questions);
}

/// Returns a request that is accepted.
fn plain() -> Asked {
    Asked {
        site: Site { trusted: Vec::new(), domains: [None; 2], use_sessions: false, header_name: "X-CSRFToken" },
        method: "POST".to_owned(),
        secure: false,
        host: "example.com".to_owned(),
        port: "80".to_owned(),
        origin: None,
        referer: None,
        cookies: Some(format!("csrftoken={}", SECRETS[0])),
        kept: None,
        body: String::new(),
        header: Some(SECRETS[0].to_owned()),
        view: View::Nothing,
    }
}

impl Asked {
    fn post(self) -> Question {
        Op::Csrf(Box::new(self)).at(1_700_000_000.0)
    }
}

fn request(random: &mut Random) -> Question {
    let secure = !random.once_in(3);
    let host = host(random);
    let port = match host.rsplit_once(':') {
        Some((_, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => port.to_owned(),
        _ => if secure { "443" } else { "80" }.to_owned(),
    };
    let site = site(random);
    let (origin, referer) = (sent_origin(random, &site, secure, &host), sent_referer(random, &site, &host));
    let good = !random.once_in(3);
    let secret = if good || random.once_in(2) { kept(random) } else { malformed(random) };
    let mut token = || if good { mask_or_not(random, SECRETS[0]) } else { any_token(random) };
    let (body, header) = (token(), token());
    let (body, header) = (body_with(random, &body), Some(header).filter(|_| !random.once_in(3)));
    Asked {
        method: random
            .pick(&[
                "POST", "POST", "POST", "POST", "PUT", "DELETE", "PATCH", "GET", "HEAD", "OPTIONS", "TRACE", "get",
                "Post", "PROPFIND",
            ])
            .to_owned(),
        kept: random.pick(&[Some(json!(secret)), Some(json!(secret)), Some(json!(7)), None]),
        cookies: cookies(random, &secret),
        view: random.pick(&[View::Nothing, View::GetToken, View::RotateToken]),
        site,
        secure,
        host,
        port,
        origin,
        referer,
        body,
        header,
    }
    .post()
}

fn site(random: &mut Random) -> Site {
    let count = random.pick(&[0, 1, 2, 4]);
    Site {
        trusted: (0..count).map(|_| trusted(random)).collect(),
        domains: [(); 2]
            .map(|()| random.pick(&[None, None, None, Some("example.com"), Some(".example.com"), Some("Example.com")])),
        use_sessions: random.once_in(4),
        header_name: random.pick(&["X-CSRFToken", "X-CSRFToken", "X-XSRF-TOKEN", "x-2nd-token"]),
    }
}

/// Generates a trusted origin that this crate accepts.
fn trusted(random: &mut Random) -> String {
    random
        .pick(&[
            "https://*.trusted.test",
            "https://*.trusted.test",
            "http://*.trusted.test",
            "https://*.trusted.test:8443",
            "https://trusted.test",
            "https://a.trusted.test:8443",
            "http://plain.test:8000",
            "https://[::1]:8000",
            "https://under_score.test",
            "https://*.example.com",
            "app://localhost",
        ])
        .to_owned()
}

const DOMAINS: &[&str] = &[
    "example.com",
    "example.com",
    "example.com",
    "trusted.test",
    "plain.test",
    "evil.test",
    "localhost",
    "[::1]",
    "[::ffff:1.2.3.4]",
    "127.0.0.1",
    "under_score.test",
];

/// Generates a host, of the site or of others. Sometimes it is invalid.
fn host(random: &mut Random) -> String {
    let mut host = random.pick(DOMAINS).to_owned();
    if random.once_in(3) {
        host.insert_str(
            0,
            random.pick(&[
                "a.",
                "a.",
                "b.a.",
                "evil",
                "evil-",
                ".",
                "..",
                "*.",
                "a_b.",
                "é.",
                "user@",
                "evil.test:x@",
                "evil.test ",
                "%2e",
            ]),
        );
    }
    match random.below(24) {
        0 => host.make_ascii_uppercase(),
        1 => host = host.replacen(['e', 't'], "E", 1),
        2 => host.push('.'),
        3 => {
            let (at, _) = host.char_indices().nth(random.below(2)).unwrap();
            host.insert(at, random.pick(&['\t', ' ', '\u{1}', '\\']));
        }
        4 if random.once_in(2) => host = random.text(12),
        _ => {}
    }
    let port =
        random.pick(&["", "", "", "", "", ":8000", ":8443", ":443", ":80", ":", ":0443", ":65536", ":x", ":8000:1"]);
    host + port
}

fn origin(random: &mut Random) -> String {
    let scheme =
        random.pick(&["https", "https", "https", "https", "http", "http", "HTTPS", "wss", "app", "h ttps", ""]);
    let end = random.pick(&["", "", "", "", "", "", "", "/", "/path", "?query", "#", "#fragment", " ", ";x"]);
    let between =
        random.pick(&["://", "://", "://", "://", "://", "://", "://", "://", "://", ":/", ":", "//", ":///"]);
    let host = host(random);
    match random.below(40) {
        0 => "null".to_owned(),
        1 => String::new(),
        2 => random.text(20),
        3 => format!(" {scheme}{between}{host}"),
        4 => format!("{scheme}{between}{host},{scheme}{between}{host}"),
        _ => format!("{scheme}{between}{host}{end}"),
    }
}

/// Generates an origin that the site trusts, or one that looks similar.
fn near(random: &mut Random, site: &Site) -> String {
    let Some(trusted) = (!site.trusted.is_empty()).then(|| random.pick(&site.trusted)) else { return origin(random) };
    let below = random.pick(&[
        "",
        "a.",
        "a.",
        "b.a.",
        "a_b.",
        "A.",
        ".",
        "..",
        "*.",
        "é.",
        "evil",
        "evil.test:x@a.",
        "evil.test .",
        "\t.",
        "a\t.",
    ]);
    let near = trusted.replacen("*.", below, 1);
    match random.below(12) {
        0 => near.to_uppercase(),
        1 => near.replacen("https", "HTTPS", 1),
        2 => near + random.pick(&["/", "#", "?", ".", ":443", ":8443"]),
        3 => format!("{}{near}", random.pick(&[" ", "\u{1}", "\t"])),
        _ => near,
    }
}

/// Generates an `Origin` header, mostly the site's own origin or one that it trusts.
fn sent_origin(random: &mut Random, site: &Site, secure: bool, host: &str) -> Option<String> {
    let scheme = if secure { "https" } else { "http" };
    match random.below(10) {
        0..=3 => None,
        4 => Some(format!("{scheme}://{host}")),
        5 => Some(format!("{scheme}://{}", host.to_lowercase())),
        6..=8 => Some(near(random, site)),
        _ => Some(origin(random)),
    }
}

fn sent_referer(random: &mut Random, site: &Site, host: &str) -> Option<String> {
    let path = random.pick(&["", "/", "/form", "/form?next=//evil.test", "?a", "#b", "/é", "/\t", "/?", "/#"]);
    match random.below(10) {
        0 => None,
        1..=3 => Some(format!("https://{}{path}", host.to_lowercase())),
        4 => Some(format!("https://{host}{path}")),
        5 | 6 => Some(format!("https://{}example.com{path}", random.pick(&["", "a.", "evil", "."]))),
        7 | 8 => Some(near(random, site) + path),
        _ => Some(origin(random) + path),
    }
}

/// Generates a well-formed secret, sometimes in the format from before Django 4.0.
fn kept(random: &mut Random) -> String {
    if random.once_in(4) { mask(random, SECRETS[0]) } else { SECRETS[0].to_owned() }
}

fn malformed(random: &mut Random) -> String {
    let mut token = mask_or_not(random, SECRETS[0]);
    match random.below(6) {
        0 => drop(token.pop()),
        1 => token.push('a'),
        2 => token.replace_range(3..4, random.pick(&["-", "_", "é", "🔑", "%"])),
        3 => token = "é".repeat(random.pick(&[16, 32, 64])),
        4 => token.clear(),
        _ => token = random.word(),
    }
    token
}

fn any_token(random: &mut Random) -> String {
    match random.below(4) {
        0 => malformed(random),
        1 => mask_or_not(random, SECRETS[1]),
        2 => text(random),
        _ => mask_or_not(random, SECRETS[0]),
    }
}

fn mask_or_not(random: &mut Random, secret: &str) -> String {
    if random.once_in(3) { secret.to_owned() } else { mask(random, secret) }
}

const ALPHABET: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

fn text(random: &mut Random) -> String {
    (0..32).map(|_| char::from(random.pick(ALPHABET))).collect()
}

fn mask(random: &mut Random, secret: &str) -> String {
    let index = |byte| ALPHABET.iter().position(|known| *known == byte).unwrap();
    let mask = text(random);
    let cipher = secret.bytes().zip(mask.bytes()).map(|(a, b)| char::from(ALPHABET[(index(a) + index(b)) % 62]));
    mask.clone() + &cipher.collect::<String>()
}

fn cookies(random: &mut Random, secret: &str) -> Option<String> {
    match random.below(8) {
        0 => None,
        1 => Some(format!("csrftoken={}; csrftoken={secret}", any_token(random))),
        2 => Some(format!("csrftoken2={secret}; theme=dark")),
        3 => Some(format!("a=b; csrftoken=\"{secret}\";c")),
        _ => Some(format!("csrftoken={secret}")),
    }
}

fn body_with(random: &mut Random, token: &str) -> String {
    let encoded = || token.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
    match random.below(10) {
        0..=2 => String::new(),
        3 => format!("a=b&csrfmiddlewaretoken={token}&c=d"),
        4 => format!("csrfmiddlewaretoken={}", encoded()),
        5 => format!("csrf%6diddlewaretoken={token}&=&x"),
        6 => format!("csrfmiddlewaretoken={token}&csrfmiddlewaretoken={}", random.pick(&["", "x", token])),
        7 => format!("Csrfmiddlewaretoken={token}&csrfmiddlewaretoken"),
        8 => format!("csrfmiddlewaretoken={token}+"),
        _ => format!("csrfmiddlewaretoken={token}"),
    }
}

/// Returns this crate's answer.
pub fn answer(asked: &Asked, now: f64) -> Answer {
    let Asked { site, method, secure, host, origin, referer, cookies, kept, body, header, view, .. } = asked;
    let csrf = site.csrf(now)?;
    let mut session = Session::default();
    if let Some(kept) = kept {
        session.insert("_csrftoken", kept).map_err(name)?;
    }
    let mut cookie = csrf.load_headers(cookies);
    let (in_session, form_token) = (session.csrf_secret(), Csrf::form_token(body.as_bytes()));
    let request = CsrfRequest {
        method,
        secure: *secure,
        host: Some(host),
        origin: origin.as_deref(),
        referer: referer.as_deref(),
        cookie: if site.use_sessions { in_session.as_deref() } else { cookie.value() },
        form_token: form_token.as_deref(),
        header_token: header.as_deref(),
    };
    let verdict = csrf.check(&request);
    match (view, site.use_sessions) {
        _ if verdict.is_err() => {}
        (View::Nothing, _) => {}
        (View::GetToken, false) => drop(cookie.token().map_err(name)?),
        (View::RotateToken, false) => cookie.rotate().map_err(name)?,
        (View::GetToken, true) => drop(session.csrf_token().map_err(name)?),
        (View::RotateToken, true) => session.rotate_csrf_token().map_err(name)?,
    }
    // A new secret is random, so only its length is compared.
    let known =
        |secret: &str| if SECRETS.contains(&secret) { secret.to_owned() } else { secret.chars().count().to_string() };
    let made = csrf.commit(&cookie).map_err(name)?.filter(|_| !site.use_sessions);
    Ok(json!({
        "reason": verdict.err().map(|reason| reason.to_string()),
        "cookie": made.map(|made| made.as_str().replacen(made.value(), &known(made.value()), 1)),
        "kept": session.csrf_secret().filter(|_| site.use_sessions && *view != View::Nothing).map(|secret| known(&secret)),
    }))
}

/// Returns the CSRF cookie and a token.
pub fn page(cookie: Option<&str>) -> Answer {
    let csrf = Csrf::builder().build().map_err(name)?;
    let mut cookie = csrf.load(cookie);
    let token = cookie.token().map_err(name)?;
    let made = csrf.commit(&cookie).map_err(name)?.expect("a cookie");
    Ok(json!([made.value(), token]))
}

impl Site {
    fn csrf(&self, now: f64) -> Result<Csrf, String> {
        let [csrf, session] = [
            (Csrf::cookie_builder("csrftoken"), self.domains[0]),
            (CookieOptions::builder("sessionid"), self.domains[1]),
        ]
        .map(|(cookie, domain)| match domain {
            Some(domain) => cookie.domain(domain).secure(false).build().unwrap(),
            None => cookie.secure(false).build().unwrap(),
        });
        let csrf = Csrf::builder()
            .trusted_origins(&self.trusted)
            .header_name(self.header_name)
            .cookie(csrf)
            .clock(crate::common::clock(now));
        if self.use_sessions { csrf.use_sessions(&session) } else { csrf }.build().map_err(name)
    }
}
