//! Sessions in a cache, and cookies of `PickleSerializer`. (`tests/pickle` compares random sessions with Python, and
//! `tests/memory` measures the cost of hostile pickles.)
#![cfg(feature = "pickle")]
#![allow(clippy::needless_pass_by_value, reason = "results are passed as they are returned")]

mod common;

use std::error::Error as _;
use std::iter;
use std::time::{Duration, SystemTime};

use common::json::{Json, any_json};
use common::{Hex, algorithm, clock, json_of, ring, vectors};
use django_session::{
    CachedSessions, Clock, CookieOptions, CookieSessions, DecodeError, EncodeError, Expiry, KeyRing, PickleSerializer,
    SecretKey, Serializer, Session, SessionKey, SetCookie, StoredChange, StoredCommit, StoredRow, StoredSessions,
    Unstamped,
};
use proptest::prelude::*;
use serde::Deserialize;
use time::OffsetDateTime;

/// A value that Python pickled: its JSON text, or the name of its type.
#[derive(Deserialize)]
struct Pickled {
    python: String,
    json: Option<String>,
    #[serde(rename = "type")]
    python_type: Option<String>,
}

fn decode(pickle: &[u8]) -> Result<Session, DecodeError> {
    CachedSessions::new(CookieOptions::default()).decode(pickle)
}

fn sessionid() -> CookieOptions {
    CookieOptions::builder("sessionid").build().unwrap()
}

fn encode(session: &Session) -> Vec<u8> {
    CachedSessions::new(CookieOptions::default()).encode(session).unwrap()
}

/// Returns the type of a value that JSON cannot represent.
#[expect(clippy::needless_pass_by_value, reason = "results are passed as they are returned")]
fn beyond_json<T>(read: Result<T, DecodeError>) -> Option<String> {
    match read {
        Err(DecodeError::BeyondJson { python_type }) => Some(python_type.to_string()),
        _ => None,
    }
}

fn python_type(session: &Session, key: &str) -> Option<String> {
    beyond_json(session.get::<serde_json::Value>(key))
}

#[expect(clippy::needless_pass_by_value, reason = "results are passed as they are returned")]
fn refusal<T>(read: Result<T, DecodeError>) -> &'static str {
    match read {
        Err(DecodeError::Deserialize { reason }) => reason,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it is accepted"),
    }
}

/// Returns a pickle of protocol 4 with these opcodes.
fn pickle(opcodes: &[&[u8]]) -> Vec<u8> {
    [b"\x80\x04", &opcodes.concat()[..], b"."].concat()
}

/// Reads the session `{"k": value}`, whose value these opcodes create.
fn session_of(opcodes: &[u8]) -> Result<Session, DecodeError> {
    decode(&pickle(&[b"}\x8c\x01k", opcodes, b"s"]))
}

