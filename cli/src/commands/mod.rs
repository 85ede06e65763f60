//! The commands, one per file.

pub(crate) mod csrf;
pub(crate) mod edit;
pub(crate) mod inspect;
pub(crate) mod keys;
pub(crate) mod page;
pub(crate) mod sign;
pub(crate) mod size;

use std::ffi::{OsStr, OsString};

use clap::ArgMatches;

use crate::exit::Failure;
use crate::input::{self, Input};
use crate::report::printable;
use crate::settings;

/// Returns the file argument. Without one, the input is standard input.
fn file(options: &ArgMatches) -> Option<&OsStr> {
    options.get_one::<OsString>("file").map(OsString::as_os_str)
}

/// Finds the token in a text. Returns an error if `--name` is given and the text has only cookies with other names, or
/// no value for that one.
fn found(options: &ArgMatches, text: &str) -> Result<Input, Failure> {
    let wanted = settings::option(options, "name");
    let input = input::find(text, wanted);
    if wanted.is_some() && input.source.cookie_name().is_some_and(|name| Some(name) != wanted) {
        let names = named(input.names.iter());
        return Err(Failure::no_input(format!(
            "no cookie with a value has the name given by --name; there are: {names}"
        )));
    }
    Ok(input)
}

/// Lists the first names, escaped for a terminal.
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
