use std::ops::ControlFlow;

use time::UtcOffset;

use crate::clock::{Clock, MaxAge};
use crate::codec::{Codec, Compression, JsonSerializer, Serializer};
use crate::cookie::{CookieOptions, header};
use crate::error::DecodeError;
use crate::key::KeyRing;
use crate::sessions::lifetime::Terms;
use crate::sessions::provenance::Provenance;
use crate::sessions::{ExpiryPolicy, Session};
use crate::signing::{Algorithm, Signer, TimestampSigner};

/// What Django salts its signed-cookie sessions with.
const SALT: &[u8] = b"django.contrib.sessions.backends.signed_cookies";

/// A longer cookie is not looked at: browsers keep 4096 bytes, or little more.
const MAX_TOKEN_LEN: usize = 8192;

/// What is shorter is no session key to Django.
const MIN_TOKEN_CHARS: usize = 8;

/// Sessions in a signed cookie: a `Cookie` header in, a [`Session`] out; a [`Session`] in, a `Set-Cookie` header out.
///
/// The same as Django with `SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"`: given the same
/// `SECRET_KEY` and cookie settings, both read and write the same cookie. The rules of its `SessionMiddleware` are all in
/// [`commit`](Self::commit).
///
/// Make it once and keep it, say in an `Arc`: the keys are derived when it is made.
///
/// ```
/// use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
///
/// let keys = KeyRing::new(SecretKey::new("the site's SECRET_KEY")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
///
/// // A request comes in.
/// let mut session = sessions.load_header("theme=dark; csrftoken=x");
/// let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
/// session.insert("visits", visits)?;
///
/// // The response goes out.
/// let commit = sessions.commit(&session, 200)?;
/// let header = commit.set_cookie.expect("it was changed");
/// assert!(header.as_str().starts_with("sessionid=eyJ2aXNpdHMiOjF9:"));
/// assert!(commit.vary_on_cookie);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[doc(alias = "SessionMiddleware")]
pub struct CookieSessions<S = JsonSerializer> {
    pub(super) signer: TimestampSigner,
    pub(super) codec: Codec<S>,
    pub(super) cookie: CookieOptions,
    terms: Terms,
    pub(super) save_every_request: bool,
}

impl CookieSessions {
    /// A store of JSON sessions with Django's defaults, but the expiry policy.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// let sessions = CookieSessions::new(&keys, options);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(keys: &KeyRing, cookie: CookieOptions) -> Self {
        let signer = Signer::salted(keys, SALT).with_max_token_len(MAX_TOKEN_LEN);
        Self {
            signer: signer.into(),
            codec: Codec::default().with_compression(Compression::IfSmaller),
            terms: Terms {
                max_age: cookie.max_age(),
                expire_at_browser_close: cookie.expire_at_browser_close(),
                ..Terms::default()
            },
            cookie,
            save_every_request: false,
        }
    }
}

impl<S: Serializer> CookieSessions<S> {
    /// Another serializer than JSON, for sessions that Django need not read.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # #[cfg(feature = "msgpack")]
    /// let sessions = CookieSessions::new(&keys, options).with_serializer(django_session::MessagePackSerializer);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_SERIALIZER")]
    pub fn with_serializer<T: Serializer>(self, serializer: T) -> CookieSessions<T> {
        CookieSessions {
            signer: self.signer,
            codec: Codec::new(serializer).with_compression(Compression::IfSmaller),
            cookie: self.cookie,
            terms: self.terms,
            save_every_request: self.save_every_request,
        }
    }

