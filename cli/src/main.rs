//! `django-session`: shows what is in a Django session cookie, whose it is, and why a server rejects it.
//!
//! Uses only the public API of the crate `django-session`. [`arguments`] defines the command line, [`commands`] has one
//! file for each command, [`input`] finds the token, [`verify`] and [`content`] verify and decode it, [`diagnose`]
//! finds out why it is rejected, and [`report`] writes the result.

// These lints are for the program only: tests may panic.
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

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use exit::{Failure, Output};

fn main() -> ExitCode {
    let options = match arguments::command().try_get_matches() {
        Ok(options) => options,
        Err(error) => return misused(&error),
    };
    match run(&options) {
        Ok(output) => finish(&output),
        Err(failure) => {
            complain(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}

/// Prints clap's help or its error.
fn misused(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A closed pipe is not an error.
        let _ = error.print();
        return ExitCode::from(exit::OK);
    }
    let _ = write!(std::io::stderr(), "{}", misuse(error));
    ExitCode::from(exit::USAGE)
}

/// Describes a usage error without repeating any argument: it may be a key or a token, and messages are often logged.
fn misuse(error: &clap::Error) -> String {
    let mut message = format!("error: {}", error.kind().as_str().unwrap_or("wrong usage"));
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.as_str()],
        Some(ContextValue::Strings(texts)) => texts.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let names = option_names(&arguments::command());
    let is_option = |text: &&str| names.iter().any(|name| text.split([' ', '=']).next() == Some(name));
    let options: Vec<_> = context(ContextKind::InvalidArg).into_iter().filter(is_option).collect();
    if !options.is_empty() {
        let _ = write!(message, ": {}", options.join(", "));
    }
    let values = context(ContextKind::ValidValue);
    if !values.is_empty() {
        let _ = write!(message, "\n  possible values: {}", values.join(", "));
    }
    for kind in [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand] {
        for name in context(kind) {
            let _ = write!(message, "\n  tip: there is {name}");
        }
    }
    if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
        let _ = write!(message, "\n\n{usage}");
    }
    format!("{message}\n\nFor more information, try '--help'.\n")
}

/// Returns the long options of a command and of its subcommands.
fn option_names(command: &clap::Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(|arg| arg.get_long()).map(|name| format!("--{name}"));
    own.chain(command.get_subcommands().flat_map(option_names)).collect()
}

/// Writes a line to standard error. Ignores errors, because it may be closed. Escapes the message, because it may
/// contain names from the input.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "django-session: {}", report::printable(message));
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
    // A closed pipe, for example with `| head`, is not an error.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(&output.out).and_then(|()| out.flush());
    ExitCode::from(output.code)
}
