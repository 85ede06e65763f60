//! `edit`: changes keys of a session, and signs it again with the first key.

use clap::ArgMatches;
use django_session::Session;
use serde_json::value::RawValue;

use crate::cached;
use crate::commands::file;
use crate::content::{Contents, Format, Value};
use crate::exit::{Failure, Output};
use crate::input::{self, Shape, Source, shape};
use crate::keys::{self, Keys};
use crate::kind::Kind;
use crate::report::printable;
use crate::settings;
use crate::verify::Scheme;
use crate::write::{self, Target, failure};

/// Browsers drop a longer cookie.
const COOKIE_LIMIT: usize = 4096;

pub(crate) fn run(options: &ArgMatches) -> Result<Output, Failure> {
    let mut warnings = Vec::new();
    let keys = keys::read(options, &mut warnings)?;
    let cookie = settings::cookie(options)?;
    let (kind, contents) = load(options, &keys, &cookie)?;
    let encrypted = contents.encrypted;
    let mut session = session(contents, &kind)?;
    change(options, &mut session)?;
    let clock = settings::clock(options)?;
    let target = Target { kind: &kind, keys: &keys, cookie: &cookie, clock: &clock, encrypted };
    let out = write::session(&session, &target)?;
    let sum = out.len().saturating_sub(1).saturating_add(cookie.name().len());
    if matches!(kind, Kind::Session { .. }) && sum > COOKIE_LIMIT {
        warnings.push(format!("cookie has {sum} bytes of name and value; browsers drop more than {COOKIE_LIMIT}"));
    }
    Ok(Output { out, warnings, code: 0 })
}

/// Reads and verifies the session; its age does not matter.
fn load(
    options: &ArgMatches,
    keys: &Keys,
    cookie: &django_session::CookieOptions,
) -> Result<(Kind, Contents), Failure> {
    let given = settings::kind(options)?;
    if given == Some(Kind::Cached) {
        return Ok((Kind::Cached, cached::contents(&input::bytes(file(options))?, cookie)));
    }
    let input = input::find(&input::text(file(options))?, settings::option(options, "name"));
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
            Ok(authentic) => return Ok((kind, authentic.contents)),
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
        _ => Err(Failure::rejected("it is no session")),
    }
}

/// The messages do not repeat what was typed: it may be a secret in the wrong place.
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

/// Lists the first names, safe for a terminal.
fn named(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    const SHOWN: usize = 20;
    let mut shown: Vec<_> = names.take(SHOWN.saturating_add(1)).map(|name| printable(name.as_ref())).collect();
    match shown.len() {
        0 => return "none".to_owned(),
        len if len > SHOWN => shown.truncate(SHOWN),
        _ => return shown.join(", "),
    }
    format!("{}, …", shown.join(", "))
}
