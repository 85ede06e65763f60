//! Input that is too large, too deep, too far away in time or too numerous gets a typed error. (`tests/memory` measures
//! its cost.)

mod common;

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use common::{clock, key, ring};
use django_session::{
    BadSignature, Clock, CookieOptions, CookieSessions, DecodeError, EncodeError, Expiry, ExpiryPolicy, MaxAge,
    Separator, Session, Signer, StoredSessions, Timestamp, TimestampSigner,
};
use flate2::write::ZlibEncoder;
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: f64 = 1.7e9;
const COOKIE_SALT: &str = "django.contrib.sessions.backends.signed_cookies";
const STORED_SALT: &str = "django.contrib.sessions.SessionStore";

fn sessions() -> CookieSessions {
    CookieSessions::new(&ring("secret"), CookieOptions::builder("sessionid").build().unwrap()).with_clock(clock(NOW))
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(bytes).unwrap();
    zlib.finish().unwrap()
}

fn token_of(salt: &str, zlib: &[u8]) -> String {
    let signer = TimestampSigner::new(&ring("secret"), salt).unwrap().with_clock(clock(NOW));
    signer.sign(&format!(".{}", BASE64URL.encode(zlib)))
}

/// Returns a compressed session cookie with this JSON.
fn cookie_of(json: &str) -> String {
    token_of(COOKIE_SALT, &zlib(json.as_bytes()))
}

/// Boundary values, in seconds since 1970.
const MOMENTS: [i64; 10] = [
    i64::MIN,
    -62_135_596_802,
    -62_135_596_801, // the year 0
    -62_135_596_800, // the year 1
    -1,
    0,
    1_700_000_000,
    253_402_300_799, // the last second of the year 9999
    253_402_300_800,
    i64::MAX,
];

/// Returns the time, or `None` if `SystemTime` cannot represent it.
fn moment(seconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
}

fn moments() -> impl Iterator<Item = (i64, SystemTime)> {
    MOMENTS.into_iter().filter_map(|seconds| Some((seconds, moment(seconds)?)))
}

const SECOND: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(i64::MAX.unsigned_abs());

/// Compares ages with arithmetic in 128 bits, which does not overflow here.
#[test]
fn no_age_overflows() {
    for (then, signed) in moments() {
        let signer = TimestampSigner::new(&ring("secret"), "salt").unwrap();
        let token = signer.with_clock(Clock::fixed(signed)).sign("value");
        for (now, at) in moments() {
            let age = i128::from(now) - i128::from(then);
            let passed = Duration::from_secs(age.unsigned_abs().try_into().unwrap());
            assert_eq!(Timestamp::from_secs(then).age(at), if age < 0 { Err(passed) } else { Ok(passed) });
            for limit in [Duration::ZERO, SECOND, LONGEST, Duration::MAX] {
                let signer = TimestampSigner::new(&ring("secret"), "salt").unwrap().with_clock(Clock::fixed(at));
                let good = Ok(Some(Timestamp::from_secs(then)));
                let too_old = Err(BadSignature::Expired { age: passed, max_age: limit });
                let too_early = Err(BadSignature::FromTheFuture { ahead: passed, limit });
                let read =
                    |answer: Result<django_session::Verified<'_>, _>| answer.map(|verified| verified.timestamp());

                let expected = if age > 0 && passed > limit { too_old } else { good };
                assert_eq!(read(signer.unsign(&token, limit)), expected, "{then} {now} {limit:?}");
                let signer = signer.with_max_ahead(limit);
                let expected = if age < 0 && passed > limit { too_early } else { good };
                assert_eq!(read(signer.unsign(&token, MaxAge::Unlimited)), expected, "{then} {now} {limit:?}");
            }
        }
    }
}