    /// Another hash than SHA-256: see [`Signer::with_algorithm`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use django_session::Algorithm;
    ///
    /// let sessions = CookieSessions::new(&keys, options).with_algorithm(Algorithm::Sha512);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.signer = self.signer.map_signer(|signer| signer.with_algorithm(algorithm));
        self
    }

    /// Accepts, but never writes, cookies of one more algorithm: see [`Signer::with_legacy_algorithm`]. Django 3.1 and 3.2
    /// do so with SHA-1.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # #[cfg(feature = "legacy")]
    /// let sessions = CookieSessions::new(&keys, options).with_legacy_algorithm(django_session::Algorithm::Sha1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_legacy_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.signer = self.signer.map_signer(|signer| signer.with_legacy_algorithm(algorithm));
        self
    }

    /// Which ages are held against a session when it is loaded. Default: [`ExpiryPolicy::OwnElseAge`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use django_session::ExpiryPolicy;
    ///
    /// let as_django_up_to_6_1 = CookieSessions::new(&keys, options).with_expiry_policy(ExpiryPolicy::CookieAgeOnly);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_expiry_policy(mut self, policy: ExpiryPolicy) -> Self {
        self.terms.policy = policy;
        self
    }

    /// Whether a session that nobody changed is written all the same, so that it lives on. Default: no.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// let sessions = CookieSessions::new(&keys, options).with_save_every_request(true);
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
    /// The offset is fixed: where clocks change in summer, dates are an hour off for half of the year.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use time::macros::offset;
    ///
    /// let beside_a_django_in_tokyo = CookieSessions::new(&keys, options).with_naive_dates(offset!(+9));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "USE_TZ")]
    pub fn with_naive_dates(mut self, local: UtcOffset) -> Self {
        self.terms.naive = Some(local);
        self
    }

    /// Another clock than the system's.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use django_session::Clock;
    /// use std::time::UNIX_EPOCH;
    ///
    /// let sessions = CookieSessions::new(&keys, options).with_clock(Clock::fixed(UNIX_EPOCH));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.signer = self.signer.with_clock(clock);
        self
    }

    /// The cookie's options.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # let sessions = CookieSessions::new(&keys, options);
    /// assert_eq!(sessions.cookie().name(), "sessionid");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn cookie(&self) -> &CookieOptions {
        &self.cookie
    }

    /// Whether a session that nobody changed is written all the same.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// assert!(!sessions.saves_every_request());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn saves_every_request(&self) -> bool {
        self.save_every_request
    }

    /// The session in this cookie's value. In Django's manner, a bad one is an empty session, which
    /// [says why](Session::rejection); and one of less than 8 characters counts as none.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # let sessions = CookieSessions::new(&keys, options);
    /// assert!(sessions.load(None).is_empty());
    /// assert!(sessions.load(Some("forged:token:really")).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load(&self, token: Option<&str>) -> Session {
        let found = token.into_iter().try_fold(Provenance::default(), |seen, token| self.attempt(seen, token));
        self.accepted_or_empty(found)
    }

    /// The session in this cookie's value, or why there is none.
    ///
    /// To answer a request, take [`load`](Self::load) or [`load_header`](Self::load_header), whose empty session
    /// remembers that there was a cookie to remove, and [why](Session::rejection).
    ///
    /// # Errors
    /// [`DecodeError`], of every kind but `Config`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # let sessions = CookieSessions::new(&keys, options);
    /// use django_session::{BadSignature, DecodeError};
    ///
    /// let refused = sessions.try_load("forged:token:really").unwrap_err();
    /// assert_eq!(refused, DecodeError::Signature(BadSignature::Mismatch));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_load(&self, token: &str) -> Result<Session, DecodeError> {
        let now = self.signer.now();
        // 1. verify
        let verified = self.signer.unsign_at(token, MaxAge::Unlimited, now)?;
        let provenance = Provenance {
            sent: true,
            keyed: true,
            key_index: Some(verified.key_index()),
            signed_at: verified.timestamp(),
            ..Provenance::default()
        };
        // 2. decode
        let session = Session::parse(self.codec.decode_json(verified)?, provenance, self.terms)?;
        // 3. admit
        if let Some(signed_at) = session.signed_at() {
            self.terms.admit(session.own_expiry(), signed_at, now)?;
        }
        Ok(session)
    }

    /// The session in a whole `Cookie` header, as text or bytes.
    ///
    /// Of several cookies of our name (another path or domain, or an attacker on a sibling domain, sets such) the last that
    /// verifies is taken; Django takes the last and stops there.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # let sessions = CookieSessions::new(&keys, options);
    /// let mut session = sessions.load(None);
    /// session.insert("user", "ada")?;
    /// let ours = sessions.commit(&session, 200)?.set_cookie.unwrap().into_string();
    /// let ours = ours.split(';').next().unwrap();
    ///
    /// let session = sessions.load_header(&format!("theme=dark; {ours}; sessionid=tossed"));
    /// assert_eq!(session.get::<String>("user")?.as_deref(), Some("ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load_header(&self, header: &(impl AsRef<[u8]> + ?Sized)) -> Session {
        self.load_headers([header])
    }

    /// The session in all the `Cookie` headers of a request: HTTP/2 lets a browser send several. Bytes that are not UTF-8
    /// are read as U+FFFD, as in Django.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let session = sessions.load_headers([&b"theme=dark"[..], b"name=\xff; sessionid=forged"]);
    /// assert!(session.rejection().is_none() && session.is_empty()); // too short to be a session
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load_headers<'h, I, H>(&self, headers: I) -> Session
    where
        I: IntoIterator<Item = &'h H, IntoIter: DoubleEndedIterator>,
        H: AsRef<[u8]> + ?Sized + 'h,
    {
        let found = headers.into_iter().rev().try_fold(Provenance::default(), |seen, line| {
            let text = header::text(line.as_ref());
            header::values(&text, self.cookie.name()).rev().try_fold(seen, |seen, token| self.attempt(seen, token))
        });
        self.accepted_or_empty(found)
    }

    /// The session in this cookie, or what was seen up to now: other cookies, and why they were rejected.
    fn attempt(&self, seen: Provenance, token: &str) -> ControlFlow<Session, Provenance> {
        if token.chars().nth(MIN_TOKEN_CHARS - 1).is_none() {
            return ControlFlow::Continue(Provenance { sent: true, ..seen });
        }
        match self.try_load(token) {
            Ok(mut session) => {
                session.provenance.passed_over = seen.rejection;
                ControlFlow::Break(session)
            }
            Err(reason) => {
                let rejection = seen.rejection.or(Some(reason));
                ControlFlow::Continue(Provenance { sent: true, keyed: true, rejection, ..seen })
            }
        }
    }

    fn accepted_or_empty(&self, found: ControlFlow<Session, Provenance>) -> Session {
        match found {
            ControlFlow::Break(session) => session,
            ControlFlow::Continue(seen) => Session::empty(seen, self.terms),
        }
    }
}
