//! `inspect`: shows the contents, the user and the expiry of a token, and why it is rejected.

use std::time::Duration;

use clap::ArgMatches;
use django_session::{BadSignature, CookieOptions, DecodeError, Expiry, Session, SizeRule, Timestamp};

use ::time::OffsetDateTime;

use crate::cached;
use crate::commands::{file, found};
use crate::content::{Contents, Format, Value};
use crate::diagnose::{self, Hint};
use crate::exit::{self, Failure, Output};
use crate::input::{self, Input, Shape, Source, shape};
use crate::keys::{self, Keys};
use crate::kind::Kind;
use crate::report::{self, Lifetime, LimitedBy, Redaction, Report, Style, Trust};
use crate::settings;
use crate::time::{parse_date, span, system_time};
use crate::verify::{Authentic, Scheme};
use crate::write;

/// Longer tokens are not verified at all.
const LIMIT: usize = 2 << 20;

pub(crate) fn run(options: &ArgMatches) -> Result<Output, Failure> {
    let mut warnings = Vec::new();
    let keys = keys::read(options, &mut warnings)?;
    let now = Timestamp::from(settings::now(options)?).as_secs();
    let report = match settings::kind(options)? {
        Some(Kind::Cached) => cached_entry(options, now)?,
        kind => signed(options, kind, &keys, now)?,
    };
    let redaction = if settings::flag(options, "show-secrets") { Redaction::None } else { Redaction::Cut };
    let text = match settings::flag(options, "json") {
        true => report::json(&report, redaction),
        false => report::human(&report, redaction, Style::of_stdout()),
    };
    Ok(Output { out: text.into_bytes(), warnings, code: code(&report) })
}

fn code(report: &Report) -> u8 {
    match report.trust {
        Trust::Rejected { .. } => exit::REJECTED,
        Trust::Unknown => exit::NOT_VERIFIED,
        Trust::Verified { .. } | Trust::Unsigned if report.is_expired() => exit::EXPIRED,
        Trust::Verified { .. } | Trust::Unsigned => exit::OK,
    }
}

fn cached_entry(options: &ArgMatches, now: i64) -> Result<Report, Failure> {
    let bytes = input::bytes(file(options))?;
    let contents = cached::read(&bytes, &settings::cookie(options)?).contents;
    let trust = match &contents.value {
        Value::Session(_) => Trust::Unsigned,
        Value::Unreadable(reason) => Trust::Rejected { reason: reason.clone(), explained: None },
        _ => Trust::Rejected { reason: "it is not a dict".to_owned(), explained: None },
    };
    Ok(Report {
        kind: Kind::Cached,
        input: (Source::Bytes.word(), Source::Bytes.to_string()),
        trust,
        signed_at: None,
        now,
        lifetime: None,
        contents: Some(contents),
        bytes: bytes.len(),
        cookie: None,
        hints: Vec::new(),
    })
}

fn signed(options: &ArgMatches, kind: Option<Kind>, keys: &Keys, now: i64) -> Result<Report, Failure> {
    let text = input::text(file(options))?;
    let input = found(options, &text)?;
    let cookie = settings::cookie(options)?;
    let max_age = settings::max_age(options)?;
    let kinds = kind.clone().map_or_else(|| likely(&input), |kind| vec![kind]);
    let mut report = judge(&input, &kinds, keys, &cookie, now)?;
    let terms = Terms { source: &input.source, age: max_age, cookie: &cookie };
    report.lifetime = lifetime(&report.kind, report.session(), report.signed_at, now, &terms);
    hints(&mut report);
    if input.deleted {
        report.hints.push(Hint::new(
            "deleted",
            "The server deletes this cookie in its response: the user logged out, or the session became empty.",
            "Log in again; the browser sends no cookie until then.",
        ));
    }
    report.hints.extend(of_names(&report, &input, &cookie, kind, keys)?);
    report.hints.extend(of_key_file(&report.trust, keys));
    if let Kind::Session { .. } | Kind::Messages | Kind::Cookie { .. } | Kind::OldCookie { .. } = report.kind {
        report.cookie = sizes(input.source.cookie_name().unwrap_or(cookie.name()), report.bytes);
    }
    Ok(report)
}

/// Returns what the input may be, the most likely kind first.
fn likely(input: &Input) -> Vec<Kind> {
    let session = Kind::Session { salt: None };
    if shape(&input.token) == Shape::Legacy {
        return vec![Kind::Legacy];
    }
    match &input.source {
        Source::Row { .. } => vec![Kind::Stored],
        Source::Cookie { name, .. } if name == "messages" => vec![Kind::Messages],
        Source::Cookie { name, .. } if name.to_ascii_lowercase().contains("session") => vec![session],
        Source::Cookie { name, .. } => {
            let mut kinds = vec![session, Kind::Cookie { name: name.clone(), salt: String::new() }];
            if !looks_encoded(&input.token) {
                kinds.reverse();
            }
            kinds
        }
        Source::Token | Source::Bytes => vec![session, Kind::Stored, Kind::Messages],
    }
}

