//! Sessions in cookies and in rows.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use django_session::{
    CookieOptions, DecodeError, Expiry, ExpiryPolicy, JsonSerializer, SameSite, Serializer as _, SessionAuth,
    SessionUser, SetCookie,
};
use pyo3::exceptions::{PyKeyError, PyOverflowError, PyValueError};
use pyo3::prelude::*;
use time::{OffsetDateTime, UtcOffset};

use crate::errors::{config, decode, encode};
use crate::value::Value;
use crate::{Text, clock, ring};

pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Session>()?;
    module.add_class::<CookieSessions>()?;
    module.add_class::<StoredSessions>()
}

/// The attributes of a cookie, from Django's settings.
#[derive(FromPyObject)]
pub(crate) struct Cookie {
    name: String,
    path: String,
    domain: Option<String>,
    secure: bool,
    http_only: bool,
    same_site: Option<String>,
    max_age: u64,
    browser_close: bool,
}

impl Cookie {
    pub(crate) fn options(self) -> PyResult<CookieOptions> {
        let same_site = self.same_site.map(|text| match text.to_ascii_lowercase().as_str() {
            "strict" => SameSite::Strict,
            "none" => SameSite::None,
            _ => SameSite::Lax,
        });
        let mut options = CookieOptions::builder(self.name)
            .path(self.path)
            .secure(self.secure)
            .http_only(self.http_only)
            .same_site(same_site)
            .max_age(Duration::from_secs(self.max_age))
            .expire_at_browser_close(self.browser_close);
        if let Some(domain) = self.domain {
            options = options.domain(domain);
        }
        options.build().map_err(config)
    }
}

