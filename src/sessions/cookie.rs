use std::ops::ControlFlow;
use std::time::Duration;

use time::UtcOffset;

use crate::clock::{Clock, MaxAge};
use crate::codec::{Codec, JsonSerializer, Serializer};
use crate::compression::Compression;
use crate::cookie::{CookieOptions, SetCookie, header};
use crate::error::{ConfigError, DecodeError};
use crate::key::KeyRing;
use crate::sessions::lifetime::Terms;
use crate::sessions::provenance::Provenance;
use crate::sessions::search::Search;
use crate::sessions::{ExpiryPolicy, Session, SessionKey};
use crate::signing::{Algorithm, Signer, TimestampSigner};

/// Django's salt for its signed-cookie sessions.
const SALT: &[u8] = b"django.contrib.sessions.backends.signed_cookies";

/// The longest cookie that is read, in bytes. Browsers store 4096 bytes, or little more.
const MAX_TOKEN_LEN: usize = 8192;

/// The most bytes that a session may inflate to: 64 times the size of a cookie.
const INFLATE_LIMIT: usize = 256 * 1024;

/// Sessions in a signed cookie.
///
/// [`load_header`](Self::load_header) turns a `Cookie` header into a [`Session`], and [`commit`](Self::commit) turns a
/// [`Session`] into a `Set-Cookie` header.
///
/// Django: `SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"`. With the same `SECRET_KEY` and cookie
/// settings, both read and write the same cookie. The rules of Django's `SessionMiddleware` are all in
/// [`commit`](Self::commit).
///
/// Create it once and share it, for example in an `Arc`: creating it derives the keys.
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
    pub(super) former: Vec<SetCookie>,
    pub(super) terms: Terms,
    pub(super) save_every_request: bool,
    pub(super) refresh_after: Option<Duration>,
    pub(super) resign: bool,
}

impl CookieSessions {
    /// Creates JSON sessions with Django's defaults, except for the [expiry policy](Self::with_expiry_policy) and the
    /// [compression](Self::with_compression).
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// let sessions = CookieSessions::new(&keys, options);
    /// assert!(sessions.load(None).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(keys: &KeyRing, cookie: CookieOptions) -> Self {
        let signer = Signer::salted(keys, SALT).with_max_token_len(MAX_TOKEN_LEN);
        Self {
            signer: signer.into(),
            codec: Codec::default().with_compression(Compression::IfLarge).with_inflate_limit(INFLATE_LIMIT),
            former: Vec::new(),
            terms: Terms::of(&cookie),
            cookie,
            save_every_request: false,
            refresh_after: None,
            resign: false,
        }
    }
}

impl<S> CookieSessions<S> {
    /// Uses another serializer than JSON, for sessions that Django need not read.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # #[cfg(feature = "msgpack")] {
    /// use django_session::MessagePackSerializer;
    ///
    /// let sessions = CookieSessions::new(&keys, options).with_serializer(MessagePackSerializer);
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    /// assert!(cookie.value().starts_with("gaFhAQ:")); // 81 a1 61 01
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_SERIALIZER")]
    pub fn with_serializer<T: Serializer>(self, serializer: T) -> CookieSessions<T> {
        CookieSessions {
            signer: self.signer,
            codec: self.codec.with_serializer(serializer),
            cookie: self.cookie,
            former: self.former,
            terms: self.terms,
            save_every_request: self.save_every_request,
            refresh_after: self.refresh_after,
            resign: self.resign,
        }
    }

