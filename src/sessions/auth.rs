use std::fmt;

use crate::error::ConfigError;
use crate::json;
use crate::key::KeyRing;
use crate::sessions::Session;
use crate::signing::{Algorithm, SaltedHmac};

pub(super) const USER_ID: &str = "_auth_user_id";
const BACKEND: &str = "_auth_user_backend";
const HASH: &str = "_auth_user_hash";

/// The key under which Django stores its CSRF secret if `CSRF_USE_SESSIONS` is set.
pub(crate) const CSRF_SECRET: &str = "_csrftoken";

/// Django's salt for the hash of a user's `password` column.
const SALT: &[u8] = b"django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash";

/// A user who logs in.
///
/// ```
/// use django_session::SessionUser;
///
/// // SELECT id, password FROM auth_user WHERE username = ?
/// let ada = SessionUser {
///     id: "7",
///     backend: "django.contrib.auth.backends.ModelBackend",
///     password_hash: "pbkdf2_sha256$870000$lovelaces$k/ySeC79IknwArSKwYwAgxAP86iL7CWmoDhCKBieM2E=",
/// };
/// assert!(!format!("{ada:?}").contains("lovelaces"));
/// ```
#[derive(Clone, Copy)]
pub struct SessionUser<'u> {
    /// The primary key, as text. Django: `str(user.pk)`.
    pub id: &'u str,
    /// The path of the backend's class, one of `AUTHENTICATION_BACKENDS`.
    pub backend: &'u str,
    /// The `password` column: the hash that Django stores, never the password itself. For a user model that overrides
    /// `get_session_auth_hash`, the value that the override hashes.
    pub password_hash: &'u str,
}

/// Does not show the password hash.
impl fmt::Debug for SessionUser<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionUser").field("id", &self.id).field("backend", &self.backend).finish_non_exhaustive()
    }
}

/// The key with which the hash of a login matches: see [`SessionAuth::verify`].
///
/// ```
/// # use django_session::{AuthKey, KeyRing, SecretKey, Session, SessionAuth, SessionUser};
/// # let ada = SessionUser { id: "7", backend: "django.contrib.auth.backends.ModelBackend", password_hash: "column" };
/// let keys = KeyRing::new(SecretKey::new("old")?);
/// let mut session = Session::default();
/// SessionAuth::new(&keys).login(&mut session, &ada);
///
/// let rotated = SessionAuth::new(&keys.rotate(SecretKey::new("new")?));
/// assert_eq!(rotated.verify(&session, "column"), Some(AuthKey::Fallback(1)));
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthKey {
    /// The current key.
    Current,
    /// An older key, by its index in the ring.
    Fallback(usize),
}

/// Django's login in a session: the user's id, the backend and a hash of the `password` column.
///
/// The hash is keyed. When a user's password changes, all sessions of that user end, because their hash no longer
/// matches.
///
/// ```
/// use django_session::{KeyRing, SecretKey, Session, SessionAuth, SessionUser};
///
/// let auth = SessionAuth::new(&KeyRing::new(SecretKey::new("the site's SECRET_KEY")?));
/// let mut session = Session::default();
///
/// // SELECT id, password FROM auth_user WHERE username = ? AND is_active; then check the password.
/// let backend = "django.contrib.auth.backends.ModelBackend";
/// auth.login(&mut session, &SessionUser { id: "7", backend, password_hash: "pbkdf2_sha256$870000$…" });
///
/// // The next request: SELECT password FROM auth_user WHERE id = ? AND is_active
/// assert_eq!(session.auth_user_id().as_deref(), Some("7"));
/// assert!(auth.authenticate(&mut session, "pbkdf2_sha256$870000$…"));
///
/// // The password was changed: the session ends.
/// assert!(!auth.authenticate(&mut session, "pbkdf2_sha256$870000$another"));
/// assert!(session.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Log out everywhere
///
/// To log a user out of all browsers, hash a number in the user's row together with the `password` column, and
/// increment that number. Both servers compare the hash in each request that needs the user, so that copied cookies
/// become invalid too. The session needs no other key, and no clock is read.
///
/// In Django 4.2 to 6.1, the user model overrides one method. Overriding `get_session_auth_hash` instead would omit the
/// number when Django tries `SECRET_KEY_FALLBACKS`.
///
/// ```python
/// class User(AbstractUser):
///     session_epoch = models.PositiveIntegerField(default=0)
///
///     def _get_session_auth_hash(self, secret=None):
///         salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
///         value = f"{self.password}|{self.session_epoch}"
///         return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()
///
///     def log_out_everywhere(self):
///         type(self).objects.filter(pk=self.pk).update(session_epoch=F("session_epoch") + 1)
/// ```
///
/// In Rust, pass the same text in place of the `password` column:
///
/// ```
/// # use django_session::{KeyRing, SecretKey, Session, SessionAuth, SessionUser};
/// fn hashed(password: &str, session_epoch: u32) -> String {
///     format!("{password}|{session_epoch}")
/// }
///
/// let auth = SessionAuth::new(&KeyRing::new(SecretKey::new("the site's SECRET_KEY")?));
/// let backend = "django.contrib.auth.backends.ModelBackend";
/// let mut session = Session::default();
///
/// // SELECT id, password, session_epoch FROM shop_user WHERE username = ? AND is_active
/// auth.login(&mut session, &SessionUser { id: "7", backend, password_hash: &hashed("pbkdf2_sha256$870000$…", 0) });
/// assert!(auth.authenticate(&mut session, &hashed("pbkdf2_sha256$870000$…", 0)));
///
/// // UPDATE shop_user SET session_epoch = session_epoch + 1 WHERE id = ?
/// assert!(!auth.authenticate(&mut session, &hashed("pbkdf2_sha256$870000$…", 1)));
/// assert!(session.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Changing the method changes all hashes. Deploy the change on both servers at the same time: it logs all users out.
/// To keep the current session when the number is incremented, call [`update_hash`](Self::update_hash) with the new
/// text.
#[doc(alias = "get_session_auth_hash")]
#[derive(Debug, Clone)]
pub struct SessionAuth(SaltedHmac);