fn offset(seconds: i32) -> PyResult<UtcOffset> {
    UtcOffset::from_whole_seconds(seconds).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// Converts microseconds since 1970.
fn from_micros(micros: i64) -> PyResult<SystemTime> {
    let distance = Duration::from_micros(micros.unsigned_abs());
    let time = if micros < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.ok_or_else(|| PyOverflowError::new_err("a time that no clock shows"))
}

#[pyclass]
struct Session(django_session::Session);

#[pymethods]
impl Session {
    fn get(&self, key: &str) -> PyResult<Py<PyAny>> {
        match self.0.get(key).map_err(decode)? {
            Some(Value(value)) => Ok(value),
            None => Err(PyKeyError::new_err(key.to_owned())),
        }
    }

    fn insert(&mut self, key: &str, value: Py<PyAny>) -> PyResult<()> {
        self.0.insert(key, Value(value)).map_err(encode)
    }

    fn extend(&mut self, pairs: Vec<(String, Py<PyAny>)>) -> PyResult<()> {
        self.0.extend(pairs.into_iter().map(|(key, value)| (key, Value(value)))).map_err(encode)
    }

    fn remove(&mut self, key: &str) -> bool {
        self.0.remove(key)
    }

    fn take(&mut self, key: &str) -> PyResult<Py<PyAny>> {
        match self.0.take(key).map_err(decode)? {
            Some(Value(value)) => Ok(value),
            None => Err(PyKeyError::new_err(key.to_owned())),
        }
    }

    fn get_or_insert(&mut self, key: &str, default: Py<PyAny>) -> PyResult<Py<PyAny>> {
        self.0.get_or_insert_with(key, || Value(default)).map(|Value(value)| value).map_err(encode)
    }

    fn contains_key(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    fn keys(&self) -> Vec<String> {
        self.0.keys().map(Into::into).collect()
    }

    fn items(&self) -> PyResult<Vec<(String, Py<PyAny>)>> {
        let values = self.0.iter().map(|(key, json)| {
            let Value(value) = JsonSerializer.loads(json.as_bytes()).map_err(decode)?;
            Ok((key.into_owned(), value))
        });
        values.collect()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns a clone, which can be used without marking this session as accessed.
    fn copy(&self) -> Self {
        Self(self.0.clone())
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn flush(&mut self) {
        self.0.flush();
    }

    fn cycle_key(&mut self) {
        self.0.cycle_key();
    }

    fn is_accessed(&self) -> bool {
        self.0.is_accessed()
    }

    fn is_modified(&self) -> bool {
        self.0.is_modified()
    }

    fn mark_modified(&mut self) {
        self.0.mark_modified();
    }

    fn discard(&mut self) {
        self.0.discard();
    }

    fn rejection(&self) -> Option<String> {
        self.0.rejection().as_ref().map(DecodeError::to_string)
    }

    fn set_test_cookie(&mut self) {
        self.0.set_test_cookie();
    }

    fn test_cookie_worked(&self) -> bool {
        self.0.test_cookie_worked()
    }

    fn delete_test_cookie(&mut self) -> bool {
        self.0.delete_test_cookie()
    }

    fn set_no_expiry(&mut self) {
        self.0.set_expiry(None);
    }

    fn set_expiry_seconds(&mut self, seconds: u64) {
        self.0.set_expiry(match seconds {
            0 => Expiry::BrowserClose,
            seconds => Expiry::Inactivity(Duration::from_secs(seconds)),
        });
    }

    fn set_expiry_at(&mut self, micros: i64, offset_seconds: i32) -> PyResult<()> {
        let at = OffsetDateTime::from(from_micros(micros)?).to_offset(offset(offset_seconds)?);
        self.0.set_expiry(Expiry::At(at));
        Ok(())
    }

    /// Returns the age in microseconds.
    fn expiry_age(&self, modification: i64) -> PyResult<i128> {
        Ok(self.0.expiry_age(from_micros(modification)?).whole_microseconds())
    }

    /// Returns the date in microseconds since 1970.
    fn expiry_date(&self, modification: i64) -> PyResult<Option<i128>> {
        let date = self.0.expiry_date(from_micros(modification)?);
        Ok(date.map(|date| date.unix_timestamp_nanos().div_euclid(1000)))
    }

    fn expires_at_browser_close(&self) -> bool {
        self.0.expires_at_browser_close()
    }

    fn login(&mut self, keys: Vec<Text>, id: &str, backend: &str, password_hash: &str) -> PyResult<()> {
        SessionAuth::new(&ring(&keys)?).login(&mut self.0, &SessionUser { id, backend, password_hash });
        Ok(())
    }

    fn authenticate(&mut self, keys: Vec<Text>, password_hash: &str) -> PyResult<bool> {
        Ok(SessionAuth::new(&ring(&keys)?).authenticate(&mut self.0, password_hash))
    }
}

#[pyclass(frozen)]
struct CookieSessions(django_session::CookieSessions);

#[pymethods]
impl CookieSessions {
    #[new]
    fn new(
        py: Python<'_>,
        keys: Vec<Text>,
        cookie: Cookie,
        every_request: bool,
        own_expiry: bool,
        naive: Option<i32>,
    ) -> PyResult<Self> {
        let policy = if own_expiry { ExpiryPolicy::default() } else { ExpiryPolicy::CookieAgeOnly };
        let mut sessions = django_session::CookieSessions::new(&ring(&keys)?, cookie.options()?)
            .with_clock(clock(py)?)
            .with_save_every_request(every_request)
            .with_expiry_policy(policy);
        if let Some(naive) = naive {
            sessions = sessions.with_naive_dates(offset(naive)?);
        }
        Ok(Self(sessions))
    }

    fn load(&self, token: Option<&str>) -> Session {
        Session(self.0.load(token))
    }

    fn load_header(&self, header: &[u8]) -> Session {
        Session(self.0.load_header(header))
    }

    /// Returns the header, if one must be sent, and whether the response varies on `Cookie`.
    fn commit(&self, session: &Session, status: u16) -> PyResult<(Option<String>, bool)> {
        let commit = self.0.commit(&session.0, status).map_err(encode)?;
        Ok((commit.set_cookie.map(SetCookie::into_string), commit.vary_on_cookie))
    }
}

#[pyclass(frozen)]
struct StoredSessions(django_session::StoredSessions);

#[pymethods]
impl StoredSessions {
    #[new]
    fn new(py: Python<'_>, keys: Vec<Text>, cookie: Cookie, naive: Option<i32>) -> PyResult<Self> {
        let mut sessions = django_session::StoredSessions::new(&ring(&keys)?, cookie.options()?).with_clock(clock(py)?);
        if let Some(naive) = naive {
            sessions = sessions.with_naive_dates(offset(naive)?);
        }
        Ok(Self(sessions))
    }

    fn create(&self) -> Session {
        Session(self.0.create())
    }

    fn decode(&self, text: &str) -> PyResult<Session> {
        self.0.decode(text).map(Session).map_err(decode)
    }

    fn encode(&self, session: &Session) -> PyResult<String> {
        self.0.encode(&session.0).map_err(encode)
    }
}