    /// Signs with another hash than SHA-256: see [`Signer::with_algorithm`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use django_session::Algorithm;
    ///
    /// let sessions = CookieSessions::new(&keys, options).with_algorithm(Algorithm::Sha512);
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    /// assert_eq!(cookie.value().rsplit(':').next().map(str::len), Some(86)); // 64 bytes in base64
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.signer = self.signer.map_signer(|signer| signer.with_algorithm(algorithm));
        self
    }

    /// Accepts, but never writes, cookies of one more algorithm: see [`Signer::with_legacy_algorithm`].
    ///
    /// Django 3.1 and 3.2 do this with SHA-1.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # #[cfg(feature = "legacy")] {
    /// use django_session::Algorithm;
    ///
    /// let django_3_0 = CookieSessions::new(&keys, options.clone()).with_algorithm(Algorithm::Sha1);
    /// let mut session = django_3_0.load(None);
    /// session.insert("a", 1)?;
    /// let cookie = django_3_0.commit(&session, 200)?.set_cookie.expect("the session changed");
    ///
    /// let sessions = CookieSessions::new(&keys, options);
    /// assert!(sessions.try_load(cookie.value()).is_err());
    /// assert!(sessions.with_legacy_algorithm(Algorithm::Sha1).try_load(cookie.value()).is_ok());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_legacy_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.signer = self.signer.map_signer(|signer| signer.with_legacy_algorithm(algorithm));
        self
    }

    /// Signs with another salt than Django's.
    ///
    /// A cookie that was signed with one salt is rejected under another, whatever its name. Give every session cookie
    /// except Django's its own salt. Two cookies with the same salt and ring accept each other's content, so a visitor
    /// can rename one to the other.
    ///
    /// # Errors
    /// [`ConfigError::EmptySalt`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let prefs = CookieSessions::new(&keys, CookieOptions::builder("prefs").build()?);
    /// let admin = CookieSessions::new(&keys, CookieOptions::builder("__Host-admin").build()?).with_salt("admin")?;
    ///
    /// let mut session = prefs.load(None);
    /// session.insert("is_admin", true)?;
    /// let cookie = prefs.commit(&session, 200)?.set_cookie.expect("the session changed");
    /// assert!(prefs.try_load(cookie.value()).is_ok());
    /// assert!(admin.try_load(cookie.value()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_salt(mut self, salt: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        self.signer = self.signer.try_map_signer(|signer| signer.with_salt(salt.as_ref()))?;
        Ok(self)
    }

    /// Rejects sessions that were signed more than `limit` in the future: see [`TimestampSigner::with_max_ahead`].
    ///
    /// ```
    /// # use django_session::{Clock, CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// let sessions = CookieSessions::new(&keys, options).with_max_ahead(Duration::from_secs(60));
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    /// assert!(sessions.with_clock(Clock::fixed(UNIX_EPOCH)).try_load(cookie.value()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_max_ahead(mut self, limit: Duration) -> Self {
        self.signer = self.signer.with_max_ahead(limit);
        self
    }

    /// Rejects cookies of more than `bytes` bytes unread: see [`Signer::with_max_token_len`].
    ///
    /// Default: 8192 bytes, twice what browsers store.
    ///
    /// ```
    /// # use django_session::{BadSignature, CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// let sessions = CookieSessions::new(&keys, options).with_max_token_len(4096);
    /// let rejected = sessions.try_load(&"x".repeat(4097)).unwrap_err();
    /// assert_eq!(rejected, BadSignature::TooLong { limit: 4096 }.into());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_max_token_len(mut self, bytes: usize) -> Self {
        self.signer = self.signer.map_signer(|signer| signer.with_max_token_len(bytes));
        self
    }

    /// Sets whether sessions are compressed when they are written. Default: [`Compression::IfLarge`].
    ///
    /// Django compresses [if smaller](Compression::IfSmaller). Compressed sessions are read whatever this setting is.
    ///
    /// If a session holds both a secret and text that the visitor chooses, its compressed length may reveal the secret.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use django_session::Compression;
    ///
    /// let sessions = CookieSessions::new(&keys, options).with_compression(Compression::Never);
    /// let mut session = sessions.load(None);
    /// session.insert("a", "a".repeat(100))?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    /// assert!(!cookie.value().starts_with('.'));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.codec = self.codec.with_compression(compression);
        self
    }

    /// Rejects sessions that inflate to more than `bytes` bytes: see [`Codec::with_inflate_limit`]. Default: 256 KiB.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = || CookieOptions::builder("sessionid").build();
    /// use django_session::DecodeError;
    ///
    /// let sessions = CookieSessions::new(&keys, options()?);
    /// let mut session = sessions.load(None);
    /// session.insert("a", "a".repeat(1000))?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    ///
    /// let strict = CookieSessions::new(&keys, options()?).with_inflate_limit(1000);
    /// assert_eq!(strict.try_load(cookie.value()).unwrap_err(), DecodeError::InflatesPast { limit: 1000 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_inflate_limit(mut self, bytes: usize) -> Self {
        self.codec = self.codec.with_inflate_limit(bytes);
        self
    }

    /// Removes the cookie from a former scope (domain, path, partitioned) as well.
    ///
    /// This happens whenever a response sets or removes the cookie, if the browser sent one. Browsers store cookies of
    /// different scopes separately and send them all. After a change of scope, without this, logout would leave the old
    /// cookie behind, still logged in.
    ///
    /// The name in `former` is ignored. Options with the scope of the present cookie have no effect.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let former = CookieOptions::builder("sessionid").build()?;
    /// let present = CookieOptions::builder("sessionid").domain("example.com").build()?;
    /// let sessions = CookieSessions::new(&keys, present).with_former_cookie(&former);
    ///
    /// let mut session = sessions.load_header("sessionid=old; sessionid=new");
    /// session.flush();
    /// let headers: Vec<_> = sessions.commit(&session, 200)?.into_set_cookies().collect();
    /// assert_eq!(headers, [former.removal(), sessions.cookie().removal()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_former_cookie(mut self, former: &CookieOptions) -> Self {
        self.former.extend(former.former_removal(&self.cookie));
        self
    }

    /// Sets which maximum ages are enforced when a session is loaded. Default: [`ExpiryPolicy::OwnElseAge`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use django_session::{Clock, Expiry, ExpiryPolicy};
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// let at = |seconds| Clock::fixed(UNIX_EPOCH + Duration::from_secs(seconds));
    /// let sessions = CookieSessions::new(&keys, options).with_clock(at(0));
    /// let mut session = sessions.load(None);
    /// session.set_expiry(Expiry::Inactivity(Duration::from_secs(60)));
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    ///
    /// let later = sessions.with_clock(at(61));
    /// assert!(later.try_load(cookie.value()).is_err());
    /// let as_django_up_to_6_1 = later.with_expiry_policy(ExpiryPolicy::CookieAgeOnly);
    /// assert!(as_django_up_to_6_1.try_load(cookie.value()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_expiry_policy(mut self, policy: ExpiryPolicy) -> Self {
        self.terms.policy = policy;
        self
    }

    /// Sets whether an unchanged session is written too, which renews its cookie. Default: no.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// let sessions = CookieSessions::new(&keys, options).with_save_every_request(true);
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    ///
    /// let unchanged = sessions.load(Some(cookie.value()));
    /// assert!(sessions.commit(&unchanged, 200)?.set_cookie.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_SAVE_EVERY_REQUEST")]
    pub fn with_save_every_request(mut self, save: bool) -> Self {
        self.save_every_request = save;
        self
    }

    /// Reads and writes dates for a Django with `USE_TZ = False`.
    ///
    /// [`Expiry::At`](crate::Expiry::At) is written in `local` time, without an offset. By default dates are written
    /// with their offset, and dates without an offset are read as UTC.
    ///
    /// The offset is fixed: in a zone with daylight saving time, dates are an hour off for half of the year.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use django_session::Expiry;
    /// use time::macros::{datetime, offset};
    ///
    /// let beside_a_django_in_tokyo = CookieSessions::new(&keys, options).with_naive_dates(offset!(+9));
    /// let mut session = beside_a_django_in_tokyo.load(None);
    /// session.set_expiry(Expiry::At(datetime!(2030-01-01 00:00 UTC)));
    /// assert_eq!(session.get_json("_session_expiry"), Some("\"2030-01-01T09:00:00\""));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "USE_TZ")]
    pub fn with_naive_dates(mut self, local: UtcOffset) -> Self {
        self.terms.naive = Some(local);
        self
    }

    /// Takes the time from another clock than the system's.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// use django_session::Clock;
    /// use std::time::UNIX_EPOCH;
    ///
    /// let sessions = CookieSessions::new(&keys, options).with_clock(Clock::fixed(UNIX_EPOCH));
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    /// assert!(cookie.value().starts_with("eyJhIjoxfQ:0:")); // {"a":1}, signed at second 0
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.signer = self.signer.with_clock(clock);
        self
    }

    /// Returns the cookie's options.
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

    /// Returns whether unchanged sessions are written too.
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
}

