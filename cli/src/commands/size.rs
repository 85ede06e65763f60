//! `size`: shows the bytes of each key, and how many bytes are left.

use clap::ArgMatches;
use django_session::{
    Algorithm, CachedSessions, Clock, Compression, CookieOptions, KeyRing, SecretKey, Session, SizeRule,
};

use crate::commands::{file, found};
use crate::content::{Contents, Value, written_len};
use crate::diagnose;
use crate::exit::{Failure, Output};
use crate::input;
use crate::kind::Kind;
use crate::report::{Object, Style, counted, printable};
use crate::settings;

/// The limit of browsers in bytes, under both RFCs. They differ in what counts.
const LIMIT: usize = SizeRule::Rfc6265.limit();

struct Sizes {
    json: usize,
    /// The length of the payload without compression.
    base64: usize,
    /// As Django writes it.
    django: Written,
    /// As `CookieSessions` writes it: compressed only from 512 bytes of JSON on.
    this_crate: Written,
    keys: Vec<(String, usize)>,
}

/// The lengths that Django or this crate writes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Written {
    payload: usize,
    token: usize,
    name: usize,
    attributes: usize,
}

pub(crate) fn run(options: &ArgMatches) -> Result<Output, Failure> {
    let cookie = settings::cookie(options)?;
    let session = load(options, &cookie)?;
    let kind = settings::kind(options)?.unwrap_or(Kind::Session { salt: None });
    let sizes = measure(&session, &kind, &cookie)?;
    Ok(Output::text(match settings::flag(options, "json") {
        true => json(&sizes),
        false => human(&sizes, Style::of_stdout()),
    }))
}

/// Reads a JSON object, or a token, which is not verified.
fn load(options: &ArgMatches, cookie: &CookieOptions) -> Result<Session, Failure> {
    let text = input::text(file(options))?;
    if text.trim_start().starts_with('{')
        && let Ok(session) = CachedSessions::new(cookie.clone()).decode(text.trim().as_bytes())
        && !session.contains_key("session_data")
    {
        return Ok(session);
    }
    let input = found(options, &text)?;
    let (seeming, _) = diagnose::by_form(&input, None, &Kind::Session { salt: None }, cookie);
    match seeming.map(|seeming| seeming.contents) {
        Some(Contents { value: Value::Session(session), .. }) => Ok(*session),
        Some(Contents { value: Value::Encrypted, .. }) => Err(Failure::rejected("session is encrypted")),
        _ => Err(Failure::rejected("input is neither a session nor a JSON object")),
    }
}

/// Measures the session. It is signed with a random key, because lengths do not depend on the key.
fn measure(session: &Session, kind: &Kind, cookie: &CookieOptions) -> Result<Sizes, Failure> {
    let payload = crate::write::unsigned_payload(session, cookie)?;
    let contents = crate::content::unverified(&payload, None, cookie);
    let key = SecretKey::generate().map_err(|error| Failure::rejected(error.to_string()))?;
    let signer = kind.signer(&KeyRing::new(key), Algorithm::Sha256, &Clock::system());
    let signer = signer.ok_or_else(|| Failure::usage("this kind is not a cookie"))?;
    let now = std::time::SystemTime::now();
    let (name, attributes) = crate::write::cookie_sizes(cookie, now).map_err(|error| crate::write::failure(&error))?;
    let written =
        |payload: &str| Written { payload: payload.len(), token: signer.sign(payload).len(), name, attributes };
    let django = written(&payload);
    let this_crate = match kind {
        Kind::Session { .. } => {
            let json = CachedSessions::new(cookie.clone()).with_json().encode(session);
            let json = json.map_err(|error| crate::write::failure(&error))?;
            let payload = crate::content::payload(&json, Compression::IfLarge);
            written(&payload.map_err(|error| crate::write::failure(&error))?)
        }
        _ => django,
    };
    let mut keys: Vec<_> = session.iter().map(|(key, json)| (key.to_string(), written_len(&key, json))).collect();
    keys.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let base64 = contents.bytes.saturating_mul(4).div_ceil(3);
    Ok(Sizes { json: contents.bytes, base64, django, this_crate, keys })
}

impl Written {
    fn used(&self, with_attributes: bool) -> i64 {
        let sum = self.name.saturating_add(self.token);
        let sum = if with_attributes { sum.saturating_add(self.attributes) } else { sum };
        i64::try_from(sum).unwrap_or(i64::MAX)
    }

