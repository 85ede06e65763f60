//! `django-session`: shows what is in a Django session cookie, whose it is, and why a server rejects it.
//!
//! Built on the public face of the crate `django-session` alone. From the top: [`arguments`] is the command line,
//! [`commands`] has one file for each command, [`input`] finds the token, [`verify`] and [`content`] open it,
//! [`diagnose`] says why it is rejected, and [`report`] writes what was found.

// Of the program alone: tests may well panic.
#![warn(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod arguments;
mod cached;
mod commands;
mod content;
mod diagnose;
mod exit;
mod input;
mod keys;
mod kind;
mod report;
mod settings;
mod time;
mod verify;
mod write;

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::ArgMatches;
use clap::error::ErrorKind;

use exit::{Failure, Output};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let options = match arguments::command().try_get_matches_from(&arguments) {
        Ok(options) => options,
        Err(error) => return misused(&error, &arguments),
    };
    match run(&options) {
        Ok(output) => finish(&output),
        Err(failure) => {
            complain(&hide(&failure.message, &arguments));
            ExitCode::from(failure.code)
        }
    }
}

/// Prints clap's help or its error. The error does not repeat what may be a key or a token.
fn misused(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A closed pipe is no error.
        let _ = error.print();
        return ExitCode::from(exit::OK);
    }
    let _ = write!(std::io::stderr(), "{}", hide(&error.render().to_string(), arguments));
    ExitCode::from(exit::USAGE)
}

/// Replaces the arguments in a message that may be a key or a token: a message is kept longer than a command line.
fn hide(message: &str, arguments: &[OsString]) -> String {
    /// Fewer characters are neither.
    const SHORTEST: usize = 20;
    let texts = arguments.iter().skip(1).filter_map(|argument| argument.to_str());
    let values = texts.map(|text| match text.strip_prefix("--") {
        Some(option) => option.split_once('=').map_or("", |(_, value)| value),
        None => text,
    });
    let is_path = |text: &str| {
        let extension = Path::new(text).extension().map_or(0, OsStr::len);
        !text.contains([':', '=']) && (text.contains('/') || (1..=5).contains(&extension))
    };
    let secrets = values.filter(|text| text.len() >= SHORTEST && !is_path(text));
    secrets.fold(message.to_owned(), |message, secret| message.replace(secret, "…"))
}

/// Writes a line to standard error, which may be closed.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "django-session: {message}");
}

fn run(options: &ArgMatches) -> Result<Output, Failure> {
    match options.subcommand() {
        Some(("sign", options)) => commands::sign::run(options),
        Some(("edit", options)) => commands::edit::run(options),
        Some(("size", options)) => commands::size::run(options),
        Some(("keys", options)) => commands::keys::run(options),
        Some(("csrf", options)) => commands::csrf::run(options),
        Some(("page", _)) => Ok(commands::page::run()),
        Some((_, options)) => commands::inspect::run(options),
        None => commands::inspect::run(options),
    }
}

fn finish(output: &Output) -> ExitCode {
    for warning in &output.warnings {
        complain(&format!("warning: {warning}"));
    }
    // A closed pipe, as of `| head`, is no error.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(&output.out).and_then(|()| out.flush());
    ExitCode::from(output.code)
}
