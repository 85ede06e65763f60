//! `Set-Cookie` headers: attributes, removals, size limits, and values that are rejected.

mod common;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{clock, key, moment, ring};
use django_session::{
    BadSignature, ConfigError, CookieOptions, CookieOptionsBuilder, CookieSessions, EncodeError, KeyRing, MaxAge,
    SameSite, SignedCookie, Signer, SizeRule, TimestampSigner,
};
use proptest::prelude::*;

fn named(name: &str) -> CookieOptionsBuilder {
    CookieOptions::builder(name)
}

/// Returns the name, value and attributes as a browser reads them (RFC 6265, section 5.2).
fn parsed(header: &str) -> (String, String, Vec<(String, String)>) {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (name.trim().to_owned(), value.trim().to_owned())
    };
    let mut parts = header.split(';').map(pair);
    let (name, value) = parts.next().unwrap();
    (name, value, parts.collect())
}

#[test]
fn every_attribute() {
    let at = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let set = |options: CookieOptionsBuilder| options.build().unwrap().set_cookie("v", at).unwrap().into_string();
    assert_eq!(
        set(named("c")),
        "c=v; expires=Tue, 28 Nov 2023 22:13:20 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax; Secure"
    );
    assert_eq!(
        set(named("c").secure(false).http_only(false).same_site(None).expire_at_browser_close(true)),
        "c=v; Path=/"
    );
    assert_eq!(
        set(named("__Secure-c")
            .domain(".Example.com")
            .path("/a,b")
            .same_site(SameSite::None)
            .partitioned(true)
            .max_age(Duration::from_millis(1_999))),
        "__Secure-c=v; Domain=.Example.com; expires=Tue, 14 Nov 2023 22:13:21 GMT; HttpOnly; Max-Age=1; Partitioned; \
         Path=/a,b; SameSite=None; Secure"
    );
    assert!(set(named("c").same_site(SameSite::Strict)).contains("; SameSite=Strict"));
}

/// A removal repeats what a browser needs to identify a cookie: name, Path, Domain, and in some cases Secure and
/// Partitioned.
#[test]
fn removal_mirrors_what_matters() {
    for options in [
        named("c"),
        named("c").path("/a").domain("example.com").secure(false),
        named("__Host-c"),
        named("__Http-c"),
        named("c").same_site(SameSite::None).partitioned(true),
        named("c").same_site(None).expire_at_browser_close(true).http_only(false),
    ] {
        let options = options.build().unwrap();
        let (name, value, removal) = parsed(options.removal().as_str());
        let (_, _, set) = parsed(options.set_cookie("v", UNIX_EPOCH).unwrap().as_str());
        assert_eq!((name.as_str(), value.as_str()), (options.name(), "\"\""));
        for attribute in &set {
            let kept = ["Path", "Domain", "SameSite", "Secure", "Partitioned"].contains(&attribute.0.as_str());
            assert!(!kept || removal.contains(attribute), "{attribute:?}");
        }
        let http_only = removal.contains(&("HttpOnly".to_owned(), String::new()));
        assert_eq!(http_only, options.name().starts_with("__Http-"), "only where the name prefix requires it");
        assert!(removal.contains(&("Max-Age".to_owned(), "0".to_owned())));
        assert!(removal.contains(&("expires".to_owned(), "Thu, 01 Jan 1970 00:00:00 GMT".to_owned())));
    }
}

