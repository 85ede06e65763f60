//! A session as a dict: the effects of its methods on the data and on the flags.

use std::borrow::Cow;

use django_session::{EncodeError, Expiry, Session};
use proptest::prelude::*;

use crate::common::json::Json;
use crate::common::{json_of, written};
use crate::{Operation, options, sessions, store_with, token};

/// `accessed` and `modified` after each operation on a new session with `{"a":1}`.
#[test]
fn flags() {
    let operations: [(&str, Operation, bool, bool); 25] = [
        ("nothing", |_| {}, false, false),
        ("get", |s| assert_eq!(s.get("a").unwrap(), Some(1)), true, false),
        ("get of what is not there", |s| assert_eq!(s.get::<u8>("b").unwrap(), None), true, false),
        ("get_json", |s| assert_eq!(s.get_json("a"), Some("1")), true, false),
        ("contains_key", |s| assert!(s.contains_key("a")), true, false),
        ("keys", |s| assert_eq!(s.keys().count(), 1), true, false),
        ("iter", |s| assert_eq!(s.iter().count(), 1), true, false),
        ("len", |s| assert_eq!(s.len(), 1), true, false),
        ("is_empty", |s| assert!(!s.is_empty()), true, false),
        ("insert", |s| s.insert("b", 2).unwrap(), true, true),
        ("insert the same", |s| s.insert("a", 1).unwrap(), true, true),
        ("insert what is no JSON", |s| assert!(s.insert("a", f64::NAN).is_err()), false, false),
        ("extend", |s| s.extend([("b", 2), ("c", 3)]).unwrap(), true, true),
        ("extend with nothing", |s| s.extend([("", 0); 0]).unwrap(), true, true),
        ("remove", |s| assert!(s.remove("a")), true, true),
        ("remove what is not there", |s| assert!(!s.remove("b")), true, false),
        ("get_or_insert_with, there", |s| assert_eq!(s.get_or_insert_with("a", || 5).unwrap(), 1), true, false),
        ("get_or_insert_with", |s| assert_eq!(s.get_or_insert_with("b", || 5).unwrap(), 5), true, true),
        ("clear", Session::clear, true, true),
        ("flush", Session::flush, true, true),
        ("cycle_key", Session::cycle_key, true, true),
        ("set_expiry", |s| s.set_expiry(Expiry::BrowserClose), true, true),
        ("set_expiry(None) without one", |s| s.set_expiry(None), true, false),
        ("set_test_cookie", Session::set_test_cookie, true, true),
        ("mark_modified", Session::mark_modified, false, true),
    ];
    for (name, operation, accessed, modified) in operations {
        let mut session = sessions().load(Some(&token(r#"{"a":1}"#, 0.0)));
        operation(&mut session);
        assert_eq!((session.is_accessed(), session.is_modified()), (accessed, modified), "{name}");
    }
}

#[test]
fn the_test_cookie() {
    let mut session = sessions().load(None);
    assert!(!session.test_cookie_worked());
    session.set_test_cookie();
    let mut session = sessions().load(written(&sessions().commit(&session, 200).unwrap()).as_deref());
    assert_eq!(session.get_json("testcookie"), Some("\"worked\""));
    assert!(session.test_cookie_worked());
    assert!(session.delete_test_cookie());
    assert!(!session.delete_test_cookie() && !session.test_cookie_worked());
}

#[test]
fn values_keep_their_places() {
    let mut session = sessions().load(Some(&token(r#"{"b":1,"a":[1,2],"é":"x","_language":"de"}"#, 0.0)));
    session.insert("a", "changed").unwrap();
    session.insert("new", ()).unwrap();
    session.remove("_language");
    assert_eq!(
        json_of(&session),
        [("b", "1"), ("a", "\"changed\""), ("é", "\"x\""), ("new", "null")].map(|(k, v)| (k.to_owned(), v.to_owned()))
    );
}

/// Values that could not be read are rejected: a session that can be written but not read would be lost.
#[test]
fn values_that_could_not_be_read_are_not_put_in() {
    struct Raw(&'static str);

    impl serde::Serialize for Raw {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            const NAME: &str = "$serde_json::private::RawValue";
            let mut raw = serializer.serialize_struct(NAME, 1)?;
            serde::ser::SerializeStruct::serialize_field(&mut raw, NAME, self.0)?;
            serde::ser::SerializeStruct::end(raw)
        }
    }

    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let mut session = sessions().load(None);
    let raw = |depth| serde_json::value::RawValue::from_string(nested(depth)).unwrap();
    session.insert("deep", raw(1024)).unwrap();
    let Err(EncodeError::Serialize(reason)) = session.insert("deeper", raw(1025)) else { panic!() };
    assert_eq!(reason.to_string(), "not one JSON value, or nested more than 1024 levels deep");
    // serde_json writes a struct with the name of RawValue without a check.
    for text in ["1,\"_auth_user_id\":\"1\"", "1 x", "", "nul"] {
        assert!(session.insert("raw", Raw(text)).is_err(), "{text}");
    }
    let written = written(&sessions().commit(&session, 200).unwrap()).unwrap();
    assert_eq!(sessions().load(Some(&written)).get_json("deep"), Some(nested(1024).as_str()));
}

#[derive(Debug, Clone)]
enum Step {
    Insert(usize, Json),
    Remove(usize),
    GetOrInsert(usize, Json),
    Clear,
    Flush,
    Extend(Vec<(usize, Json)>),
    Reload,
}

const KEYS: [&str; 6] = ["a", "b", "", "é", "\"quoted\\", "\u{1f511}"];

fn values() -> impl Strategy<Value = Json> {
    prop_oneof![
        any::<i64>().prop_map(|int| Json::Int(int.into())),
        any::<String>().prop_map(Json::String),
        prop::collection::vec(any::<bool>().prop_map(Json::Bool), 0..3).prop_map(Json::Array),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let key = 0..KEYS.len();
    prop_oneof![
        4 => (key.clone(), values()).prop_map(|(key, value)| Step::Insert(key, value)),
        2 => key.clone().prop_map(Step::Remove),
        1 => (key.clone(), values()).prop_map(|(key, value)| Step::GetOrInsert(key, value)),
        1 => Just(Step::Clear),
        1 => Just(Step::Flush),
        1 => prop::collection::vec((key, values()), 0..3).prop_map(Step::Extend),
        2 => Just(Step::Reload),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Compares random operations with a plain list of pairs. In between, the session is written and loaded again.
    #[test]
    fn random_operations(steps in prop::collection::vec(steps(), 0..30)) {
        let sessions = store_with(options().size_rule(django_session::SizeRule::Rfc6265bis));
        let mut session = sessions.load(None);
        let mut model: Vec<(&str, Json)> = Vec::new();
        let put = |model: &mut Vec<(&'static str, Json)>, key: usize, value: Json| {
            match model.iter_mut().find(|(known, _)| *known == KEYS[key]) {
                Some((_, old)) => *old = value,
                None => model.push((KEYS[key], value)),
            }
        };
        for step in steps {
            match step {
                Step::Insert(key, value) => {
                    session.insert(KEYS[key], &value).unwrap();
                    put(&mut model, key, value);
                }
                Step::Remove(key) => {
                    let there = model.iter().position(|(known, _)| *known == KEYS[key]);
                    prop_assert_eq!(session.remove(KEYS[key]), there.map(|at| model.remove(at)).is_some());
                }
                Step::GetOrInsert(key, value) => {
                    let there = model.iter().find(|(known, _)| *known == KEYS[key]).map(|(_, value)| value.clone());
                    let expected = there.clone().unwrap_or_else(|| value.clone());
                    prop_assert_eq!(session.get_or_insert_with(KEYS[key], || value.clone()).unwrap(), expected);
                    if there.is_none() {
                        put(&mut model, key, value);
                    }
                }
                Step::Clear => {
                    session.clear();
                    model.clear();
                }
                Step::Flush => {
                    session.flush();
                    model.clear();
                }
                Step::Extend(pairs) => {
                    session.extend(pairs.iter().map(|(key, value)| (KEYS[*key], value))).unwrap();
                    for (key, value) in pairs {
                        put(&mut model, key, value);
                    }
                }
                Step::Reload => {
                    session.mark_modified();
                    match sessions.commit(&session, 200) {
                        Ok(commit) => session = sessions.load(written(&commit).filter(|token| !token.is_empty()).as_deref()),
                        Err(error) => prop_assert!(matches!(error, EncodeError::CookieTooLarge(_))),
                    }
                    prop_assert_eq!(session.rejection(), None);
                }
            }
            prop_assert_eq!(session.len(), model.len());
            prop_assert_eq!(session.is_empty(), model.is_empty());
            for ((key, json), (known, value)) in session.iter().zip(&model) {
                prop_assert_eq!(key.as_ref(), *known);
                prop_assert_eq!(&Json::parse(json), value);
            }
            for key in KEYS {
                let expected = model.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone());
                prop_assert_eq!(session.contains_key(key), expected.is_some());
                prop_assert_eq!(session.get::<Json>(key).unwrap(), expected);
            }
        }
    }
}

/// The iterators have an exact length, and a session can be iterated by reference.
#[test]
fn iterators() {
    let mut session = Session::default();
    session.extend([("b", 1), ("a", 2), ("é", 3)]).unwrap();
    let (mut items, mut keys) = (session.iter(), session.keys());
    assert_eq!((items.len(), keys.len()), (3, 3));
    assert_eq!((items.next(), keys.next()), (Some(("b".into(), "1")), Some("b".into())));
    assert_eq!((items.len(), keys.clone().collect::<Vec<_>>()), (2, vec!["a".into(), "é".into()] as Vec<Cow<'_, str>>));
    assert_eq!(format!("{items:?} {keys:?}"), "SessionItems { len: 2, .. } SessionKeys { len: 2, .. }");
    assert_eq!((&session).into_iter().count(), 3);
}

/// A clone is an independent session.
#[test]
fn clones_and_take() {
    let mut session = sessions().load(Some(&token(r#"{"a":1,"b":null}"#, 0.0)));
    let copy = session.clone();
    assert!(session.take::<String>("a").is_err() && !session.is_modified(), "the key stays");
    assert_eq!(session.take("a").unwrap(), Some(1));
    assert_eq!(session.take::<u8>("a").unwrap(), None);
    assert_eq!(session.take::<Option<u8>>("b").unwrap(), Some(None));
    assert!(session.is_modified() && session.is_empty());
    assert!(session.clone().is_accessed() && !copy.is_accessed());
    assert_eq!((copy.get("a").unwrap(), copy.is_modified(), copy.key_index()), (Some(1), false, Some(0)));
}
