//! `keys`: lists the keys, which of them are weak, and which of them signed a token.

use std::collections::HashSet;
use std::fmt::Write as _;

use clap::ArgMatches;

use crate::commands::{file, found};
use crate::diagnose::algorithms;
use crate::exit::{self, Failure, Output};
use crate::input;
use crate::keys::{self, Key, Keys};
use crate::kind::Kind;
use crate::report::{Object, Style, counted, printable, table};
use crate::settings;
use crate::verify::Scheme;

/// The length that Django's check `security.W009` requires.
const MIN_LENGTH: usize = 50;
/// The number of different characters that the check requires.
const MIN_UNIQUE: usize = 5;
const INSECURE_PREFIX: &[u8] = b"django-insecure-";

/// Which key signed the token, if a token was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signed {
    NotAsked,
    ByNone,
    By(usize),
}

pub(crate) fn run(options: &ArgMatches) -> Result<Output, Failure> {
    let mut warnings = Vec::new();
    let keys = keys::read(options, &mut warnings)?;
    keys.ring(keys::Prefix::None)?;
    let signed = if file(options).is_some() { who_signed(options, &keys)? } else { Signed::NotAsked };
    let weak = keys.iter().any(|key| !weaknesses(key).is_empty());
    let code = if weak || signed == Signed::ByNone { exit::REJECTED } else { exit::OK };
    let out = match settings::flag(options, "json") {
        true => json(&keys, signed),
        false => human(&keys, signed, Style::of_stdout()),
    };
    Ok(Output { out: out.into_bytes(), warnings, code })
}

/// Finds the key that signed the token in the file.
fn who_signed(options: &ArgMatches, keys: &Keys) -> Result<Signed, Failure> {
    let cookie = settings::cookie(options)?;
    let input = found(options, &input::text(file(options))?)?;
    let session = Kind::Session { salt: None };
    let kinds = match settings::kind(options)? {
        Some(kind) => vec![kind],
        None => [vec![session.clone(), Kind::Legacy], session.others(cookie.name())].concat(),
    };
    let plain = keys.ring(keys::Prefix::None)?;
    for kind in kinds {
        let ring = keys.ring(kind.prefix())?;
        for algorithm in algorithms(&kind, &input.token) {
            let scheme = Scheme { kind: kind.clone(), algorithm };
            if let Ok(authentic) = scheme.open(&input.token, &ring, &plain, &cookie) {
                return Ok(Signed::By(authentic.key_index));
            }
        }
    }
    Ok(Signed::ByNone)
}

fn weaknesses(key: &Key) -> Vec<(&'static str, String)> {
    let length = String::from_utf8_lossy(&key.bytes).chars().count();
    let unique = key.bytes.iter().collect::<HashSet<_>>().len();
    let mut found = Vec::new();
    if length < MIN_LENGTH {
        found.push(("short", format!("fewer than {MIN_LENGTH} characters")));
    }
    if unique < MIN_UNIQUE {
        found.push(("repetitive", format!("fewer than {MIN_UNIQUE} different characters")));
    }
    if key.bytes.starts_with(INSECURE_PREFIX) {
        found.push(("insecure_prefix", "begins with django-insecure-, as startproject makes them".to_owned()));
    }
    if key.bytes.trim_ascii().len() != key.bytes.len() {
        found.push(("white_space", "white space at an end".to_owned()));
    }
    found
}

fn human(keys: &Keys, signed: Signed, style: Style) -> String {
    let mut rows = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        let length = String::from_utf8_lossy(&key.bytes).chars().count();
        let weak: Vec<_> = weaknesses(key).into_iter().map(|(_, sentence)| sentence).collect();
        let state = if weak.is_empty() { style.good("good") } else { style.bad(&format!("WEAK: {}", weak.join("; "))) };
        let role = if index == 0 && keys.sign() { "signs and verifies" } else { "verifies" };
        let token = if signed == Signed::By(index) { style.bold("; signed this token") } else { String::new() };
        let number = index.saturating_add(1);
        rows.push((
            format!("key {number}"),
            format!("{}, {}, {role}; {state}{token}", printable(&key.origin), counted(length, "character")),
        ));
    }
    let mut out = table(&rows, style);
    for (index, cause) in (0..keys.len()).filter_map(|index| Some((index, keys.line_break(index)?))) {
        let number = index.saturating_add(1);
        let _ = writeln!(out, "key {number}: {} {}", printable(&cause), keys::LINE_BREAK_REMEDY);
    }
    if signed == Signed::ByNone {
        out.push_str(&style.bad("No key signed this token; django-session inspect looks for the cause.\n"));
    }
    out
}

fn json(keys: &Keys, signed: Signed) -> String {
    let key = |key: &Key| {
        let weak: Vec<_> = weaknesses(key).into_iter().map(|(code, _)| format!("\"{code}\"")).collect();
        let length = String::from_utf8_lossy(&key.bytes).chars().count();
        let object = Object::new().text("origin", &key.origin).plain("characters", length);
        let object = object.raw("weak", &format!("[{}]", weak.join(",")));
        object.plain("line_break_removed", key.line_break).end()
    };
    let listed: Vec<_> = keys.iter().map(key).collect();
    let line = Object::new()
        .raw("keys", &format!("[{}]", listed.join(",")))
        .optional("signed_by", if let Signed::By(index) = signed { Some(index) } else { None })
        .end();
    format!("{line}\n")
}
