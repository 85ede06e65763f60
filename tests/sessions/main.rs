//! Sessions and the responses that write them: Django's rules, and the differences of this crate.

#[path = "../common/mod.rs"]
mod common;

mod auth;
mod commit;
mod dict;
mod expiry;
mod expiry_values;
mod json;
mod lifetimes;
mod load;
mod serializer;
mod stored;

use common::{clock, ring};
use django_session::{CookieOptions, CookieOptionsBuilder, CookieSessions, Session, TimestampSigner};

const SALT: &str = "django.contrib.sessions.backends.signed_cookies";
const NOW: f64 = 1_700_000_000.0; // 2023-11-14 22:13:20 UTC

fn options() -> CookieOptionsBuilder {
    CookieOptions::builder("sessionid")
}

fn sessions() -> CookieSessions {
    store_with(options())
}

fn store_with(options: CookieOptionsBuilder) -> CookieSessions {
    CookieSessions::new(&ring("secret"), options.build().unwrap()).with_clock(clock(NOW))
}

/// Returns a token with this payload, which may be invalid, signed `age` seconds ago.
fn token(json: &str, age: f64) -> String {
    let signer = TimestampSigner::new(&ring("secret"), SALT).unwrap().with_clock(clock(NOW - age));
    signer.sign(&base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, json))
}

type Operation = fn(&mut Session);
