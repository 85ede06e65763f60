//! Encrypted sessions, which only the holders of the keys can read.

use crate::codec::Serializer;
use crate::encryption::Encryption;
use crate::sessions::{CookieSessions, StoredSessions};

impl<S: Serializer> CookieSessions<S> {
    /// Encrypts sessions, so that the visitor cannot read what is in the cookie. Feature `encryption`.
    ///
    /// The cookie is 38 or 39 characters longer than without encryption and compression, and is not compressed unless
    /// [enabled](Encryption::with_compression). The size limit applies to the encrypted cookie.
    ///
    /// Django: `SESSION_SERIALIZER = "django_session_rs.encryption.EncryptedJSONSerializer"`, of the package
    /// `django-session-rs`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, CookieSessions, KeyRing, SecretKey};
    /// use django_session::{DecodeError, Encryption};
    ///
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// # let options = || CookieOptions::builder("sessionid").build();
    /// let sessions = CookieSessions::new(&keys, options()?).with_encryption(Encryption::new(&keys));
    /// let mut session = sessions.load(None);
    /// session.insert("a", 1)?;
    /// let cookie = sessions.commit(&session, 200)?.set_cookie.unwrap().into_string();
    /// let cookie = cookie.split(';').next().unwrap();
    /// assert_eq!(sessions.load_header(cookie).get("a")?, Some(1));
    ///
    /// let without = CookieSessions::new(&keys, options()?);
    /// let rejected = without.load_header(cookie).rejection();
    /// assert!(matches!(rejected, Some(DecodeError::Deserialize { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_SERIALIZER")]
    pub fn with_encryption(mut self, encryption: Encryption) -> Self {
        self.codec = self.codec.with_encryption(encryption);
        self
    }
}

impl StoredSessions {
    /// Encrypts the text of sessions, so that it cannot be read in the database or its backups. Feature `encryption`.
    ///
    /// The copy that the `cached_db` engine stores in the cache is not encrypted.
    ///
    /// Django: `SESSION_SERIALIZER = "django_session_rs.encryption.EncryptedJSONSerializer"`, of the package
    /// `django-session-rs`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, DecodeError, Encryption, KeyRing, SecretKey, StoredSessions};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let sessions = StoredSessions::new(&keys, CookieOptions::default()).with_encryption(Encryption::new(&keys));
    /// let mut session = sessions.create();
    /// session.insert("a", 1)?;
    /// let text = sessions.encode(&session)?;
    /// assert!(text.starts_with("A")); // of version 1
    /// assert_eq!(sessions.decode(&text)?.get("a")?, Some(1));
    ///
    /// let plain = "eyJhIjoxfQ:1r31eq:LCqGWTQrIoydnMbNSWtFF-F-L8oddWBGrXkjMkkC0SI";
    /// assert_eq!(sessions.decode(plain).unwrap_err(), DecodeError::NotEncrypted);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_SERIALIZER")]
    pub fn with_encryption(mut self, encryption: Encryption) -> Self {
        self.codec = self.codec.with_encryption(encryption);
        self
    }
}
