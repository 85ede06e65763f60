//! Handles of one session on several threads, in every order in which they can run. At each lock and unlock, shuttle
//! decides which thread continues.
//!
//! The environment variable `ORDERS` tests this number of random orders instead of all.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use django_session::{
    Clock, Commit, CookieOptions, CookieSessions, KeyRing, SecretKey, Session, SessionHandle, SessionMount,
    SessionWriter,
};
use shuttle::scheduler::{DfsScheduler, RandomScheduler};
use shuttle::thread::{self, JoinHandle};
use shuttle::{Config, Runner};

/// An access to the session. Events are recorded in the order of locking.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Event {
    Added(u32),
    Panicked,
    /// The writer's thread has locked the session, and writes it next.
    Looked,
}

#[derive(Clone)]
struct Request {
    session: SessionHandle,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Request {
    fn begin(sessions: &Arc<CookieSessions>) -> (Self, SessionWriter) {
        let mut session = sessions.load(None);
        session.insert("n", 0).unwrap();
        let cookie = sessions.commit(&session, 200).unwrap().set_cookie.unwrap();
        let mount = SessionMount::new(Arc::clone(sessions));
        let (session, writer) = mount.begin(None, [format!("sessionid={}", cookie.value())]);
        (Self { session, events: Arc::default() }, writer)
    }

    fn note(&self, event: Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn adds(&self, number: u32) -> JoinHandle<()> {
        let request = self.clone();
        thread::spawn(move || {
            request.session.with(|session| {
                request.note(Event::Added(number));
                add(session, number);
            });
        })
    }

    fn panics(&self) -> JoinHandle<()> {
        let request = self.clone();
        thread::spawn(move || {
            let work = || {
                request.session.with(|session| {
                    request.note(Event::Panicked);
                    add(session, 1000);
                    resume_unwind(Box::new("as planned"))
                })
            };
            assert!(catch_unwind(AssertUnwindSafe(work)).is_err());
        })
    }

    fn writes(&self, writer: SessionWriter) -> JoinHandle<Commit> {
        let request = self.clone();
        thread::spawn(move || {
            request.session.with(|_| request.note(Event::Looked));
            writer.commit(200).unwrap()
        })
    }
}

fn add(session: &mut Session, number: u32) {
    let before: u32 = session.get("n").unwrap().unwrap();
    session.insert("n", before + number).unwrap();
}

fn sessions() -> Arc<CookieSessions> {
    let keys = KeyRing::new(SecretKey::new("secret").unwrap());
    let clock = Clock::fixed(UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    Arc::new(CookieSessions::new(&keys, CookieOptions::default()).with_clock(clock))
}

fn in_every_order(run: impl Fn() + Send + Sync + 'static) {
    let orders = match std::env::var("ORDERS") {
        Ok(orders) => Runner::new(RandomScheduler::new(orders.parse().expect("a number")), Config::new()).run(run),
        Err(_) => Runner::new(DfsScheduler::new(None, false), Config::new()).run(run),
    };
    eprintln!("{orders} orders");
    assert!(orders > 20, "{orders}");
}

/// Returns what is written after these events: nothing after a panic.
fn written_after(events: &[Event]) -> Option<u32> {
    let sum = events.iter().map(|event| if let Event::Added(number) = event { *number } else { 0 }).sum();
    (sum > 0 && !events.contains(&Event::Panicked)).then_some(sum)
}

/// Checks that the written session has all changes up to some point after the writer's lock, and no partial change.
fn check(sessions: &CookieSessions, request: &Request, commit: &Commit) {
    let events = request.events();
    let written = commit.set_cookie.as_ref().map(|cookie| {
        let session = sessions.try_load(cookie.value()).unwrap();
        session.get::<u32>("n").unwrap().unwrap()
    });
    let looked = events.iter().position(|event| *event == Event::Looked).unwrap();
    let is_possible = (looked..events.len()).any(|last| written_after(&events[..=last]) == written);
    assert!(is_possible, "wrote {written:?} in {events:?}");
    assert!(commit.vary_on_cookie || written.is_none());
}

/// Checks the response that is written beside a change and `other`.
fn the_response(other: fn(&Request) -> thread::JoinHandle<()>) {
    let sessions = sessions();
    in_every_order(move || {
        let (request, writer) = Request::begin(&sessions);
        let threads = [request.adds(1), other(&request)];
        let commit = request.writes(writer).join().unwrap();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        check(&sessions, &request, &commit);
    });
}

#[test]
fn two_changes_and_the_response() {
    the_response(|request| request.adds(10));
}

#[test]
fn a_change_a_panic_and_the_response() {
    the_response(Request::panics);
}

/// The request is cancelled while other threads use the session. No thread waits forever, and the handles still work.
#[test]
fn a_change_a_panic_and_no_response() {
    let sessions = sessions();
    in_every_order(move || {
        let (request, writer) = Request::begin(&sessions);
        let threads = [request.adds(1), request.panics(), thread::spawn(move || drop(writer))];
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(request.session.get::<u32>("n").unwrap(), Some(1001));
    });
}

/// Using the session inside its own closure panics without waiting, whatever other threads do.
#[test]
fn a_session_inside_its_own_closure() {
    let sessions = sessions();
    in_every_order(move || {
        let (request, writer) = Request::begin(&sessions);
        let other = request.adds(1);
        let clone = request.session.clone();
        let nested = thread::spawn(move || {
            let nested = || clone.with(|_| catch_unwind(AssertUnwindSafe(|| clone.contains_key("n"))).is_err());
            assert!(nested());
        });
        nested.join().unwrap();
        other.join().unwrap();
        assert!(writer.commit(200).unwrap().set_cookie.is_some());
    });
}
