//! Refresh, re-signing, absolute age and ids.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use django_session::{
    Compression, CookieOptions, CookieSessions, DecodeError, EncodeError, Expiry, ExpiryPolicy, KeyRing, Session,
    SessionAuth, SessionUser, StoredChange, StoredSessions, Timestamp, Unstamped,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::common::{clock, key, ring};
use crate::{NOW, options, sessions, token};

const HOUR: Duration = Duration::from_secs(3600);

fn login(session: &mut Session, id: &str) {
    SessionAuth::new(&ring("secret"))
        .login(session, &SessionUser { id, backend: "a.Backend", password_hash: "column" });
}

fn written(sessions: &CookieSessions, session: &Session) -> String {
    sessions.commit(session, 200).unwrap().set_cookie.unwrap().value().to_owned()
}

#[test]
fn when_a_session_is_refreshed() {
    let sessions = sessions().with_refresh_after(HOUR);
    let sets_cookie = |age: f64, status: u16, work: fn(&mut Session)| {
        let mut session = sessions.load(Some(&token(r#"{"a":1}"#, age)));
        work(&mut session);
        sessions.commit(&session, status).unwrap().set_cookie.map(|cookie| cookie.value() != r#""""#)
    };
    let read: fn(&mut Session) = |session| _ = session.is_empty();
    assert_eq!(sets_cookie(3601.0, 200, read), Some(true));
    assert_eq!(sets_cookie(3601.0, 499, read), Some(true));
    assert_eq!(sets_cookie(3600.0, 200, read), None, "it is not older");
    assert_eq!(sets_cookie(-3601.0, 200, read), None, "it was signed in the future");
    assert_eq!(sets_cookie(3601.0, 500, read), None, "the handler failed");
    assert_eq!(sets_cookie(3601.0, 200, |_| {}), None, "it was not read");
    assert_eq!(sets_cookie(3601.0, 200, Session::discard), None, "it was discarded");
    assert_eq!(sets_cookie(1_300_000.0, 200, read), None, "it was rejected");
    assert_eq!(sets_cookie(3601.0, 200, Session::flush), Some(false), "a logout takes precedence");
    assert_eq!(sets_cookie(3601.0, 200, Session::clear), Some(false));
}

#[test]
fn a_refreshed_session_is_written_as_it_was() {
    let json = r#"{"n":1e0, "é":[1,2],"_session_started":1699900000}"#;
    let refreshing = sessions().with_refresh_after(HOUR).with_absolute_age(48 * HOUR, Unstamped::Stamp);
    let session = refreshing.load(Some(&token(json, 7200.0)));
    assert_eq!(session.started_at(), Some(Timestamp::from_secs(1_699_900_000)));
    let again = refreshing.load(Some(&written(&refreshing, &session)));
    let items =
        |session: &Session| session.keys().map(|key| session.get_json(&key).map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(items(&again), items(&session));
    assert_eq!(again.signed_at(), Some(Timestamp::from_secs(1_700_000_000)));
}

#[test]
fn re_signing_keeps_the_date() {
    let rotated = ring("secret").rotate(key("new"));
    let sessions = CookieSessions::new(&rotated, options().build().unwrap()).with_clock(clock(NOW)).with_resign(true);
    let session = sessions.load(Some(&token(r#"{"a":1}"#, 100.0)));
    assert_eq!(sessions.commit(&session, 200).unwrap().set_cookie, None, "it was not read");
    assert_eq!(session.get("a").unwrap(), Some(1));
    let cookie = sessions.commit(&session, 200).unwrap().set_cookie.unwrap();
    assert!(cookie.as_str().contains("; Max-Age=1209500;"), "the rest of two weeks");
    let again = sessions.load(Some(cookie.value()));
    assert_eq!((again.key_index(), again.signed_at()), (Some(0), session.signed_at()));
    assert_eq!(again.get("a").unwrap(), Some(1));
    assert_eq!(sessions.commit(&again, 200).unwrap().set_cookie, None, "the current key signed it");

    // The session's own expiry is not extended either.
    let session = sessions.load(Some(&token(r#"{"_session_expiry":300}"#, 100.0)));
    assert!(!session.is_empty());
    assert!(sessions.commit(&session, 200).unwrap().set_cookie.unwrap().as_str().contains("; Max-Age=200;"));
}

#[test]
fn absolute_age() {
    let sessions = sessions().with_absolute_age(HOUR, Unstamped::Stamp);
    let with_start = |start: i64| sessions.load(Some(&token(&format!(r#"{{"_session_started":{start}}}"#), 0.0)));
    let now = 1_700_000_000;
    assert_eq!(with_start(now - 3600).rejection(), None);
    let rejected = with_start(now - 3601);
    let reason = DecodeError::SessionTooOld { age: Duration::from_secs(3601), max_age: HOUR };
    assert_eq!((rejected.rejection(), rejected.is_empty()), (Some(reason), true));
    assert_eq!(reason.to_string(), "session age 3601s exceeds 3600s");
    assert_eq!(
        with_start(i64::MIN).rejection().map(|reason| reason.to_string().starts_with("session age")),
        Some(true)
    );
    // A start in the future counts as now.
    let mut ahead = with_start(i64::MAX);
    assert_eq!(ahead.rejection(), None);
    ahead.insert("a", 1).unwrap();
    assert!(sessions.commit(&ahead, 200).unwrap().set_cookie.unwrap().as_str().contains("; Max-Age=3600;"));
    // Max-Age is the time until the absolute age, unless the session expires earlier.
    let max_age = |expiry: Expiry| {
        let mut session = with_start(now - 3000);
        session.set_expiry(expiry);
        let cookie = sessions.commit(&session, 200).unwrap().set_cookie.unwrap();
        cookie.as_str().split("; Max-Age=").nth(1).map(|rest| rest.split(';').next().unwrap().to_owned())
    };
    assert_eq!(max_age(Expiry::Inactivity(Duration::from_secs(599))).as_deref(), Some("599"));
    assert_eq!(max_age(Expiry::Inactivity(HOUR)).as_deref(), Some("600"));
    assert_eq!(max_age(Expiry::BrowserClose), None);
}

#[test]
fn a_session_begins_when_it_is_written_and_at_login() {
    let at = |seconds: f64| {
        CookieSessions::new(&ring("secret"), options().build().unwrap())
            .with_absolute_age(24 * HOUR, Unstamped::Stamp)
            .with_ids()
            .with_clock(clock(NOW + seconds))
    };
    let mut session = at(0.0).load(None);
    session.insert("cart", ["tea"]).unwrap();
    assert_eq!((session.started_at(), session.id()), (None, None), "before it is written");
    let token = written(&at(0.0), &session);
    assert_eq!(token, written(&at(0.0), &session), "a second commit writes the same");

    // A change keeps both.
    let mut session = at(10.0).load(Some(&token));
    let first = session.id().unwrap().to_owned();
    session.insert("cart", ["tea", "cup"]).unwrap();
    let token = written(&at(10.0), &session);
    let mut session = at(20.0).load(Some(&token));
    assert_eq!((session.started_at(), session.id()), (Some(Timestamp::from_secs(1_700_000_000)), Some(&*first)));

    // The login of an anonymous visitor changes both, and keeps the cart.
    login(&mut session, "7");
    let mut session = at(30.0).load(Some(&written(&at(20.0), &session)));
    let second = session.id().unwrap().to_owned();
    assert_eq!(session.started_at(), Some(Timestamp::from_secs(1_700_000_020)));
    assert!(second != first && session.contains_key("cart"));

    // Another login of the same user and a new session key change neither, because the id must revoke all copies. A
    // login of another user changes both.
    login(&mut session, "7");
    session.cycle_key();
    let mut session = at(50.0).load(Some(&written(&at(30.0), &session)));
    assert_eq!((session.started_at(), session.id()), (Some(Timestamp::from_secs(1_700_000_020)), Some(&*second)));
    login(&mut session, "8");
    let session = at(60.0).load(Some(&written(&at(50.0), &session)));
    assert_eq!(session.started_at(), Some(Timestamp::from_secs(1_700_000_050)));
    assert!(session.id().is_some_and(|id| id != second));
}

#[test]
fn sessions_without_start_or_id() {
    let user = r#"{"_auth_user_id":"7","_auth_user_backend":"a.Backend"}"#;
    let stamping = sessions().with_absolute_age(HOUR, Unstamped::Stamp);
    let strict = sessions().with_absolute_age(HOUR, Unstamped::Refuse);
    assert_eq!(stamping.load(Some(&token(user, 0.0))).rejection(), None);
    assert_eq!(strict.load(Some(&token(user, 0.0))).rejection(), Some(DecodeError::Unstamped));
    assert_eq!(DecodeError::Unstamped.to_string(), "session of a logged-in user has no start time or no id");
    assert_eq!(strict.load(Some(&token(r#"{"a":1}"#, 0.0))).rejection(), None, "nobody is logged in");
    // A start that is not an integer counts as absent.
    for start in ["\"1700000000\"", "1700000000.0", "true", "null", "[1]", "99999999999999999999"] {
        let json = format!(r#"{{"_auth_user_id":"7","_session_started":{start}}}"#);
        assert_eq!(strict.load(Some(&token(&json, 0.0))).rejection(), Some(DecodeError::Unstamped), "{start}");
        let mut session = stamping.load(Some(&token(&json, 0.0)));
        session.mark_modified();
        let again = stamping.load(Some(&written(&stamping, &session)));
        assert_eq!(again.started_at(), Some(Timestamp::from_secs(1_700_000_000)), "{start}");
    }
    // A malformed id counts as absent, because ids are looked up in a store. A login without an id could not be
    // revoked.
    let with_ids = sessions().with_absolute_age(HOUR, Unstamped::Refuse).with_ids();
    for (id, rejection) in [
        ("\"short\"", Some(DecodeError::Unstamped)),
        ("7", Some(DecodeError::Unstamped)),
        ("null", Some(DecodeError::Unstamped)),
        ("\"0123456789012345678901:\"", Some(DecodeError::Unstamped)),
        ("\"012345678901234567890*\"", Some(DecodeError::Unstamped)),
        ("\"012345678901234567890\\n\"", Some(DecodeError::Unstamped)),
        ("\"0123456789012345678901\"", None),
    ] {
        let json = format!(r#"{{"_auth_user_id":"7","_session_started":1700000000,"_session_id":{id}}}"#);
        let token = token(&json, 0.0);
        assert_eq!(with_ids.load(Some(&token)).rejection(), rejection, "{id}");
        assert_eq!(strict.load(Some(&token)).rejection(), None, "without ids");
        assert_eq!(strict.load(Some(&token)).id().is_some(), rejection.is_none(), "{id}");
    }
}

#[test]
fn nothing_is_added_to_a_session_that_is_not_kept() {
    let sessions = sessions().with_absolute_age(HOUR, Unstamped::Stamp).with_ids();
    for work in [
        |_: &mut Session| {},
        Session::mark_modified,
        Session::clear,
        Session::flush,
        |session: &mut Session| _ = session.remove("a"),
    ] {
        let mut session = sessions.load(None);
        work(&mut session);
        assert_eq!(sessions.commit(&session, 200).unwrap().set_cookie, None);
        assert!(session.is_empty());
    }
}

#[test]
fn stored_sessions_begin_and_have_ids_as_well() {
    let at = |seconds: f64| {
        StoredSessions::new(&ring("secret"), CookieOptions::default())
            .with_absolute_age(HOUR, Unstamped::Refuse)
            .with_ids()
            .with_clock(clock(NOW + seconds))
    };
    let mut session = at(0.0).load(at(0.0).sent_cookie(""), None, None);
    login(&mut session, "7");
    let StoredChange::Insert { row, .. } = at(0.0).commit(&session, 200).unwrap().change else { panic!() };
    assert_eq!(row.time_to_live, HOUR, "the absolute age is shorter than two weeks");
    assert_eq!(row.expire_date.unix_timestamp(), 1_700_003_600);
    let id = session.id().unwrap().to_owned();

    let load = |seconds: f64| {
        at(seconds).load(at(seconds).sent_cookie(&format!("sessionid={}", row.key.as_str())), Some(&row.data), None)
    };
    let mut session = load(3600.0);
    assert_eq!((session.rejection(), session.id()), (None, Some(&*id)));
    session.cycle_key();
    let _ = at(3600.0).commit(&session, 200).unwrap();
    assert_eq!(session.id(), Some(&*id));
    assert!(matches!(load(3601.0).rejection(), Some(DecodeError::SessionTooOld { .. })));
}

/// A session without changes need not be written, so reading does not fail.
#[test]
fn a_session_that_cannot_be_refreshed_is_left_alone() {
    let small = CookieSessions::new(&ring("secret"), options().build().unwrap()).with_clock(clock(NOW));
    let json = format!(r#"{{"a":"{}"}}"#, "a".repeat(5000));
    let token = token(&json, 7200.0);
    for sessions in [
        small.with_refresh_after(HOUR),
        sessions().with_save_every_request(true),
        CookieSessions::new(&ring("new").with_fallback(key("secret")), options().build().unwrap())
            .with_clock(clock(NOW))
            .with_resign(true),
    ] {
        let sessions = sessions.with_compression(Compression::Never);
        let mut session = sessions.load(Some(&token));
        assert!(!session.is_empty());
        let commit = sessions.commit(&session, 200).unwrap();
        assert_eq!((commit.set_cookie, commit.vary_on_cookie), (None, true));
        session.mark_modified();
        assert!(matches!(sessions.commit(&session, 200), Err(EncodeError::CookieTooLarge(_))));
    }
}

#[test]
fn a_session_of_start_and_id_alone_is_empty() {
    let sessions = sessions().with_absolute_age(HOUR, Unstamped::Stamp).with_ids();
    let mut session = sessions.load(None);
    session.insert("a", 1).unwrap();
    let mut session = sessions.load(Some(&written(&sessions, &session)));
    session.remove("a");
    assert_eq!(sessions.commit(&session, 200).unwrap().set_cookie, Some(sessions.cookie().removal()));
}

#[test]
fn measuring_gives_no_id() {
    let sessions = sessions().with_ids().with_compression(Compression::Never);
    let mut session = sessions.load(None);
    session.insert("a", 1).unwrap();
    let left = sessions.bytes_left(&session).unwrap();
    assert_eq!(session.id(), None);
    let cookie = sessions.commit(&session, 200).unwrap().set_cookie.unwrap();
    assert_eq!(cookie.as_str().len() + left, 4096 + "=".len(), "the start and the id count");
}

/// A login removes an id that an attacker may have set before, with all settings of the server.
#[test]
fn a_planted_id_is_gone_after_login() {
    let mut session = sessions().load(Some(&token(r#"{"_session_id":"0123456789012345678901"}"#, 0.0)));
    assert!(session.id().is_some());
    login(&mut session, "7");
    assert_eq!(session.id(), None);
}

#[test]
fn a_start_in_the_future_is_now_once_it_is_written() {
    let sessions = sessions().with_absolute_age(HOUR, Unstamped::Stamp);
    let mut session = sessions.load(Some(&token(r#"{"a":1,"_session_started":1800000000}"#, 0.0)));
    session.insert("a", 2).unwrap();
    let again = sessions.load(Some(&written(&sessions, &session)));
    assert_eq!(again.started_at(), Some(Timestamp::from_secs(1_700_000_000)));
}

/// If two ages apply, Max-Age is the shorter one.
#[test]
fn max_age_of_both_ages() {
    let sessions = sessions().with_expiry_policy(ExpiryPolicy::Both);
    let mut session = sessions.load(None);
    session.set_expiry(Expiry::Inactivity(Duration::from_secs(30 * 24 * 60 * 60)));
    assert!(sessions.commit(&session, 200).unwrap().set_cookie.unwrap().as_str().contains("; Max-Age=1209600;"));
    session.set_expiry(Expiry::Inactivity(HOUR));
    assert!(sessions.commit(&session, 200).unwrap().set_cookie.unwrap().as_str().contains("; Max-Age=3600;"));
}

#[test]
fn a_row_that_is_too_old_goes_when_another_session_begins() {
    let sessions = StoredSessions::new(&ring("secret"), CookieOptions::default()).with_clock(clock(NOW));
    let mut session = sessions.create();
    session.insert("_session_started", 1).unwrap();
    let text = sessions.encode(&session).unwrap();
    let sessions = sessions.with_absolute_age(HOUR, Unstamped::Stamp);
    let mut session = sessions.load(sessions.sent_cookie("sessionid=abcdefgh"), Some(&text), None);
    assert!(matches!(session.rejection(), Some(DecodeError::SessionTooOld { .. })));
    session.insert("a", 1).unwrap();
    let StoredChange::Insert { delete: Some(old), .. } = sessions.commit(&session, 200).unwrap().change else {
        panic!()
    };
    assert_eq!(old.as_str(), "abcdefgh");
}

/// A request: its server, the cookie that the browser sends, and what the handler does.
#[derive(Debug, Clone)]
struct Request {
    server: usize,
    cookie: Cookie,
    act: Act,
    /// How far the clock advances before the request. It may go backwards.
    wait: i64,
    /// Whether this server gets a new key before the request, and drops its oldest one.
    rotate: bool,
}

#[derive(Debug, Clone)]
enum Cookie {
    Present,
    None,
    /// A copy of any cookie that was set before.
    Copy(Index),
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Nothing,
    Read,
    Write(u8),
    /// Calls `cycle_key`, as after a password change.
    CycleKey,
    Login(&'static str),
    /// Puts the id on the list of revoked sessions, and flushes.
    Logout,
    Fail,
}

fn any_request() -> impl Strategy<Value = Request> {
    let cookie =
        prop_oneof![6 => Just(Cookie::Present), 1 => Just(Cookie::None), 3 => any::<Index>().prop_map(Cookie::Copy)];
    let act = prop_oneof![
        1 => Just(Act::Nothing),
        5 => Just(Act::Read),
        3 => any::<u8>().prop_map(Act::Write),
        1 => Just(Act::CycleKey),
        3 => prop_oneof![Just("7"), Just("8")].prop_map(Act::Login),
        1 => Just(Act::Logout),
        1 => Just(Act::Fail),
    ];
    let wait = prop_oneof![4 => 0..30_i64, 3 => 30..200_i64, 1 => -60..0_i64];
    (0..2_usize, cookie, act, wait, prop::bool::weighted(0.05))
        .prop_map(|(server, cookie, act, wait, rotate)| Request { server, cookie, act, wait, rotate })
}

/// What the model knows about a cookie that was set.
#[derive(Debug, Clone)]
struct Facts {
    user: Option<&'static str>,
    key: usize,
    signed: i64,
    started: i64,
    id: String,
}

const MAX_AGE: i64 = 300;
const ABSOLUTE: i64 = 700;
const REFRESH_AFTER: i64 = 100;

/// Creates the sessions of a server. `keys` are the numbers of its keys, the current one first.
fn server(keys: &[usize], now: i64) -> CookieSessions {
    let [current, fallbacks @ ..] = keys else { panic!("a server has a key") };
    let name = |number: &usize| key(format!("secret {number}"));
    let ring = fallbacks.iter().fold(KeyRing::new(name(current)), |ring, older| ring.with_fallback(name(older)));
    #[expect(clippy::cast_precision_loss, reason = "it is small")]
    let clock = clock(now as f64);
    CookieSessions::new(&ring, options().max_age(Duration::from_secs(MAX_AGE.unsigned_abs())).build().unwrap())
        .with_absolute_age(Duration::from_secs(ABSOLUTE.unsigned_abs()), Unstamped::Refuse)
        .with_refresh_after(Duration::from_secs(REFRESH_AFTER.unsigned_abs()))
        .with_resign(true)
        .with_ids()
        .with_clock(clock)
}

proptest! {
    /// A session is rejected exactly if it was revoked, idle for too long or older than the absolute age.
    #[test]
    fn who_may_be_in(requests in prop::collection::vec(any_request(), 1..60)) {
        let (mut now, mut next_key) = (1_700_000_000_i64, 2);
        let mut keys = [vec![0], vec![0]];
        let mut cookies: Vec<String> = Vec::new();
        let mut facts: HashMap<String, Facts> = HashMap::new();
        let mut ended: HashSet<String> = HashSet::new();
        let mut present: Option<String> = None;
        for Request { server: number, cookie, act, wait, rotate } in requests {
            now += wait;
            if rotate {
                // The new key is first added as a fallback on all servers.
                let new = next_key;
                next_key += 1;
                for keys in &mut keys {
                    keys.push(new);
                }
                keys[number].rotate_right(1);
                keys[number].truncate(4);
            }
            let sessions = server(&keys[number], now);
            let sent = match cookie {
                Cookie::Present => present.clone(),
                Cookie::None => None,
                Cookie::Copy(index) => (!cookies.is_empty()).then(|| index.get(&cookies).clone()),
            };

            // 1. What the model expects.
            let before = sent.as_ref().map(|token| facts[token].clone()).filter(|facts| {
                keys[number].contains(&facts.key)
                    && now - facts.signed <= MAX_AGE
                    && now - facts.started <= ABSOLUTE
            });
            let may = before.as_ref().filter(|facts| !ended.contains(&facts.id));
            let rewritten = |facts: &Facts| Facts { signed: now, started: facts.started.min(now), ..facts.clone() };

            // 2. What the session contains.
            let mut session = sessions.load(sent.as_deref());
            let touched = !matches!(act, Act::Nothing);
            if touched && session.id().is_some_and(|id| ended.contains(id)) {
                session.flush();
            }
            if touched {
                let user = session.auth_user_id();
                prop_assert_eq!(user.as_deref(), may.and_then(|facts| facts.user));
            }
            match act {
                Act::Nothing | Act::Read | Act::Fail => {}
                Act::Write(value) => session.insert("a", value).unwrap(),
                Act::CycleKey => session.cycle_key(),
                Act::Login(user) => login(&mut session, user),
                Act::Logout => {
                    ended.extend(session.id().map(str::to_owned));
                    session.flush();
                }
            }
            let status = if matches!(act, Act::Fail) { 500 } else { 200 };
            let set_cookie = sessions.commit(&session, status).unwrap().set_cookie;

            // 3. Check the response, and record its cookie.
            let is_current = may.is_some_and(|facts| facts.key == keys[number][0]);
            let is_old = may.is_some_and(|facts| now - facts.signed > REFRESH_AFTER);
            let same_user = |user| may.is_some_and(|facts| facts.user == Some(user));
            let after = match act {
                Act::Read if is_old => may.map(rewritten),
                Act::Read if !is_current => may.cloned(),
                Act::Write(_) => Some(match may {
                    Some(facts) => rewritten(facts),
                    None => Facts { user: None, key: 0, signed: now, started: now, id: String::new() },
                }),
                Act::CycleKey => may.map(rewritten),
                Act::Login(user) if same_user(user) => may.map(rewritten),
                Act::Login(user) => Some(Facts { user: Some(user), key: 0, signed: now, started: now, id: String::new() }),
                _ => None,
            };
            let set_cookie = set_cookie.map(|cookie| cookie.value().to_owned());
            if let Some(after) = after {
                let token = set_cookie.expect("the session is written");
                let id = session.id().unwrap().to_owned();
                prop_assert!(after.id.is_empty() && !facts.values().any(|facts| facts.id == id) || after.id == id);
                facts.insert(token.clone(), Facts { key: keys[number][0], id, ..after });
                cookies.push(token.clone());
                if !matches!(cookie, Cookie::Copy(_)) {
                    present = Some(token);
                }
            } else {
                let is_rejected_now = touched && before.is_some() && may.is_none();
                let removes = sent.is_some() && (matches!(act, Act::Logout) || is_rejected_now);
                prop_assert_eq!(set_cookie.as_deref(), removes.then_some(r#""""#));
                if removes && matches!(cookie, Cookie::Present) {
                    present = None;
                }
            }
        }
    }
}
