use std::time::{Duration, SystemTime};

use crate::clock::Timestamp;
use crate::encoding;
use crate::error::DecodeError;
use crate::random::{self, NoRandomBytes};
use crate::sessions::Session;
use crate::sessions::auth::USER_ID;
use crate::sessions::data::Data;
use crate::sessions::lifetime::{AbsoluteAge, Terms, Unstamped};

/// The key of the session's start, in integer Unix seconds.
const STARTED: &str = "_session_started";
/// The key of the session's id: 16 random bytes in base64url.
const ID: &str = "_session_id";
const ID_BYTES: usize = 16;
const ID_LEN: usize = 22;

impl Terms {
    /// Checks how long ago a session began, and whether a login has the required stamps.
    ///
    /// # Errors
    /// [`DecodeError::SessionTooOld`] and [`DecodeError::Unstamped`].
    pub(in crate::sessions) fn admit_start(self, session: &Session, now: SystemTime) -> Result<(), DecodeError> {
        let Some(AbsoluteAge { max_age, unstamped }) = self.absolute else { return Ok(()) };
        let data = session.data();
        let started = started(data);
        if let Some(age) = started.map(|start| age(start, now)).filter(|age| *age > max_age) {
            return Err(DecodeError::SessionTooOld { age, max_age });
        }
        let lacks_stamp = started.is_none() || self.ids && id(data).is_none();
        if lacks_stamp && unstamped == Unstamped::Refuse && data.contains(USER_ID) {
            return Err(DecodeError::Unstamped);
        }
        Ok(())
    }
}

impl Session {
    /// Returns when the session began, if it is recorded: see
    /// [`with_absolute_age`](crate::CookieSessions::with_absolute_age).
    ///
    /// A session begins when it is first written, again when [`SessionAuth::login`](crate::SessionAuth::login) logs in a
    /// user who was not logged in before, and again after [`flush`](Self::flush) or [`clear`](Self::clear). The start is
    /// recorded when the session is committed. Counts as access.
    ///
    /// ```
    /// # use django_session::{Clock, CookieOptions, CookieSessions, KeyRing, SecretKey, Timestamp, Unstamped};
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::default())
    ///     .with_absolute_age(Duration::from_secs(24 * 60 * 60), Unstamped::Stamp)
    ///     .with_clock(Clock::fixed(UNIX_EPOCH + Duration::from_secs(1_700_000_000)));
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let _ = sessions.commit(&session, 200)?;
    /// assert_eq!(session.started_at(), Some(Timestamp::from_secs(1_700_000_000)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn started_at(&self) -> Option<Timestamp> {
        started(self.read())
    }

    /// Returns the session's id, if it has one: 22 characters of base64url.
    ///
    /// With [`with_ids`](crate::CookieSessions::with_ids), a session has an id once it is committed. The id may appear
    /// in logs and in a list of ended sessions, because it cannot be used as a cookie. Counts as access, so checking it
    /// [refreshes](crate::CookieSessions::with_refresh_after) the session.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::default()).with_ids();
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    /// let again = sessions.load(Some(cookie.value()));
    /// assert_eq!((again.id(), again.id().map(str::len)), (session.id(), Some(22)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        id(self.read())
    }

    /// Returns what is left of the absolute age, if it is limited and the session has a start.
    pub(super) fn absolute_age_left(&self, terms: Terms, now: SystemTime) -> Option<time::Duration> {
        let AbsoluteAge { max_age, .. } = terms.absolute?;
        let left = max_age.saturating_sub(age(started(self.data())?, now));
        Some(left.try_into().unwrap_or(time::Duration::MAX))
    }

    /// Returns the data of a session dated `date`, with the start and the id that the settings require.
    ///
    /// Returns `None` if it has them already, or if it has no content.
    pub(in crate::sessions) fn stamped_data(
        &self,
        terms: Terms,
        date: Timestamp,
    ) -> Result<Option<Data>, NoRandomBytes> {
        let present = self.data();
        let needs_start = terms.absolute.is_some() && started(present).is_none_or(|start| start > date);
        let needs_id = terms.ids && id(present).is_none();
        if !(needs_start || needs_id) || !self.has_content() {
            return Ok(None);
        }
        let mut stamped = present.clone();
        if needs_start {
            stamped.insert(STARTED, date.to_string());
        }
        if needs_id {
            stamped.insert(ID, random_id()?);
        }
        Ok(Some(stamped))
    }

    /// Returns whether there is a key besides the start and the id.
    pub(in crate::sessions) fn has_content(&self) -> bool {
        self.data().has_others_than([STARTED, ID])
    }

    /// Makes the session start over, with another id, when it is next written.
    pub(in crate::sessions) fn forget_stamps(&mut self) {
        // An anonymous visitor may have planted the id, and could use it to end the session.
        self.erase(ID);
        // Without an absolute age the start stays: an old start only shortens the session, and Django may require one.
        if self.terms().absolute.is_some() {
            self.erase(STARTED);
        }
    }
}

fn started(data: &Data) -> Option<Timestamp> {
    let json = data.get(STARTED).ok()??;
    json.parse().ok().map(Timestamp::from_secs)
}

fn id(data: &Data) -> Option<&str> {
    let text = data.get(ID).ok()??.strip_prefix('"')?.strip_suffix('"')?;
    let is_id = text.len() == ID_LEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_id.then_some(text)
}

/// Generates an id, as JSON text.
fn random_id() -> Result<String, NoRandomBytes> {
    let mut bytes = [0; ID_BYTES];
    random::fill(&mut bytes)?;
    let mut json = vec![b'"'];
    encoding::base64_encode(&bytes, &mut json);
    json.push(b'"');
    Ok(encoding::into_text(json))
}

/// Returns the age of a session. A start in the future counts as now; it is replaced when the session is written.
fn age(start: Timestamp, now: SystemTime) -> Duration {
    start.age(now).unwrap_or(Duration::ZERO)
}
