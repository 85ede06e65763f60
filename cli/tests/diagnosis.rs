//! The command finds each cause of a rejection. Each test changes a token or a key and expects the code of the hint.

mod common;

use std::time::{Duration, UNIX_EPOCH};

use common::{KEY, NOW, Run, file, signed, vectors};
use django_session::{Clock, CookieOptions, CookieSessions, Encryption, KeyRing, SecretKey};

fn hints(input: &str, key: &str, args: &[&str]) -> (i32, Vec<String>) {
    let ran = Run::new(&[&["--json", "--time", NOW], args].concat()).key(key).input(input).run();
    (ran.code, ran.codes())
}

#[track_caller]
fn assert_cause(input: &str, key: &str, codes: &[&str]) {
    assert_eq!(hints(input, key, &[]), (1, codes.iter().map(ToString::to_string).collect()));
}

#[test]
fn of_tokens() {
    let token = signed("session");
    assert_eq!(hints(&token, KEY, &[]), (0, vec![]));
    assert_cause(&token.replace(':', "%3A"), KEY, &["percent_encoding"]);
    assert_cause(&token.replace(':', "%3a"), KEY, &["percent_encoding"]);
    assert_cause(&format!("\"{token}\""), KEY, &["quotes"]);
    assert_cause(&format!("b'{token}'"), KEY, &["bytes_literal"]);
    assert_cause(&format!("sessionid=%22{}%22", token.replace(':', "%3A")), KEY, &["percent_encoding", "quotes"]);
    assert_cause(&format!("{}\n  {}", &token[..60], &token[60..]), KEY, &["white_space"]);
    assert_cause(&token[..token.len() - 1], KEY, &["cut"]);
    assert_cause(&token[..token.len() - 30], KEY, &["cut"]);
    assert_cause(&token[..token.len() - 43], KEY, &["cut"]);
    assert_cause(token.split(':').next().unwrap(), KEY, &["cut"]);
    // After the first colon, inside the time, and before the second colon.
    let (cut, time) = (token.find(':').unwrap() + 1, token.rfind(':').unwrap());
    for end in cut..=time {
        for input in [token[..end].to_owned(), format!("Cookie: a=b; sessionid={}", &token[..end])] {
            assert_cause(&input, KEY, &["cut"]);
            let ran = Run::new(&[]).input(input).run();
            assert!(ran.code == 3 && ran.out.contains("why: It looks cut off"), "{}", ran.out);
            assert!(ran.out.contains("_auth_user_id"), "{}", ran.out);
        }
    }
    assert_cause(&format!("{token}="), KEY, &["added"]);
    assert_cause(&format!("{}xyz", &token[..token.len() - 3]), KEY, &["changed"]);
    assert_cause(&token.to_ascii_lowercase(), KEY, &["lower_case"]);
    assert_cause(&token.replacen("eJy", "eJz", 1), KEY, &["damaged"]);
    assert_cause(&format!("Cookie: sessionid={token}; sessionid=planted"), KEY, &["several_cookies"]);
    assert_cause("abcdefghij0123456789abcdefghij01", KEY, &["session_key"]);
    assert_cause(&"aB".repeat(32), KEY, &["csrf"]);
    assert_cause("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl", KEY, &["jwt"]);
    assert_cause("eyJhIjoxfQ.ZVPL_g.doNujFCJedX7S-7ZO8gf20x0BRs", KEY, &["itsdangerous"]);
    assert_cause(&format!("gAAAAA{}==", "Bl".repeat(40)), KEY, &["fernet"]);
    assert_cause("hello", KEY, &["unknown_form"]);
}

