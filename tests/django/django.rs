//! Runs Django in a Python child process, which answers over pipes.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::question::{Question, Reply};

pub struct Django {
    /// The versions of Python and Django, as text.
    pub greeting: String,
    questions: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
    child: Child,
}

impl Django {
    /// Starts `$DJANGO_PYTHON`, which must be able to import Django.
    pub fn start() -> Self {
        let python = env::var("DJANGO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let mut child = Command::new(python)
            .args(["-B", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/django/oracle.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python cannot be started");
        let mut django = Self {
            greeting: String::new(),
            questions: child.stdin.take(),
            replies: BufReader::new(child.stdout.take().expect("a pipe")),
            child,
        };
        let versions: Value = serde_json::from_str(&django.line()).unwrap();
        django.greeting =
            format!("Django {}, Python {}, zlib {}", versions["django"], versions["python"], versions["zlib"]);
        django.greeting.retain(|char| char != '"');
        django
    }

    /// Sends many questions in one message. [`receive`](Self::receive) returns the replies.
    pub fn send(&mut self, questions: &[Question]) {
        let mut line = serde_json::to_vec(questions).unwrap();
        line.push(b'\n');
        self.questions.as_mut().expect("a pipe").write_all(&line).expect("Python does not read questions");
    }

    /// Returns the replies to the questions that were sent, in the same order.
    pub fn receive(&mut self) -> Vec<Reply> {
        serde_json::from_str(&self.line()).unwrap()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.replies.read_line(&mut line).expect("the reply of Python is not UTF-8");
        assert!(!line.is_empty(), "Python stopped: see above, and start this with tests/django/run");
        line
    }
}

impl Drop for Django {
    fn drop(&mut self) {
        drop(self.questions.take()); // Python exits at the end of its input
        let _ = self.child.wait();
    }
}