/// A cookie has the right expiry or is rejected, and a session expires when it should, for all clocks of both sides.
#[test]
fn no_expiry_overflows() {
    for (then, signed) in moments() {
        for own in [None, Some(SECOND), Some(LONGEST), Some(Duration::MAX)] {
            let seconds = own.map_or(1_209_600, |own| own.min(LONGEST).as_secs());
            let sessions = sessions().with_clock(Clock::fixed(signed));
            let mut session = sessions.load(None);
            session.insert("a", 1).unwrap();
            session.set_expiry(own.map(Expiry::Inactivity));
            let end = i128::from(then) + i128::from(seconds);
            let commit = sessions.commit(&session, 200);
            if !(-62_135_596_800..=253_402_300_799).contains(&end) {
                assert!(matches!(commit, Err(EncodeError::ExpiryOutOfRange)), "{then} {own:?}: {commit:?}");
                continue;
            }
            let cookie = commit.unwrap().set_cookie.unwrap().into_string();
            assert!(cookie.contains(&format!("; Max-Age={seconds};")), "{then} {own:?}: {cookie}");
            for (now, at) in moments() {
                let read = store_at(at).load_header(cookie.split(';').next().unwrap());
                assert_eq!(read.rejection().is_none(), i128::from(now) <= end, "{then} {now} {own:?}");
                assert_eq!(read.contains_key("a"), read.rejection().is_none());
            }
        }
    }
}

/// The time until a date is exact, or saturates at 64 bits.
#[test]
fn dates_however_far() {
    let dates = [datetime!(0001-01-01 0:00 UTC), OffsetDateTime::UNIX_EPOCH, datetime!(9999-12-31 23:59:59 UTC)];
    for date in dates {
        let mut session = sessions().load(None);
        session.set_expiry(Expiry::At(date));
        for (now, at) in moments() {
            let left = i128::from(date.unix_timestamp()) - i128::from(now);
            assert_eq!(
                i128::from(session.expiry_age(at).whole_seconds()),
                left.clamp(i64::MIN.into(), i64::MAX.into()),
                "{date} {now}"
            );
        }
    }
}

fn store_at(now: SystemTime) -> CookieSessions {
    sessions().with_clock(Clock::fixed(now)).with_expiry_policy(ExpiryPolicy::OwnElseAge)
}

/// Stored sessions may have ages that a `Set-Cookie` header cannot represent.
#[test]
fn stored_sessions_of_any_age() {
    for (now, at) in moments() {
        for (age, seconds) in [(SECOND, 1), (LONGEST, i64::MAX), (Duration::MAX, i64::MAX)] {
            let mut session = StoredSessions::new(&ring("secret"), CookieOptions::default()).create();
            session.set_expiry(Expiry::Inactivity(age));
            assert_eq!(session.expiry_age(at).whole_seconds(), seconds);
            let end = i128::from(now) + i128::from(seconds);
            let date = i64::try_from(end).ok().and_then(|end| OffsetDateTime::from_unix_timestamp(end).ok());
            let known = OffsetDateTime::from_unix_timestamp(now).is_ok();
            assert_eq!(session.expiry_date(at), date.filter(|_| known), "{now} {age:?}");
        }
    }
}

#[test]
fn tokens_of_nothing_but_separators() {
    for sep in [":", "::", ":a:", "é"] {
        let signer = Signer::new(&ring("secret"), "salt").unwrap().with_sep(Separator::new(sep).unwrap());
        for times in [1, 2, 3, 100, (1 << 20) / sep.len()] {
            assert_eq!(signer.unsign(&sep.repeat(times)), Err(BadSignature::Mismatch), "{times} of {sep}");
        }
    }
}

/// All fallback keys are tried, although each costs a MAC.
#[test]
fn many_fallback_keys() {
    let keys = (1..=64).fold(ring("key 0"), |keys, n| keys.with_fallback(key(format!("key {n}"))));
    let signer = Signer::new(&keys, "salt").unwrap();
    for n in [0, 1, 63, 64] {
        let token = Signer::new(&ring(format!("key {n}")), "salt").unwrap().sign("value");
        assert_eq!(signer.unsign(&token).unwrap().key_index(), n);
    }
    let forged = Signer::new(&ring("key 65"), "salt").unwrap().sign("value");
    assert_eq!(signer.unsign(&forged), Err(BadSignature::Mismatch));
}