impl<S: Serializer> CookieSessions<S> {
    /// Loads the session in this cookie's value. Without a cookie, the session is empty.
    ///
    /// If the cookie is rejected, the session is empty as well, and [`rejection`](Session::rejection) returns why.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// assert!(sessions.load(None).rejection().is_none());
    /// assert!(sessions.load(Some("forged:token:really")).rejection().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load(&self, token: Option<&str>) -> Session {
        let mut search = Search::default();
        if let Some(token) = token {
            search.visit(token, |token| self.try_load(token));
        }
        search.found(self.terms)
    }

    /// Loads the session in this cookie's value, or returns why the cookie is rejected.
    ///
    /// To handle a request, use [`load`](Self::load) or [`load_header`](Self::load_header). Their empty session records
    /// that there was a cookie to remove, and [why it was rejected](Session::rejection).
    ///
    /// # Errors
    /// [`DecodeError`] if the cookie was not signed with our keys, cannot be decoded, or has expired.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = CookieOptions::builder("sessionid").build()?;
    /// # let sessions = CookieSessions::new(&keys, options);
    /// use django_session::{BadSignature, DecodeError};
    ///
    /// let rejected = sessions.try_load("forged:token:really").unwrap_err();
    /// assert_eq!(rejected, DecodeError::Signature(BadSignature::Mismatch));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_load(&self, token: &str) -> Result<Session, DecodeError> {
        if SessionKey::is_generated(token) {
            return Err(DecodeError::SessionKey);
        }
        let now = self.signer.now();
        // 1. verify
        let verified = self.signer.unsign_at(token, MaxAge::Unlimited, now)?;
        let provenance = Provenance {
            cookies: 1,
            accepted: true,
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
        self.terms.admit_start(&session, now)?;
        Ok(session)
    }

    /// Loads the session from a whole `Cookie` header, as text or bytes.
    ///
    /// If several cookies have our name, the last one that our keys signed decides: if it has expired, the session is
    /// empty, and the cookies before it are not tried. Cookies that our keys did not sign are skipped, because a
    /// sibling domain may have planted them. Django uses the last one, signed or not.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let mut session = sessions.load(None);
    /// session.insert("user", "ada")?;
    /// let ours = sessions.commit(&session, 200)?.set_cookie.expect("the session changed");
    ///
    /// let session = sessions.load_header(&format!("theme=dark; sessionid={}; sessionid=planted", ours.value()));
    /// assert_eq!(session.get::<String>("user")?.as_deref(), Some("ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load_header(&self, header: &(impl AsRef<[u8]> + ?Sized)) -> Session {
        self.load_headers([header])
    }

    /// Loads the session from all `Cookie` headers of a request. Over HTTP/2 a browser may send several.
    ///
    /// Bytes that are not UTF-8 are read as U+FFFD, as in Django.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
    /// let session = sessions.load_headers([&b"theme=dark"[..], b"name=\xff; sessionid=forged"]);
    /// assert!(session.rejection().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn load_headers<'h, I, H>(&self, headers: I) -> Session
    where
        I: IntoIterator<Item = &'h H, IntoIter: DoubleEndedIterator>,
        H: AsRef<[u8]> + ?Sized + 'h,
    {
        let mut search = Search::default();
        header::visit_values(headers, self.cookie.name(), |token| {
            search.visit(token, |token| self.try_load(token));
            ControlFlow::Continue(())
        });
        search.found(self.terms)
    }
}
