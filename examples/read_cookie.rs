//! Reads the session cookie of a Django site, shows what is in it, and writes it back changed.
//!
//! ```sh
//! cargo run --example read_cookie                          # a cookie that Django 5.2 made
//! cargo run --example read_cookie -- "$SECRET_KEY" "$COOKIE"  # yours
//! ```

use std::env;
use std::error::Error;
use std::time::SystemTime;

use django_session::{Codec, Compression, KeyRing, MaxAge, SecretKey, TimestampSigner};
use serde_json::{Map, Value};

/// `SECRET_KEY` of a Django 5.2.19 with `SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"`.
const SECRET_KEY: &str = "django-insecure-t0ps3cret-f0r-the-readme-0nly-7c1b9e4fd2";

/// What it set as `sessionid` when Ada had logged in and filled her cart, on 2026-01-01.
const COOKIE: &str = concat!(
    ".eJxVjLEOwiAURX_FMGtDS4HS0d3NTU3zgKetVZoUcDH9d18TB91u7j33vFkHOfVdjjh3g2ct02z721lwI4Z18HcIt6lwU0jzYIs",
    "VKb5rLA6Tx8f-y_4Jeog9vUFKqwEsiBLBCm24b4CSk045XzXKVYC-uoJWEg2WxqBQWjRKlLWzoibpa4hDiqytyy1zMCfWnt4sjpn",
    "sCWEnOScowBOpOPbnzDmazQsJJH7KgQ7Vclk-HTpOiA:1vb66i:GeByMdKNNMZ7wMeF5MWGouQNCzDNMabruJ-xbfEhkL8",
);

/// What Django's signed-cookie sessions are salted with.
const SALT: &str = "django.contrib.sessions.backends.signed_cookies";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let secret_key = arguments.next().unwrap_or_else(|| SECRET_KEY.to_owned());
    let cookie = arguments.next().unwrap_or_else(|| COOKIE.to_owned());

    let signer = TimestampSigner::new(&KeyRing::new(SecretKey::new(&secret_key)?), SALT)?;
    let codec = Codec::default().with_compression(Compression::IfSmaller);

    // An old cookie is fine for a look. A server says how old it may be: Duration::from_secs(1_209_600).
    let verified = signer.unsign(&cookie, MaxAge::Unlimited)?;
    let mut session: Map<String, Value> = codec.decode(verified)?;

    if let Some(Ok(age)) = verified.timestamp().map(|signed| signed.age(SystemTime::now())) {
        println!("signed {} days and {} seconds ago", age.as_secs() / 86_400, age.as_secs() % 86_400);
    }
    for (key, value) in &session {
        println!("{key} = {value}");
    }

    let visits = session.get("visits").and_then(Value::as_u64).unwrap_or(0);
    session.insert("visits".to_owned(), (visits + 1).into());
    println!("token: {}", signer.sign_object(&session, &codec)?);
    Ok(())
}