/// Returns whether the payload starts like a session: JSON, zlib, encrypted, or a pickle.
fn looks_encoded(token: &str) -> bool {
    ["eyJ", "e30", ".eJ", "AQ", "Ag", "gA"].iter().any(|start| token.starts_with(start))
}

fn judge(input: &Input, kinds: &[Kind], keys: &Keys, cookie: &CookieOptions, now: i64) -> Result<Report, Failure> {
    let expected = kinds.first().cloned().unwrap_or(Kind::Stored);
    let base = |kind: Kind, trust, signed_at: Option<Timestamp>, contents, hints| Report {
        kind,
        input: (input.source.word(), input.source.to_string()),
        trust,
        signed_at: signed_at.map(Timestamp::as_secs),
        now,
        lifetime: None,
        contents,
        bytes: input.token.len(),
        cookie: None,
        hints,
    };
    if input.token.is_empty() && input.deleted {
        let reason = "the cookie is deleted".to_owned();
        let trust = if keys.is_empty() { Trust::Unknown } else { Trust::Rejected { reason, explained: None } };
        return Ok(base(expected, trust, None, None, Vec::new()));
    }
    if input.token.len() > LIMIT {
        let reason = BadSignature::TooLong { limit: LIMIT }.to_string();
        let hint = Hint::new("too_long", "It is far longer than anything that Django signs.", "Pass the token alone.");
        return Ok(base(expected, Trust::Rejected { reason, explained: None }, None, None, vec![hint]));
    }
    if keys.is_empty() {
        let (seeming, hints) = diagnose::by_form(input, None, &expected, cookie);
        let (signed_at, contents) = seeming.map_or((None, None), |seeming| (seeming.signed_at, Some(seeming.contents)));
        return Ok(base(expected, Trust::Unknown, signed_at, contents, hints));
    }
    let plain = keys.ring(keys::Prefix::None)?;
    let mut reason = None;
    for kind in kinds {
        let scheme = Scheme::new(kind.clone());
        match scheme.open(&input.token, &keys.ring(kind.prefix())?, &plain, cookie) {
            Ok(Authentic { key_index, signed_at, contents }) => {
                let trust = trust(kind, key_index, &scheme, &contents, keys);
                return Ok(base(kind.clone(), trust, signed_at, Some(contents), Vec::new()));
            }
            Err(error) => reason = reason.or(Some(error)),
        }
    }
    let reason = match reason {
        _ if expected.is_session() && shape(&input.token) == Shape::SessionKey => DecodeError::SessionKey.to_string(),
        Some(reason) => reason.to_string(),
        None => BadSignature::Mismatch.to_string(),
    };
    if let Some(found) = diagnose::search(input, keys, &expected, cookie) {
        let Authentic { key_index, signed_at, contents } = found.authentic;
        let trust = Trust::Rejected { reason, explained: Some((key_index, found.scheme.algorithm)) };
        return Ok(base(found.scheme.kind, trust, signed_at, Some(contents), found.hints));
    }
    let (seeming, hints) = diagnose::by_form(input, Some(&plain), &expected, cookie);
    let (signed_at, contents) = seeming.map_or((None, None), |seeming| (seeming.signed_at, Some(seeming.contents)));
    Ok(base(expected, Trust::Rejected { reason, explained: None }, signed_at, contents, hints))
}

/// Returns the trust of a token with a valid signature. It is rejected if a server cannot read its contents.
fn trust(kind: &Kind, key_index: usize, scheme: &Scheme, contents: &Contents, keys: &Keys) -> Trust {
    let algorithm = scheme.algorithm;
    let reason = match &contents.value {
        Value::Unreadable(reason) => Some(reason.clone()),
        Value::Encrypted => Some("no key decrypts the payload".to_owned()),
        Value::Json(_) | Value::Text(_) if kind.is_session() => Some("payload is not a JSON object".to_owned()),
        _ => None,
    };
    if let Some(reason) = reason {
        return Trust::Rejected { reason, explained: Some((key_index, algorithm)) };
    }
    let origin = keys.get(key_index).map_or_else(String::new, |key| key.origin.clone());
    Trust::Verified { key_index, keys: keys.len(), origin, algorithm }
}

/// What limits the lifetime of a session, apart from the session itself.
pub(crate) struct Terms<'t> {
    pub(crate) source: &'t Source,
    /// The age given by `--max-age`.
    pub(crate) age: Option<Duration>,
    pub(crate) cookie: &'t CookieOptions,
}

