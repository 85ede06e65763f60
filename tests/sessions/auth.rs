//! `SessionAuth`: login, and the hash of the password.

use django_session::{Algorithm, AuthKey, SessionAuth, SessionUser};

use crate::common::{key, ring, written};
use crate::sessions;

#[test]
fn login_for_django() {
    let keys = ring("secret");
    let auth = SessionAuth::new(&keys);
    let backend = "django.contrib.auth.backends.ModelBackend";
    let mut session = sessions().load(None);
    assert_eq!(
        (session.auth_user_id(), session.auth_user_backend(), auth.verify(&session, "column")),
        (None, None, None)
    );

    session.insert("cart", [1]).unwrap();
    auth.login(&mut session, &SessionUser { id: "7", backend, password_hash: "column" });
    assert_eq!(session.auth_user_id().as_deref(), Some("7"));
    assert_eq!(session.auth_user_backend().as_deref(), Some(backend));
    assert_eq!(auth.verify(&session, "column"), Some(AuthKey::Current));
    assert!(session.contains_key("cart"), "what an anonymous visitor collected stays");

    auth.login(&mut session, &SessionUser { id: "7", backend, password_hash: "column" });
    assert!(session.contains_key("cart"), "the same user again");
    auth.login(&mut session, &SessionUser { id: "7", backend, password_hash: "changed column" });
    assert!(!session.contains_key("cart"), "the same user with another password");
    session.insert("cart", [1]).unwrap();
    auth.update_hash(&mut session, "column");
    assert_eq!(
        (auth.verify(&session, "column"), auth.verify(&session, "changed column")),
        (Some(AuthKey::Current), None)
    );
    assert!(session.contains_key("cart"), "who changes his password stays, with all that he has");
    session.insert("cart", [1]).unwrap();
    auth.login(&mut session, &SessionUser { id: "8", backend, password_hash: "column" });
    assert!(!session.contains_key("cart"), "another user");

    let hash: String = session.get("_auth_user_hash").unwrap().unwrap();
    for forged in
        [String::new(), hash[1..].to_owned(), format!("{hash}0"), hash.to_uppercase(), hash.replace(&hash[..1], "g")]
    {
        session.insert("_auth_user_hash", &forged).unwrap();
        assert_eq!(auth.verify(&session, "column"), None, "{forged}");
    }
    session.insert("_auth_user_hash", 5).unwrap();
    assert_eq!(auth.verify(&session, "column"), None);

    auth.login(&mut session, &SessionUser { id: "8", backend, password_hash: "column" });
    session.remove("_auth_user_backend");
    assert_eq!(auth.verify(&session, "column"), None, "Django's user is anonymous then");
}

/// Django 3.1 and 3.2 take a SHA-1 hash, and write SHA-256.
#[test]
fn login_with_a_legacy_algorithm() {
    let keys = ring("secret");
    let before = || SessionAuth::new(&keys).with_algorithm(Algorithm::Sha512);
    let between = || SessionAuth::new(&keys).with_legacy_algorithm(Algorithm::Sha512);
    let after = || SessionAuth::new(&keys);
    let accepted = |written: SessionAuth| {
        let mut session = sessions().load(None);
        written.login(&mut session, &SessionUser { id: "7", backend: "backend", password_hash: "column" });
        [before(), between(), after()].map(|auth| auth.verify(&session, "column").is_some())
    };
    assert_eq!(accepted(before()), [true, true, false]);
    assert_eq!(accepted(between()), [false, true, true]);
    assert_eq!(accepted(after()), [false, true, true]);
}

/// A session that another user's login has ended is gone, though the response fails. (Found by the live check.)
#[test]
fn login_ends_the_session_of_another_user_whatever_the_status() {
    let auth = SessionAuth::new(&ring("secret"));
    let mut session = sessions().load(None);
    auth.login(&mut session, &SessionUser { id: "7", backend: "backend", password_hash: "column of 7" });
    let sent = written(&sessions().commit(&session, 200).unwrap());
    let mut session = sessions().load(sent.as_deref());
    auth.login(&mut session, &SessionUser { id: "8", backend: "backend", password_hash: "column of 8" });
    session.clear();
    assert_eq!(written(&sessions().commit(&session, 500).unwrap()).as_deref(), Some(""));
}

#[test]
fn login_after_a_rotation_begins_anew_as_in_django() {
    let mut session = sessions().load(None);
    SessionAuth::new(&ring("secret"))
        .login(&mut session, &SessionUser { id: "7", backend: "backend", password_hash: "column" });
    session.insert("cart", [1]).unwrap();
    let rotated = SessionAuth::new(&ring("new").with_fallback(key("secret")));
    assert_eq!(rotated.verify(&session, "column"), Some(AuthKey::Fallback(1)));
    rotated.login(&mut session, &SessionUser { id: "7", backend: "backend", password_hash: "column" });
    assert!(!session.contains_key("cart"));
}