#[test]
fn what_django_caches() {
    #[derive(Deserialize)]
    struct Vector {
        #[serde(flatten)]
        value: Pickled,
        pickle: Hex,
    }
    let (mut read, mut beyond) = (0, 0);
    for group in ["cached_sessions", "protocols"] {
        for (django, Vector { value, pickle }) in vectors::<Vector>("pickles", group) {
            let what = format!("Django {django}, {group}: {}", value.python);
            let mut session = decode(&pickle.0).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(session.keys().collect::<Vec<_>>(), ["k"], "{what}");
            assert_eq!(session.get_json("k"), value.json.as_deref(), "{what}");
            assert_eq!(python_type(&session, "k"), value.python_type, "{what}");
            if value.json.is_some() {
                read += 1;
                let again = encode(&session);
                assert_eq!(json_of(&decode(&again).unwrap()), json_of(&session), "{what}");
            } else {
                beyond += 1;
                let rejected = CachedSessions::new(CookieOptions::default()).encode(&session).unwrap_err();
                assert_eq!(rejected.to_string(), r#"session value cannot be written: "k""#, "{what}");
                assert!(rejected.source().unwrap().to_string().ends_with(&value.python_type.unwrap()), "{what}");
                assert!(session.remove("k"));
                assert_eq!(encode(&session), b"\x80\x04}.");
            }
        }
    }
    assert!(read > 1500 && beyond > 1000, "{read} and {beyond}");
}

#[test]
fn keys_in_the_cache() {
    #[derive(Deserialize)]
    struct Vector {
        engine: String,
        prefix: String,
        version: u32,
        session_key: String,
        cache_key: String,
    }
    for (django, vector) in vectors::<Vector>("pickles", "cache_keys") {
        let sessions = match &*vector.engine {
            "cache" => CachedSessions::new(CookieOptions::default()),
            _ => CachedSessions::new(CookieOptions::default()).with_cached_db(),
        };
        let key = SessionKey::parse(&vector.session_key).unwrap();
        assert_eq!(sessions.cache_key(&vector.prefix, vector.version, &key), vector.cache_key, "{django}");
    }
}

#[test]
fn cookies_of_pickle_serializer() {
    #[derive(Deserialize)]
    struct Vector {
        #[serde(flatten)]
        value: Pickled,
        key_hex: Hex,
        time: f64,
        token: String,
    }
    let (mut read, mut beyond) = (0, 0);
    for (django, Vector { value, key_hex, time, token }) in vectors::<Vector>("pickles", "pickle_cookies") {
        let what = format!("Django {django}: {}", value.python);
        let mut json = CookieSessions::new(&ring(&key_hex.0), sessionid()).with_clock(clock(time));
        let mut pickled = CookieSessions::new(&ring(&key_hex.0), sessionid()).with_clock(clock(time));
        if matches!(django, "1.11" | "2.2" | "3.0") {
            let Some(sha1) = algorithm("sha1") else { continue };
            (json, pickled) = (json.with_legacy_algorithm(sha1), pickled.with_legacy_algorithm(sha1));
        }
        let pickled = pickled.with_serializer(PickleSerializer);
        assert!(json.try_load(&token).is_err(), "{what}");
        let Some(expected) = value.json else {
            assert_eq!(beyond_json(pickled.try_load(&token)), value.python_type, "{what}");
            beyond += 1;
            continue;
        };
        let mut session = pickled.try_load(&token).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(session.get_json("k"), Some(&*expected), "{what}");
        session.mark_modified();
        assert!(matches!(pickled.commit(&session, 200), Err(EncodeError::ReadOnly)), "{what}");
        // A migration: a session that was read from a pickle is written as JSON.
        let written = common::written(&json.commit(&session, 200).unwrap()).unwrap();
        assert_eq!(json_of(&json.try_load(&written).unwrap()), json_of(&session), "{what}");
        read += 1;
    }
    assert!(read > 60 && beyond > 60, "{read} and {beyond}");
}

#[test]
fn pickle_serializer_reads_any_type_and_writes_none() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Read {
        name: String,
        n: Vec<u16>,
    }
    let pickle = b"\x80\x02}q\0(X\x04\0\0\0nameq\x01X\x03\0\0\0Adaq\x02X\x01\0\0\0nq\x03]q\x04(K\x01M\0\x01eu.";
    let read: Read = PickleSerializer.loads(pickle).unwrap();
    assert_eq!(read, Read { name: "Ada".to_owned(), n: vec![1, 256] });
    assert_eq!(PickleSerializer.loads::<u8>(b"\x80\x05K\x07."), Ok(7));
    assert_eq!(refusal(PickleSerializer.loads::<u8>(pickle)), "JSON is not of the requested type");
    assert_eq!(refusal(PickleSerializer.loads::<&str>(b"\x80\x05\x8c\x01a.")), "JSON is not of the requested type");
    assert_eq!(beyond_json(PickleSerializer.loads::<[u8; 1]>(b"\x80\x05K\x07\x85.")).as_deref(), Some("tuple"));
    assert_eq!(refusal(PickleSerializer.loads::<u8>(b"7")), "not a pickle of protocol 2 to 5");
    let mut out = Vec::new();
    assert!(matches!(PickleSerializer.dumps(&7, &mut out), Err(EncodeError::ReadOnly)));
    assert!(matches!(PickleSerializer.dumps_json("7", &mut out), Err(EncodeError::ReadOnly)));
    assert!(out.is_empty());
}

/// `{"a": 1, "when": date(2026, 11, 25), "b": [(1,)], "c": "x"}`
const MIXED: &[u8] = b"\x80\x05}(\x8c\x01aK\x01\x8c\x04when\x8c\x08datetime\x8c\x04date\x93C\x04\x07\xea\x0b\x19\x85R\
    \x8c\x01b]K\x01\x85a\x8c\x01c\x8c\x01xu.";