/// Returns the lifetime of a token that was signed at `signed_at`.
pub(crate) fn lifetime(
    kind: &Kind,
    session: Option<&Session>,
    signed_at: Option<i64>,
    now: i64,
    terms: &Terms<'_>,
) -> Option<Lifetime> {
    let max_age = terms.age;
    let by_row = match terms.source {
        Source::Row { expire_date: Some(date) } => parse_date(date).map(OffsetDateTime::unix_timestamp),
        _ => None,
    };
    let ends = |end: i64, by| Lifetime {
        end,
        expired: now > end,
        beyond_cookie_age: false,
        browser_close: session.is_some_and(Session::expires_at_browser_close),
        by,
    };
    if let Some(end) = by_row {
        return Some(ends(end, LimitedBy::ExpireDate));
    }
    let signed_at = signed_at?;
    let after = |age: Duration| signed_at.saturating_add_unsigned(age.as_secs());
    let by_age = |age: Duration, source| ends(after(age), LimitedBy::Age { seconds: age.as_secs(), source });
    match kind {
        Kind::Session { .. } | Kind::Stored => {
            // --max-age may be longer than the 400 days that `CookieOptions` allows.
            let age = max_age.unwrap_or_else(|| terms.cookie.max_age());
            let own = match session?.expiry() {
                Some(Expiry::Inactivity(_) | Expiry::At(_)) => {
                    let modified = system_time(Timestamp::from_secs(signed_at))?;
                    session?.expiry_date(modified).map(OffsetDateTime::unix_timestamp)
                }
                _ => None,
            };
            Some(match own {
                Some(end) => {
                    let beyond_cookie_age = *kind != Kind::Stored && now <= end && now > after(age);
                    Lifetime { beyond_cookie_age, ..ends(end, LimitedBy::OwnExpiry) }
                }
                None if *kind == Kind::Stored => by_age(age, "if its row has the usual expire_date"),
                None => by_age(age, "the cookie's age"),
            })
        }
        Kind::Cookie { .. } | Kind::OldCookie { .. } | Kind::Object { .. } => {
            max_age.map(|age| by_age(age, "--max-age"))
        }
        Kind::Messages | Kind::Legacy | Kind::Cached => None,
    }
}

/// Adds the hints that do not depend on the search for a signature.
fn hints(report: &mut Report) {
    /// Absolute ages shorter than this are rare, in seconds.
    const DAY: i64 = 86_400;
    let format = report.contents.as_ref().map(|contents| contents.format);
    if report.kind.is_session() && format == Some(Format::Pickle) {
        report.hints.push(Hint::new(
            "pickle",
            "It contains a pickle: SESSION_SERIALIZER is PickleSerializer, which Django 5.0 removed.",
            "A server with the JSON serializer rejects it: read it with PickleSerializer of the feature pickle, as data.",
        ));
    }
    if report.kind.is_session() && format == Some(Format::MessagePack) {
        report.hints.push(Hint::new(
            "msgpack",
            "It contains MessagePack, which Django does not read.",
            "Use the JSON serializer where Django shares the session.",
        ));
    }
    let rejected = matches!(report.trust, Trust::Rejected { .. });
    let encrypted = |contents: &Contents| matches!(contents.value, Value::Encrypted);
    if rejected && report.hints.is_empty() && report.contents.as_ref().is_some_and(encrypted) {
        report.hints.push(Hint::new(
            "encrypted",
            "The signature is valid, but the payload was encrypted with other keys.",
            "Provide the keys that encrypted it, in addition to those that sign.",
        ));
    }
    let is_good = matches!(report.trust, Trust::Verified { .. }) && !report.is_expired();
    if is_good && report.kind.is_session() && report.contents.as_ref().is_some_and(Contents::is_decrypted) {
        report.hints.push(Hint::new(
            "encrypted",
            "Its payload is encrypted: a server without encryption rejects it.",
            "Set with_encryption on all servers that read it. Django needs the serializer of the package django-session-rs.",
        ));
    }
    if let Some(age) = report.session_age().filter(|age| is_good && *age > DAY) {
        report.hints.push(Hint::new(
            "started",
            format!(
                "The session began {} ago: a server whose with_absolute_age is shorter rejects it.",
                span(age.unsigned_abs())
            ),
            "Log in again, or raise with_absolute_age.",
        ));
    }
    // The time is not authenticated.
    if matches!(report.trust, Trust::Rejected { explained: None, .. }) {
        return;
    }
    // Without a key, a token alone may also be from a row.
    let is_known = report.input.0 != Source::Token.word() || !matches!(report.trust, Trust::Unknown);
    if is_known && matches!(report.kind, Kind::Session { .. }) {
        report.hints.extend(beyond_limits(report));
    }
    if report.age().is_some_and(|age| age < -60) {
        report.hints.push(Hint::new(
            "clock",
            "It was signed in the future, by the clock of this machine.",
            "Compare the clocks of the two servers.",
        ));
    }
    if report.lifetime.as_ref().is_some_and(|lifetime| lifetime.beyond_cookie_age) {
        report.hints.push(Hint::new(
            "beyond_cookie_age",
            "Its own _session_expiry is in the future, but it is older than SESSION_COOKIE_AGE: Django up to 6.1 rejects it.",
            "Raise SESSION_COOKIE_AGE in Django, or log in again. If that setting is longer than two weeks, give it with --max-age.",
        ));
    }
    let Some(lifetime) = report.lifetime.as_ref().filter(|lifetime| lifetime.expired) else { return };
    report.hints.push(match lifetime.by {
        LimitedBy::Age { .. } => Hint::new(
            "expired",
            "It is older than it may be.",
            "If another server accepts it, its SESSION_COOKIE_AGE is longer: compare, or use --max-age. Otherwise log in again.",
        ),
        LimitedBy::ExpireDate => Hint::new(
            "expired",
            "The expire_date of its row has passed.",
            "Log in again: Django and StoredSessions load it as an empty session.",
        ),
        LimitedBy::OwnExpiry => Hint::new(
            "expired",
            "Its own _session_expiry has passed.",
            "Log in again. Django up to 6.1 does not check set_expiry in a cookie; ExpiryPolicy::CookieAgeOnly behaves the same.",
        ),
    });
}

