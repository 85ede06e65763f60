use crate::error::EncodeError;
use crate::key::KeyRing;
use crate::sessions::Session;
use crate::signing::{Algorithm, SaltedHmac};

const USER_ID: &str = "_auth_user_id";
const BACKEND: &str = "_auth_user_backend";
const HASH: &str = "_auth_user_hash";

/// What Django salts the hash of a user's password column with.
const SALT: &[u8] = b"django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash";

/// Django's login, as it stands in a session: who, by which backend, and a hash over the user's `password` column, which
/// ends all sessions of a user whose password is changed.
///
/// ```
/// use django_session::{CookieOptions, KeyRing, SecretKey, SessionAuth, CookieSessions};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let auth = SessionAuth::new(&keys);
/// let mut session = sessions.load(None);
///
/// // SELECT id, password FROM auth_user WHERE username = ?
/// let (id, password) = ("7", "pbkdf2_sha256$870000$…");
/// auth.login(&mut session, id, "django.contrib.auth.backends.ModelBackend", password)?;
///
/// assert_eq!(session.auth_user_id().as_deref(), Some("7"));
/// assert_eq!(auth.verify(&session, password), Some(0));
/// assert_eq!(auth.verify(&session, "pbkdf2_sha256$870000$another"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "get_session_auth_hash")]
#[derive(Debug)]
pub struct SessionAuth(SaltedHmac);

impl SessionAuth {
    /// With the same keys as the sessions.
    ///
    /// ```
    /// # use django_session::{KeyRing, SecretKey, SessionAuth};
    /// let auth = SessionAuth::new(&KeyRing::new(SecretKey::new("secret")?));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new(keys: &KeyRing) -> Self {
        Self(SaltedHmac::salted(keys, SALT))
    }

    /// Another hash than SHA-256: SHA-1, with the feature `legacy`, for Django before 3.1.
    ///
    /// ```
    /// # use django_session::{Algorithm, KeyRing, SecretKey, SessionAuth};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # #[cfg(feature = "legacy")]
    /// let auth = SessionAuth::new(&keys).with_algorithm(Algorithm::Sha1);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_algorithm(self, algorithm: Algorithm) -> Self {
        Self(self.0.with_algorithm(algorithm))
    }

    /// Accepts, but never writes, hashes of one more algorithm, as Django 3.1 and 3.2 do with SHA-1.
    ///
    /// ```
    /// # use django_session::{Algorithm, KeyRing, SecretKey, SessionAuth};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # #[cfg(feature = "legacy")]
    /// let auth = SessionAuth::new(&keys).with_legacy_algorithm(Algorithm::Sha1);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_legacy_algorithm(self, algorithm: Algorithm) -> Self {
        Self(self.0.with_legacy_algorithm(algorithm))
    }

    /// Which key of the ring vouches that the session's user still has this `password` column; `None` if none does, or
    /// nobody is logged in.
    ///
    /// What Django does, and so should you: if there is no [`auth_user_id`](Session::auth_user_id), the visitor is anonymous.
    /// Else look the user up, and only one who may still log in (`WHERE is_active`); compare
    /// [`auth_user_backend`](Session::auth_user_backend) with the backends you know; and if this says `None`,
    /// [flush](Session::flush) the session.
    ///
    /// Anything but `Some(0)` is an older key: [`update_hash`](Self::update_hash) moves on to the current one, as Django
    /// does.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionAuth, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let mut session = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?).load(None);
    /// # let backend = "django.contrib.auth.backends.ModelBackend";
    /// SessionAuth::new(&keys).login(&mut session, "7", backend, "column")?;
    ///
    /// let rotated = SessionAuth::new(&keys.rotate(SecretKey::new("new")?));
    /// assert_eq!(rotated.verify(&session, "column"), Some(1));
    /// rotated.update_hash(&mut session, "column")?;
    /// assert_eq!(rotated.verify(&session, "column"), Some(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn verify(&self, session: &Session, password: &str) -> Option<usize> {
        let hash: String = session.get(HASH).ok()??;
        session.auth_user_id().and(session.auth_user_backend())?;
        self.0.verify(password.as_bytes(), hash.as_bytes())
    }

    /// Logs a user in, so that Django sees it: `id` is the primary key as text, `backend` the path of the backend's class,
    /// as in `AUTHENTICATION_BACKENDS`, and `password` the password column.
    ///
    /// A session of another user, or of this one before the password or the key was changed, is flushed first, as in
    /// Django's `login`. Logging out is [`Session::flush`].
    ///
    /// # Errors
    /// None so far: text is always JSON.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionAuth, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let mut session = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?).load(None);
    /// let (auth, backend) = (SessionAuth::new(&keys), "django.contrib.auth.backends.ModelBackend");
    /// session.insert("cart", ["tea"])?;
    /// auth.login(&mut session, "7", backend, "column of 7")?;
    /// assert!(session.contains_key("cart")); // what the visitor had collected
    /// auth.login(&mut session, "8", backend, "column of 8")?;
    /// assert!(!session.contains_key("cart")); // was not the next one's
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn login(&self, session: &mut Session, id: &str, backend: &str, password: &str) -> Result<(), EncodeError> {
        let same_user = || session.auth_user_id().as_deref() == Some(id) && self.verify(session, password) == Some(0);
        if !session.contains_key(USER_ID) {
            session.cycle_key();
        } else if !same_user() {
            session.flush();
        }
        session.extend([(USER_ID, id), (BACKEND, backend), (HASH, &self.0.hexdigest(password.as_bytes()))])
    }

    /// Writes the hash anew, by the current key: when an older one vouched for it, or when the user has changed the
    /// password and should stay logged in here. Django: `update_session_auth_hash`.
    ///
    /// # Errors
    /// None so far: text is always JSON.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SessionAuth, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let mut session = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?).load(None);
    /// # let backend = "django.contrib.auth.backends.ModelBackend";
    /// let auth = SessionAuth::new(&keys);
    /// auth.login(&mut session, "7", backend, "old column")?;
    /// auth.update_hash(&mut session, "new column")?;
    /// assert_eq!(auth.verify(&session, "new column"), Some(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "update_session_auth_hash")]
    pub fn update_hash(&self, session: &mut Session, password: &str) -> Result<(), EncodeError> {
        session.cycle_key();
        session.insert(HASH, self.0.hexdigest(password.as_bytes()))
    }
}

impl Session {
    /// The primary key, as text, of the user who is logged in. It was true when the cookie was written;
    /// [`SessionAuth::verify`] tells whether it still is.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let mut session = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?).load(None);
    /// assert_eq!(session.auth_user_id(), None);
    /// session.insert("_auth_user_id", "7")?; // what Django's login does, among others
    /// assert_eq!(session.auth_user_id().as_deref(), Some("7"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn auth_user_id(&self) -> Option<String> {
        self.get(USER_ID).ok().flatten()
    }

    /// The path of the backend's class that logged the user in.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let session = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?).load(None);
    /// assert_eq!(session.auth_user_backend(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn auth_user_backend(&self) -> Option<String> {
        self.get(BACKEND).ok().flatten()
    }
}
