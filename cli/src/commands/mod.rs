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

/// Returns the file argument. Without one, the input is standard input.
fn file(options: &ArgMatches) -> Option<&OsStr> {
    options.get_one::<OsString>("file").map(OsString::as_os_str)
}
