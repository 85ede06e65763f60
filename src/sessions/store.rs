use std::cmp::Reverse;

use time::UtcOffset;

use crate::clock::Clock;
use crate::cookie::{CookieOptions, SetCookie, header};
use crate::error::{DecodeError, EncodeError};
use crate::key::KeyRing;
use crate::object::{Codec, Compression, JsonSerializer, Serializer};
use crate::sessions::session::{Cookie, Terms};
use crate::sessions::{ExpiryPolicy, Session};
use crate::signing::{Algorithm, Signer, TimestampSigner};

/// What Django salts its signed-cookie sessions with.
const SALT: &[u8] = b"django.contrib.sessions.backends.signed_cookies";

/// A longer cookie is not looked at: browsers keep 4096 bytes, or little more.
const MAX_TOKEN_LEN: usize = 8192;

/// What is shorter is no session key to Django.
const MIN_TOKEN_LEN: usize = 8;

/// Sessions in a signed cookie: a `Cookie` header in, a [`Session`] out; a [`Session`] in, a `Set-Cookie` header out.
///
/// The same as Django with `SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"`: given the same
/// `SECRET_KEY` and cookie settings, both read and write the same cookie. The rules of its `SessionMiddleware` are all in
/// [`commit`](Self::commit).
///
/// Make it once and keep it, say in an `Arc`: the keys are derived when it is made.
///
/// ```
/// use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
///
/// let keys = KeyRing::new(SecretKey::new("the site's SECRET_KEY")?);
/// let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
///
/// // A request comes in.
/// let mut session = store.load_header("theme=dark; csrftoken=x");
/// let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
/// session.insert("visits", visits)?;
///
/// // The response goes out.
/// let commit = store.commit(&session, 200)?;
/// let header = commit.set_cookie.expect("it was changed");
/// assert!(header.as_str().starts_with("sessionid=eyJ2aXNpdHMiOjF9:"));
/// assert!(commit.vary_on_cookie);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[doc(alias = "SessionMiddleware")]
pub struct SessionStore<S = JsonSerializer> {
    signer: TimestampSigner,
    codec: Codec<S>,
    cookie: CookieOptions,
    clock: Clock,
    policy: ExpiryPolicy,
    save_every_request: bool,
    naive: Option<UtcOffset>,
}

/// What a response must say about the session.
///
/// ```
/// use django_session::{Commit, CookieOptions, KeyRing, SecretKey, SessionStore};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let Commit { set_cookie, vary_on_cookie, .. } = store.commit(&store.load(None), 200)?;
/// assert!(set_cookie.is_none() && !vary_on_cookie); // nobody touched it
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub struct Commit {
    /// The header to send, if any, beside other `Set-Cookie` headers.
    pub set_cookie: Option<SetCookie>,
    /// Whether `Cookie` belongs into the `Vary` header, so that no cache gives this response to another visitor.
    pub vary_on_cookie: bool,
}

impl SessionStore {
    /// A store of JSON sessions with Django's defaults, but the expiry policy.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// let store = SessionStore::new(&keys, options);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(keys: &KeyRing, cookie: CookieOptions) -> Self {
        let signer = Signer::salted(keys, SALT).with_max_token_len(MAX_TOKEN_LEN);
        Self {
            signer: TimestampSigner::from_signer(signer),
            codec: Codec::default().with_compression(Compression::IfSmaller),
            cookie,
            clock: Clock::default(),
            policy: ExpiryPolicy::default(),
            save_every_request: false,
            naive: None,
        }
    }
}

impl<S: Serializer> SessionStore<S> {
    /// Another serializer than JSON, for sessions that Django need not read.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # #[cfg(feature = "msgpack")]
    /// let store = SessionStore::new(&keys, options).with_serializer(django_session::MessagePackSerializer);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_SERIALIZER")]
    pub fn with_serializer<T: Serializer>(self, serializer: T) -> SessionStore<T> {
        SessionStore {
            signer: self.signer,
            codec: Codec::new(serializer).with_compression(Compression::IfSmaller),
            cookie: self.cookie,
            clock: self.clock,
            policy: self.policy,
            save_every_request: self.save_every_request,
            naive: self.naive,
        }
    }

