//! Makes a visit with this crate, with the calls of a middleware and a view. `visits.py` makes it with Django.

use std::slice;
use std::time::{Duration, SystemTime};

use django_session::{
    CookieOptions, CookieSessions, EncodeError, Expiry, ExpiryPolicy, JsonSerializer, KeyRing, SameSite, SecretKey,
    Serializer, Session, SessionAuth, SessionUser, SetCookie, StoredSessions,
};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, UtcOffset};

use crate::common::{clock, json::Json, moment};
use crate::ours::{name, ring};
use crate::question::{Answer, Key};
use crate::visit::{Site, Spelled, Step, Visit};

/// The path of the only authentication backend, in `accounts.py`.
const BACKEND: &str = "accounts.Backend";

/// The maximum number of seconds in `_session_expiry`.
const LONGEST: i128 = i64::MAX as i128;

/// Makes a visit, and returns all visible effects in the format of `visits.py`.
pub fn visit(Visit { site, cookie, steps, status }: &Visit, now: f64) -> Answer {
    let (sessions, auth) = (sessions(site, now)?, auth_of(site)?);
    let session = cookie.as_ref().map_or_else(|| sessions.load(None), |header| sessions.load_header(header));
    let (session, mut seen) = view(session, auth, site, steps, now);
    match sessions.commit(&session, *status) {
        Ok(commit) => {
            let set_cookies: Vec<_> = commit.set_cookie.iter().map(SetCookie::as_str).collect();
            seen.insert("set_cookie".to_owned(), json!(set_cookies));
            seen.insert("vary".to_owned(), json!(commit.vary_on_cookie.then_some("Cookie")));
        }
        Err(EncodeError::CookieTooLarge(report)) => {
            seen.insert("error".to_owned(), "CookieTooLarge".into());
            seen.insert("sizes".to_owned(), json!([report.name, report.value, report.attributes]));
        }
        Err(error) => drop(seen.insert("error".to_owned(), name(error).into())),
    }
    seen.insert("left".to_owned(), json!({ "Ok": items(&session) }));
    Ok(seen.into())
}

/// Runs the view. Returns the session after it, and the visible effects so far.
pub fn view(
    session: Session,
    auth: SessionAuth,
    site: &Site,
    steps: &[Step],
    now: f64,
) -> (Session, Map<String, Value>) {
    let mut view = View { session, auth, now: moment(now), with_offsets: site.local.is_none() };
    let results: Vec<Answer> = steps.iter().map(|step| view.take(step)).collect();
    let session = view.session;
    let mut seen = Map::new();
    seen.insert("results".to_owned(), json!(results));
    seen.insert("accessed".to_owned(), session.is_accessed().into());
    seen.insert("modified".to_owned(), session.is_modified().into());
    (session, seen)
}

/// Returns a session with these keys and values as text for the database.
pub fn encode_stored(keys: &[Key], json_text: &str, now: f64) -> Answer {
    let sessions = StoredSessions::new(&ring(keys)?, CookieOptions::default()).with_clock(clock(now));
    sessions.encode(&session_of(json_text)).map(Value::from).map_err(name)
}

/// Returns a session with these keys and values.
pub fn session_of(json_text: &str) -> Session {
    let Json::Object(pairs) = Json::parse(json_text) else { panic!("{json_text} is not an object") };
    let mut session = Session::default();
    session.extend(pairs).unwrap();
    session
}

/// Decodes a stored text. A rejected text is an empty session, as in Django.
pub fn decode_stored(keys: &[Key], text: &str) -> Answer {
    let found = StoredSessions::new(&ring(keys)?, CookieOptions::default()).decode(text);
    Ok(found.map_or_else(|_| json!([]), |session| items(&session)))
}

