//! `edit`: changes keys of a session and signs it again with the first key.

use clap::ArgMatches;
use django_session::{Session, SizeRule, Timestamp};
use serde_json::value::RawValue;

use crate::cached::{self, Entry};
use crate::commands::inspect::{Terms, lifetime};
use crate::commands::{file, found, named};
use crate::content::{Contents, Format, Value};
use crate::exit::{Failure, Output};
use crate::input::{self, Shape, Source, shape};
use crate::keys::{self, Keys};
use crate::kind::Kind;
use crate::settings;
use crate::verify::{Authentic, Scheme};
use crate::write::{self, Target, failure};

pub(crate) fn run(options: &ArgMatches) -> Result<Output, Failure> {
    let mut warnings = Vec::new();
    let keys = keys::read(options, &mut warnings)?;
    let cookie = settings::cookie(options)?;
    let Loaded { kind, source, signed_at, contents } = load(options, &keys, &cookie)?;
    let (encrypted, format) = (contents.encrypted, contents.format);
    let mut session = session(contents, &kind)?;
    let now = Timestamp::from(settings::now(options)?).as_secs();
    let terms = Terms { source: &source, age: None, cookie: &cookie };
    let is_over = |session: &Session, signed_at| {
        lifetime(&kind, Some(session), signed_at, now, &terms).is_some_and(|lifetime| lifetime.expired)
    };
    let was_over = matches!(kind, Kind::Session { .. }) && is_over(&session, signed_at);
    change(options, &mut session)?;
    if was_over && is_over(&session, Some(now)) {
        warnings
            .push("the session had expired, and by its own _session_expiry the new token has expired too".to_owned());
    } else if was_over {
        warnings.push("the session had expired; the new token is signed now, so it is valid again".to_owned());
    }
    if kind != Kind::Cached {
        keys.must_sign()?;
    }
    let clock = settings::clock(options)?;
    let dated = signed_at.is_some();
    let target = Target { kind: &kind, keys: &keys, cookie: &cookie, clock: &clock, dated, encrypted, format };
    let out = write::session(&session, &target)?;
    let sum = out.len().saturating_sub(1).saturating_add(cookie.name().len());
    let limit = SizeRule::Rfc6265bis.limit();
    if matches!(kind, Kind::Session { .. }) && sum > limit {
        warnings.push(format!("cookie has {sum} bytes of name and value; browsers drop more than {limit}"));
    }
    Ok(Output { out, warnings, code: 0 })
}

/// A session to change, and how it was signed.
struct Loaded {
    kind: Kind,
    source: Source,
    signed_at: Option<i64>,
    contents: Contents,
}

/// Reads and verifies the session. Accepts expired ones.
fn load(options: &ArgMatches, keys: &Keys, cookie: &django_session::CookieOptions) -> Result<Loaded, Failure> {
    let given = settings::kind(options)?;
    if given == Some(Kind::Cached) {
        let Entry { contents, is_wrapped } = cached::read(&input::bytes(file(options))?, cookie);
        if is_wrapped {
            return Err(Failure::rejected(
                "the entry is printed, encoded or in a cache file, and cannot be written in that form; pass its bytes alone",
            ));
        }
        return Ok(Loaded { kind: Kind::Cached, source: Source::Bytes, signed_at: None, contents });
    }
    let input = found(options, &input::text(file(options))?)?;
    let kinds = match (given, &input.source) {
        (Some(kind), _) => vec![kind],
        (None, _) if shape(&input.token) == Shape::Legacy => vec![Kind::Legacy],
        (None, Source::Row { .. }) => vec![Kind::Stored],
        (None, _) => vec![Kind::Session { salt: None }, Kind::Stored],
    };
    let plain = keys.ring(keys::Prefix::None)?;
    let mut reason = None;
    for kind in kinds {
        match Scheme::new(kind.clone()).open(&input.token, &keys.ring(kind.prefix())?, &plain, cookie) {
            Ok(Authentic { signed_at, contents, .. }) => {
                let signed_at = signed_at.map(Timestamp::as_secs);
                return Ok(Loaded { kind, source: input.source, signed_at, contents });
            }
            Err(error) => reason = reason.or(Some(error)),
        }
    }
    let reason = reason.map_or_else(String::new, |reason| reason.to_string());
    Err(Failure::rejected(format!("{reason}; django-session inspect looks for the cause")))
}

fn session(contents: Contents, kind: &Kind) -> Result<Session, Failure> {
    match (contents.value, contents.format) {
        (Value::Session(session), Format::Json) => Ok(*session),
        (Value::Session(session), Format::Pickle) if *kind == Kind::Cached => Ok(*session),
        (Value::Session(_), _) => Err(Failure::rejected("session is not JSON, and would be written as JSON")),
        (Value::Unreadable(reason), _) => Err(Failure::rejected(reason)),
        _ => Err(Failure::rejected("it is not a session")),
    }
}

/// Applies `--delete` and `--set`. Error messages do not repeat the arguments, because one may be a secret in the wrong
/// place.
fn change(options: &ArgMatches, session: &mut Session) -> Result<(), Failure> {
    let deletions: Vec<&String> = options.get_many("delete").unwrap_or_default().collect();
    let settings: Vec<&String> = options.get_many("set").unwrap_or_default().collect();
    for (number, key) in (1_usize..).zip(deletions) {
        if !session.remove(key) {
            let names = named(session.keys());
            return Err(Failure::rejected(format!("session has no key as --delete {number} names it; it has {names}")));
        }
    }
    for (number, setting) in (1_usize..).zip(settings) {
        let (key, json) = setting.split_once('=').ok_or_else(|| Failure::usage("--set needs KEY=JSON"))?;
        let value: &RawValue = serde_json::from_str(json).map_err(|_| {
            Failure::usage(format!("value of --set {number} is not JSON; text needs its quotes: 'KEY=\"…\"'"))
        })?;
        session.insert(key, value).map_err(|error| failure(&error))?;
    }
    Ok(())
}
