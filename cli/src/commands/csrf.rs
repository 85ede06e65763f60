//! `csrf`: masks a secret for a form, and unmasks a form's token.

use clap::ArgMatches;
use django_session::{CookieOptions, Csrf};
use zeroize::Zeroizing;

use crate::commands::file;
use crate::exit::{Failure, Output};
use crate::input;

pub(crate) fn run(options: &ArgMatches) -> Result<Output, Failure> {
    match options.subcommand() {
        Some(("mask", options)) => mask(options),
        Some(("unmask", options)) => unmask(options),
        _ => Err(Failure::usage("csrf needs mask or unmask")),
    }
}

fn mask(options: &ArgMatches) -> Result<Output, Failure> {
    let (csrf, value) = load(options)?;
    let mut cookie = csrf.load(Some(&value));
    let token = cookie.token().map_err(|error| Failure::rejected(error.to_string()))?;
    Ok(Output::text(format!("{token}\n")))
}

/// Unmasks a token: the cookie that belongs to it contains the secret.
fn unmask(options: &ArgMatches) -> Result<Output, Failure> {
    let (csrf, value) = load(options)?;
    let mut cookie = csrf.load(Some(&value));
    cookie.token().map_err(|error| Failure::rejected(error.to_string()))?;
    let set_cookie = csrf.commit(&cookie).map_err(|error| Failure::rejected(error.to_string()))?;
    let secret = set_cookie.map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    Ok(Output::text(format!("{secret}\n")))
}

fn load(options: &ArgMatches) -> Result<(Csrf, Zeroizing<String>), Failure> {
    let text = input::text(file(options))?;
    let found = input::find(&text, Some("csrftoken"));
    // The library would silently replace anything else with a new secret.
    let is_secret =
        matches!(found.token.len(), 32 | 64) && found.token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_secret {
        return Err(Failure::rejected("input is not a CSRF secret of 32 or a token of 64 letters and digits"));
    }
    let cookie = CookieOptions::builder("csrftoken").build().map_err(|error| Failure::usage(error.to_string()))?;
    let csrf = Csrf::builder().cookie(cookie).build().map_err(|error| Failure::usage(error.to_string()))?;
    Ok((csrf, found.token))
}