/// Returns the hints about the names of the cookies. `given` is the kind given by an option.
fn of_names(
    report: &Report,
    input: &Input,
    cookie: &CookieOptions,
    given: Option<Kind>,
    keys: &Keys,
) -> Result<Vec<Hint>, Failure> {
    let is_nothing = matches!(report.kind, Kind::Cookie { .. }) && report.contents.is_none() && report.hints.is_empty();
    // Without --kind, a cookie may be recognized as one that is not a session.
    let is_session = match &given {
        Some(kind) => matches!(kind, Kind::Session { .. }),
        None => report.kind.is_session() || is_nothing,
    };
    let mut hints = Vec::new();
    if is_session {
        hints.extend(diagnose::other_name(input, cookie.name()));
    }
    let kind = given.unwrap_or(Kind::Session { salt: None });
    let is_rejected = matches!(kind, Kind::Session { .. }) && matches!(report.trust, Trust::Rejected { .. });
    // Without a key, a token that is too long is rejected as well.
    if is_rejected && !keys.is_empty() && !input.others.is_empty() {
        hints.extend(diagnose::other_cookie(input, &kind, &keys.ring(kind.prefix())?, cookie));
    }
    Ok(hints)
}

/// Returns a hint if the key that signed is not the whole content of its file.
fn of_key_file(trust: &Trust, keys: &Keys) -> Option<Hint> {
    let Trust::Verified { key_index, .. } = trust else { return None };
    Some(Hint::new("key_file_newline", keys.line_break(*key_index)?, keys::LINE_BREAK_REMEDY))
}

/// Returns why the defaults of `CookieSessions` reject a token whose signature is valid.
fn beyond_limits(report: &Report) -> Vec<Hint> {
    const TOKEN: usize = 8192;
    const INFLATED: usize = 256 * 1024;
    let mut hints = Vec::new();
    if report.bytes > TOKEN {
        hints.push(Hint::new(
            "too_long",
            format!(
                "It has {} bytes: browsers drop a cookie of more than {}, and CookieSessions rejects more than {TOKEN}.",
                report.bytes,
                SizeRule::Rfc6265.limit()
            ),
            "Store large values on the server, or raise CookieSessions::with_max_token_len.",
        ));
    }
    let inflated = report.contents.as_ref().filter(|contents| contents.zlib.is_some() && contents.bytes > INFLATED);
    if let Some(Contents { bytes, .. }) = inflated {
        hints.push(Hint::new(
            "inflates",
            format!("It inflates to {bytes} bytes, and CookieSessions rejects more than {INFLATED}."),
            "Store large values on the server, or raise CookieSessions::with_inflate_limit.",
        ));
    }
    hints
}

/// Returns the bytes of a cookie's name, and of its attributes under Django's defaults.
fn sizes(name: &str, value: usize) -> Option<(usize, usize)> {
    let options = CookieOptions::builder(name).build().ok()?;
    let sizes = write::cookie_sizes(&options, std::time::UNIX_EPOCH).ok()?;
    (value <= 1 << 16).then_some(sizes)
}
