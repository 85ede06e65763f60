//! Random sites, and the cookies that browsers send there.

use crate::random::Random;
use crate::tamper::tamper;
use crate::visit::{Site, UserModel};

const MOST_SECONDS: u64 = 400 * 24 * 60 * 60;

/// Generates settings that this crate accepts.
pub fn site(random: &mut Random) -> Site {
    let word = format!("x{}", random.word());
    let name = random.pick(&["sessionid", "sessionid", "my:sid", "__Secure-sid", "__Host-sid", "__host-sid", &word]);
    let [host, secure] = ["__host-", "__secure-"].map(|prefix| name.to_lowercase().starts_with(prefix));
    let same_site = random.pick(&[Some("Lax"), Some("Lax"), Some("Strict"), Some("None"), None]);
    Site {
        keys: random.keys(),
        name: name.to_owned(),
        age: random.pick(&[1, 60, 3600, 1_209_600, 1_209_600, MOST_SECONDS]),
        domain: random
            .pick(&[None, None, Some("example.com"), Some(".example.com")])
            .filter(|_| !host)
            .map(str::to_owned),
        path: random.pick(if host { &["/"] } else { &["/", "/app", "/a,b/c="] }).to_owned(),
        secure: host || secure || same_site == Some("None") || random.once_in(2),
        http_only: !random.once_in(4),
        same_site,
        save_every_request: random.once_in(4),
        expire_at_browser_close: random.once_in(4),
        local: random.pick(&[None, None, None, Some(0), Some(32_400), Some(-12_600)]),
        user_model: random.once_in(4).then(|| UserModel {
            salt: format!("s{}", random.text(20)),
            overrides: random.pick(&["get_session_auth_hash", "_get_session_auth_hash"]),
        }),
    }
}

/// Generates the `Cookie` header of a browser with these tokens.
pub fn header(random: &mut Random, site: &Site, jar: &[String]) -> Option<String> {
    header_of(random, &site.name, jar)
}

/// Like [`header`], for a cookie with any name.
pub fn header_of(random: &mut Random, name: &str, jar: &[String]) -> Option<String> {
    if random.once_in(12) {
        return None;
    }
    let ours = random.pick(&[0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3]);
    let mut pairs: Vec<String> = (0..ours).map(|_| pair(random, name, jar)).collect();
    for _ in 0..random.pick(&[0, 0, 1, 3]) {
        pairs.insert(random.below(pairs.len() + 1), another(random, name));
    }
    Some(pairs.join(random.pick(&["; ", "; ", ";", " ;\t"])))
}

/// Generates a cookie with the site's name, mostly a valid one.
fn pair(random: &mut Random, name: &str, jar: &[String]) -> String {
    let token = random.pick(jar);
    let value = match random.below(21) {
        0 => String::new(),
        1 => random
            .pick(&["1234567", "12345678", "\"123456\"", "\"1234567\"", "\"", "\"\"", "éééééééé", "🔑🔑🔑🔑"])
            .to_owned(),
        2 => random.text(60),
        3..=5 => tamper(random, &token, ":"),
        6 => format!("\"{token}\""),
        7 => return format!(" {name}\t= {token} "),
        8 => token.replace(':', "%3A"),
        9 => format!("\"{}\"", token.replace(':', "\\072")),
        10 => token.chars().take(random.below(12)).collect(),
        11 => session_key(random),
        _ => token,
    };
    // Headers cannot contain control characters.
    let value: String = value.chars().filter(|char| !char.is_control()).collect();
    format!("{name}={value}")
}

/// Generates a session key as Django's other engines do.
pub fn session_key(random: &mut Random) -> String {
    (0..32).map(|_| char::from(random.pick(b"abcdefghijklmnopqrstuvwxyz0123456789"))).collect()
}

fn another(random: &mut Random, name: &str) -> String {
    match random.below(9) {
        0 => format!("{}=1", name.to_uppercase()),
        1 => format!("x{name}=1"),
        2 => format!("{name}x=1"),
        3 => name.to_owned(),
        4 => format!("={name}=1"),
        5 => format!("{}{name}={}", random.pick(&["\u{a0}", "\u{2003}"]), random.word()),
        6 => String::new(),
        7 => format!("é={}", random.word()),
        _ => format!("{}={}", random.word(), random.word()),
    }
}