impl SessionAuth {
    /// Creates a `SessionAuth` with the keys that sign the sessions.
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, Session, SessionAuth};
    /// let auth = SessionAuth::new(&KeyRing::new(SecretKey::new("secret")?));
    /// assert_eq!(auth.verify(&Session::default(), "column"), None);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new(keys: &KeyRing) -> Self {
        Self(SaltedHmac::salted(keys, SALT))
    }

    /// Hashes with another salt, for a user model that overrides `get_session_auth_hash`.
    ///
    /// Wherever a method of this type takes the `password` column, pass the value that the override hashes.
    ///
    /// # Errors
    /// [`ConfigError::EmptySalt`].
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, Session, SessionAuth, SessionUser};
    /// // class EmailUser(AbstractBaseUser):
    /// //     def get_session_auth_hash(self):
    /// //         return salted_hmac("acc.EmailUser.get_session_auth_hash", self.secret, algorithm="sha256").hexdigest()
    /// let keys = KeyRing::new(SecretKey::new("django-insecure-one")?);
    /// let auth = SessionAuth::new(&keys).with_salt("acc.EmailUser.get_session_auth_hash")?;
    /// let mut session = Session::default();
    /// auth.login(&mut session, &SessionUser { id: "7", backend: "acc.EmailBackend", password_hash: "abcdefghijkl" });
    /// let hash: String = session.get("_auth_user_hash")?.expect("a user is logged in");
    /// assert_eq!(hash, "57235d54cc216692365d4da16eadb09e37567b1ab04e26dc329dfcaf2f7ace61");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_salt(self, salt: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        self.0.with_salt(salt.as_ref()).map(Self)
    }

    /// Hashes with another algorithm than SHA-256.
    ///
    /// Django before 3.1 hashes with SHA-1, which needs the feature `legacy`.
    ///
    /// ```
    /// # use django_session::{Algorithm, KeyRing, SecretKey, Session, SessionAuth, SessionUser};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let auth = SessionAuth::new(&keys).with_algorithm(Algorithm::Sha512);
    /// let mut session = Session::default();
    /// auth.login(&mut session, &SessionUser { id: "7", backend: "a.Backend", password_hash: "column" });
    /// assert_eq!(session.get::<String>("_auth_user_hash")?.map(|hash| hash.len()), Some(128));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_algorithm(self, algorithm: Algorithm) -> Self {
        Self(self.0.with_algorithm(algorithm))
    }

    /// Accepts, but never writes, hashes of one more algorithm, as Django 3.1 and 3.2 do with SHA-1.
    ///
    /// ```
    /// # use django_session::{Algorithm, KeyRing, SecretKey, Session, SessionAuth, SessionUser};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let mut session = Session::default();
    /// let ada = SessionUser { id: "7", backend: "a.Backend", password_hash: "column" };
    /// SessionAuth::new(&keys).with_algorithm(Algorithm::Sha224).login(&mut session, &ada);
    /// assert!(SessionAuth::new(&keys).verify(&session, "column").is_none());
    /// assert!(SessionAuth::new(&keys).with_legacy_algorithm(Algorithm::Sha224).verify(&session, "column").is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_legacy_algorithm(self, algorithm: Algorithm) -> Self {
        Self(self.0.with_legacy_algorithm(algorithm))
    }

    /// Returns whether the session's user still has this `password` column, and updates the session.
    ///
    /// If a fallback key made the hash, the hash is renewed and the session's key is [cycled](Session::cycle_key), so that
    /// a stored session moves to [another row](crate::StoredChange::Replace). If it matches with no key, the session is
    /// [flushed](Session::flush), which logs the user out at Django, too. A session without a user is left unchanged.
    ///
    /// Call it for each request that needs the user: take the [`auth_user_id`](Session::auth_user_id), look the user up
    /// among those who may log in (`is_active`), and pass the column.
    ///
    /// Django: `get_user`, which also compares the [backend](Session::auth_user_backend) with `AUTHENTICATION_BACKENDS`.
    ///
    /// ```
    /// # use django_session::{AuthKey, KeyRing, SecretKey, Session, SessionAuth, SessionUser};
    /// # let ada = SessionUser { id: "7", backend: "django.contrib.auth.backends.ModelBackend", password_hash: "column" };
    /// let keys = KeyRing::new(SecretKey::new("old")?);
    /// let mut session = Session::default();
    /// SessionAuth::new(&keys).login(&mut session, &ada);
    ///
    /// let rotated = SessionAuth::new(&keys.rotate(SecretKey::new("new")?));
    /// assert!(rotated.authenticate(&mut session, "column"));
    /// assert_eq!(rotated.verify(&session, "column"), Some(AuthKey::Current));
    ///
    /// assert!(!rotated.authenticate(&mut session, "column of another password"));
    /// assert!(session.is_empty());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use = "if it is false, nobody is logged in"]
    #[doc(alias = "get_user")]
    pub fn authenticate(&self, session: &mut Session, password_hash: &str) -> bool {
        match self.verify(session, password_hash) {
            Some(AuthKey::Current) => true,
            Some(AuthKey::Fallback(_)) => {
                self.update_hash(session, password_hash);
                true
            }
            None => {
                if session.has_login() {
                    session.flush();
                }
                false
            }
        }
    }

    /// Returns the key with which the session's hash matches this `password` column.
    ///
    /// Returns `None` if it matches with no key, or if no user is logged in. Does not change the session: see
    /// [`authenticate`](Self::authenticate).
    ///
    /// ```
    /// # use django_session::{AuthKey, KeyRing, SecretKey, Session, SessionAuth, SessionUser};
    /// # let ada = SessionUser { id: "7", backend: "django.contrib.auth.backends.ModelBackend", password_hash: "column" };
    /// let auth = SessionAuth::new(&KeyRing::new(SecretKey::new("secret")?));
    /// let mut session = Session::default();
    /// assert_eq!(auth.verify(&session, "column"), None);
    /// auth.login(&mut session, &ada);
    /// assert_eq!(auth.verify(&session, "column"), Some(AuthKey::Current));
    /// assert_eq!(auth.verify(&session, "column of another password"), None);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn verify(&self, session: &Session, password_hash: &str) -> Option<AuthKey> {
        if session.has_login() { self.vouched(session, password_hash) } else { None }
    }

    fn vouched(&self, session: &Session, password_hash: &str) -> Option<AuthKey> {
        let hash: String = session.get(HASH).ok()??;
        self.0.verify(password_hash, hash).map(|index| match index {
            0 => AuthKey::Current,
            index => AuthKey::Fallback(index),
        })
    }

    /// Logs a user in. Django accepts this login.
    ///
    /// - The session of an anonymous visitor continues under a [new key](Session::cycle_key), so that an attacker who
    ///   planted it cannot use it afterwards.
    /// - A session of the same user, by id and hash, continues under its key.
    /// - Any other session is [flushed](Session::flush) first.
    /// - The CSRF secret in the session is removed, so that an attacker who planted it cannot use it. If the site has a
    ///   `csrftoken` cookie, replace it as well.
    ///
    /// Logging out is [`Session::flush`]. Django: `login`.
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, Session, SessionAuth, SessionUser};
    /// # let backend = "django.contrib.auth.backends.ModelBackend";
    /// let auth = SessionAuth::new(&KeyRing::new(SecretKey::new("secret")?));
    /// let mut session = Session::default();
    /// session.insert("cart", ["tea"])?;
    /// auth.login(&mut session, &SessionUser { id: "7", backend, password_hash: "column of 7" });
    /// assert!(session.contains_key("cart"));
    /// auth.login(&mut session, &SessionUser { id: "8", backend, password_hash: "column of 8" });
    /// assert!(!session.contains_key("cart"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn login(&self, session: &mut Session, user: &SessionUser<'_>) {
        let is_same_user = session.auth_user_id().as_deref() == Some(user.id)
            && self.vouched(session, user.password_hash) == Some(AuthKey::Current);
        if !session.contains_key(USER_ID) {
            session.cycle_key();
            session.forget_stamps();
        } else if !is_same_user {
            session.flush();
        }
        session.remove(CSRF_SECRET);
        let hash = self.0.hexdigest(user.password_hash);
        session.write_texts([(USER_ID, user.id), (BACKEND, user.backend), (HASH, &hash)]);
    }

    /// Renews the hash, so that a user who changed the password stays logged in with this session. Also
    /// [cycles the key](Session::cycle_key) of a stored session.
    ///
    /// Django: `update_session_auth_hash`.
    ///
    /// Never call it because [`verify`](Self::verify) fails: that would revive a session of the old password.
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, Session, SessionAuth, SessionUser};
    /// # let ada = SessionUser { id: "7", backend: "django.contrib.auth.backends.ModelBackend", password_hash: "old" };
    /// let auth = SessionAuth::new(&KeyRing::new(SecretKey::new("secret")?));
    /// let mut session = Session::default();
    /// auth.login(&mut session, &ada);
    /// auth.update_hash(&mut session, "new");
    /// assert!(auth.authenticate(&mut session, "new"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "update_session_auth_hash")]
    pub fn update_hash(&self, session: &mut Session, password_hash: &str) {
        session.cycle_key();
        session.write_texts([(HASH, &self.0.hexdigest(password_hash))]);
    }
}

