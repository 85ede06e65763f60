//! Reads keys from the environment, from files and from the terminal, but never from arguments.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use clap::ArgMatches;
use zeroize::{Zeroize, Zeroizing};

use crate::exit::Failure;
use crate::keys::{Key, Keys};

/// The environment variables that are read by default, with the names of Django's settings.
const KEY: &str = "SECRET_KEY";
const FALLBACKS: &str = "SECRET_KEY_FALLBACKS";

/// The maximum length of a key file, in bytes.
const FILE_LIMIT: u64 = 64 * 1024;

/// The maximum number of keys in a file. Each key is tried on each token.
const KEYS_LIMIT: usize = 64;

/// Reads all keys that the options name. There may be none. Adds warnings to `warnings`.
pub(crate) fn read(options: &ArgMatches, warnings: &mut Vec<String>) -> Result<Keys, Failure> {
    let mut keys = Vec::new();
    let mut only_fallbacks = false;
    for (number, path) in (1_usize..).zip(options.get_many::<OsString>("key-file").unwrap_or_default()) {
        file(Path::new(path), number, &mut keys, warnings)?;
    }
    for (number, name) in (1_usize..).zip(options.get_many::<String>("key-env").unwrap_or_default()) {
        // The message must not repeat the name: somebody may have typed a key instead.
        let value = env::var_os(name).ok_or_else(|| {
            Failure::usage(format!("--key-env {number} names an environment variable that is not set"))
        })?;
        let bytes = value.into_encoded_bytes();
        if bytes.trim_ascii().is_empty() {
            return Err(Failure::usage(format!("--key-env {number} names an environment variable that is empty")));
        }
        push(&mut keys, bytes, name)?;
    }
    if options.get_flag("ask") {
        let answer = rpassword::prompt_password("Secret key: ");
        let answer =
            answer.map_err(|error| Failure::usage(format!("the key cannot be read from the terminal: {error}")))?;
        push(&mut keys, answer.into_bytes(), "terminal")?;
    }
    if !["key-file", "key-env"].iter().any(|id| options.contains_id(id)) && !options.get_flag("ask") {
        only_fallbacks = environment(&mut keys)?;
    }
    Ok(Keys { list: keys, only_fallbacks })
}

/// Reads the keys of the environment. Returns whether there are only fallbacks.
fn environment(keys: &mut Vec<Key>) -> Result<bool, Failure> {
    if let Some(value) = env::var_os(KEY).filter(|value| !value.is_empty()) {
        push(keys, value.into_encoded_bytes(), KEY)?;
    }
    let has_key = !keys.is_empty();
    if let Some(value) = env::var_os(FALLBACKS).filter(|value| !value.is_empty()) {
        let json = Zeroizing::new(value.into_encoded_bytes());
        let fallbacks: Vec<String> = serde_json::from_slice(&json)
            .map_err(|_| Failure::usage(format!("{FALLBACKS} is not a JSON list of strings")))?;
        for (index, fallback) in (1_usize..).zip(fallbacks) {
            push(keys, fallback.into_bytes(), &format!("{FALLBACKS} {index}"))?;
        }
    }
    Ok(!has_key && !keys.is_empty())
}

/// Reads the file of the `number`th `--key-file`. The error does not repeat a path that cannot be read: it may be a
/// key.
fn file(path: &Path, number: usize, keys: &mut Vec<Key>, warnings: &mut Vec<String>) -> Result<(), Failure> {
    let shown = path.display();
    let mut content = Zeroizing::new(Vec::new());
    let read = File::open(path).and_then(|file| file.take(FILE_LIMIT.saturating_add(1)).read_to_end(&mut content));
    read.map_err(|error| Failure::usage(format!("--key-file {number} cannot be read: {error}")))?;
    if content.len() as u64 > FILE_LIMIT {
        return Err(Failure::usage(format!("key file {shown} has more than {FILE_LIMIT} bytes")));
    }
    if is_readable_by_others(path) {
        warnings.push(format!("key file {shown} is readable by other users; run chmod 600 on it"));
    }
    let before = keys.len();
    for (number, line) in (1_usize..).zip(content.split(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.trim_ascii().is_empty() {
            if keys.len().saturating_sub(before) >= KEYS_LIMIT {
                return Err(Failure::usage(format!("key file {shown} has more than {KEYS_LIMIT} keys")));
            }
            push(keys, line.to_vec(), &format!("{shown}, line {number}"))?;
        }
    }
    match keys.get_mut(before..) {
        None | Some([]) => return Err(Failure::usage(format!("key file {shown} is empty"))),
        Some([key]) => key.line_break = *content != *key.bytes,
        Some(_) => {}
    }
    Ok(())
}

fn push(keys: &mut Vec<Key>, mut bytes: Vec<u8>, origin: &str) -> Result<(), Failure> {
    if bytes.trim_ascii().is_empty() {
        bytes.zeroize();
        return Err(Failure::usage(format!("key of {origin} is empty")));
    }
    keys.push(Key { bytes: Zeroizing::new(bytes), origin: origin.to_owned(), line_break: false });
    Ok(())
}

#[cfg(unix)]
fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &Path) -> bool {
    false
}