/// Returns the date in microseconds since 1970, and its offset in seconds.
pub fn date(json_text: &str) -> Answer {
    // Stands for a date without an offset: no date in Python has this offset.
    let naive = UtcOffset::from_hms(25, 0, 0).unwrap();
    let keys = KeyRing::new(SecretKey::new("key").map_err(name)?);
    let mut session = StoredSessions::new(&keys, CookieOptions::default()).with_naive_dates(naive).create();
    session.insert("_session_expiry", RawValue::from_string(json_text.to_owned()).unwrap()).map_err(name)?;
    let Some(Expiry::At(at)) = session.expiry() else { panic!("{json_text} is not a date") };
    let micros = i64::try_from(at.unix_timestamp_nanos() / 1000).unwrap();
    Ok(json!([micros, at.offset().whole_seconds()]))
}

pub fn auth_hash(key: &Key, salt: Option<&str>, password: &str) -> Answer {
    let mut session = Session::default();
    auth(slice::from_ref(key), salt)?.login(&mut session, &user("1", password));
    Ok(session.get::<String>("_auth_user_hash").map_err(name)?.into())
}

pub fn auth_of(site: &Site) -> Result<SessionAuth, String> {
    auth(&site.keys, site.user_model.as_ref().map(|model| model.salt.as_str()))
}

fn auth(keys: &[Key], salt: Option<&str>) -> Result<SessionAuth, String> {
    let auth = SessionAuth::new(&ring(keys)?);
    salt.map_or(Ok(auth.clone()), |salt| auth.with_salt(salt)).map_err(name)
}

fn user<'u>(id: &'u str, password_hash: &'u str) -> SessionUser<'u> {
    SessionUser { id, backend: BACKEND, password_hash }
}

pub fn cookie_options(site: &Site) -> Result<CookieOptions, String> {
    let same_site = site.same_site.map(|value| match value {
        "Strict" => SameSite::Strict,
        "Lax" => SameSite::Lax,
        _ => SameSite::None,
    });
    let mut cookie = CookieOptions::builder(&site.name)
        .path(&site.path)
        .secure(site.secure)
        .http_only(site.http_only)
        .same_site(same_site)
        .max_age(Duration::from_secs(site.age))
        .expire_at_browser_close(site.expire_at_browser_close);
    if let Some(domain) = &site.domain {
        cookie = cookie.domain(domain);
    }
    cookie.build().map_err(name)
}

pub fn sessions(site: &Site, now: f64) -> Result<CookieSessions, String> {
    let sessions = CookieSessions::new(&ring(&site.keys)?, cookie_options(site)?)
        .with_clock(clock(now))
        .with_expiry_policy(ExpiryPolicy::CookieAgeOnly)
        .with_save_every_request(site.save_every_request);
    Ok(match site.local {
        Some(offset) => sessions.with_naive_dates(UtcOffset::from_whole_seconds(offset).unwrap()),
        None => sessions,
    })
}

/// The state of a view.
struct View {
    session: Session,
    auth: SessionAuth,
    now: SystemTime,
    with_offsets: bool,
}