#[test]
fn what_is_not_built() {
    let rejected = |options: CookieOptionsBuilder| options.build().expect_err("built");
    let long = "a".repeat(1025);
    for name in [
        "", " ", "a b", "a=b", "a;b", "a,b", "a\r\nb", "a\0", "\u{7f}", "é", "(a)", "\"a\"", "a/b", "[a]", "{a}", &long,
    ] {
        assert_eq!(rejected(named(name)), ConfigError::CookieName, "{name:.20?}");
    }
    let long = format!("/{}", "a".repeat(1024));
    for path in ["", "a", "a/", "/a;b", "/a b", "/a\r\nSet-Cookie: x=y", "/\n", "/\0", "/\t", "/\u{7f}", "/é", &long] {
        assert_eq!(rejected(named("c").path(path)), ConfigError::CookiePath, "{path:.20?}");
    }
    let long = "a.".repeat(127);
    for domain in [
        "",
        ".",
        "..",
        "a..b",
        "a.",
        "a b",
        "a;b",
        "a,b",
        "a/b",
        "a:80",
        "a\r\nb",
        "a\0b",
        "é.example",
        "[::1]",
        "*.a",
        &long,
    ] {
        assert_eq!(rejected(named("c").domain(domain)), ConfigError::CookieDomain, "{domain:.20?}");
    }
    for max_age in [Duration::ZERO, Duration::from_millis(999), Duration::from_secs(400 * 86_400 + 1), Duration::MAX] {
        assert_eq!(rejected(named("c").max_age(max_age)), ConfigError::CookieMaxAge, "{max_age:?}");
    }
    assert_eq!(rejected(named("c").same_site(SameSite::None).secure(false)), ConfigError::CookieNotSecure);
    assert_eq!(rejected(named("c").partitioned(true).secure(false)), ConfigError::CookieNotSecure);
    for options in [
        named("__Host-c").secure(false),
        named("__Host-c").path("/a"),
        named("__Host-c").domain("example.com"),
        named("__host-c").domain("example.com"),
        named("__Secure-c").secure(false),
        named("__SECURE-c").secure(false),
        named("__Http-c").secure(false),
        named("__Http-c").http_only(false),
        named("__Host-Http-c").http_only(false),
        named("__Host-Http-c").domain("example.com"),
    ] {
        assert_eq!(rejected(options), ConfigError::CookiePrefix);
    }
}

#[test]
fn what_is_built() {
    for name in ["c", "sessionid", "__Host-", "a!#$%&'*+-.^_`|~1", &"a".repeat(1024)] {
        assert!(named(name).build().is_ok(), "{name:.20}");
    }
    for path in ["/", "/a", "/a/b/", "/a,b=c\"d'", "/%C3%A9", &format!("/{}", "a".repeat(1023))] {
        assert!(named("c").path(path).build().is_ok(), "{path:.20}");
    }
    for domain in ["a", "example.com", ".example.com", "xn--9ca.example", "my_host.local", "1.2.3.4"] {
        assert!(named("c").domain(domain).build().is_ok(), "{domain}");
    }
    for max_age in [Duration::from_secs(1), Duration::from_secs(400 * 86_400)] {
        assert!(named("c").max_age(max_age).build().is_ok());
    }
}

/// Only characters that are allowed in cookies are accepted, and they are not encoded: ":" stays ":".
#[test]
fn values() {
    let options = named("c").build().unwrap();
    for byte in 0..=0x7f_u8 {
        let value = format!("a{}b", char::from(byte));
        let allowed = matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e); // RFC 6265, 4.1.1
        match options.set_cookie(&value, UNIX_EPOCH) {
            Ok(cookie) => assert!(allowed && parsed(cookie.as_str()).1 == value, "{value:?}"),
            Err(error) => assert!(!allowed && matches!(error, EncodeError::CookieValue), "{value:?}"),
        }
    }
    assert!(matches!(options.set_cookie("é", UNIX_EPOCH), Err(EncodeError::CookieValue)));

    let keys: KeyRing = ring("secret");
    let theme = TimestampSigner::for_cookie(&keys, "c", "").with_clock(clock(0.0)).sign("dark");
    assert_eq!(parsed(options.set_cookie(&theme, UNIX_EPOCH).unwrap().as_str()).1, theme);
}

/// The ten cases of web-platform-tests (`cookies/size/name-and-value.html`; one of them twice, without its "="), and
/// cases at the crate's own limits. The crate accepts what browsers store, except names that are empty or longer than
/// 1024 bytes.
#[test]
fn sizes_of_name_and_value() {
    for (name, value, kept) in [
        (1, 4095, true),
        (1, 4096, false),
        (2048, 2048, true),
        (4096, 0, true),
        (4096, 1, false),
        (4097, 0, false),
        (4097, 1, false),
        (0, 4096, true),
        (0, 4097, false),
        (1024, 3072, true),
        (1024, 3073, false),
        (1025, 3071, true),
    ] {
        match named(&"t".repeat(name)).size_rule(SizeRule::Rfc6265bis).build() {
            Ok(options) => {
                assert!((1..=1024).contains(&name), "{name} is not a valid length of a name");
                assert_eq!(options.set_cookie(&"1".repeat(value), UNIX_EPOCH).is_ok(), kept, "{name} {value}");
            }
            Err(error) => {
                assert!(!(1..=1024).contains(&name) && error == ConfigError::CookieName, "{name} {value}: {error}");
            }
        }
    }
}

