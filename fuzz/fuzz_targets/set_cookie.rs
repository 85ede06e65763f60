//! With all options that can be built, headers have exactly the requested fields, and browsers accept them.
#![no_main]

use django_session::{Clock, EncodeError, SetCookie};
use fuzz::json::Json;
use fuzz::options::{Options, Text};
use fuzz::{cookies, items, keys, sessions};
use libfuzzer_sys::fuzz_target;

/// Checks the header, and returns its value.
fn value(made: Result<SetCookie, EncodeError>, options: &Options, lifetime: Option<u64>) -> Option<String> {
    let attributes = options.attributes(lifetime);
    let longest = options.longest_value(&attributes);
    match made {
        Ok(cookie) => {
            let (name, value, found) = cookies::set_cookie(cookie.as_str());
            assert!(cookies::is_value(value) && longest >= Some(value.len()));
            assert_eq!(name, options.name());
            assert!(found.into_iter().eq(attributes.iter().map(|(name, text)| (*name, text.as_str()))));
            Some(value.to_owned())
        }
        Err(EncodeError::CookieTooLarge(report)) => {
            assert!(longest < Some(report.value));
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fuzz_target!(|input: (Options, Text, Option<bool>, Vec<(u8, Json)>)| {
    let (options, Text(text), fill, pairs) = input;
    let built = options.build();
    assert_eq!(built.is_ok(), options.may_be_built());
    let Ok(cookie) = built else { return };

    // Values of the maximum length, and values one byte longer.
    let longest = options.longest_value(&options.attributes(options.lifetime())).unwrap_or(0);
    let filled = |over| format!("{text:x<0$}", longest + usize::from(over));
    let text = fill.map_or_else(|| text.clone(), filled);
    match cookie.set_cookie(&text, options.now()) {
        Err(EncodeError::CookieValue) => assert!(!cookies::is_value(&text)),
        made => assert!(value(made, &options, options.lifetime()).is_none_or(|value| value == text)),
    }

    let sessions = sessions(&keys(), cookie).with_clock(Clock::fixed(options.now()));
    let mut session = sessions.load(None);
    session.extend(pairs.iter().map(|(key, json)| (key.to_string(), json))).unwrap();
    session.set_expiry(options.own_expiry());
    session.insert("key", "value").unwrap();
    let made = sessions.commit(&session, 200).map(|commit| commit.set_cookie.unwrap());
    if let Some(token) = value(made, &options, options.session_lifetime()) {
        let again = sessions.load_header(&format!("{}={token}", options.name()));
        assert_eq!(items(&again), items(&session));
    }
});
