//! JSON as Python writes and reads it: text in, text out.

mod cursor;
mod finite;
mod read;
mod scan;
mod string;
mod transcode;
mod write;

#[cfg(feature = "pickle")]
pub(crate) use read::read_copied;
pub(crate) use read::{read, string_bytes, utf8};
pub(crate) use scan::{is_value, object};
pub(crate) use string::{escape, spells, to_ascii, unescape};
#[cfg(feature = "pickle")]
pub(crate) use string::{push_escaped, push_unit};
pub(crate) use transcode::{Transcode, Transcoded};
pub(crate) use write::{to_text, write};
