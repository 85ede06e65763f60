//! Reads the options that several commands share.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::ArgMatches;
use django_session::{Clock, CookieOptions};

use crate::exit::Failure;
use crate::kind::Kind;
use crate::time::parse_span;

const DEFAULT_NAME: &str = "sessionid";

/// Returns the value of an option, or `None` if this command does not have the option.
pub(crate) fn option<'m>(options: &'m ArgMatches, id: &str) -> Option<&'m str> {
    options.try_get_one::<String>(id).ok().flatten().map(String::as_str)
}

/// Returns whether a flag is set. Returns `false` if this command does not have the flag.
pub(crate) fn flag(options: &ArgMatches, id: &str) -> bool {
    options.try_get_one::<bool>(id).ok().flatten().copied().unwrap_or(false)
}

/// Returns the time given by `--time`, or the current time.
pub(crate) fn now(options: &ArgMatches) -> Result<SystemTime, Failure> {
    let Some(text) = option(options, "time") else { return Ok(SystemTime::now()) };
    let seconds: i64 = text.parse().map_err(|_| Failure::usage("--time is not a number of seconds"))?;
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.ok_or_else(|| Failure::usage("--time is out of range"))
}

/// Returns a clock fixed at the time given by `--time`, or the system clock.
pub(crate) fn clock(options: &ArgMatches) -> Result<Clock, Failure> {
    Ok(if option(options, "time").is_some() { Clock::fixed(now(options)?) } else { Clock::system() })
}

/// Returns the age given by `--max-age`, if there is one.
pub(crate) fn max_age(options: &ArgMatches) -> Result<Option<Duration>, Failure> {
    let Some(text) = option(options, "max-age") else { return Ok(None) };
    parse_span(text).map(Some).ok_or_else(|| Failure::usage("--max-age is not a time such as 3600, 90m, 12h or 14d"))
}

/// Returns the options of the session cookie: Django's defaults, with the name given by `--name`.
pub(crate) fn cookie(options: &ArgMatches) -> Result<CookieOptions, Failure> {
    let name = option(options, "name").unwrap_or(DEFAULT_NAME);
    CookieOptions::builder(name).build().map_err(|_| Failure::usage("--name is not the name of a cookie"))
}

/// Returns the kind given by `--kind`, or a session if only `--salt` is given.
pub(crate) fn kind(options: &ArgMatches) -> Result<Option<Kind>, Failure> {
    let salt = option(options, "salt");
    if salt == Some("") && option(options, "kind") != Some("cookie") {
        return Err(Failure::usage("--salt is empty"));
    }
    if let (Some(_), Some(kind @ ("stored" | "legacy" | "cached" | "messages"))) = (salt, option(options, "kind")) {
        return Err(Failure::usage(format!("--salt is not for --kind {kind}, which has no salt but Django's own")));
    }
    let salt = salt.map(ToOwned::to_owned);
    let kind = match option(options, "kind") {
        None => return Ok(salt.map(|salt| Kind::Session { salt: Some(salt) })),
        Some("session") => Kind::Session { salt },
        Some("stored") => Kind::Stored,
        Some("legacy") => Kind::Legacy,
        Some("cached") => Kind::Cached,
        Some("messages") => Kind::Messages,
        Some("cookie") => {
            let name = option(options, "name").ok_or_else(|| Failure::usage("--kind cookie needs --name"))?;
            Kind::Cookie { name: name.to_owned(), salt: salt.unwrap_or_default() }
        }
        Some(_) => Kind::Object { salt: salt.unwrap_or_else(|| "django.core.signing".to_owned()) },
    };
    Ok(Some(kind))
}