impl Session {
    /// Returns the primary key of the user who logged in, as text.
    ///
    /// It was valid when the session was written. [`SessionAuth::authenticate`] checks whether it still is.
    ///
    /// Parse it as the type of your primary key, for example `i64`. If that fails, there is no user.
    ///
    /// A whole number is returned as text, as in Django: `7` and `7.0` become "7". For any other value there is no
    /// user, even for `42.5`, which Django reads as 42.
    ///
    /// ```
    /// # use django_session::Session;
    /// let mut session = Session::default();
    /// assert_eq!(session.auth_user_id(), None);
    /// session.insert("_auth_user_id", 7)?;
    /// assert_eq!(session.auth_user_id().as_deref(), Some("7"));
    /// # Ok::<(), django_session::EncodeError>(())
    /// ```
    #[must_use]
    pub fn auth_user_id(&self) -> Option<String> {
        let id = self.get_json(USER_ID)?;
        json::read(id).ok().or_else(|| whole_number(id).map(str::to_owned))
    }

    /// Returns the path of the backend class that logged the user in.
    ///
    /// ```
    /// # use django_session::Session;
    /// let mut session = Session::default();
    /// session.insert("_auth_user_backend", "django.contrib.auth.backends.ModelBackend")?;
    /// assert_eq!(session.auth_user_backend().as_deref(), Some("django.contrib.auth.backends.ModelBackend"));
    /// # Ok::<(), django_session::EncodeError>(())
    /// ```
    #[must_use]
    pub fn auth_user_backend(&self) -> Option<String> {
        self.get(BACKEND).ok().flatten()
    }

    /// Returns whether Django would look for a user.
    fn has_login(&self) -> bool {
        self.auth_user_id().is_some() && self.auth_user_backend().is_some()
    }

    /// Writes these texts. No key may be `_session_expiry`.
    fn write_texts<const N: usize>(&mut self, texts: [(&str, &str); N]) {
        let written = self.write(texts.map(|(key, text)| (key, format!("\"{}\"", json::escape(text)))));
        debug_assert!(written.is_ok(), "only the expiry can be malformed");
    }
}

/// Returns the digits of an integer, or of a float that ends in `.0`.
fn whole_number(json: &str) -> Option<&str> {
    let number = json.strip_suffix(".0").unwrap_or(json);
    let digits = number.strip_prefix('-').unwrap_or(number);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}
