//! Runs the program without the keys of the test's own environment.

#![allow(dead_code, reason = "each test uses some of it")]

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A key that passes Django's check `security.W009`.
pub(crate) const KEY: &str = "k3y-of-the-site-with-more-than-fifty-characters-in-it-1";
pub(crate) const OLD_KEY: &str = "0ld-key-of-the-site-with-more-than-fifty-characters-in-1";
/// 2026-11-25 10:22:05 UTC.
pub(crate) const SIGNED: &str = "1795602125";
/// 3 h 12 min later.
pub(crate) const NOW: &str = "1795613645";
pub(crate) const SECRET_HASH: &str = "5b0d6d1f9c2e8a7b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b";

/// A session as Django's `login` writes it, with two values that JSON libraries lose.
pub(crate) fn session() -> String {
    format!(
        r#"{{"_auth_user_id":"7","_auth_user_backend":"django.contrib.auth.backends.ModelBackend","_auth_user_hash":"{SECRET_HASH}","big":12345678901234567890123456789012345678901234567890,"odd":NaN}}"#
    )
}

pub(crate) struct Run {
    command: Command,
    input: Vec<u8>,
}

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn new(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_django-session"));
        command.args(args);
        for name in ["SECRET_KEY", "SECRET_KEY_FALLBACKS", "NO_COLOR", "TERM"] {
            command.env_remove(name);
        }
        Self { command, input: Vec::new() }
    }

    pub(crate) fn key(self, key: impl AsRef<[u8]>) -> Self {
        self.env("SECRET_KEY", key)
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.command.env(name, OsStr::from_bytes(value.as_ref()));
        self
    }

    pub(crate) fn input(mut self, input: impl AsRef<[u8]>) -> Self {
        self.input = input.as_ref().to_vec();
        self
    }

    pub(crate) fn run(self) -> Ran {
        let (code, out, err) = self.run_bytes();
        Ran { code, out: String::from_utf8(out).expect("output is UTF-8"), err }
    }

    /// Returns the exit code, the output, which may be binary, and the errors.
    pub(crate) fn run_bytes(mut self) -> (i32, Vec<u8>, String) {
        let command = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Ignore errors: a program that stops early closes the pipe.
        let _ = child.stdin.take().unwrap().write_all(&self.input);
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).expect("errors are UTF-8");
        (output.status.code().unwrap(), output.stdout, err)
    }

    pub(crate) fn out(self) -> String {
        let ran = self.run();
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        ran.out.trim_end().to_owned()
    }
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        // serde_json rejects what only Python accepts as JSON.
        serde_json::from_str(
            &self
                .out
                .replace("-Infinity", "null")
                .replace("Infinity", "null")
                .replace("NaN", "null")
                .replace("\\ud", "\\ue"),
        )
        .unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    pub(crate) fn codes(&self) -> Vec<String> {
        let hints = self.json()["hints"].as_array().unwrap().clone();
        hints.iter().map(|hint| hint["code"].as_str().unwrap().to_owned()).collect()
    }
}

/// Signs [`session`] as this kind.
pub(crate) fn signed(kind: &str) -> String {
    Run::new(&["sign", "--kind", kind, "--time", SIGNED]).key(KEY).input(session()).out()
}

/// A file of vectors that Django created, in the repository of the library.
pub(crate) fn vectors(name: &str) -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(name);
    // The published package does not include them.
    let text = fs::read_to_string(path).ok()?;
    // serde_json rejects lone surrogates.
    serde_json::from_str(&text).or_else(|_| serde_json::from_str(&text.replace("\\ud", "\\ue"))).ok()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

/// Creates a file with this content that only its owner can read.
pub(crate) fn file(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;

    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}