#[test]
fn of_keys() {
    let token = signed("session");
    assert_cause(&token, "another", &["other_key"]);
    assert_cause(&token, &format!("{KEY}\n"), &["key_white_space"]);
    assert_cause(&token, &format!(" {KEY}"), &["key_white_space"]);
    assert_cause(&token, &format!("\"{KEY}\""), &["key_unquoted"]);
    assert_cause(&token, &format!("'{KEY}'"), &["key_unquoted"]);
    for (signs, verifies, code) in [
        ("key\n", "key", "key_newline"),
        ("key\r", "key", "key_carriage_return"),
        ("key\r\n", "key", "key_carriage_return"),
        ("\"key\"", "key", "key_quoted"),
        ("a$b", "a$$b", "key_dollars_halved"),
        ("a$$b", "a$b", "key_dollars_doubled"),
        ("a-b", "a$HOME-b", "key_interpolated"),
        ("ab", "a${X}b", "key_interpolated"),
        ("ab", "ab#c", "key_comment"),
        ("ab", "ab #c", "key_comment"),
        ("a&<b", "a&amp;&lt;b", "key_html"),
    ] {
        let token = Run::new(&["sign", "--time", NOW]).key(signs).input("{}").out();
        let found = hints(&token, verifies, &[]);
        assert_eq!(found, (1, vec![code.to_owned()]), "{verifies:?}");
    }
    // The cause names the key that signed.
    let ran =
        Run::new(&["--json"]).key("x").env("SECRET_KEY_FALLBACKS", format!(r#"["y","{KEY} "]"#)).input(&token).run();
    assert_eq!(ran.json()["key_index"], 2);
    assert!(ran.json()["hints"][0]["cause"].as_str().unwrap().contains("SECRET_KEY_FALLBACKS 2"));
}

/// The sentence names the key and what it signed.
#[test]
fn of_keys_in_words() {
    let cause = |kind: &str, signs: &str, verifies: &str| {
        let token = Run::new(&["sign", "--kind", kind, "--time", NOW]).key(signs).input("{}").out();
        let ran = Run::new(&["--json", "--time", NOW, "--kind", kind]).key(verifies).input(token).run();
        ran.json()["hints"][0]["cause"].as_str().unwrap().to_owned()
    };
    for (kind, noun) in [("session", "cookie"), ("stored", "session"), ("object", "object")] {
        assert_eq!(
            cause(kind, "key", "key\n"),
            format!(
                "The key of SECRET_KEY has white space around it, often a newline at its end. The {noun} was signed with the same key without it."
            )
        );
        assert_eq!(
            cause(kind, "key\n", "key"),
            format!("The {noun} was signed with the key of SECRET_KEY followed by a newline.")
        );
    }
    assert_eq!(
        cause("session", "ab", "ab#c"),
        "The cookie was signed with the part of the key of SECRET_KEY before #."
    );
    for (end, name) in [("\r", "a carriage return"), ("\r\n", "a carriage return and a newline")] {
        assert_eq!(
            cause("session", &format!("key{end}"), "key"),
            format!("The cookie was signed with the key of SECRET_KEY followed by {name}.")
        );
    }
}

/// The server that signs keeps its key, because another key would end all sessions.
#[test]
fn of_keys_with_a_remedy() {
    let remedy = |signs: &str, verifies: &str| {
        let token = Run::new(&["sign", "--time", NOW]).key(signs).input("{}").out();
        let ran = Run::new(&["--json", "--time", NOW]).key(verifies).input(token).run();
        ran.json()["hints"][0]["remedy"].as_str().unwrap().to_owned()
    };
    let keep = "Give the other server the same key. Changing the key of the server that signs would end all sessions, \
                unless the old key becomes a fallback.";
    for signs in ["key\n", "key\r", "key\r\n", "\"key\"", "'key'"] {
        assert!(remedy(signs, "key").ends_with(keep), "{}", remedy(signs, "key"));
    }
    assert!(remedy("a$$b", "a$b").ends_with(keep));
    for (signs, verifies) in [("a-b", "a$HOME-b"), ("ab", "ab#c")] {
        let end = format!("{keep} The shorter key is weaker and should be rotated.");
        assert!(remedy(signs, verifies).ends_with(&end), "{}", remedy(signs, verifies));
    }
    // The given key is the wrong one.
    for (signs, verifies) in [("key", "key\n"), ("key", "\"key\""), ("a$b", "a$$b"), ("a&b", "a&amp;b")] {
        assert!(!remedy(signs, verifies).contains("other server"), "{}", remedy(signs, verifies));
    }
}

/// The key file has one key and line breaks around it, which a server may read as a part of the key.
#[test]
fn of_key_files() {
    let inspect = |content: &str, token: &str| {
        let path = file("key-file", content);
        Run::new(&["--json", "--time", NOW, "--key-file", path.to_str().unwrap()]).input(token).run()
    };
    let token = signed("session");
    for (content, codes) in [
        (KEY.to_owned(), &[][..]),
        (format!("{KEY}\n"), &["key_file_newline"]),
        (format!("{KEY}\r\n"), &["key_file_newline"]),
        (format!("{KEY}\n\n"), &["key_file_newline"]),
        (format!("{KEY}\r"), &["key_file_newline"]),
        (format!("\n{KEY}"), &["key_file_newline"]),
        // A file of several keys cannot be read as one key.
        (format!("{KEY}\nanother\n"), &[]),
    ] {
        let ran = inspect(&content, &token);
        assert_eq!((ran.code, ran.codes()), (0, codes.iter().map(ToString::to_string).collect()), "{content:?}");
        assert_eq!(ran.err, "");
    }
    // The key of the environment is not changed.
    assert_eq!(hints(&token, KEY, &[]), (0, vec![]));
    for end in ["\n", "\r\n"] {
        let token = Run::new(&["sign", "--time", NOW]).key(format!("{KEY}{end}")).input("{}").out();
        let ran = inspect(&format!("{KEY}{end}"), &token);
        let code = if end == "\n" { "key_newline" } else { "key_carriage_return" };
        assert_eq!((ran.code, ran.codes()), (1, vec![code.to_owned()]));
    }
    assert_eq!(inspect(&format!("{KEY}\n"), "hello").codes(), ["unknown_form"]);
}

/// The header lacks the cookie that the server looks for, or another of its cookies is the session.
#[test]
fn of_names() {
    let (token, key) = (signed("session"), "abcdefghij0123456789abcdefghij01");
    let inspect = |input: &str, args: &[&str]| hints(input, KEY, args);
    let other_name = || vec!["other_name".to_owned()];
    for input in [
        format!("Cookie: theme=dark; shop_session={token}"),
        format!("Set-Cookie: shop_session={token}; Path=/"),
        format!("curl -b 'shop_session={token}' http://x/"),
        format!("x.org\tFALSE\t/\tTRUE\t0\tshop_session\t{token}"),
        format!("shop_session={token}"),
        format!("Cookie: __Host-sessionid={token}"),
    ] {
        assert_eq!(inspect(&input, &[]), (0, other_name()), "{input}");
        let name = input.split(['=', '\t', ' ', '\'']).find(|word| word.contains("session")).unwrap();
        assert_eq!(inspect(&input, &["--name", name]), (0, vec![]), "{input}");
        let ran = Run::new(&["--json", "--time", NOW]).input(&input).run();
        assert_eq!((ran.code, ran.codes()), (3, other_name()), "without a key: {input}");
    }
    let header = format!("Cookie: sessionid={token}; theme=dark");
    assert_eq!(inspect(&header, &[]), (0, vec![]));
    assert_eq!(inspect("Cookie: theme=dark; csrftoken=x", &[]), (1, other_name()));
    // No cookie, or another kind of cookie.
    let row = format!("abcdefgh|{}|2026-12-09 10:22:05", signed("stored"));
    assert_eq!(inspect(&token, &["--name", "shop_session"]), (0, vec![]));
    assert_eq!(inspect(&row, &["--name", "shop_session"]), (0, vec![]));
    let messages = Run::new(&["sign", "--kind", "messages", "--time", NOW]).key(KEY).input("[]").out();
    let cookie = Run::new(&["sign", "--kind", "cookie", "--name", "c", "--time", NOW]).key(KEY).input("hi").out();
    let csrf = format!("Cookie: csrftoken={}", "aB".repeat(16));
    assert_eq!(inspect(&format!("Cookie: messages={messages}"), &[]), (0, vec![]));
    assert_eq!(inspect(&format!("Cookie: flash={messages}"), &["--kind", "messages"]), (0, vec![]));
    assert_eq!(inspect(&format!("Cookie: c={cookie}"), &[]), (0, vec![]));
    assert_eq!(inspect(&csrf, &[]), (1, vec!["csrf".to_owned()]));
    assert_eq!(inspect(&format!("Cookie: c={cookie}"), &["--kind", "cookie", "--name", "c"]), (0, vec![]));
    // The cookie is there, but it is empty.
    for header in ["Cookie: ", ""] {
        let empty = format!("{header}sessionid=; shop_session={token}");
        assert_eq!(inspect(&empty, &[]), (0, other_name()));
        let shown = Run::new(&["--time", NOW]).key(KEY).input(empty).out();
        assert!(shown.contains("why: The input has no value for the cookie \"sessionid\"; this is"), "{shown}");
    }

    for sessionid in [key, "hello", &token.replacen("eJy", "eJz", 1)] {
        let header = format!("Cookie: sessionid={sessionid}; shop_session={token}; theme=dark");
        let (code, codes) = inspect(&header, &[]);
        assert_eq!((code, codes.last().map(String::as_str)), (1, Some("other_cookie")), "{header}");
        assert_eq!(inspect(&header, &["--name", "shop_session"]), (0, vec![]));
        // Under another salt or key, it is not this server's session.
        assert!(!inspect(&header, &["--salt", "mine"]).1.contains(&"other_cookie".to_owned()));
        assert!(!hints(&header, "another", &[]).1.contains(&"other_cookie".to_owned()));
    }
    let accepted = format!("Cookie: shop_session={token}; sessionid={token}");
    assert_eq!(inspect(&accepted, &[]), (0, vec![]));
    let stored = format!("Cookie: sessionid={key}; shop_session={}", signed("stored"));
    assert_eq!(inspect(&stored, &[]), (1, vec!["session_key".to_owned()]));
    let deleted = format!("Set-Cookie: sessionid=x\nSet-Cookie: shop_session={token}; Max-Age=0");
    assert!(!inspect(&deleted, &[]).1.contains(&"other_cookie".to_owned()));
}

/// The first line does not claim a forgery, because the key of a stored session has no signature.
#[test]
fn of_session_keys() {
    let key = "abcdefghij0123456789abcdefghij01";
    let headline = "NOT A SIGNED SESSION: this looks like the key of a stored session.\n";
    for input in [key.to_owned(), format!("Cookie: sessionid={key}")] {
        let ran = Run::new(&["--time", NOW]).key(KEY).input(&input).run();
        assert!(ran.code == 1 && ran.out.starts_with(headline), "{}", ran.out);
        assert!(ran.out.ends_with("or CachedSessions for the engine cache.\n"), "{}", ran.out);
        let ran = Run::new(&["--time", NOW]).input(&input).run();
        assert!(ran.code == 3 && ran.out.starts_with(headline), "{}", ran.out);
    }
    // A cookie of another name may be anything.
    let ran = Run::new(&["--time", NOW]).key(KEY).input(format!("Cookie: visitor={key}")).run();
    assert!(ran.code == 1 && ran.out.starts_with("REJECTED: no key signed this"), "{}", ran.out);
}

#[test]
fn of_purposes() {
    let (token, stored) = (signed("session"), signed("stored"));
    let header = |name: &str, token: &str| format!("Cookie: {name}={token}");
    assert_cause(&header("sessionid", &stored), KEY, &["other_salt"]);
    assert_eq!(hints(&stored, KEY, &["--kind", "session"]), (1, vec!["other_salt".to_owned()]));
    assert_eq!(hints(&token, KEY, &["--kind", "stored"]), (1, vec!["other_salt".to_owned()]));
    assert_eq!(hints(&token, KEY, &["--kind", "object"]), (1, vec!["other_salt".to_owned()]));
    assert_eq!(hints(&token, KEY, &["--salt", "mine"]), (1, vec!["other_salt".to_owned()]));
    let ran = Run::new(&["--time", NOW, "--salt", "mine"]).key(KEY).input(&token).run();
    assert!(ran.out.contains("Django's session salt") && ran.out.contains("do:  Leave out --salt"), "{}", ran.out);
    assert!(!ran.out.contains("--kind session"), "{}", ran.out);
    assert_eq!(hints(&signed("legacy"), KEY, &["--kind", "session"]).1, ["legacy"]);
    let object = Run::new(&["sign", "--kind", "object"]).key(KEY).input("[1]").out();
    assert_cause(&header("sessionid", &object), KEY, &["other_salt", "clock"]);
    let messages = Run::new(&["sign", "--kind", "messages", "--time", NOW]).key(KEY).input("[]").out();
    assert_cause(&header("sessionid", &messages), KEY, &["other_salt"]);
    assert_eq!(hints(&header("messages", &messages), KEY, &[]), (0, vec![]));
    assert_eq!(hints("a:b", KEY, &["--kind", "session"]).1, ["no_time"]);
    // A cookie with another name whose payload is not a session.
    let cookie = |salt| {
        Run::new(&["sign", "--kind", "cookie", "--name", "c", "--salt", salt, "--time", NOW]).key(KEY).input("hi").out()
    };
    assert_eq!(hints(&header("c", &cookie("")), KEY, &[]), (0, vec![]));
    assert_cause(&header("c", &cookie("mine")), KEY, &["other_key"]);
    assert_cause("Cookie: sessionid=abcdefghij0123456789abcdefghij01", KEY, &["session_key"]);
}

/// "1 character", "1 byte" and "1 key" are singular.
#[test]
fn of_one_character() {
    let token = signed("session");
    let (end, signature) = (token.len(), token.rfind(':').unwrap() + 1);
    let changed = format!("{}x{}", &token[..signature], &token[signature + 1..]);
    for (input, sentence) in [
        (&token[..=signature], "The signature has 1 character; SHA-256"),
        (&token[..signature + 2], "The signature has 2 characters; SHA-256"),
        (&token[..end - 1], "The token lacks its last 1 character; the rest"),
        (&token[..end - 2], "The token lacks its last 2 characters; the rest"),
        (&changed, "The signature differs in 1 character; the rest"),
        ("x", "session cookie, 1 byte\n"),
    ] {
        let out = Run::new(&["--time", NOW]).key(KEY).input(input).run().out;
        assert!(out.contains(sentence), "{sentence}: {out}");
    }
    let keys = Run::new(&["keys"]).key("x").run().out;
    assert!(keys.contains("1 character, signs"), "{keys}");
    let size = Run::new(&["size"]).input(r#"{"a":1}"#).out();
    assert!(size.contains("7 bytes of JSON, 1 key\n"), "{size}");
}

/// A key that decrypts is the right one, although no valid signature was found.
#[test]
fn of_encryption() {
    let keys = KeyRing::new(SecretKey::new(KEY).unwrap());
    let at = UNIX_EPOCH + Duration::from_secs(NOW.parse().unwrap());
    let plain = || CookieSessions::new(&keys, CookieOptions::default()).with_clock(Clock::fixed(at));
    let encrypted = || plain().with_encryption(Encryption::new(&keys));
    let token = |sessions: &CookieSessions| {
        let mut session = sessions.load(None);
        session.insert("a", 1).unwrap();
        let cookie = sessions.commit(&session, 200).unwrap().set_cookie.unwrap().into_string();
        cookie.strip_prefix("sessionid=").unwrap().split(';').next().unwrap().to_owned()
    };
    assert_eq!(hints(&token(&plain()), KEY, &[]), (0, vec![]));
    let sealed = token(&encrypted());
    assert!(plain().load(Some(&sealed)).is_empty());
    assert_eq!(hints(&sealed, KEY, &[]), (0, vec!["encrypted".to_owned()]));
    let ran = Run::new(&["--time", NOW]).key(KEY).input(&sealed).run();
    assert!(ran.out.contains("a server without encryption rejects it"), "{}", ran.out);
    let expired = Run::new(&["--json", "--max-age", "9", "--time", "1795613655"]);
    assert_eq!(expired.key(KEY).input(&sealed).run().codes(), ["expired"]);
    let salted = token(&encrypted().with_salt("mine").unwrap());
    for input in [salted.clone(), format!("Cookie: sessionid={salted}")] {
        for args in [&[][..], &["--salt", "theirs"]] {
            assert_eq!(hints(&input, KEY, args), (1, vec!["other_salt".to_owned()]));
            let ran = Run::new(&[&["--time", NOW], args].concat()).key(KEY).input(&input).run();
            assert!(ran.out.starts_with("REJECTED, though a key decrypts this"), "{}", ran.out);
            assert!(ran.out.contains("the key is right") && !ran.out.contains("SECRET_KEY of"), "{}", ran.out);
        }
    }
    assert_eq!(hints(&salted, KEY, &["--salt", "mine"]), (0, vec!["encrypted".to_owned()]));
    let ran = Run::new(&["--time", NOW]).key(KEY).input(format!("{}A", &salted[..salted.len() - 1])).run();
    assert!(ran.out.contains("with_salt in the service") && ran.out.contains("copy the token again"), "{}", ran.out);
    // With another key, nothing is known about it.
    assert_eq!(hints(&salted, "another", &[]), (1, vec!["encrypted".to_owned()]));
    let ran = Run::new(&[]).key("another").input(&salted).run();
    assert!(ran.out.starts_with("REJECTED: no key signed this"), "{}", ran.out);
}

#[test]
fn of_age() {
    let token = signed("session");
    let at = |time: &str, args: &[&str]| {
        let ran = Run::new(&[&["--json", "--time", time], args].concat()).key(KEY).input(&token).run();
        (ran.code, ran.codes())
    };
    // Exactly two weeks, and one second more.
    assert_eq!(at("1796811725", &[]), (0, vec![]));
    assert_eq!(at("1796811726", &[]), (2, vec!["expired".to_owned()]));
    assert_eq!(at("1796811726", &["--max-age", "15d"]), (0, vec![]));
    // More than the 400 days that `CookieOptions` allows, and zero.
    assert_eq!(at("1890000000", &["--max-age", "520w"]), (0, vec![]));
    assert_eq!(at("1795602126", &["--max-age", "0"]), (2, vec!["expired".to_owned()]));
    assert_eq!(at("1795602000", &[]), (0, vec!["clock".to_owned()]));
    let own = Run::new(&["sign", "--time", "1000"]).key(KEY).input(r#"{"_session_expiry":60}"#).out();
    for (time, code) in [("1060", 0), ("1061", 2)] {
        assert_eq!(Run::new(&["--time", time]).key(KEY).input(&own).run().code, code);
    }
    // Django up to 6.1 applies SESSION_COOKIE_AGE, two weeks, to a session whose own expiry is later.
    let own = Run::new(&["sign", "--time", "1000"]).key(KEY).input(r#"{"_session_expiry":2000000}"#).out();
    for (time, args, code, codes) in [
        ("1210600", &[][..], 0, &[][..]),
        ("1210601", &[], 0, &["beyond_cookie_age"]),
        ("1210601", &["--max-age", "15d"], 0, &[]),
        ("1400", &["--max-age", "399"], 0, &["beyond_cookie_age"]),
        ("2001000", &[], 0, &["beyond_cookie_age"]),
        ("2001001", &[], 2, &["expired"]),
    ] {
        let ran = Run::new(&[&["--json", "--time", time], args].concat()).key(KEY).input(&own).run();
        assert_eq!((ran.code, ran.codes()), (code, codes.iter().map(ToString::to_string).collect()), "{time}");
    }
    let stored = ["sign", "--kind", "stored", "--time", "1000"];
    let own = Run::new(&stored).key(KEY).input(r#"{"_session_expiry":2000000}"#).out();
    let ran = Run::new(&["--json", "--time", "1210601", "--kind", "stored"]).key(KEY).input(&own).run();
    assert_eq!((ran.code, ran.codes()), (0, vec![]));
    for (date, code) in [("2026-11-25T13:34:05Z", 0), ("2026-11-25 14:34:04+01:00", 2)] {
        let row = format!(
            r#"[{{"model":"sessions.session","pk":"abcdefgh","fields":{{"session_data":"{}","expire_date":"{date}"}}}}]"#,
            signed("stored")
        );
        let ran = Run::new(&["--json", "--time", NOW]).key(KEY).input(row).run();
        assert_eq!(ran.code, code, "{date}");
        let cause = if code == 0 { "" } else { "The expire_date of its row has passed." };
        assert_eq!(ran.json()["hints"][0]["cause"].as_str().unwrap_or_default(), cause);
    }
}

/// `_session_started` is the time from which `with_absolute_age` counts.
#[test]
fn of_the_beginning() {
    let at = |started: &str, kind: &str| {
        let json = format!(r#"{{"_session_started":{started}}}"#);
        let token = Run::new(&["sign", "--kind", kind, "--time", NOW]).key(KEY).input(json).out();
        let run =
            |args: &[&str]| Run::new(&[args, &["--kind", kind, "--time", NOW]].concat()).key(KEY).input(&token).run();
        let (shown, json) = (run(&[]), run(&["--json"]));
        assert_eq!((shown.code, json.code), (0, 0), "{}", shown.out);
        (shown.out, json.codes())
    };
    for kind in ["session", "stored"] {
        let (shown, codes) = at("1795602125", kind);
        assert!(shown.contains("session    began 2026-11-25 10:22:05Z, 3 h 12 min ago\n"), "{shown}");
        assert_eq!(codes, [""; 0]);
        // Exactly a day, and one second more.
        assert_eq!(at("1795527245", kind).1, [""; 0]);
        let (shown, codes) = at("1795527244", kind);
        assert_eq!(codes, ["started"]);
        assert!(shown.contains("why: The session began 1 d ago: a server whose with_absolute_age"), "{shown}");
    }
    let (shown, codes) = at("1795617245", "session");
    assert!(shown.contains("began 2026-11-25 14:34:05Z, 1 h in the future") && codes.is_empty(), "{shown}");
    for other in ["\"x\"", "null", "[]", "1e9", "12345678901234567890123"] {
        let (shown, codes) = at(other, "session");
        assert!(!shown.contains("began") && codes.is_empty(), "{shown}");
    }
}

/// Tokens that `CookieSessions` rejects for their size, although a key signed them.
#[test]
fn of_size() {
    let keys = KeyRing::new(SecretKey::new(KEY).unwrap());
    let at = UNIX_EPOCH + Duration::from_secs(NOW.parse().unwrap());
    let sessions = CookieSessions::new(&keys, CookieOptions::default()).with_clock(Clock::fixed(at));
    let accepts = |token: &str| !sessions.load(Some(token)).is_empty();
    let json = |len: usize| format!(r#"{{"k":"{}"}}"#, "a".repeat(len - 8));
    let token = |json: String| Run::new(&["sign", "--time", NOW]).key(KEY).input(json).out();
    let (fits, inflates) = (token(json(256 * 1024)), token(json(256 * 1024 + 1)));
    assert!(accepts(&fits) && !accepts(&inflates));
    assert_eq!(hints(&fits, KEY, &[]), (0, vec![]));
    assert_eq!(hints(&inflates, KEY, &[]), (0, vec!["inflates".to_owned()]));
    // Random characters do not compress to less than base64.
    let noise = |len: u64| {
        let mut state = 1_u64;
        let mut digit = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[(state >> 58) as usize])
        };
        (0..len).map(|_| digit()).collect::<String>()
    };
    let lengths: Vec<_> = (7900..8200).step_by(8).map(|len| token(format!(r#"{{"k":"{}"}}"#, noise(len)))).collect();
    assert!(lengths.iter().any(|token| token.len() <= 8192) && lengths.iter().any(|token| token.len() > 8192));
    for token in lengths {
        assert_eq!(accepts(&token), token.len() <= 8192);
        let codes = if token.len() > 8192 { vec!["too_long".to_owned()] } else { vec![] };
        assert_eq!(hints(&token, KEY, &[]), (0, codes.clone()), "{}", token.len());
        // Without a key, a token alone is not known to be a cookie.
        let without = |input: String| Run::new(&["--json", "--time", NOW]).input(input).run().codes();
        assert_eq!(without(format!("Cookie: sessionid={token}")), codes);
        assert_eq!(without(token), [""; 0]);
    }
}

#[test]
fn of_django_versions() {
    let Some(old) = vectors("sessions-1.11.json") else { return };
    let token = old["signed_cookie_sessions"][0]["token"].as_str().unwrap();
    assert_eq!(hints(token, "secret", &[]).1, ["sha1", "expired"]);
    let ran = Run::new(&["keys", "--json", "-"]).key("another").env("SECRET_KEY_FALLBACKS", r#"["secret"]"#);
    assert_eq!(ran.input(token).run().json()["signed_by"], 1);
    let old = vectors("django-4.0.json").unwrap();
    let version = old["signed_cookies"].as_str().unwrap();
    let old = vectors(&format!("django-{version}.json")).unwrap();
    let token = old["signed_cookies"][0]["token"].as_str().unwrap();
    assert_eq!(hints(token, "secret", &["--kind", "cookie", "--name", "c"]), (1, vec!["other_salt".to_owned()]));
    let pickles = vectors("pickles-3.1.json").unwrap();
    let token = pickles["pickle_cookies"][0]["token"].as_str().unwrap();
    let ran = Run::new(&["--json", "--time", "1700000000"]).key("secret").input(token).run();
    assert_eq!((ran.code, ran.codes()), (0, vec!["pickle".to_owned()]));
    let sealed = vectors("sealed.json").unwrap();
    for vector in sealed["vectors"].as_array().unwrap() {
        let (token, key) = (vector["token"].as_str().unwrap(), vector["secret_key"].as_str().unwrap());
        let ran = Run::new(&["--json", "--time", "1790000000"]).key(key).input(token).run();
        assert_eq!((ran.code, ran.json()["encrypted"].as_bool()), (0, Some(true)), "{}", ran.out);
        let ran = Run::new(&["--json", "--time", "1790000000"]).key("another").input(token).run();
        assert_eq!((ran.code, ran.codes()), (1, vec!["encrypted".to_owned()]));
    }
}

/// Rows as database clients print them.
#[test]
fn of_rows() {
    let (key, expires, data) = ("abcdefghij0123456789abcdefghij01", "2026-12-09 10:22:05+00", signed("stored"));
    for row in [
        format!(" {key} | {data} | {expires}\n(1 row)\n"),
        format!("{key}|{data}|2026-12-09 10:22:05\n"),
        format!("\"{key}\",\"{data}\",\"{expires}\"\n"),
        format!("{key}\t{data}\t{expires}\n"),
        format!("-[ RECORD 1 ]+---\nsession_key  | {key}\nsession_data | {data}\nexpire_date  | {expires}\n"),
        format!(" session_key: {key}\nsession_data: {data}\n expire_date: 2026-12-09 10:22:05.000000\n"),
        format!(" session_key = {key}\nsession_data = {data}\n expire_date = 2026-12-09 10:22:05.123456\n"),
    ] {
        let ran = Run::new(&["--json", "--time", NOW]).key(KEY).input(&row).run();
        let json = ran.json();
        assert_eq!((ran.code, json["input"].as_str()), (0, Some("row")), "{row}{}", ran.out);
        assert_eq!(json["expires_at"], 1_796_811_725, "{row}");
    }
}

/// `curl -v` of a logout shows the cookie that the browser sent, and the header that deletes it.
#[test]
fn of_deleted_cookies() {
    let token = signed("session");
    let deletion = "sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax";
    let inspect = |input: &str| {
        let ran = Run::new(&["--json", "--time", NOW]).key(KEY).input(input).run();
        (ran.code, ran.codes(), ran.json()["input"].as_str().unwrap().to_owned())
    };
    let deleted = || vec!["deleted".to_owned()];
    for header in [
        format!("Set-Cookie: {deletion}"),
        format!("< set-cookie: {deletion}"),
        deletion.to_owned(),
        "Set-Cookie: sessionid=; Max-Age=0".to_owned(),
        "Set-Cookie: sessionid=\"\"; Max-Age=-1; Path=/".to_owned(),
        "Set-Cookie: sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/".to_owned(),
    ] {
        assert_eq!(inspect(&header), (1, deleted(), "set_cookie_header".to_owned()), "{header}");
        let ran = Run::new(&["--json"]).input(&header).run();
        assert_eq!((ran.code, ran.codes()), (3, deleted()));
        let ran = Run::new(&[]).key(KEY).input(&header).run();
        assert!(!ran.out.contains("no key signed") && ran.out.contains("why: The server deletes"), "{}", ran.out);
    }
    let logout = format!("> Cookie: sessionid={token}\n>\n< HTTP/1.1 302 Found\n< Set-Cookie: {deletion}\n");
    assert_eq!(inspect(&logout), (0, deleted(), "cookie_header".to_owned()));
    // The cookie is set again, so it is not deleted, and the cookie of the request does not count as one of several.
    let fresh =
        format!("> Cookie: sessionid=x\n< Set-Cookie: {deletion}\n< Set-Cookie: sessionid={token}; Max-Age=9\n");
    assert_eq!(inspect(&fresh), (0, vec![], "set_cookie_header".to_owned()));
    let other = format!("> Cookie: sessionid={token}\n< Set-Cookie: sessionid=planted; Path=/\n");
    assert!(!inspect(&other).1.contains(&"several_cookies".to_owned()));
}

#[test]
fn of_curl_options() {
    let token = signed("session");
    let input = |line: String| Run::new(&["--json", "--time", NOW]).key(KEY).input(line).run().json()["input"].clone();
    assert_eq!(input(format!("curl -H 'Cookie: sessionid={token}' http://x/")), "curl");
    assert_eq!(input(format!("-H 'Cookie: sessionid={token}'")), "curl");
    assert_eq!(input(format!("Cookie: x-Hy=1; sessionid={token}")), "cookie_header");
}

/// Without a key, a token is repaired before it is decoded.
#[test]
fn of_forms_without_a_key() {
    let token = signed("session");
    let inspect = |input: &str| {
        let ran = Run::new(&["--json", "--time", NOW]).input(input).run();
        (ran.code, ran.codes(), ran.json()["data"]["_auth_user_id"].as_str().map(ToOwned::to_owned))
    };
    for (input, codes) in [
        (token.clone(), &[][..]),
        (format!("\"{token}\""), &["quotes"]),
        (token.replace(':', "%3A"), &["percent_encoding"]),
        (format!("%22{}%22", token.replace(':', "%3a")), &["percent_encoding", "quotes"]),
        (format!("b'{token}'"), &["bytes_literal"]),
        (format!("{}\n  {}", &token[..60], &token[60..]), &["white_space"]),
        (format!("{}\n{}", &token[..token.len() - 9], &token[token.len() - 9..]), &["white_space"]),
        (format!("Cookie: sessionid=\"{token}\""), &["quotes"]),
    ] {
        let codes = codes.iter().map(ToString::to_string).collect();
        assert_eq!(inspect(&input), (3, codes, Some("7".to_owned())), "{input}");
        assert_eq!(Run::new(&["size"]).input(&input).run().code, 0, "{input}");
    }
    // For a text that cannot be a token, white space and quotes are not reported.
    for input in ["hello, world", "\"hello\"", "50% off"] {
        assert_eq!(inspect(input), (3, vec!["unknown_form".to_owned()], None));
        assert_cause(input, KEY, &["unknown_form"]);
    }
    // White space in the value of a signed cookie is not reported either.
    let cookie = ["--kind", "cookie", "--name", "c"];
    let signed = Run::new(&[&["sign"][..], &cookie].concat()).key(KEY).input("a b").out();
    let ran = Run::new(&[&["--json"][..], &cookie].concat()).input(&signed).run();
    assert_eq!((ran.code, ran.codes(), ran.json()["data"].as_str()), (3, vec![], Some("a b")));
}

/// The hint for a token that is too long to be tried under other salts does not claim that it was.
#[test]
fn of_long_tokens() {
    let json =
        format!(r#"{{"k":[{}]}}"#, (0..30_000).map(|n| (n * 7919 % 30_011).to_string()).collect::<Vec<_>>().join(","));
    let token = Run::new(&["sign"]).key("another").input(&json).out();
    assert!(token.len() > 65_536);
    let cause = |token: &str| {
        let ran = Run::new(&["--json"]).key(KEY).input(token).run();
        assert_eq!((ran.code, ran.codes()), (1, vec!["other_key".to_owned()]));
        ran.json()["hints"][0]["cause"].as_str().unwrap().to_owned()
    };
    assert!(cause(&token).ends_with("as this kind. It is too long to try other salts."));
    let short = Run::new(&["sign"]).key("another").input("{}").out();
    assert!(cause(&short).ends_with("under any salt of Django's."));
}

/// Rows of the cookie table in a browser's developer tools.
#[test]
fn of_developer_tools() {
    let token = signed("session");
    for row in [
        format!("sessionid\t{token}\texample.org\t/\t2026-12-09T10:22:05.000Z\t264\t✓\t\tLax\t\t\tMedium"),
        format!(
            "csrftoken\txyz\tlocalhost\t/\t2027-11-24T10:22:05.000Z\t41\nsessionid\t{token}\tlocalhost\t/\tSession\t264"
        ),
        format!("sessionid\t{token}"),
        format!("mysession\t{token}\t2026-12-09T10:22:05.000Z"),
    ] {
        let ran = Run::new(&["--json", "--time", NOW]).key(KEY).input(&row).run();
        let json = ran.json();
        assert_eq!(
            (ran.code, json["kind"].as_str(), json["input"].as_str()),
            (0, Some("session"), Some("cookie")),
            "{row}"
        );
    }
}
