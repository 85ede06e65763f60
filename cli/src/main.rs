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

use std::io::Write as _;
use std::process::ExitCode;

use clap::ArgMatches;
use clap::error::ErrorKind;

use exit::{Failure, Output};

fn main() -> ExitCode {
    let options = match arguments::command().try_get_matches() {
        Ok(options) => options,
        Err(error) => {
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // A closed pipe is no reason to say more.
            let _ = error.print();
            return ExitCode::from(if asked { exit::OK } else { exit::USAGE });
        }
    };
    match run(&options) {
        Ok(output) => finish(&output),
        Err(failure) => {
            eprintln!("django-session: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
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
        eprintln!("django-session: warning: {warning}");
    }
    // A closed pipe, as of `| head`, is no error.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(&output.out).and_then(|()| out.flush());
    ExitCode::from(output.code)
}
