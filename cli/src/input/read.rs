//! Reads standard input or a file, up to a limit.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};

use zeroize::Zeroizing;

use crate::exit::Failure;
use crate::input::{Shape, shape};

/// The maximum length of the input, in bytes: far more than a cookie, a row or a cache entry has.
const LIMIT: u64 = 16 << 20;

/// Reads all bytes of a file, or of standard input.
pub(crate) fn bytes(file: Option<&OsStr>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut out = Zeroizing::new(Vec::new());
    let read = if let Some(name) = file.filter(|name| *name != "-") {
        let file = File::open(name).map_err(|error| cannot_open(name, &error))?;
        file.take(LIMIT.saturating_add(1)).read_to_end(&mut out)
    } else {
        if io::stdin().is_terminal() {
            let _ = writeln!(io::stderr(), "Paste a token, a header or a row, then press Ctrl-D on a line of its own.");
        }
        io::stdin().lock().take(LIMIT.saturating_add(1)).read_to_end(&mut out)
    };
    read.map_err(|error| Failure::no_input(format!("input cannot be read: {error}")))?;
    if out.len() as u64 > LIMIT {
        return Err(Failure::no_input(format!("input has more than {LIMIT} bytes; pass the token alone")));
    }
    if out.trim_ascii().is_empty() { Err(Failure::no_input("input is empty")) } else { Ok(out) }
}

/// Reads text. Bytes that are not UTF-8 become U+FFFD, as in Django.
pub(crate) fn text(file: Option<&OsStr>) -> Result<Zeroizing<String>, Failure> {
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes(file)?).into_owned()))
}

/// Reads text to sign. It must be valid UTF-8, because every byte is signed.
pub(crate) fn utf8(file: Option<&OsStr>) -> Result<Zeroizing<String>, Failure> {
    let bytes = bytes(file)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| Failure::rejected(format!("input is not UTF-8, from byte {} on", error.valid_up_to())))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Returns the error for a file that cannot be opened. It does not repeat the name, because that may be a key or a
/// token.
fn cannot_open(name: &OsStr, error: &io::Error) -> Failure {
    let name = name.to_string_lossy();
    let is_token = match shape(&name) {
        Shape::Unknown | Shape::Undated { .. } => false,
        Shape::Payload | Shape::Cut => name.len() > 60,
        _ => true,
    };
    if is_token || name.contains('=') {
        return Failure::usage(
            "a token is a login, and other users can read a command line: give it on standard input, or in a file",
        );
    }
    Failure::no_input(format!("input file cannot be opened: {error}"))
}
