//! Runs a server as a child process, and reads its statistics from the kernel.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;

/// The argument with which this program serves a variant. It is followed by the index of the variant.
pub const SERVE: &str = "--serve";

/// Clock ticks per second: `sysconf(_SC_CLK_TCK)`, which is the same on all common architectures of Linux.
const TICKS: f64 = 100.0;

pub struct Process {
    child: Child,
    pub port: u16,
}

impl Process {
    /// Starts the variant at this index.
    pub fn start(variant: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args([SERVE, &variant.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let mut line = String::new();
        let read = BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line);
        read.expect("the server prints its port");
        let port = line.trim().parse().expect("a port");
        Self { child, port }
    }

    /// Returns the CPU time of all threads so far.
    pub fn cpu(&self) -> Cpu {
        let stat = self.read("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace().collect();
        let micros = |field: &str| field.parse::<f64>().expect("ticks") / TICKS * 1e6;
        Cpu { user: micros(fields[11]), system: micros(fields[12]) }
    }

    /// Returns the resident memory in MiB.
    pub fn resident(&self) -> f64 {
        let status = self.read("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a process with memory");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))
            .expect("this is Linux, and the server is running")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("the server was running");
    }
}

/// CPU time, in microseconds.
#[derive(Clone, Copy)]
pub struct Cpu {
    pub user: f64,
    pub system: f64,
}

/// In the server: exits when the process that started it ends for any reason.
pub fn end_with_parent() {
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
}
