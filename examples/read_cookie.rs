//! Reads the session cookie of a Django site, prints its contents, and prints a changed cookie.
//!
//! ```sh
//! cargo run --example read_cookie                          # a cookie created by Django 5.2
//! cargo run --example read_cookie -- "$SECRET_KEY" "$COOKIE"  # yours
//! ```

use std::env;
use std::error::Error;
use std::time::SystemTime;

use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};

/// The `SECRET_KEY` of a Django 5.2.19 site with `SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"`.
const SECRET_KEY: &str = "django-insecure-t0ps3cret-f0r-the-readme-0nly-7c1b9e4fd2";

/// The `sessionid` cookie that this site set on 2026-01-01, after Ada had logged in, chosen to stay logged in, and
/// filled her cart.
const COOKIE: &str = concat!(
    ".eJxVjs1OwzAQhF8F-Uob-Sd24hy5c-utRdHaXogp2Ci2K1DVd2db9QDSarWa-Wa0ZzZDq8vcCq5zDGxiA9v81Rz4I6arEd4hveX",
    "O51TX6Lor0t3d0j3ngB9Pd_ZfwQJloTRo7QYAB0ogODVYHkagy2tvfJCj8RIwyFcYjEaLwlpUZlCjUaL3TvVUeool1sKmXmyYh7W",
    "yaX9m5diovSJsNecEJfhEEnbLoXGO9uGEBBKfW6KAvLzQcwVLiTnN-P0V1x-iJbdmywXNjvPpNo-3zS6_fdda0w:1vb66i:y9Njc",
    "DXLdLg2UhrXj8limkl9yWdsyxkhHp6oE7O9YTk",
);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let secret_key = arguments.next().unwrap_or_else(|| SECRET_KEY.to_owned());
    let cookie = arguments.next().unwrap_or_else(|| COOKIE.to_owned());

    let keys = KeyRing::new(SecretKey::new(&secret_key)?);
    let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    let mut session = sessions.try_load(&cookie)?;

    if let Some(Ok(age)) = session.signed_at().map(|signed| signed.age(SystemTime::now())) {
        println!("signed {} days and {} seconds ago", age.as_secs() / 86_400, age.as_secs() % 86_400);
    }
    for (key, json) in &session {
        println!("{key} = {json}");
    }

    let visits = session.get::<u64>("visits")?.unwrap_or(0);
    session.insert("visits", visits + 1)?;
    let set_cookie = sessions.commit(&session, 200)?.set_cookie.ok_or("a changed session is set")?;
    let token = set_cookie.as_str().split(['=', ';']).nth(1).unwrap_or_default();
    println!("token: {token}");
    Ok(())
}