impl View {
    fn take(&mut self, step: &Step) -> Answer {
        let Self { session, auth, now, with_offsets } = self;
        let at = |modification: &Option<f64>| modification.map_or(*now, moment);
        match step {
            Step::Get { key } => return Ok(json!(read(session, key))),
            Step::Contains { key } => return Ok(session.contains_key(key).into()),
            Step::Set { key, value: Spelled(value) } => session.insert(key, value).map_err(name)?,
            Step::Delete { key } => return deleted(session.remove(key)),
            Step::Pop { key } => {
                let value = read(&session.clone(), key);
                match session.take::<Json>(key) {
                    Ok(taken) => assert_eq!(taken.is_some(), value.is_some()),
                    Err(_) => assert!(session.remove(key)), // `take` leaves a value that `Json` cannot represent
                }
                return value.map(Value::from).ok_or_else(|| "KeyError".to_owned());
            }
            Step::Setdefault { key, value: Spelled(value) } => {
                let before = session.get(key).ok().flatten();
                match session.get_or_insert_with(key, || value.clone()) {
                    Ok(found) => assert_eq!(found, before.unwrap_or_else(|| value.clone())),
                    Err(EncodeError::Occupied(_)) => {} // by a value that `Json` cannot represent
                    Err(error) => return Err(name(error)),
                }
                return Ok(json!(read(session, key)));
            }
            Step::Update { pairs } => {
                let pairs = pairs.iter().map(|(key, Spelled(value))| (key, value));
                session.extend(pairs).map_err(name)?;
            }
            Step::Clear => session.clear(),
            Step::Flush => session.flush(),
            Step::CycleKey => session.cycle_key(),
            Step::Keys => return Ok(session.keys().map(|key| json_text(&key)).collect()),
            Step::Items => return Ok(items(session)),
            Step::MarkModified => session.mark_modified(),
            Step::Discard => session.discard(),
            Step::IsModified => return Ok(session.is_modified().into()),
            Step::IsAccessed => return Ok(session.is_accessed().into()),
            Step::SetExpiry { value: Spelled(value) } => match value {
                Json::Null => session.set_expiry(None),
                Json::Int(0) => session.set_expiry(Expiry::BrowserClose),
                Json::Int(seconds @ 1..=LONGEST) => {
                    session.set_expiry(Expiry::Inactivity(Duration::from_secs(u64::try_from(*seconds).unwrap())));
                }
                // Other values cannot be set with `set_expiry`.
                other => session.insert("_session_expiry", other).map_err(name)?,
            },
            Step::SetExpiryIn { seconds } => {
                let end = OffsetDateTime::from(*now) + time::Duration::seconds_f64(*seconds);
                session.set_expiry(Expiry::At(end));
            }
            Step::SetExpiryAt { micros, offset } => {
                let date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(*micros) * 1000).unwrap();
                session.set_expiry(Expiry::At(date.to_offset(UtcOffset::from_whole_seconds(*offset).unwrap())));
            }
            Step::GetExpiryAge { modification } => {
                return Ok(session.expiry_age(at(modification)).whole_microseconds().to_string().into());
            }
            Step::GetExpiryDate { modification } => {
                let date = session.expiry_date(at(modification)).ok_or("OverflowError")?;
                let micros = i64::try_from(date.unix_timestamp_nanos().div_euclid(1000)).unwrap();
                let offset = date.offset().whole_seconds();
                return Ok(if *with_offsets { json!([micros, offset]) } else { json!([micros]) });
            }
            Step::GetExpireAtBrowserClose => return Ok(session.expires_at_browser_close().into()),
            Step::SetTestCookie => session.set_test_cookie(),
            Step::TestCookieWorked => return Ok(session.test_cookie_worked().into()),
            Step::DeleteTestCookie => return deleted(session.delete_test_cookie()),
            Step::Login { id, password } => auth.login(session, &user(id, password)),
            Step::GetUser { password } => return Ok(json!(get_user(session, auth, password.as_deref()))),
            Step::UpdateHash { password } => auth.update_hash(session, password),
        }
        Ok(Value::Null)
    }
}

/// Returns the primary key of the logged-in user, by the steps of Django's `get_user`.
fn get_user(session: &mut Session, auth: &SessionAuth, password: Option<&str>) -> Option<String> {
    let id = session.auth_user_id().filter(|id| is_primary_key(id))?;
    let is_of_backend = session.auth_user_backend().as_deref() == Some(BACKEND);
    (is_of_backend && auth.authenticate(session, password?)).then_some(id)
}

/// Returns whether this may be an `id` in the table of users: a whole number.
fn is_primary_key(id: &str) -> bool {
    let digits = id.strip_prefix('-').unwrap_or(id);
    id == "0" || (!digits.starts_with('0') && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Reads the value as text, and also as `Json` if it can be represented so.
fn read(session: &Session, key: &str) -> Option<String> {
    let text = session.get_json(key)?;
    let parsed = serde_json::from_str(text).ok();
    assert_eq!(session.get::<Json>(key).ok().flatten(), parsed);
    Some(text.to_owned())
}

fn deleted(found: bool) -> Answer {
    if found { Ok(Value::Null) } else { Err("KeyError".to_owned()) }
}

pub fn items(session: &Session) -> Value {
    session.iter().map(|(key, value)| json!([json_text(&key), value])).collect()
}

/// Writes a JSON string as Python does.
fn json_text(text: &str) -> String {
    let mut json = Vec::new();
    JsonSerializer.dumps(text, &mut json).unwrap();
    String::from_utf8(json).unwrap()
}
