//! Tries other texts, kinds, algorithms and keys until a signature is valid.

use django_session::{Algorithm, Clock, CookieOptions, KeyRing, Timestamp};
use zeroize::Zeroizing;

use crate::diagnose::Hint;
use crate::diagnose::repair::repaired;
use crate::input::Input;
use crate::keys::{KeySlip, Keys, Prefix, ring, slips};
use crate::kind::Kind;
use crate::report::counted;
use crate::verify::{Authentic, Scheme};

/// Longer tokens are tried only as they are, because each try computes an HMAC of the token.
pub(super) const LIMIT: usize = 64 * 1024;

/// A valid signature that was found, and how it differs from the expected one.
pub(crate) struct Explained {
    pub(crate) scheme: Scheme,
    pub(crate) authentic: Authentic,
    pub(crate) hints: Vec<Hint>,
}

/// All readings of the keys: first as they were given, then as other programs may read them.
struct Readings {
    plain: KeyRing,
    cookies: KeyRing,
    /// For each key of the rings, the index of the given key, and how the reading differs from it.
    origins: Vec<(usize, Option<KeySlip>)>,
}

/// Searches for the key, kind and algorithm that signed the input. `expected` is the kind that it should have.
pub(crate) fn search(input: &Input, keys: &Keys, expected: &Kind, cookie: &CookieOptions) -> Option<Explained> {
    if input.token.len() > LIMIT {
        return None;
    }
    let readings = Readings::new(keys)?;
    let mut texts = vec![(input.token.clone(), Vec::new())];
    texts.extend(repaired(&input.token));
    texts.extend(input.earlier.iter().map(|token| (token.clone(), vec![earlier()])));
    let mut kinds = vec![expected.clone()];
    kinds.extend(expected.others(input.source.cookie_name().unwrap_or(cookie.name())));
    for (text, repairs) in &texts {
        for kind in &kinds {
            for algorithm in algorithms(kind, text) {
                let scheme = Scheme { kind: kind.clone(), algorithm };
                if let Some(found) = readings.attempt(&scheme, text, cookie) {
                    return Some(explained(found, &readings, scheme, repairs, keys, expected));
                }
            }
        }
    }
    texts.iter().find_map(|(text, repairs)| damaged(text, &kinds, &readings, keys, cookie, repairs))
}

impl Readings {
    fn new(keys: &Keys) -> Option<Self> {
        let mut bytes: Vec<Zeroizing<Vec<u8>>> = keys.iter().map(|key| key.bytes.clone()).collect();
        let mut origins: Vec<_> = (0..bytes.len()).map(|index| (index, None)).collect();
        for (index, key) in keys.iter().enumerate() {
            for (slip, reading) in slips(&key.bytes) {
                // The library rejects blank keys.
                if !reading.trim_ascii().is_empty() {
                    bytes.push(reading);
                    origins.push((index, Some(slip)));
                }
            }
        }
        let ring = |prefix| ring(bytes.iter().map(|bytes| bytes.as_slice()), prefix);
        Some(Self { plain: ring(Prefix::None)?, cookies: ring(Prefix::Cookies)?, origins })
    }

    fn ring(&self, kind: &Kind) -> &KeyRing {
        match kind.prefix() {
            Prefix::None => &self.plain,
            Prefix::Cookies => &self.cookies,
        }
    }

    fn attempt(&self, scheme: &Scheme, text: &str, cookie: &CookieOptions) -> Option<Authentic> {
        scheme.open(text, self.ring(&scheme.kind), &self.plain, cookie).ok()
    }
}

/// Returns the algorithms whose signatures have the length of this one.
pub(crate) fn algorithms(kind: &Kind, token: &str) -> Vec<Algorithm> {
    if *kind == Kind::Legacy {
        return vec![Algorithm::Sha1];
    }
    let len = token.rsplit(':').next().map_or(0, str::len);
    let all = [
        (43, Algorithm::Sha256),
        (27, Algorithm::Sha1),
        (86, Algorithm::Sha512),
        (64, Algorithm::Sha384),
        (38, Algorithm::Sha224),
    ];
    all.into_iter().filter(|(signature, _)| *signature == len).map(|(_, algorithm)| algorithm).collect()
}

fn explained(
    mut authentic: Authentic,
    readings: &Readings,
    scheme: Scheme,
    repairs: &[Hint],
    keys: &Keys,
    expected: &Kind,
) -> Explained {
    let mut hints = repairs.to_vec();
    if scheme.kind != *expected {
        hints.push(other_kind(&scheme.kind, expected));
    }
    if scheme.algorithm != Algorithm::Sha256 && scheme.kind != Kind::Legacy {
        hints.push(other_algorithm(scheme.algorithm));
    }
    let (index, slip) = readings.origins.get(authentic.key_index).copied().unwrap_or_default();
    authentic.key_index = index;
    if let Some(slip) = slip {
        let origin = keys.get(index).map_or("", |key| &key.origin);
        hints.push(Hint::new(slip.code(), slip.cause(scheme.kind.noun(), origin), slip.remedy()));
    }
    Explained { scheme, authentic, hints }
}

