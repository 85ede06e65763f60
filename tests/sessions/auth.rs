//! `SessionAuth`: login, and the hash of the password.

use django_session::{Algorithm, AuthKey, ConfigError, SaltedHmac, Session, SessionAuth, SessionUser};

use crate::common::{key, ring, written};
use crate::{sessions, token};

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
    assert!(session.contains_key("cart"), "the anonymous visitor's cart is preserved");

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
    assert!(session.contains_key("cart"), "a user who changes the password stays logged in and keeps the cart");
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
    assert_eq!(auth.verify(&session, "column"), None, "Django then returns an anonymous user");
}

/// Django 3.1 and 3.2 accept a SHA-1 hash, and write SHA-256.
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

/// A login of another user ends the session even if the response fails. (Found by the live check.)
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

fn user<'u>(id: &'u str, password_hash: &'u str) -> SessionUser<'u> {
    SessionUser { id, backend: "backend", password_hash }
}

/// Login removes the CSRF secret, because an attacker may have set it before. Django creates a new one when it needs
/// one.
#[test]
fn login_takes_the_csrf_secret_out() {
    let auth = SessionAuth::new(&ring("secret"));
    for before in ["{}", r#"{"_auth_user_id":"8"}"#] {
        let mut session = sessions().load(Some(&token(before, 60.0)));
        session.insert("_csrftoken", "planted").unwrap();
        auth.login(&mut session, &user("7", "column"));
        assert!(!session.contains_key("_csrftoken"));
    }
    let mut session = Session::default();
    auth.login(&mut session, &user("7", "column"));
    session.insert("_csrftoken", "planted").unwrap();
    auth.login(&mut session, &user("7", "column"));
    assert!(!session.contains_key("_csrftoken"), "the same user again");
}

/// Some code stores `user.pk`, which is a number in JSON. Django reads both.
#[test]
fn an_id_may_be_a_number() {
    let auth = SessionAuth::new(&ring("secret"));
    for (json, id) in [
        ("7", Some("7")),
        ("7.0", Some("7")),
        ("-7", Some("-7")),
        (r#""7""#, Some("7")),
        ("42.5", None), // Django: user 42
        ("7e0", None),
        ("true", None),
        ("null", None),
        ("[7]", None),
    ] {
        let mut session = Session::default();
        auth.login(&mut session, &user("7", "column"));
        let login = session.iter().skip(1).map(|(key, json)| format!("\"{key}\":{json}")).collect::<Vec<_>>().join(",");
        let mut session =
            sessions().load(Some(&token(&format!(r#"{{"_auth_user_id":{json},{login},"cart":[1]}}"#), 60.0)));
        assert_eq!(session.auth_user_id().as_deref(), id, "{json}");
        assert_eq!(auth.verify(&session, "column").is_some(), id.is_some(), "{json}");
        if let Some(id) = id {
            auth.login(&mut session, &user(id, "column"));
            assert!(session.contains_key("cart"), "the same user: {json}");
        }
    }
}

/// Django's `login` compares id and hash; its `get_user` also needs the backend.
#[test]
fn a_login_without_a_backend() {
    let auth = SessionAuth::new(&ring("secret"));
    let mut session = Session::default();
    auth.login(&mut session, &user("7", "column"));
    session.insert("cart", [1]).unwrap();
    session.remove("_auth_user_backend");
    assert_eq!(auth.verify(&session, "column"), None);
    assert!(!auth.authenticate(&mut session, "column"));
    auth.login(&mut session, &user("7", "column"));
    assert!(session.contains_key("cart"));
    assert!(auth.authenticate(&mut session, "column"));
}

/// Like Django's `get_user`, it verifies the hash, renews the hash of an older key, and flushes a session that no key
/// verifies.
#[test]
fn authenticate() {
    let (old, new) = (SessionAuth::new(&ring("secret")), SessionAuth::new(&ring("new").with_fallback(key("secret"))));
    let logged_in = || {
        let mut session = Session::default();
        old.login(&mut session, &user("7", "column"));
        let sent = written(&sessions().commit(&session, 200).unwrap());
        sessions().load(sent.as_deref())
    };

    let mut session = logged_in();
    assert!(old.authenticate(&mut session, "column") && !session.is_modified(), "the current key: not modified");
    assert!(new.authenticate(&mut session, "column") && session.is_modified(), "an older key: the hash is rewritten");
    assert_eq!(new.verify(&session, "column"), Some(AuthKey::Current));

    let mut session = logged_in();
    assert!(!new.authenticate(&mut session, "column of another password"));
    assert!(session.is_empty());
    assert_eq!(written(&sessions().commit(&session, 500).unwrap()).as_deref(), Some(""), "the session ends");

    let mut anonymous = sessions().load(Some(&token(r#"{"cart":[1]}"#, 60.0)));
    assert!(!old.authenticate(&mut anonymous, "column") && !anonymous.is_modified());
}

/// A user model that overrides `get_session_auth_hash`. The expected digest was computed by Django.
#[test]
fn another_salt() {
    let (salt, value) = ("acc.EmailUser.get_session_auth_hash", "abcdefghijkl");
    let digest = "57235d54cc216692365d4da16eadb09e37567b1ab04e26dc329dfcaf2f7ace61";
    let keys = ring("django-insecure-one");
    assert_eq!(SaltedHmac::new(&keys, salt).unwrap().hexdigest(value), digest);

    let auth = SessionAuth::new(&keys).with_salt(salt).unwrap();
    let mut session = Session::default();
    auth.login(&mut session, &user("7", value));
    assert_eq!(session.get::<String>("_auth_user_hash").unwrap().as_deref(), Some(digest));
    assert!(auth.authenticate(&mut session, value));
    assert_eq!(SessionAuth::new(&keys).verify(&session, value), None);
    assert_eq!(SessionAuth::new(&keys).with_salt("").unwrap_err(), ConfigError::EmptySalt);
    let sha512 = SessionAuth::new(&keys).with_algorithm(Algorithm::Sha512).with_salt(salt).unwrap();
    sha512.login(&mut session, &user("7", value));
    assert_eq!(session.get::<String>("_auth_user_hash").unwrap().unwrap().len(), 128, "the algorithm does not change");
}

#[test]
fn a_user_is_shown_without_the_password() {
    assert_eq!(format!("{:?}", user("7", "column")), r#"SessionUser { id: "7", backend: "backend", .. }"#);
}

#[test]
fn a_session_that_is_marked_is_written() {
    let mut session = sessions().load(Some(&token(r#"{"a":1}"#, 60.0)));
    session.mark_modified();
    assert!(session.is_modified() && !session.is_accessed());
    assert!(written(&sessions().commit(&session, 200).unwrap()).is_some());
}
