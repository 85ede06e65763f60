//! The live check: asks an installed Django and this crate random questions, and compares the answers.
//!
//! Started by `tests/django/run`. Environment variables: `DJANGO_PYTHON` is the Python to start, `DJANGO_SEED` the seed
//! of the questions, and `DJANGO_TIMES` multiplies their number. `DJANGO_REDIS` and `DJANGO_MEMCACHED` are the ports of
//! the servers.
//!
//! | file | content |
//! |---|---|
//! | `question.rs` | the questions, which both sides are asked |
//! | `check.rs` | asks both sides, and counts |
//! | `django.rs`, `oracle.py` | Django, in a child process |
//! | `ours.rs` | this crate |
//! | `rules.rs`, `same.rs` | which answers agree, and the allowed differences; equality except for zlib |
//! | `random.rs`, `junk.rs`, `tamper.rs`, `describe.rs` | random and damaged input |
//! | `signatures.rs`, `objects.rs`, `cookies.rs`, `forgeries.rs`, `sessions.rs`, `epochs.rs`, `dates.rs`, `sizes.rs`, `encrypted.rs` | the groups of questions, one function each |
//! | `visit.rs`, `sites.rs`, `views.rs` | a request, its view and its response |
//! | `visitor.rs`, `visits.py` | makes a visit with the crate, and with Django |
//! | `departures.py`, `stored_departures.py` | Django with our differences |
//! | `engines.rs`, `engines.py` | visits with sessions in rows or files |
//! | `servers.rs`, `servers.py` | visits with sessions in Redis or Memcached |
//! | `lifetimes.rs`, `stamps.py` | visits to sites that limit the age of sessions and revoke them |
//! | `csrf.rs`, `csrf_checks.py` | requests with CSRF checks |
//! | `messages.rs`, `message_storages.py` | views that add and show messages |

#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "this program may panic, and only its own modules use its items"
)]

#[path = "../common/mod.rs"]
mod common;

mod check;
mod cookies;
mod csrf;
mod dates;
mod describe;
mod django;
mod encrypted;
mod engines;
mod epochs;
mod forgeries;
mod junk;
mod lifetimes;
mod messages;
mod objects;
mod ours;
mod question;
mod random;
mod rules;
mod same;
mod servers;
mod sessions;
mod signatures;
mod sites;
mod sizes;
mod tamper;
mod views;
mod visit;
mod visitor;

use std::collections::hash_map::RandomState;
use std::env;
use std::hash::BuildHasher;
use std::process::ExitCode;

use check::Check;
use django::Django;
use random::Random;

fn main() -> ExitCode {
    let seed = number("DJANGO_SEED").unwrap_or_else(|| RandomState::new().hash_one(0) >> 32);
    let times = number("DJANGO_TIMES").unwrap_or(1);
    let django = Django::start();
    println!("{}; DJANGO_SEED={seed} DJANGO_TIMES={times}\n", django.greeting);

    let mut check = Check::new(django, Random::new(seed), times as usize);
    check.group("separators", signatures::separators);
    check.group("signatures", signatures::signatures);
    check.group("ages", signatures::ages);
    check.group("salted hmacs", signatures::salted_hmacs);
    check.group("values", objects::values);
    check.group("compressed values", objects::compressed_values);
    check.group("values of Python", objects::values_of_python);
    check.group("values beyond JSON", objects::values_beyond_json);
    check.group("integers", objects::integers);
    check.group("odd spellings", objects::odd_spellings);
    check.group("signed cookies", cookies::signed_cookies);
    check.group("legacy cookies", cookies::legacy_cookies);
    check.group("tampering", forgeries::tampering);
    check.group("timestamps", forgeries::timestamps);
    check.group("payloads", forgeries::payloads);
    check.group("limits", forgeries::limits);
    check.group("visits", sessions::visits);
    check.group("engine visits", engines::visits);
    check.group("server visits", servers::visits);
    check.group("dates", dates::dates);
    check.group("sizes", sizes::sizes);
    check.group("stored sessions", sessions::stored);
    check.group("encrypted sessions", encrypted::encrypted);
    check.group("spoiled ciphertext", encrypted::spoiled);
    check.group("sealed plaintext", encrypted::sealed);
    check.group("logins", sessions::logins);
    check.group("login hashes", sessions::auth_hashes);
    check.group("log out everywhere", epochs::epochs);
    check.group("lifetimes", lifetimes::visits);
    check.group("example", sessions::example);
    check.group("csrf", csrf::requests);
    check.group("csrf tokens", csrf::tokens);
    check.group("trusted origins", csrf::trusted_origins);
    check.group("messages", messages::visits);
    if check.finish() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}