fn other_kind(found: &Kind, expected: &Kind) -> Hint {
    if let (Kind::Session { salt: None }, Kind::Session { .. }) = (found, expected) {
        return Hint::new(
            "other_salt",
            "It was signed with Django's session salt, not with the one of --salt: the server that wrote it has no salt of its own.",
            "Leave out --salt, and with_salt in the service that rejects it.",
        );
    }
    let cause = format!("It is a {}, not a {}: the salts differ.", found.phrase(), expected.phrase());
    let remedy = match (found, expected) {
        (Kind::OldCookie { .. }, _) => {
            "Django 5.2.15 and 6.0.6 changed how the name is signed: set SIGNED_COOKIE_LEGACY_SALT_FALLBACK in Django, or use with_legacy_salt in this crate.".to_owned()
        }
        (Kind::Stored, Kind::Session { .. }) => {
            "A row of django_session is not a cookie: the cookie contains session_key, and the server finds the row.".to_owned()
        }
        (Kind::Session { .. }, Kind::Stored) => {
            "The site stores its sessions in cookies: its SESSION_ENGINE is signed_cookies.".to_owned()
        }
        _ => format!("Read it with --kind {}.", found.word()),
    };
    Hint::new("other_salt", cause, remedy)
}

fn other_algorithm(algorithm: Algorithm) -> Hint {
    match algorithm {
        Algorithm::Sha1 => Hint::new(
            "sha1",
            "It was signed with SHA-1: by Django before 3.1, or with DEFAULT_HASHING_ALGORITHM = \"sha1\".",
            "Let a later Django sign it again, or accept SHA-1 for a while: with_legacy_algorithm of the feature legacy.",
        ),
        other => Hint::new(
            "other_algorithm",
            format!("It was signed with {other:?}, not with SHA-256."),
            "Set the same algorithm on both sides: with_algorithm in this crate.",
        ),
    }
}

fn earlier() -> Hint {
    Hint::new(
        "several_cookies",
        "The browser sent several cookies with this name. The last one is not the site's; an earlier one is.",
        "Delete the other cookie: it has another Path or Domain, or a sibling domain has set it. Django uses the last one.",
    )
}

/// Explains a token whose end is missing or changed: it is almost the token that one of the keys would have signed.
fn damaged(
    text: &str,
    kinds: &[Kind],
    readings: &Readings,
    keys: &Keys,
    cookie: &CookieOptions,
    repairs: &[Hint],
) -> Option<Explained> {
    let (value, signature) = text.rsplit_once(':')?;
    if signature.len() < 4 {
        return None;
    }
    for kind in kinds.iter().filter(|kind| **kind != Kind::Legacy) {
        for (index, key) in keys.iter().enumerate() {
            let Some(ring) = ring([key.bytes.as_slice()].into_iter(), kind.prefix()) else { continue };
            let Some(whole) = resigned(value, kind, &ring) else { continue };
            let Some(hint) = damage(text, &whole) else { continue };
            let scheme = Scheme::new(kind.clone());
            let mut authentic = readings.attempt(&scheme, &whole, cookie)?;
            authentic.key_index = index;
            let hints = [repairs, &[hint]].concat();
            return Some(Explained { scheme, authentic, hints });
        }
    }
    None
}

/// Returns the difference between a token and what a key would have signed, if it is small.
fn damage(text: &str, whole: &str) -> Option<Hint> {
    /// Two signatures of different keys differ in more characters than this.
    const FEW: usize = 8;
    if whole.starts_with(text) {
        let missing = whole.len().saturating_sub(text.len());
        return Some(Hint::new(
            "cut",
            format!("The token lacks its last {}; the rest is what the key signed.", counted(missing, "character")),
            "Find out what cuts it: a column or a log line that is too short, or a selection by double-click.",
        ));
    }
    if text.starts_with(whole) {
        return Some(Hint::new(
            "added",
            "Something follows the token; the text before it is what the key signed.",
            "Copy only the value, up to the semicolon.",
        ));
    }
    let changed = text.bytes().zip(whole.bytes()).filter(|(one, other)| one != other).count();
    (text.len() == whole.len() && changed <= FEW).then(|| {
        Hint::new(
            "changed",
            format!("The signature differs in {}; the rest is what the key signed.", counted(changed, "character")),
            "Copy it again from its source.",
        )
    })
}

/// Signs the same payload and time with this key.
fn resigned(value: &str, kind: &Kind, keys: &KeyRing) -> Option<String> {
    let (payload, time) = value.rsplit_once(':')?;
    let seconds = crate::verify::base62(time)?;
    let at = crate::time::system_time(Timestamp::from_secs(seconds))?;
    Some(kind.signer(keys, Algorithm::Sha256, &Clock::fixed(at))?.sign(payload))
}