    fn left(&self, with_attributes: bool) -> i64 {
        i64::try_from(LIMIT).unwrap_or(i64::MAX).saturating_sub(self.used(with_attributes))
    }

    fn rows(&self, base64: usize, style: Style) -> [(String, String); 5] {
        let Self { payload, token, name, attributes } = self;
        let compressed = match payload.cmp(&base64) {
            std::cmp::Ordering::Less => format!("{payload} bytes, compressed; {base64} without"),
            _ => format!("{payload} bytes, not compressed"),
        };
        let rule = |with_attributes| {
            let (used, left) = (self.used(with_attributes), self.left(with_attributes));
            let text = if left < 0 { format!("{} too many", left.unsigned_abs()) } else { format!("{left} left") };
            format!("{used:>5} of {LIMIT}: {}", if left < 0 { style.bad(&text) } else { style.good(&text) })
        };
        [
            ("payload".to_owned(), compressed),
            ("token".to_owned(), format!("{token} bytes, with time and signature")),
            ("cookie".to_owned(), format!("name {name} + value {token} + attributes {attributes}")),
            ("RFC 6265".to_owned(), format!("{} (with attributes: the least that browsers keep)", rule(true))),
            ("RFC 6265bis".to_owned(), format!("{} (without: what Chromium and Firefox keep)", rule(false))),
        ]
    }

    fn rules(&self) -> String {
        let rule = |with_attributes| {
            Object::new().plain("used", self.used(with_attributes)).plain("left", self.left(with_attributes)).end()
        };
        Object::new().raw("rfc6265", &rule(true)).raw("rfc6265bis", &rule(false)).end()
    }

    fn json(&self) -> String {
        let object = Object::new().plain("payload_bytes", self.payload).plain("bytes", self.token);
        object.raw("rules", &self.rules()).end()
    }
}

fn human(sizes: &Sizes, style: Style) -> String {
    let Sizes { json, base64, django, this_crate, keys } = sizes;
    let mut out = style.bold(&format!("session of {json} bytes of JSON, {}\n", counted(keys.len(), "key")));
    if django == this_crate {
        out.push_str(&crate::report::table(&django.rows(*base64, style), style));
    } else {
        out.push_str(&style.bold("\nDjango, which compresses small sessions too:\n"));
        out.push_str(&crate::report::table(&django.rows(*base64, style), style));
        out.push_str(&style.bold("\nThis crate, which compresses from 512 bytes of JSON on:\n"));
        out.push_str(&crate::report::table(&this_crate.rows(*base64, style), style));
    }
    out.push_str(&chart(keys, style));
    out
}

/// Draws a bar for each key, the largest first.
fn chart(keys: &[(String, usize)], style: Style) -> String {
    const WIDTH: usize = 30;
    let Some(largest) = keys.first().map(|(_, bytes)| (*bytes).max(1)) else { return String::new() };
    let bar = |bytes: usize| "█".repeat(bytes.saturating_mul(WIDTH).checked_div(largest).unwrap_or(0).max(1));
    let row = |(key, bytes): &(String, usize)| (printable(key), format!("{bytes:>5} {}", style.good(&bar(*bytes))));
    format!("\n{}", crate::report::table(&keys.iter().map(row).collect::<Vec<_>>(), style))
}

/// Writes the sizes as JSON. The names outside `writers` are the sizes under Django, from before `writers` was added.
fn json(sizes: &Sizes) -> String {
    let key =
        |object: Object, (key, bytes): &(String, usize)| object.raw(key, &Object::new().plain("bytes", bytes).end());
    let Sizes { django, this_crate, .. } = sizes;
    let writers = Object::new().raw("django", &django.json()).raw("this_crate", &this_crate.json()).end();
    let line = Object::new()
        .plain("json_bytes", sizes.json)
        .plain("base64_bytes", sizes.base64)
        .plain("payload_bytes", django.payload)
        .plain("bytes", django.token)
        .plain("name_bytes", django.name)
        .plain("attributes_bytes", django.attributes)
        .raw("rules", &django.rules())
        .raw("writers", &writers)
        .raw("keys", &sizes.keys.iter().fold(Object::new(), key).end())
        .end();
    format!("{line}\n")
}
