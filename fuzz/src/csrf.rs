//! A slow, simple twin of the CSRF check.

use arbitrary::Arbitrary;
use django_session::CsrfRequest;

/// The trusted origins of the site. For a `Referer`, only the hosts matter.
pub const TRUSTED: [&str; 3] = ["https://*.trusted.test", "https://app.example.net:8443", "http://plain.test:8000"];

const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

#[derive(Debug, Arbitrary)]
pub struct Request {
    method: Method,
    secure: bool,
    host: Option<String>,
    origin: Option<Sent>,
    referer: Option<Sent>,
    cookie: Option<Token>,
    form_token: Option<Token>,
    header_token: Option<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq, Arbitrary)]
enum Method {
    Get,
    Head,
    Options,
    Trace,
    Post,
    Put,
    LowerCaseGet,
}

/// Any text, or a text that a fuzzer would not find.
#[derive(Debug, Arbitrary)]
enum Sent {
    Text(String),
    Https(String),
    /// A host below a trusted domain, or one that looks like it.
    Trusted(String),
    Own {
        https: bool,
        behind: String,
    },
}

#[derive(Debug, Arbitrary)]
enum Token {
    Text(String),
    Secret,
    Masked([u8; 32]),
    Changed([u8; 32], u8, char),
}

const SECRET: &str = "9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP";

/// The parts of a request as text, so that a `CsrfRequest` can borrow them.
pub struct Texts {
    request: Request,
    sent: [Option<String>; 2],
    tokens: [Option<String>; 3],
}

impl Texts {
    pub fn new(request: Request) -> Self {
        let own = request.host.clone().unwrap_or_default();
        let sent = [&request.origin, &request.referer].map(|sent| {
            sent.as_ref().map(|sent| match sent {
                Sent::Text(text) => text.clone(),
                Sent::Https(text) => format!("https://{text}"),
                Sent::Trusted(text) => format!("https://{text}.trusted.test"),
                Sent::Own { https, behind } => format!("{}://{own}{behind}", if *https { "https" } else { "http" }),
            })
        });
        let tokens = [&request.cookie, &request.form_token, &request.header_token].map(|token| {
            token.as_ref().map(|token| match token {
                Token::Text(text) => text.clone(),
                Token::Secret => SECRET.to_owned(),
                Token::Masked(mask) => masked(mask),
                Token::Changed(mask, at, char) => {
                    let mut token: Vec<char> = masked(mask).chars().collect();
                    token[usize::from(*at) % 64] = *char;
                    token.into_iter().collect()
                }
            })
        });
        Self { request, sent, tokens }
    }

    pub fn request(&self) -> CsrfRequest<'_> {
        let ([origin, referer], [cookie, form_token, header_token]) =
            (self.sent.each_ref().map(Option::as_deref), self.tokens.each_ref().map(Option::as_deref));
        let method = match self.request.method {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Options => "OPTIONS",
            Method::Trace => "TRACE",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::LowerCaseGet => "get",
        };
        let (secure, host) = (self.request.secure, self.request.host.as_deref());
        CsrfRequest { method, secure, host, origin, referer, cookie, form_token, header_token }
    }
}

fn masked(mask: &[u8; 32]) -> String {
    let alphabet = ALPHABET.as_bytes();
    let index = |byte| alphabet.iter().position(|known| *known == byte).unwrap();
    let mask = mask.map(|byte| usize::from(byte) % 62);
    let cipher = SECRET.bytes().zip(mask).map(|(byte, mask)| (index(byte) + mask) % 62);
    mask.into_iter().chain(cipher).map(|index| char::from(alphabet[index])).collect()
}

pub fn is_safe(request: &CsrfRequest<'_>) -> bool {
    ["GET", "HEAD", "OPTIONS", "TRACE"].contains(&request.method)
}

/// Returns whether the origin of the request is allowed.
pub fn comes_from_a_friend(request: &CsrfRequest<'_>) -> bool {
    let host = request.host.filter(|host| is_host(&host.to_ascii_lowercase()) && !host.contains('_'));
    let is_own = |scheme: &str, origin: &str| host.is_some_and(|host| format!("{scheme}://{host}") == origin);
    match (request.origin, request.secure) {
        (Some(origin), secure) => {
            let below = origin.strip_prefix("https://");
            is_own(if secure { "https" } else { "http" }, origin)
                || TRUSTED[1..].contains(&origin)
                || below.is_some_and(is_below_trusted)
        }
        (None, false) => true,
        (None, true) => {
            let Some(from) = request.referer.and_then(|referer| referer.strip_prefix("https://")) else { return false };
            let from = from.split(['/', '?', '#']).next().unwrap();
            let trusted = ["app.example.net:8443", "plain.test:8000"];
            is_below_trusted(from)
                || trusted.contains(&from)
                || host.is_some_and(|host| host.to_ascii_lowercase() == from)
        }
    }
}

fn is_below_trusted(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    is_host(host) && labels.len() >= 2 && labels[labels.len() - 2..] == ["trusted", "test"]
}

/// Returns whether this is a valid host: labels that are not empty, or an address in brackets, with an optional port.
fn is_host(text: &str) -> bool {
    let is = |text: &str, also: &str| {
        !text.is_empty()
            && text.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || also.contains(char))
    };
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, "")) => (address, None),
            Some((address, port)) if port.starts_with(':') => (address, Some(&port[1..])),
            _ => return false,
        },
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let is_port = port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let is_address = || {
        let (first, rest) = host.split_once(':').unwrap_or(("x", ""));
        let is_hex =
            |text: &str, also: &str| text.chars().all(|char| "0123456789abcdef".contains(char) || also.contains(char));
        is_hex(first, "") && !rest.is_empty() && is_hex(rest, ":.")
    };
    let is_name = || host.strip_suffix('.').unwrap_or(host).split('.').all(|label| is(label, "-_"));
    is_port && if text.starts_with('[') { is_address() } else { is_name() }
}

/// Returns whether the token of the request belongs to the cookie.
pub fn has_its_token(request: &CsrfRequest<'_>) -> bool {
    let form = request.form_token.filter(|token| request.method == "POST" && !token.is_empty());
    let secrets = [request.cookie, form.or(request.header_token)].map(|token| token.and_then(secret));
    secrets[0].is_some() && secrets[0] == secrets[1]
}

/// Returns the unmasked secret, as positions in the alphabet.
fn secret(token: &str) -> Option<Vec<usize>> {
    let places = token.chars().map(|char| ALPHABET.find(char)).collect::<Option<Vec<_>>>()?;
    match places.len() {
        32 => Some(places),
        64 => Some((0..32).map(|at| (62 + places[32 + at] - places[at]) % 62).collect()),
        _ => None,
    }
}
