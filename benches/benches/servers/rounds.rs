//! Runs interleaved rounds: in each round, every server runs every workload for a while.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::client::{Connection, request};
use crate::process::Process;
use crate::variant::{self, Role, Variant};
use crate::workload::{self, ALLOCATIONS, Content, Workload};

/// The number of parallel requests. Each has its own connection.
const CONNECTIONS: usize = 16;

/// A server and its measurements.
pub struct Entrant {
    pub variant: &'static Variant,
    process: Process,
    /// Resident memory in MiB, before the first request and after the last one.
    pub resident: [f64; 2],
    pub cells: Vec<Cell>,
}

/// One workload of one server.
pub struct Cell {
    pub workload: Workload,
    request: Vec<u8>,
    pub allocations: f64,
    /// Bytes of the heads of request and response.
    pub request_head: usize,
    pub response_head: usize,
    /// Characters of the cookie's name and value.
    pub cookie: usize,
    pub turns: Vec<Turn>,
}

/// The result of one turn: microseconds per request, and requests per second.
pub struct Turn {
    pub user: f64,
    pub system: f64,
    pub per_second: f64,
    pub p50: f64,
    pub p99: f64,
}

impl Turn {
    pub fn cpu(&self) -> f64 {
        self.user + self.system
    }
}

impl Entrant {
    pub fn cell(&self, workload: Workload) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.workload == workload)
    }
}

/// Starts these servers, and measures what does not vary between rounds.
pub fn prepare(chosen: impl Iterator<Item = usize>) -> Vec<Entrant> {
    let mut entrants: Vec<Entrant> = chosen
        .map(|index| {
            let process = Process::start(index);
            Entrant { variant: &variant::ALL[index], resident: [process.resident(), 0.0], process, cells: Vec::new() }
        })
        .collect();
    for index in 0..entrants.len() {
        let framework = entrants[index].variant.framework;
        // A server without sessions gets our cookie, because it also has to read those bytes.
        let issuer = entrants.iter().find(|entrant| match entrants[index].variant.has_sessions() {
            true => std::ptr::eq(entrant.variant, entrants[index].variant),
            false => entrant.variant.framework == framework && entrant.variant.role == Role::Ours,
        });
        let cookies = issuer.expect("ours always runs").issue();
        let entrant = &mut entrants[index];
        let workloads = workload::ALL.into_iter().filter(|workload| entrant.variant.runs(*workload));
        let cell = |workload: Workload| {
            let [login, shop] = &cookies;
            let cookie = if workload.content == Content::Login { login } else { shop };
            Cell::prepare(entrant.process.port, workload, cookie)
        };
        entrant.cells = workloads.map(cell).collect();
    }
    entrants
}

impl Entrant {
    fn issue(&self) -> [String; 2] {
        Content::ALL.map(|content| {
            let mut connection = Connection::open(self.process.port);
            connection.exchange(&request(content.issuer(), ""));
            connection.set_cookie().expect("a new session")
        })
    }
}

impl Cell {
    fn prepare(port: u16, workload: Workload, cookie: &str) -> Self {
        const REQUESTS: u32 = 500;
        let request = request(workload.path, cookie);
        let mut connection = Connection::open(port);
        // Warm up: this creates what is created on first use.
        for _ in 0..20 {
            connection.exchange(&request);
        }
        assert_eq!(connection.set_cookie().is_some(), workload.writes(), "{}", workload.name);
        let response_head = connection.head().len();
        let before = allocations(&mut connection);
        for _ in 0..REQUESTS {
            connection.exchange(&request);
        }
        let allocations = (allocations(&mut connection) - before) / f64::from(REQUESTS);
        Self {
            workload,
            request_head: request.len(),
            request,
            allocations,
            response_head,
            cookie: cookie.len(),
            turns: Vec::new(),
        }
    }
}

fn allocations(connection: &mut Connection) -> f64 {
    connection.exchange(&request(ALLOCATIONS, ""));
    connection.body().parse().expect("a number")
}

/// Runs this number of rounds. Each turn lasts for `turn`.
pub fn run(entrants: &mut [Entrant], rounds: usize, turn: Duration) {
    let order: Vec<(usize, usize)> =
        (0..entrants.len()).flat_map(|index| (0..entrants[index].cells.len()).map(move |cell| (index, cell))).collect();
    for round in 0..rounds {
        // Rotate the order, so that no server always follows the same one.
        for place in 0..order.len() {
            let (index, cell) = order[(place + round * 5) % order.len()];
            let entrant = &mut entrants[index];
            let measured = take_turn(&entrant.process, &entrant.cells[cell].request, turn);
            entrant.cells[cell].turns.push(measured);
        }
        eprintln!("round {} of {rounds}", round + 1);
    }
    for entrant in entrants {
        entrant.resident[1] = entrant.process.resident();
    }
}

/// Sends requests for this duration, with all connections busy all the time.
fn take_turn(process: &Process, request: &[u8], limit: Duration) -> Turn {
    let mut connections: Vec<Connection> = (0..CONNECTIONS).map(|_| Connection::open(process.port)).collect();
    for connection in &mut connections {
        connection.exchange(request);
    }
    let mut latencies = Vec::with_capacity(65_536);
    let (before, start) = (process.cpu(), Instant::now());
    let mut under_way: VecDeque<Instant> = connections
        .iter_mut()
        .map(|connection| {
            connection.send(request);
            Instant::now()
        })
        .collect();
    let mut next = 0;
    while let Some(sent) = under_way.pop_front() {
        let connection = &mut connections[next % CONNECTIONS];
        connection.receive();
        let now = Instant::now();
        latencies.push((now - sent).as_secs_f64() * 1e6);
        if now - start < limit {
            connection.send(request);
            under_way.push_back(now);
        }
        next += 1;
    }
    let (after, seconds) = (process.cpu(), start.elapsed().as_secs_f64());
    latencies.sort_by(f64::total_cmp);
    let requests = latencies.len() as f64;
    Turn {
        user: (after.user - before.user) / requests,
        system: (after.system - before.system) / requests,
        per_second: requests / seconds,
        p50: latencies[latencies.len() / 2],
        p99: latencies[latencies.len() * 99 / 100],
    }
}
