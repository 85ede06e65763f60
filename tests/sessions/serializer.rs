//! Sessions with another serializer.

use django_session::{
    Algorithm, CookieSessions, DecodeError, EncodeError, Expiry, ExpiryPolicy, JsonSerializer, Serializer,
};
use time::macros::{datetime, offset};

use crate::common::clock;
use crate::{NOW, options, sessions, store_with, token};

/// With a serializer that always fails, the session is empty. Django: `test_unpickling_exception`.
#[test]
fn a_serializer_that_fails() {
    struct Broken;

    impl Serializer for Broken {
        fn dumps<T: serde::Serialize + ?Sized>(&self, _: &T, _: &mut Vec<u8>) -> Result<(), EncodeError> {
            Err(EncodeError::Serialize("broken".into()))
        }

        fn loads<'de, T: serde::Deserialize<'de>>(&self, _: &'de [u8]) -> Result<T, DecodeError> {
            Err(DecodeError::Deserialize { reason: "broken" })
        }
    }

    let sessions = sessions().with_serializer(Broken);
    let mut session = sessions.load(Some(&token(r#"{"a":1}"#, 0.0)));
    assert_eq!(session.rejection(), Some(DecodeError::Deserialize { reason: "broken" }));
    assert!(!session.contains_key("a") && !session.is_modified());
    assert_eq!(sessions.commit(&session, 200).unwrap().set_cookie, None);
    session.insert("a", 1).unwrap();
    assert!(matches!(sessions.commit(&session, 200), Err(EncodeError::Serialize(_))));
}

/// Settings made before the serializer is chosen apply, like those made after it.
#[test]
fn another_serializer_keeps_the_settings() {
    let sessions = store_with(options().domain("example.com"))
        .with_clock(clock(NOW + 100.0))
        .with_algorithm(Algorithm::Sha512)
        .with_legacy_algorithm(Algorithm::Sha384)
        .with_save_every_request(true)
        .with_naive_dates(offset!(+9))
        .with_expiry_policy(ExpiryPolicy::CookieAgeOnly);
    let header = |sessions: &CookieSessions| {
        let mut session = sessions.load(None);
        session.set_expiry(Expiry::At(datetime!(2023-11-14 0:00 UTC)));
        sessions.commit(&session, 200).unwrap().set_cookie.unwrap().into_string()
    };
    let over = header(&sessions);
    let legacy = header(&store_with(options()).with_algorithm(Algorithm::Sha384));
    let sessions = sessions.with_serializer(JsonSerializer);
    assert_eq!(header(&sessions), over);
    assert!(sessions.saves_every_request());
    for header in [over, legacy] {
        let session = sessions.load_header(header.split(';').next().unwrap());
        assert_eq!((session.rejection(), session.is_empty()), (None, false), "its own expiry is ignored");
    }
}