/// Of all zlib headers, only those with deflate, a window of at most 32 KiB, a correct checksum and no dictionary are
/// accepted (RFC 1950).
#[test]
fn every_zlib_header() {
    let json = br#"{"a":1}"#;
    let mut stream = zlib(json);
    let mut accepted = 0;
    for header in 0..=u16::MAX {
        let [method, flags] = header.to_be_bytes();
        stream[..2].copy_from_slice(&[method, flags]);
        let good = method & 0x0f == 8 && method >> 4 <= 7 && header % 31 == 0 && flags & 0x20 == 0;
        let read = sessions().try_load(&token_of(COOKIE_SALT, &stream));
        assert_eq!(read.map(drop), if good { Ok(()) } else { Err(DecodeError::Zlib) }, "{header:#06x}");
        accepted += u32::from(good);
    }
    assert_eq!(accepted, 32, "eight windows, four levels");
    // A stream with a dictionary is rejected even if the dictionary's checksum follows the header.
    let with_dictionary = [&[0x78, 0xbb, 0, 0, 0, 1], &stream[2..]].concat();
    assert_eq!(sessions().try_load(&token_of(COOKIE_SALT, &with_dictionary)).map(drop), Err(DecodeError::Zlib));
}

#[test]
fn a_cookie_that_inflates_to_three_megabytes() {
    let cookie = cookie_of(&format!(r#"{{"a":"{}"}}"#, "a".repeat(3_000_000)));
    assert!(cookie.len() < 4096 - "sessionid=".len(), "browsers keep it");
    assert_eq!(sessions().try_load(&cookie).map(drop), Err(DecodeError::InflatesPast { limit: 256 << 10 }));
    assert!(sessions().load_header(&format!("sessionid={cookie}")).is_empty());
}

#[test]
fn sessions_100_000_deep() {
    const DEEP: usize = 100_000;
    let not_an_object = Err(DecodeError::Deserialize { reason: "not a JSON object" });
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[[],", "]"), ("[", ""), ("{\"a\":", "")] {
        let json = format!("{{\"a\":{}1{}}}", open.repeat(DEEP), close.repeat(DEEP));
        let sessions = sessions().with_inflate_limit(1 << 20);
        assert_eq!(sessions.try_load(&cookie_of(&json)).map(drop), not_an_object, "{open}");
        let row = token_of(STORED_SALT, &zlib(json.as_bytes()));
        assert_eq!(
            StoredSessions::new(&ring("secret"), CookieOptions::default()).decode(&row).map(drop),
            not_an_object,
            "{open}"
        );
    }
    // The number of values at one depth is not limited.
    let json = format!("{{\"a\":[{}1]}}", "[],".repeat(DEEP));
    assert!(sessions().with_inflate_limit(1 << 20).try_load(&cookie_of(&json)).is_ok());
}

/// Huge numbers are preserved. Reading one as a type that cannot represent it is an error.
#[test]
fn huge_numbers() {
    let rows = StoredSessions::new(&ring("secret"), CookieOptions::default());
    for number in
        ["9".repeat(1_000_000), "1e999999".to_owned(), "-1E+999999".to_owned(), format!("1e{}", "9".repeat(99))]
    {
        let json = format!(r#"{{"a":{number}}}"#);
        let session: Session = rows.decode(&token_of(STORED_SALT, &zlib(json.as_bytes()))).unwrap();
        assert_eq!(session.get_json("a"), Some(number.as_str()));
        assert_eq!(common::payload(&rows.encode(&session).unwrap()), json);
        assert!(session.get::<f64>("a").is_err() && session.get::<i64>("a").is_err());
        assert!(session.get::<serde_json::Value>("a").is_err());
        let expiry = cookie_of(&format!(r#"{{"_session_expiry":{number}}}"#));
        assert!(
            matches!(sessions().with_inflate_limit(1 << 20).try_load(&expiry), Err(DecodeError::Deserialize { .. })),
            "{number:.20}"
        );
    }
}