    /// Another hash than SHA-256: see [`Signer::with_algorithm`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use django_session::Algorithm;
    ///
    /// let store = SessionStore::new(&keys, options).with_algorithm(Algorithm::Sha512);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.signer = self.signer.with_algorithm(algorithm);
        self
    }

    /// Accepts, but never writes, cookies of one more algorithm: see [`Signer::with_legacy_algorithm`]. Django 3.1 and 3.2
    /// do so with SHA-1.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # #[cfg(feature = "legacy")]
    /// let store = SessionStore::new(&keys, options).with_legacy_algorithm(django_session::Algorithm::Sha1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_legacy_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.signer = self.signer.with_legacy_algorithm(algorithm);
        self
    }

    /// Which ages are held against a session when it is loaded. Default: [`ExpiryPolicy::OwnElseAge`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use django_session::ExpiryPolicy;
    ///
    /// let as_django_up_to_6_1 = SessionStore::new(&keys, options).with_expiry_policy(ExpiryPolicy::CookieAgeOnly);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_expiry_policy(mut self, policy: ExpiryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Whether a session that nobody changed is written all the same, so that it lives on. Default: no.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// let store = SessionStore::new(&keys, options).with_save_every_request(true);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_SAVE_EVERY_REQUEST")]
    pub fn with_save_every_request(mut self, save: bool) -> Self {
        self.save_every_request = save;
        self
    }

    /// For a Django with `USE_TZ = False`: [`Expiry::At`](crate::Expiry::At) is read and written as its local time without
    /// an offset. By default dates are written with their offset, and those without one are taken for UTC.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use time::macros::offset;
    ///
    /// let beside_a_django_in_tokyo = SessionStore::new(&keys, options).with_naive_dates(offset!(+9));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "USE_TZ")]
    pub fn with_naive_dates(mut self, local: UtcOffset) -> Self {
        self.naive = Some(local);
        self
    }

    /// Another clock than the system's.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use django_session::Clock;
    /// use std::time::UNIX_EPOCH;
    ///
    /// let store = SessionStore::new(&keys, options).with_clock(Clock::fixed(UNIX_EPOCH));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.signer = self.signer.with_clock(clock.clone());
        self.clock = clock;
        self
    }

    /// The cookie's options.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # let store = SessionStore::new(&keys, options);
    /// assert_eq!(store.cookie().name(), "sessionid");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn cookie(&self) -> &CookieOptions {
        &self.cookie
    }

    fn terms(&self) -> Terms {
        Terms {
            max_age: 0_i64.saturating_add_unsigned(self.cookie.max_age().as_secs()),
            expire_at_browser_close: self.cookie.expires_at_browser_close(),
            naive: self.naive,
        }
    }

    /// The session in this cookie's value. In Django's manner, a bad one is an empty session, which
    /// [says why](Session::refusal); and one of less than 8 characters counts as none.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # let store = SessionStore::new(&keys, options);
    /// assert!(store.load(None).is_empty());
    /// assert!(store.load(Some("forged:token:really")).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load(&self, token: Option<&str>) -> Session {
        self.load_any(token.into_iter())
    }

    /// The session in this cookie's value, or why there is none.
    ///
    /// # Errors
    /// [`DecodeError`], of every kind but `Config`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # let store = SessionStore::new(&keys, options);
    /// use django_session::{BadSignature, DecodeError};
    ///
    /// let refused = store.try_load("forged:token:really").unwrap_err();
    /// assert_eq!(refused, DecodeError::Signature(BadSignature::Mismatch));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_load(&self, token: &str) -> Result<Session, DecodeError> {
        let now = self.clock.now();
        let max_age = self.cookie.max_age();
        let verified = self.signer.unsign(token, self.policy.token_age(max_age))?;
        let cookie = Cookie {
            sent: true,
            keyed: true,
            refusal: None,
            key_index: Some(verified.key_index()),
            signed_at: verified.timestamp(),
        };
        let session = Session::parse(self.codec.decode_json(verified)?, cookie, self.terms())?;
        if let Some(signed) = verified.timestamp() {
            self.policy.check(session.own_expiry(), signed, now, max_age)?;
        }
        Ok(session)
    }

    /// The session in a whole `Cookie` header.
    ///
    /// Of several cookies of our name (another path or domain, or an attacker on a sibling domain, sets such) the last that
    /// verifies is taken; Django takes the last and stops there.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # let store = SessionStore::new(&keys, options);
    /// let mut session = store.load(None);
    /// session.insert("user", "ada")?;
    /// let ours = store.commit(&session, 200)?.set_cookie.unwrap().into_string();
    /// let ours = ours.split(';').next().unwrap();
    ///
    /// let session = store.load_header(&format!("theme=dark; {ours}; sessionid=tossed"));
    /// assert_eq!(session.get("user")?, Some("ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load_header(&self, header: &str) -> Session {
        self.load_any(header::values(header, self.cookie.name()).rev())
    }

    /// The first that will do; else an empty session with the first reason.
    fn load_any<'t>(&self, tokens: impl Iterator<Item = &'t str>) -> Session {
        let mut cookie = Cookie::default();
        for token in tokens {
            cookie.sent = true;
            if token.chars().count() < MIN_TOKEN_LEN {
                continue;
            }
            cookie.keyed = true;
            match self.try_load(token) {
                Ok(session) => return session,
                Err(reason) => cookie.refusal = cookie.refusal.or(Some(reason)),
            }
        }
        Session::empty(cookie, self.terms())
    }

    /// What the response, with this status, has to say about the session. All of Django's `SessionMiddleware`:
    ///
    /// - A session that was flushed, or whose cookie was too short to be one, is removed if the browser sent a cookie.
    /// - A changed session is written, an unchanged one only on [request](Self::with_save_every_request), and none with a
    ///   status of 500 or more.
    /// - A changed session without keys is removed; Django would write `{}`. So is one whose cookie was refused, if the
    ///   session was used.
    /// - The response varies on `Cookie` if the session was used, or a cookie is set or removed.
    ///
    /// # Errors
    /// [`EncodeError::CookieTooLarge`]; [`EncodeError::ExpiryOutOfRange`]; [`EncodeError::Serialize`] with a serializer
    /// other than JSON's. The response should then be an error, for the session would be lost.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let mut session = store.load(Some("a cookie that will not do"));
    /// session.insert("visits", 1)?;
    /// assert!(store.commit(&session, 200)?.set_cookie.is_some());
    /// assert!(store.commit(&session, 500)?.set_cookie.is_none());
    /// session.remove("visits");
    /// assert_eq!(store.commit(&session, 200)?.set_cookie, Some(store.cookie().removal()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit(&self, session: &Session, status: u16) -> Result<Commit, EncodeError> {
        let Cookie { sent, keyed, refusal, .. } = session.cookie;
        let (empty, accessed) = (session.is_empty(), session.is_accessed());

        let gone = empty && !keyed;
        let changed = session.is_modified() || self.save_every_request || (refusal.is_some() && accessed);
        let set_cookie = if gone || (empty && changed && status < 500) {
            sent.then(|| self.cookie.removal())
        } else if changed && status < 500 {
            Some(self.set_cookie(session)?.0)
        } else {
            None
        };
        Ok(Commit { vary_on_cookie: accessed || set_cookie.is_some(), set_cookie })
    }

    /// How many more bytes the cookie could take if the session were written now. (Compression makes a difference: a key
    /// more may cost less than its JSON.)
    ///
    /// # Errors
    /// Those of [`commit`](Self::commit).
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionStore};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let store = SessionStore::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let mut session = store.load(None);
    /// let before = store.bytes_left(&session)?;
    /// session.insert("visits", 1)?;
    /// assert!(store.bytes_left(&session)? < before && before < 4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bytes_left(&self, session: &Session) -> Result<usize, EncodeError> {
        self.set_cookie(session).map(|(_, bytes_left)| bytes_left)
    }

    fn set_cookie(&self, session: &Session) -> Result<(SetCookie, usize), EncodeError> {
        let payload = self.codec.encode_json_with_room(&session.data().to_json(), self.signer.overhead())?;
        let token = self.signer.seal(payload);
        let lifetime = session.cookie_lifetime(self.clock.now())?;
        SetCookie::new(&self.cookie, &token, lifetime.as_ref()).map_err(|error| match error {
            EncodeError::CookieTooLarge(mut report) => {
                report.keys = session.data().sizes().collect();
                report.keys.sort_by_key(|(_, bytes)| Reverse(*bytes));
                EncodeError::CookieTooLarge(report)
            }
            other => other,
        })
    }
}