#[test]
fn sizes_at_the_limit() {
    for (rule, counts_attributes) in [(SizeRule::Rfc6265, true), (SizeRule::Rfc6265bis, false)] {
        let options = named("name").size_rule(rule).build().unwrap();
        let header = options.set_cookie("", UNIX_EPOCH).unwrap().into_string();
        let attributes = header.len() - "name=".len();
        let most = 4096 - "name".len() - if counts_attributes { attributes } else { 0 };
        let fits = options.set_cookie(&"v".repeat(most), UNIX_EPOCH).unwrap();
        assert_eq!(fits.as_str().len(), "name=".len() + most + attributes);
        let Err(EncodeError::CookieTooLarge(report)) = options.set_cookie(&"v".repeat(most + 1), UNIX_EPOCH) else {
            panic!("{rule:?} accepts {} bytes", most + 1);
        };
        assert_eq!((report.rule, report.name, report.value, report.attributes), (rule, 4, most + 1, attributes));
        assert!(report.keys.is_empty(), "this is not a session");
    }
}

#[test]
fn a_session_too_large() {
    let sessions = CookieSessions::new(&ring("secret"), named("sessionid").build().unwrap()).with_clock(clock(1.7e9));
    let mut session = sessions.load(None);
    session.insert("name", "Ada").unwrap();
    session.insert("é", "x".repeat(50)).unwrap();
    let mut left = sessions.bytes_left(&session).unwrap();
    assert!(left < 4096);
    let noise = |len: u32| (0..len).map(|n| char::from_u32(0x4e00 + n * 7919 % 20_000).unwrap()).collect::<String>();
    // Find the length from which on it is compressed.
    let mut len = 100;
    let report = loop {
        session.insert("noise", noise(len)).unwrap();
        match sessions.bytes_left(&session) {
            Ok(now) => {
                let header = sessions.commit(&session, 200).unwrap().set_cookie.unwrap();
                assert_eq!(header.as_str().len() - "=".len() + now, 4096);
                assert!(now <= left);
                left = now;
                len += 1;
            }
            Err(EncodeError::CookieTooLarge(report)) => break report,
            Err(other) => panic!("{other}"),
        }
    };
    assert!(left < 16, "the last that fit left {left}");
    assert!(report.name + report.value + report.attributes > 4096);
    let json = |key: &str| session.get_json(key).unwrap().len();
    assert_eq!(
        report.keys,
        [
            ("noise".to_owned(), r#""noise":"#.len() + json("noise")),
            ("é".to_owned(), r#""\u00e9":"#.len() + json("é")),
            ("name".to_owned(), r#""name":"Ada""#.len()),
        ]
    );
    assert!(matches!(sessions.commit(&session, 200), Err(EncodeError::CookieTooLarge(again)) if again == report));
    assert!(sessions.commit(&session, 500).unwrap().set_cookie.is_none(), "nothing is written, so nothing is lost");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Every header that can be built parses back to exactly the same fields, on one line.
    #[test]
    fn headers_parse_back(
        name in any::<String>(),
        path in prop::option::of(any::<String>()),
        domain in prop::option::of("[a-z.;,\r\n -]{0,12}"),
        value in any::<String>(),
        seconds in 0..10_000_000_000_u64,
    ) {
        let mut options = named(&name);
        if let Some(path) = &path {
            options = options.path(path);
        }
        if let Some(domain) = &domain {
            options = options.domain(domain);
        }
        let Ok(options) = options.build() else { return Ok(()) };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let Ok(cookie) = options.set_cookie(&value, now) else { return Ok(()) };
        let (read_name, read_value, attributes) = parsed(cookie.as_str());
        prop_assert_eq!((read_name, read_value), (name, value));
        prop_assert!(cookie.as_str().bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        let attribute = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        prop_assert_eq!(attribute("Path"), Some(path.unwrap_or_else(|| "/".to_owned())));
        prop_assert_eq!(attribute("Domain"), domain);
        prop_assert!(attributes.len() <= 7);
    }

    /// No text in a `Cookie` header causes a panic or is accepted as a session.
    #[test]
    fn any_cookie_header(header in any::<String>(), pairs in "(sessionid ?= ?[a-zA-Z0-9:._\"-]{0,60}; ?){0,5}") {
        let sessions = CookieSessions::new(&ring("secret"), named("sessionid").build().unwrap());
        prop_assert!(sessions.load_header(&header).is_empty());
        prop_assert!(sessions.load_header(&pairs).is_empty());
    }
}

/// A `SignedCookie` is configured with a name once, and then writes, reads and removes that cookie.
#[test]
fn signed_cookies() {
    let keys = ring("secret");
    let options = || CookieOptions::builder("theme").build().unwrap();
    let theme = SignedCookie::new(&keys, options(), "salt").with_clock(clock(1e9));
    let set_cookie = theme.set("dark").unwrap();
    assert_eq!((set_cookie.name(), theme.options().name()), ("theme", "theme"));
    let signer = TimestampSigner::for_cookie(&keys, "theme", "salt").with_clock(clock(1e9));
    assert_eq!(set_cookie.value(), signer.sign("dark"));

    let ours = format!("theme={}", set_cookie.value());
    let get = |header: &str| theme.get(header, MaxAge::Unlimited);
    for (header, value) in [
        (String::new(), Ok(None)),
        ("other=dark".to_owned(), Ok(None)),
        (ours.clone(), Ok(Some("dark".to_owned()))),
        (format!("{ours}; theme=planted:by:another"), Ok(Some("dark".to_owned()))),
        (format!("theme=planted:by:another; {ours}"), Ok(Some("dark".to_owned()))),
        ("theme=planted:by:another".to_owned(), Err(BadSignature::Mismatch)),
    ] {
        assert_eq!(get(&header), value, "{header}");
        let several = [b"theme=\xff".as_slice(), header.as_bytes(), b"language=pt-br"];
        let expected = match value {
            Ok(None) => Err(BadSignature::MissingSeparator),
            value => value,
        };
        assert_eq!(theme.get_from_headers(several, MaxAge::Unlimited), expected, "{header}");
    }
    let rejections = ["theme=no separator", "theme=planted:by:another", "theme"];
    assert_eq!(theme.get_from_headers(rejections, MaxAge::Unlimited), Err(BadSignature::Mismatch), "of the last one");
    let later = SignedCookie::new(&keys, options(), "salt").with_clock(clock(1e9 + 61.0));
    let (age, max_age) = (Duration::from_secs(61), Duration::from_secs(60));
    let expired = Err(BadSignature::Expired { age, max_age });
    assert_eq!(later.get(&ours, max_age), expired);
    // The last one that our keys signed decides.
    let fresh = format!("theme={}", later.set("light").unwrap().value());
    assert_eq!(later.get(&format!("{fresh}; {ours}; theme=planted:by:another"), max_age), expired);
    assert_eq!(later.get(&format!("{ours}; {fresh}"), max_age).unwrap().as_deref(), Some("light"));

    let legacy = TimestampSigner::for_cookie_or_legacy(&keys, "theme", "salt").with_clock(clock(1e9));
    assert!(legacy.unsign(set_cookie.value(), MaxAge::Unlimited).is_ok());
    let before = Signer::new(&KeyRing::new(key("django.http.cookiessecret")), "themesalt").unwrap();
    let before = format!("theme={}", TimestampSigner::from(before).with_clock(clock(1e9)).sign("dark"));
    assert_eq!(get(&before), Err(BadSignature::Mismatch));
    let both = SignedCookie::new(&keys, options(), "salt").with_legacy_salt();
    assert_eq!(both.get(&before, MaxAge::Unlimited).unwrap().as_deref(), Some("dark"));
    assert!(theme.set("dark; Domain=evil.example").is_err());
    assert_eq!(format!("{theme:?}"), r#"SignedCookie { name: "theme", .. }"#);
}

/// Options and headers have getters for their fields.
#[test]
fn options_and_headers_tell_what_they_hold() {
    let options = CookieOptions::builder("myapp:session")
        .path("/shop")
        .domain("example.com")
        .same_site(SameSite::None)
        .partitioned(true)
        .http_only(false)
        .expire_at_browser_close(true)
        .size_rule(SizeRule::Rfc6265bis)
        .build()
        .unwrap();
    assert_eq!((options.name(), options.path(), options.domain()), ("myapp:session", "/shop", Some("example.com")));
    assert_eq!((options.secure(), options.http_only(), options.partitioned()), (true, false, true));
    assert_eq!((options.same_site(), options.size_rule()), (Some(SameSite::None), SizeRule::Rfc6265bis));
    assert_eq!((options.max_age(), options.expire_at_browser_close()), (Duration::from_secs(1_209_600), true));

    let set_cookie = options.set_cookie("a", moment(0.0)).unwrap();
    assert_eq!((set_cookie.name(), set_cookie.value()), ("myapp:session", "a"));
    assert_eq!(set_cookie.to_string(), set_cookie.as_str());
    assert_eq!(String::from(set_cookie.clone()), set_cookie.into_string());
    assert_eq!(options.removal().value(), "\"\"");
}
