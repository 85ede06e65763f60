//! Options → settings that several commands share.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::ArgMatches;
use django_session::{Clock, CookieOptions};

use crate::exit::Failure;
use crate::kind::Kind;
use crate::time::parse_span;

const DEFAULT_NAME: &str = "sessionid";

/// Returns an option that may not exist for this command.
pub(crate) fn option<'m>(options: &'m ArgMatches, id: &str) -> Option<&'m str> {
    options.try_get_one::<String>(id).ok().flatten().map(String::as_str)
}

/// Returns whether a flag is set that may not exist for this command.
pub(crate) fn flag(options: &ArgMatches, id: &str) -> bool {
    options.try_get_one::<bool>(id).ok().flatten().copied().unwrap_or(false)
}

/// Returns the present time, or the one of `--time`.
pub(crate) fn now(options: &ArgMatches) -> Result<SystemTime, Failure> {
    let Some(text) = option(options, "time") else { return Ok(SystemTime::now()) };
    let seconds: i64 = text.parse().map_err(|_| Failure::usage("--time is not a number of seconds"))?;
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.ok_or_else(|| Failure::usage("--time is out of range"))
}

/// Returns a clock that stands at that time.
pub(crate) fn clock(options: &ArgMatches) -> Result<Clock, Failure> {
    Ok(if option(options, "time").is_some() { Clock::fixed(now(options)?) } else { Clock::system() })
}

/// Returns the age of `--max-age`, if it is given.
pub(crate) fn max_age(options: &ArgMatches) -> Result<Option<Duration>, Failure> {
    let Some(text) = option(options, "max-age") else { return Ok(None) };
    parse_span(text).map(Some).ok_or_else(|| Failure::usage("--max-age is not a time such as 3600, 90m, 12h or 14d"))
}

/// Returns the session cookie's options: Django's, with `--name`.
pub(crate) fn cookie(options: &ArgMatches) -> Result<CookieOptions, Failure> {
    let name = option(options, "name").unwrap_or(DEFAULT_NAME);
    CookieOptions::builder(name).build().map_err(|_| Failure::usage("--name is not the name of a cookie"))
}

/// Returns the kind of `--kind`, or of `--salt` alone.
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