#[test]
fn a_value_beyond_json_spoils_its_own_key() {
    let sessions = CachedSessions::new(CookieOptions::default());
    let mut session = sessions.decode(MIXED).unwrap();
    assert_eq!(session.keys().collect::<Vec<_>>(), ["a", "when", "b", "c"]);
    assert_eq!((session.keys().len(), session.len(), session.iter().len()), (4, 4, 2));
    let items: Vec<_> = session.iter().collect();
    assert_eq!(items, [("a".into(), "1"), ("c".into(), "\"x\"")]);
    assert!(session.contains_key("when") && session.get_json("when").is_none());
    assert_eq!(python_type(&session, "when").as_deref(), Some("datetime.date"));
    assert_eq!(python_type(&session, "b").as_deref(), Some("tuple"));
    let error = session.get::<String>("when").unwrap_err();
    assert_eq!(format!("{error:?}"), r#"BeyondJson { python_type: PythonType("datetime.date") }"#);
    assert!(beyond_json(session.take::<String>("when")).is_some() && session.contains_key("when"));
    assert!(matches!(
        session.get_or_insert_with("b", || 1),
        Err(EncodeError::Occupied(DecodeError::BeyondJson { .. }))
    ));
    assert!(!session.is_modified(), "nothing was changed");

    // No kind of sessions writes it.
    session.mark_modified();
    let cookies = CookieSessions::new(&ring("secret"), sessionid());
    let rows = StoredSessions::new(&ring("secret"), CookieOptions::default());
    for rejected in [
        sessions.encode(&session).unwrap_err(),
        CachedSessions::new(CookieOptions::default()).with_json().encode(&session).unwrap_err(),
        cookies.commit(&session, 200).unwrap_err(),
        rows.encode(&session).unwrap_err(),
        #[cfg(feature = "legacy")]
        rows.encode_legacy(&session).unwrap_err(),
    ] {
        assert_eq!(rejected.to_string(), r#"session values cannot be written: "when" and 1 more"#);
        let EncodeError::Unreadable { key: Some(key), reason, others: 1 } = &rejected else { panic!("{rejected:?}") };
        assert_eq!((&**key, beyond_json::<()>(Err(**reason)).as_deref()), ("when", Some("datetime.date")));
    }

    // It can be written after these values are removed or replaced.
    assert!(session.remove("when"));
    assert_eq!(sessions.encode(&session).unwrap_err().to_string(), r#"session value cannot be written: "b""#);
    session.insert("b", [[1]]).unwrap();
    assert_eq!(sessions.encode(&session).unwrap(), b"\x80\x04}(\x8c\x01aK\x01\x8c\x01b](](K\x01ee\x8c\x01c\x8c\x01xu.");
}

#[test]
fn a_key_that_is_no_text() {
    // {"a": 1, 7: 2, "b": 3}, and a key of two separate surrogates
    for (key, name) in [
        (&b"K\x07"[..], "dict with non-text keys"),
        (b"N", "dict with non-text keys"),
        (b")", "dict with non-text keys"),
        (b"]", "dict with non-text keys"),
        (b"\x8c\x06\xed\xa0\xbd\xed\xb8\x80", "str with separate surrogates"),
    ] {
        let mut session = decode(&pickle(&[b"}(\x8c\x01aK\x01", key, b"K\x02\x8c\x01bK\x03u"])).unwrap();
        assert_eq!(json_of(&session), [("a".into(), "1".into()), ("b".into(), "3".into())]);
        session.remove("a");
        session.remove("b");
        assert!(!session.is_empty());
        let rejected = CachedSessions::new(CookieOptions::default()).encode(&session).unwrap_err();
        assert_eq!(rejected.to_string(), "session has a key that cannot be written");
        let EncodeError::Unreadable { key: None, reason, others: 0 } = rejected else { panic!("{rejected:?}") };
        assert_eq!(beyond_json::<()>(Err(*reason)).as_deref(), Some(name));
        session.flush();
        assert_eq!(encode(&session), b"\x80\x04}.");
    }
}

/// The type of the outermost value is reported, for example of a tuple, not of a list in it.
#[test]
fn types_beyond_json() {
    for (opcodes, name) in [
        (&b"(t"[..], "tuple"),
        (b"](](K\x01\x8fee", "set"),
        (b"](])\x8fe", "tuple"),
        (b"]\x8fa\x85", "tuple"),
        (b"}K\x01\x8fs", "dict with non-text keys"),
        (b"(K\x01\x91", "frozenset"),
        (b"c__builtin__\nset\n]\x85R", "set"),
        (b"c__builtin__\nxrange\n)R", "range"),
        (b"cexceptions\nValueError\n)R", "ValueError"),
        (b"c_codecs\nencode\n\x8c\x01a\x8c\x06latin1\x86R", "bytes"),
        (b"c_codecs\nencode\n", "_codecs.encode"),
        (b"ccopy_reg\n_reconstructor\n)R", "copyreg._reconstructor"),
        (b"\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R", "os.system"),
        (b"\x8c\x02os\x8c\x06system\x93", "os.system"),
        // Instances of a class, created by different opcodes.
        (b"\x8c\x01m\x8c\x01C\x93)\x81}b", "m.C"),
        (b"\x8c\x01m\x8c\x01C\x93)}\x92}b", "m.C"),
        (b"\x8c\x01m\x8c\x01f\x93)R)\x81", "m.f"),
        (b"\x8c\x01m\x8c\x01C\x93)RK\x01a(K\x01K\x02e\x8c\x01aK\x01s(\x8c\x01aK\x01u(K\x01\x90", "m.C"),
        // Long names are cut, and characters that are not printable are replaced.
        (b"cm\nC\x1b[31m\n", "m.C?[31m"),
        ("c\u{e9}\nC\n".as_bytes(), "??.C"),
        (
            b"capplication.with.a.long.path.to.its.models.which.has.no.end\nOrder.Line\n",
            "...th.to.its.models.which.has.no.end.Order.Line",
        ),
        (b"\x96\x01\0\0\0\0\0\0\0a", "bytearray"),
        (b"B\x01\0\0\0a", "bytes"),
        (b"\x8e\x01\0\0\0\0\0\0\0a", "bytes"),
        (b"\x8c\x06\xed\xa0\xbd\xed\xb8\x80", "str with separate surrogates"),
        (b"}\x8c\x06\xed\xa0\xbd\xed\xb8\x80K\x01s", "str with separate surrogates"),
    ] {
        let found = python_type(&session_of(opcodes).unwrap(), "k").unwrap();
        assert_eq!(found, name, "{}", opcodes.escape_ascii());
        assert!(found.len() <= 47);
    }
}

/// A pickle that Python 2.7.18 wrote with `cPickle.dumps(…, 2)`: text as bytes, and wide integers in decimal.
#[test]
fn a_pickle_of_python_2() {
    let pickle = b"\x80\x02}(U\x01aU\x04textX\x01\0\0\0bX\x02\0\0\0\xc3\xa9U\x01mI-2147483649\nU\x01nI1099511627776\n\
        U\x01l\x8a\x09\0\0\0\0\0\0\0\0@U\x03rawU\x01\xffU\x04whencdatetime\ndate\nU\x04\x07\xea\x0b\x19\x85R\
        U\x04longc__builtin__\nlong\nU\x01uc__builtin__\nunicode\nU\x04tallT\x01\0\0\0xu.";
    let session = decode(pickle).unwrap();
    let plain = [
        ("a", "\"text\""),
        ("b", "\"\\u00e9\""),
        ("m", "-2147483649"),
        ("n", "1099511627776"),
        ("l", "1180591620717411303424"),
        ("tall", "\"x\""),
    ];
    assert_eq!(json_of(&session), plain.map(|(key, json)| (key.to_owned(), json.to_owned())));
    for (key, name) in [("raw", "bytes"), ("when", "datetime.date"), ("long", "int"), ("u", "str")] {
        assert_eq!(python_type(&session, key).as_deref(), Some(name));
    }
    // Python 3 reads a `str` of Python 2 as text only if it is ASCII.
    let utf_8 = session_of(b"U\x02\xc3\xa9").unwrap();
    assert_eq!(python_type(&utf_8, "k").as_deref(), Some("bytes"));
}

/// As in a Python dict, a duplicate key has the position of the first and the value of the last.
#[test]
fn a_key_twice() {
    let session = decode(&pickle(&[b"}(\x8c\x01aK\x01\x8c\x01bK\x02\x8c\x01aK\x03u\x8c\x01bNs"])).unwrap();
    assert_eq!(json_of(&session), [("a".into(), "3".into()), ("b".into(), "null".into())]);
    let session = session_of(b"}(\x8c\x01aK\x01\x8c\x01bK\x02\x8c\x01a)u(\x8c\x01aK\x04u").unwrap();
    assert_eq!(session.get_json("k"), Some(r#"{"a":4,"b":2}"#));
    // JSON preserves both. Written as a pickle, they are one key.
    let session = decode(br#"{"a":1,"b":[{"x":1,"x":2}],"a":3}"#).unwrap();
    let again = decode(&encode(&session)).unwrap();
    assert_eq!(json_of(&again), [("a".into(), "3".into()), ("b".into(), r#"[{"x":2}]"#.into())]);
}

/// `POP` removes a mark if there is nothing above it, as in Python.
#[test]
fn pop() {
    assert_eq!(session_of(b"](0").unwrap().get_json("k"), Some("[]"));
    assert_eq!(session_of(b"](N00").unwrap().get_json("k"), Some("[]"));
}

#[test]
fn references_are_copies() {
    // l = [1]; {"k": [l, l], "again": l}, with memo indexes that leave gaps; l grows after it was first referred to.
    let session = decode(&pickle(&[
        b"}(\x8c\x01k](]q\x07K\x01ah\x07e\x8c\x05againh\x07r\xff\xff\xff\xffj\xff\xff\xff\xff0K\x02au",
    ]));
    let session = session.unwrap();
    assert_eq!(json_of(&session), [("k".into(), "[[1,2],[1,2]]".into()), ("again".into(), "[1,2]".into())]);
    // Frames may end anywhere. DUP, POP and POP_MARK work.
    let session = session_of(b"\x95\x01\0\0\0\0\0\0\0](K\x01K\x0020(K\x03(K\x0411e").unwrap();
    assert_eq!(session.get_json("k"), Some("[1,0]"));
    // A value that contains itself is nested without end.
    for circle in [&b"]\x94h\0a"[..], b"]\x94(h\0h\0h\0e", b"}\x94\x8c\x01a]h\0as", b"}\x94(\x8c\x01ah\0\x8c\x01bh\0u"]
    {
        let found = python_type(&session_of(circle).unwrap(), "k");
        assert_eq!(found.as_deref(), Some("nested more than 1024 levels deep"), "{}", circle.escape_ascii());
    }
    let session = decode(&pickle(&[b"}\x94(\x8c\x01kh\0\x8c\x01aK\x01u"])).unwrap();
    assert_eq!((python_type(&session, "k").is_some(), session.get("a").unwrap()), (true, Some(1)));
}

#[test]
fn not_the_pickle_of_a_session() {
    for (bytes, reason) in [
        (&b""[..], "not a JSON object"),
        (b"(dp0\nS'a'\np1\nI1\ns.", "not a JSON object"), // protocol 0
        (b"}q\0U\x01aq\x01K\x01s.", "not a JSON object"), // protocol 1
        (b"[1]", "not a JSON object"),
        (b"\xff", "not UTF-8"),
        (b"\x80", "not a pickle of protocol 2 to 5"),
        (b"\x80\x01}.", "not a pickle of protocol 2 to 5"),
        (b"\x80\x06}.", "not a pickle of protocol 2 to 5"),
        (b"\x80\x04", "pickle data was truncated"),
        (b"\x80\x04}", "pickle data was truncated"),
        (b"\x80\x04.", "pickle does not leave exactly one value on the stack"),
        (b"\x80\x04}}.", "pickle does not leave exactly one value on the stack"),
        (b"\x80\x04(}.", "pickle does not leave exactly one value on the stack"),
        (b"\x80\x04}(.", "pickle does not leave exactly one value on the stack"),
        (b"\x80\x04}..", "pickle has trailing bytes"),
        (b"\x80\x04].", "pickled value is not a dict"),
        (b"\x80\x04K\x07.", "pickled value is not a dict"),
        (b"\x80\x04ccollections\nOrderedDict\n)R.", "pickled value is not a dict"),
        // Errors of the stack, the memo, a length or a type.
        (b"\x80\x04}s.", "pickle stack underflow"),
        (b"\x80\x04}K\x01(s.", "pickle stack underflow"),
        (b"\x80\x040.", "pickle stack underflow"),
        (b"\x80\x04t.", "pickle stack underflow"),
        (b"\x80\x04\x94.", "pickle stack underflow"),
        (b"\x80\x04}(K\x01u.", "pickle has a dict key without a value"),
        (b"\x80\x04}h\0.", "pickle refers to a missing memo entry"),
        (b"\x80\x04}j\xff\xff\xff\xff.", "pickle refers to a missing memo entry"),
        (b"\x80\x04}K\x01a.", "pickle applies an opcode to a value of the wrong type"),
        (b"\x80\x04]K\x01K\x02s.", "pickle applies an opcode to a value of the wrong type"),
        (b"\x80\x04}(K\x01\x90.", "pickle applies an opcode to a value of the wrong type"),
        (b"\x80\x04}}b.", "pickle applies an opcode to a value of the wrong type"),
        (b"\x80\x04})R.", "pickle applies an opcode to a value of the wrong type"),
        (b"\x80\x04K\x01K\x02\x93.", "pickle applies an opcode to a value of the wrong type"),
        (b"\x80\x04\x8c\x01\xff.", "pickle has text that is not UTF-8"),
        (b"\x80\x04\x8c\x02\xed\xa0.", "pickle has text that is not UTF-8"),
        (b"\x80\x04I+1\n.", "pickle has a malformed integer"),
        (b"\x80\x04I0x10\n.", "pickle has a malformed integer"),
        (b"\x80\x04I1", "pickle data was truncated"),
        (b"\x80\x04\x8b\xff\xff\xff\xff.", "pickle has a negative length"),
        (b"\x80\x04T\xff\xff\xff\xff.", "pickle has a negative length"),
        (b"\x80\x04\x8b\xff\xff\xff\x7f.", "pickle data was truncated"),
        (b"\x80\x04\x95\x04\0\0\0\0\0\0\0}..", "pickle data was truncated"),
        (b"\x80\x04}\x8c\x0f_session_expiry\x8c\x04soons.", "_session_expiry is neither seconds nor a date"),
    ] {
        assert_eq!(refusal(decode(bytes)), reason, "{}", bytes.escape_ascii());
    }
    // Lengths of 2⁴⁰ and 2⁶⁴ - 1 without data.
    for opcode in [0x8d, 0x8e, 0x95, 0x96] {
        for len in [1 << 40, u64::MAX] {
            let bytes = [&[0x80, 5, opcode][..], &len.to_le_bytes(), b"abc."].concat();
            assert_eq!(refusal(decode(&bytes)), "pickle data was truncated");
        }
    }
}

/// Opcodes that use the extension registry or persistent objects of a process, or that belong to protocols 0 and 1, are
/// rejected.
#[test]
fn opcodes_that_are_not_read() {
    let read =
        b"(012.hjqr\x94N\x88\x89IJKM\x8a\x8bG\x8cX\x8dUT]ae}suCB\x8e\x96)t\x85\x86\x87\x8f\x90\x91c\x93R\x81\x92b\x95";
    let mut rejected = Vec::new();
    for opcode in 0..=u8::MAX {
        let bytes = [&[0x80, 5, opcode][..], &[b'0'; 20], b"\n.\n."].concat();
        if refusal(decode(&bytes)) == "pickle has an unsupported opcode" {
            rejected.push(opcode);
        }
    }
    let expected: Vec<u8> = (0..=u8::MAX).filter(|opcode| !read.contains(opcode)).collect();
    assert_eq!(rejected, expected);
    for dangerous in b"PQ\x82\x83\x84io\x97\x98FLSVlgpd\x80" {
        assert!(rejected.contains(dangerous), "{dangerous:#x}");
    }
}

#[test]
fn json_in_the_cache() {
    let sessions = CachedSessions::new(CookieOptions::default()).with_json();
    // JSON as django-redis' JSONSerializer writes it, with UTF-8.
    let session =
        sessions.decode("{\"a\": [1, 2.50, NaN], \"\u{e9}\": \"\u{1f511}\", \"s\": \"\\ud800\"}".as_bytes()).unwrap();
    let written = sessions.encode(&session).unwrap();
    assert_eq!(written, br#"{"a":[1, 2.50, NaN],"\u00e9":"\ud83d\udd11","s":"\ud800"}"#);
    let again = decode(&encode(&session)).unwrap();
    assert_eq!(sessions.encode(&again).unwrap(), br#"{"a":[1,2.5,NaN],"\u00e9":"\ud83d\udd11","s":"\ud800"}"#);
    // Numbers are as Python reads them: -0 is 0, and numbers beyond the range of floats are infinite.
    let session = decode(br#"{"a":[-0,-0.0,1E2,1e999,-1e-999]}"#).unwrap();
    assert_eq!(decode(&encode(&session)).unwrap().get_json("a"), Some("[0,-0.0,100.0,Infinity,-0.0]"));
    // An escape that is no surrogate, before another escape.
    let session = decode(br#"{"a":"\uffff\u0041"}"#).unwrap();
    assert_eq!(decode(&encode(&session)).unwrap().get("a").unwrap(), Some("\u{ffff}A".to_owned()));
}

#[test]
fn expiry() {
    let sessions =
        CachedSessions::new(CookieOptions::builder("sessionid").max_age(Duration::from_secs(60)).build().unwrap());
    let now = SystemTime::now();
    assert_eq!(sessions.decode(b"\x80\x04}.").unwrap().expiry_age(now).whole_seconds(), 60);
    let session = sessions.decode(b"\x80\x04}\x8c\x0f_session_expiryK\x07s.").unwrap();
    assert_eq!(session.expiry_age(now).whole_seconds(), 7);
    // Django before 4.1 stored dates as datetime objects.
    let date = b"\x80\x04}\x8c\x0f_session_expirycdatetime\ndatetime\nC\x0a\x07\xea\x0b\x19\x0a\0\0\0\0\0\x85Rs.";
    let session = sessions.decode(date).unwrap();
    assert_eq!((session.expiry(), session.expiry_age(now).whole_seconds()), (None, 60));
    assert_eq!(python_type(&session, "_session_expiry").as_deref(), Some("datetime.datetime"));
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// The limits of reading and writing are the same.
#[test]
fn limits() {
    // 1024 levels.
    let open = |depth: usize| [&b"]".repeat(depth)[..], &b"a".repeat(depth - 1)].concat();
    assert_eq!(session_of(&open(1024)).unwrap().get_json("k").unwrap(), nested(1024));
    assert_eq!(python_type(&session_of(&open(1025)).unwrap(), "k").unwrap(), "nested more than 1024 levels deep");
    let json = |value: &str| decode(format!(r#"{{"k":{value}}}"#).as_bytes());
    let session = json(&nested(1024)).unwrap();
    assert_eq!(json_of(&decode(&encode(&session)).unwrap()), json_of(&session));
    assert!(json(&nested(1025)).is_err());

    // 65,536 values and keys.
    let flat = |values: usize| json(&format!("[{}0]", "0,".repeat(values - 4)));
    let session = flat(65_536).unwrap();
    assert_eq!(json_of(&decode(&encode(&session)).unwrap()), json_of(&session));
    let rejected = CachedSessions::new(CookieOptions::default()).encode(&flat(65_537).unwrap()).unwrap_err();
    assert_eq!(rejected.source().unwrap().to_string(), "more than 65536 values");

    // 65,536 memo entries, all of `None`.
    let memorized = |entries: u32| {
        let puts = (0..entries).flat_map(|index| [&[b'r'][..], &index.to_le_bytes()].concat());
        session_of(&iter::once(b'N').chain(puts).collect::<Vec<u8>>())
    };
    assert_eq!(memorized(65_536).unwrap().get_json("k"), Some("null"));
    assert_eq!(refusal(memorized(65_537)), "more than 65536 memo entries");

    // 4300 digits.
    for sign in ["", "-"] {
        let session = json(&format!("{sign}{}", "9".repeat(4300))).unwrap();
        assert_eq!(json_of(&decode(&encode(&session)).unwrap()), json_of(&session));
        let session = json(&format!("{sign}1{}", "0".repeat(4300))).unwrap();
        let rejected = CachedSessions::new(CookieOptions::default()).encode(&session).unwrap_err();
        assert_eq!(rejected.source().unwrap().to_string(), "integer has more than 4300 digits");
    }
    // 32 KiB of integers beyond 64 bits: 18 of 4300 digits.
    let wide = |count: usize| json(&format!("[{}0]", format!("{},", "9".repeat(4300)).repeat(count))).unwrap();
    assert_eq!(json_of(&decode(&encode(&wide(18))).unwrap()), json_of(&wide(18)));
    let rejected = CachedSessions::new(CookieOptions::default()).encode(&wide(19)).unwrap_err();
    assert_eq!(rejected.source().unwrap().to_string(), "more than 32768 bytes of integers beyond 64 bits");
}

/// Returns nested lists, each with two references to the next one. Expanded, these are 2^levels lists.
fn bomb(levels: u8) -> Vec<u8> {
    let level = |level: u8| [b'0', b']', 0x94, b'(', b'h', level, b'h', level, b'e'];
    [b"]\x94", &(0..levels).flat_map(level).collect::<Vec<_>>()[..]].concat()
}

#[test]
fn hostile_pickles() {
    let (values, text) = ("more than 65536 values", "references expand to more than 1 MiB of text");
    let list_of =
        |first: &[u8], references: usize| [&b"]("[..], first, b"\x94", &b"h\0".repeat(references), b"e"].concat();
    let int = |bytes: usize| [b"\x8b", &u32::try_from(bytes).unwrap().to_le_bytes()[..], &vec![0x55; bytes]].concat();
    let long_text = [b"X\0\0\x01\0", &b"a".repeat(1 << 16)[..]].concat();
    for (what, opcodes, reason) in [
        ("10 MB of nesting", b"]".repeat(10_000_000), values),
        ("10 MB of marks", b"(".repeat(10_000_000), "more than 65536 marks"),
        ("10 MB of memo entries", [b"]", &b"\x94".repeat(10_000_000)[..]].concat(), "more than 65536 memo entries"),
        ("10 MB of copies", [b"]", &b"2".repeat(10_000_000)[..]].concat(), values),
        (
            "10 MB of integers of 4300 digits",
            int(1786).repeat(5600),
            "more than 32768 bytes of integers beyond 64 bits",
        ),
        ("a memo bomb of 2^24", bomb(24), values),
        ("a memo bomb of 2^255", bomb(255), values),
        ("100,000 references to 200 digits", list_of(&int(83), 100_000), values),
        ("60,000 references to 200 digits", list_of(&int(83), 60_000), text),
        ("64 references to 64 KiB of text", list_of(&long_text, 64), text),
    ] {
        assert_eq!(refusal(session_of(&opcodes)), reason, "{what}");
    }
    // Within the limits, references are expanded to copies.
    assert_eq!(session_of(&bomb(14)).unwrap().get_json("k").unwrap().matches("[]").count(), 1 << 14);
    assert_eq!(session_of(&list_of(&long_text, 8)).unwrap().get_json("k").unwrap().len(), 9 * ((1 << 16) + 3) + 1);
}

/// Django's pickles with changed, added and removed bytes cause no panic, and what is read can be written and read
/// again. `PICKLE_MUTATIONS` sets their number.
#[test]
fn mutated_pickles() {
    #[derive(Deserialize)]
    struct Vector {
        pickle: Hex,
    }
    let count = std::env::var("PICKLE_MUTATIONS").map_or(10_000, |count| count.parse().unwrap());
    let mut pickles: Vec<_> =
        vectors::<Vector>("pickles", "protocols").into_iter().take(300).map(|(_, vector)| vector.pickle.0).collect();
    pickles.extend([MIXED.to_vec(), bomb(14)]);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    let (mut read, mut rejected) = (0, 0);
    for _ in 0..count {
        let mut bytes = pickles[random(pickles.len())].clone();
        for _ in 0..=random(3) {
            let at = 2 + random(bytes.len() - 2);
            match random(5) {
                0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                1 => bytes[at] ^= 1 << random(8),
                2 => drop(bytes.drain(at..(at + 1 + random(4)).min(bytes.len()))),
                3 => bytes.insert(at, b"(012hq\x94]}eu\x85Rb"[random(14)]),
                _ => {
                    let piece = bytes[at..(at + random(12)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
            if bytes.len() < 4 {
                break;
            }
        }
        let Ok(mut session) = decode(&bytes) else {
            rejected += 1;
            continue;
        };
        read += 1;
        let items = json_of(&session);
        for key in session.keys().map(String::from).collect::<Vec<_>>() {
            if session.get_json(&key).is_none() {
                session.remove(&key);
            }
        }
        if let Ok(written) = CachedSessions::new(CookieOptions::default()).encode(&session) {
            assert_eq!(json_of(&decode(&written).unwrap()), items, "{}", bytes.escape_ascii());
        }
    }
    assert!(read > count / 20 && rejected > count / 20, "{read} read, {rejected} rejected");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decode_undoes_encode(values in prop::collection::vec((any::<String>(), any_json()), 0..6), wide in any::<i128>()) {
        let mut session = CachedSessions::new(CookieOptions::default()).create();
        session.extend(values).unwrap();
        session.insert("wide", Json::Int(wide)).unwrap();
        let again = decode(&encode(&session)).unwrap();
        prop_assert_eq!(json_of(&again), json_of(&session));
        let json = CachedSessions::new(CookieOptions::default()).with_json();
        prop_assert_eq!(json_of(&json.decode(&json.encode(&session).unwrap()).unwrap()), json_of(&session));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), protocol in 2_u8..6) {
        let _ = decode(&bytes);
        let _ = decode(&[&[0x80, protocol][..], &bytes].concat());
    }
}

#[test]
fn no_error_tells_a_value() {
    const VALUE: &[u8] = b"dont-tell-the-value";
    let told = |text: &str| assert!(!text.contains("tell"), "{text}");
    let text = [&[0x8c, 19][..], VALUE].concat();
    let opcodes =
        [&b"}(\x8c\x01a"[..], &text, b"\x8c\x01b", &text, b"\x85\x8c\x01cc", b"m\nC\n", &text, b"\x85Ru"].concat();
    let whole = pickle(&[&opcodes]);
    let session = decode(&whole).unwrap();
    told(&format!("{session:?} {:?}", session.iter()));
    for error in ["b", "c"].map(|key| session.get::<String>(key).unwrap_err()) {
        told(&format!("{error} {error:?}"));
    }
    let rejected = CachedSessions::new(CookieOptions::default()).encode(&session).unwrap_err();
    told(&format!("{rejected} {rejected:?} {}", rejected.source().unwrap()));
    for end in 0..whole.len() {
        let error = decode(&whole[..end]).unwrap_err();
        told(&format!("{error} {error:?}"));
    }
}

#[test]
fn dates_without_an_offset_in_a_cache() {
    let tokyo = CachedSessions::new(CookieOptions::default()).with_naive_dates(time::macros::offset!(+9));
    let mut session = tokyo.create();
    session.set_expiry(Expiry::At(time::macros::datetime!(2030-01-01 0:00 UTC)));
    assert_eq!(session.get_json("_session_expiry"), Some("\"2030-01-01T09:00:00\""));
}

/// Ages, ids and former cookies are those of `StoredSessions`.
#[test]
fn lifetimes_in_a_cache() {
    const NOW: f64 = 1_700_000_000.0;
    let former = CookieOptions::builder("sessionid").domain("example.com").build().unwrap();
    let sessions = |now| {
        CachedSessions::new(CookieOptions::default())
            .with_absolute_age(Duration::from_secs(60), Unstamped::Refuse)
            .with_ids()
            .with_former_cookie(&former)
            .with_clock(clock(now))
    };
    let mut session = sessions(NOW).create();
    session.insert("a", 1).unwrap();
    let StoredChange::Insert { row, .. } = sessions(NOW).commit(&session, 200).unwrap().change else { panic!("new") };
    assert_eq!(row.time_to_live, Duration::from_secs(60));
    let sent = || sessions(NOW).sent_cookie(&format!("{}={}", sessions(NOW).cookie().name(), row.key.as_str()));

    let mut again = sessions(NOW + 60.0).load(sent(), Some(&row.data));
    assert_eq!((again.id(), again.started_at()), (session.id(), session.started_at()));
    assert!(again.id().is_some() && again.started_at().is_some());
    let too_old = sessions(NOW + 61.0).load(sent(), Some(&row.data));
    assert!(matches!(too_old.rejection(), Some(DecodeError::SessionTooOld { .. })));
    again.flush();
    assert_eq!(sessions(NOW).commit(&again, 200).unwrap().response.into_set_cookies().count(), 2);
}

/// Returns a commit without the parts that differ: the format of the data, and random keys.
fn without_data<Data>(commit: StoredCommit<Data>) -> String {
    let row = |row: &StoredRow<Data>| (row.expire_date, row.time_to_live);
    let change = match &commit.change {
        StoredChange::Update { row: updated } => ("update", Some(row(updated)), Some(updated.key.as_str().to_owned())),
        StoredChange::Insert { row: inserted, delete } => {
            ("insert", Some(row(inserted)), delete.as_ref().map(|key| key.as_str().to_owned()))
        }
        StoredChange::Replace { old, row: new } => ("replace", Some(row(new)), Some(old.as_str().to_owned())),
        StoredChange::Delete { key } => ("delete", None, Some(key.as_str().to_owned())),
        _ => ("nothing", None, None),
    };
    let vary = commit.response.vary_on_cookie;
    let attributes = |cookie: SetCookie| cookie.as_str().split_once(';').map(|(_, attributes)| attributes.to_owned());
    format!("{change:?} {vary} {:?}", commit.response.into_set_cookies().map(attributes).collect::<Vec<_>>())
}

/// Compares all states of the entry, the session and the response.
#[test]
fn a_cache_follows_the_rules_of_a_database() {
    let keys = KeyRing::new(SecretKey::new("secret").unwrap());
    let text = StoredSessions::new(&keys, CookieOptions::default()).encode(&Session::default()).unwrap();
    let works: [fn(&mut Session); 9] = [
        |_| {},
        |session| _ = session.is_empty(),
        |session| session.insert("a", 1).unwrap(),
        |session| session.mark_modified(),
        |session| session.cycle_key(),
        |session| session.flush(),
        |session| {
            session.flush();
            session.insert("a", 1).unwrap();
        },
        |session| session.set_expiry(Expiry::At(OffsetDateTime::UNIX_EPOCH)),
        |session| session.discard(),
    ];
    for (cookie, (text, bytes)) in [
        ("theme=dark", (None, None)),
        ("sessionid=abcdefgh", (None, None)),
        ("sessionid=abcdefgh; sessionid=../etc", (Some(&*text), Some(&b"\x80\x04}."[..]))),
        ("sessionid=abcdefgh", (Some("e30:0:forged"), Some(b"\x80\x04"))),
    ] {
        for work in works {
            for (save_every_request, status) in [(false, 200), (false, 500), (true, 404), (true, 503)] {
                let clock = Clock::fixed(SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_999));
                let stored = StoredSessions::new(&keys, CookieOptions::default())
                    .with_save_every_request(save_every_request)
                    .with_clock(clock.clone());
                let mut session = stored.load(stored.sent_cookie(cookie), text, None);
                work(&mut session);
                let expected = stored.commit(&session, status).unwrap();

                let cached = CachedSessions::new(CookieOptions::default())
                    .with_save_every_request(save_every_request)
                    .with_clock(clock);
                let mut session = cached.load(cached.sent_cookie(cookie), bytes);
                work(&mut session);
                let commit = cached.commit(&session, status).unwrap();
                assert_eq!(without_data(commit), without_data(expected), "{cookie} {status}");
            }
        }
    }
}

/// A session without changes need not be written, so reading does not fail because of another key.
#[test]
fn an_unreadable_session_that_nobody_changed() {
    let sessions = CachedSessions::new(CookieOptions::default()).with_save_every_request(true);
    let mut session = sessions.load(sessions.sent_cookie("sessionid=abcdefgh"), Some(MIXED));
    assert_eq!(session.get("a").unwrap(), Some(1));
    let commit = sessions.commit(&session, 200).unwrap();
    assert_eq!((commit.change, commit.response.vary_on_cookie), (StoredChange::Nothing, true));
    session.insert("a", 2).unwrap();
    assert!(matches!(sessions.commit(&session, 200), Err(EncodeError::Unreadable { .. })));
}
