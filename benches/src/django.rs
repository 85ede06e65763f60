//! Django, in a child process that measures its own time.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::scheme::KEY;

const REQUIREMENTS: [&str; 2] = ["django==5.2.*", "cryptography"];
/// The package with the encrypting serializer.
const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../python/src");

pub struct Django {
    child: Child,
    pipes: RefCell<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
}

impl Django {
    /// Starts Django. Installs it in `target` if necessary. Returns an error if something is missing.
    pub fn start(target: &Path) -> Result<Self, String> {
        let venv = target.join("django");
        let python = venv.join("bin").join("python");
        if !succeeds(Command::new(&python).args(["-c", "import cryptography, django"])) {
            let made = succeeds(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
            made.then_some(()).ok_or("python3 or its venv module is not there")?;
            let mut pip = Command::new(&python);
            let installed = succeeds(pip.args(["-m", "pip", "install", "--quiet"]).args(REQUIREMENTS));
            installed.then_some(()).ok_or(format!("pip could not install {REQUIREMENTS:?}"))?;
        }
        let mut child = Command::new(python)
            .args(["-c", include_str!("django.py")])
            .args([str::from_utf8(KEY).expect("ASCII"), PACKAGE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let stdin = child.stdin.take().expect("piped");
        let stdout = BufReader::new(child.stdout.take().expect("piped")).lines();
        Ok(Self { child, pipes: (stdin, stdout).into() })
    }

    /// Lets Django read the JSON `text`, a `key` in it, and its `tokens` (raw, compressed, signed text, forged,
    /// encrypted). Returns Django's own tokens, without a forged one.
    pub fn meet(&self, payload: &str, text: &str, key: &str, tokens: [&str; 5]) -> [String; 4] {
        let [raw, compressed, signed, forged, encrypted] = tokens;
        self.ask(&("meet", payload, text, key, raw, compressed, signed, forged, encrypted))
    }

    /// Returns how long Django takes for a task, repeated `times` times.
    pub fn time(&self, task: &str, payload: &str, times: u32) -> Duration {
        Duration::from_secs_f64(self.ask(&(task, payload, times)))
    }

    fn ask<T: DeserializeOwned>(&self, question: &impl Serialize) -> T {
        let (stdin, stdout) = &mut *self.pipes.borrow_mut();
        let question = serde_json::to_string(question).expect("JSON");
        writeln!(stdin, "{question}").expect("the child listens");
        let answer = stdout.next().expect("the child answers").expect("text");
        serde_json::from_str(&answer).expect("what was asked for")
    }
}

impl Drop for Django {
    fn drop(&mut self) {
        // Ignore errors: the child may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
