use std::fmt;

use crate::clock::{Clock, MaxAge};
use crate::cookie::{CookieOptions, Search, SetCookie, header};
use crate::error::{BadSignature, EncodeError};
use crate::key::KeyRing;
use crate::signing::TimestampSigner;

/// One signed cookie, as Django's `set_signed_cookie` writes and `get_signed_cookie` reads it.
///
/// The signature is bound to name and salt, so that a cookie does not verify under another name or salt. The salt may
/// be empty, as in Django. The value is sent as it is, and the browser can read it. A value with characters that are
/// not allowed in cookies is rejected; Django quotes it.
///
/// Django: since 5.2.15 and 6.0.6; [`with_legacy_salt`](Self::with_legacy_salt) also reads what older versions wrote.
///
/// ```
/// use django_session::{CookieOptions, KeyRing, MaxAge, SecretKey, SignedCookie};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let theme = SignedCookie::new(&keys, CookieOptions::builder("theme").build()?, "");
///
/// let set_cookie = theme.set("dark")?;
/// let header = format!("{}={}", set_cookie.name(), set_cookie.value());
/// assert_eq!(theme.get(&header, MaxAge::Unlimited)?.as_deref(), Some("dark"));
/// assert_eq!(theme.get("sessionid=x", MaxAge::Unlimited)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[doc(alias = "set_signed_cookie")]
#[doc(alias = "get_signed_cookie")]
pub struct SignedCookie {
    options: CookieOptions,
    salt: String,
    signer: TimestampSigner,
}

impl SignedCookie {
    /// Creates the signed cookie with these options and a salt for its purpose. Create it once and reuse it, because
    /// the keys are derived here.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SignedCookie};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let theme = SignedCookie::new(&keys, CookieOptions::builder("theme").build()?, "");
    /// assert_eq!(theme.options().name(), "theme");
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new(keys: &KeyRing, options: CookieOptions, salt: &str) -> Self {
        let signer = TimestampSigner::for_cookie(keys, options.name(), salt);
        Self { options, salt: salt.to_owned(), signer }
    }

    /// Accepts, but never writes, what Django signed before 5.2.15 and 6.0.6. Its salt was `name + salt`, so that
    /// a cookie `ab` with the salt `c` verifies as `a` with the salt `bc`
    /// ([CVE-2026-6873](https://www.cve.org/CVERecord?id=CVE-2026-6873)).
    ///
    /// Django: `SIGNED_COOKIE_LEGACY_SALT_FALLBACK = True`.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, MaxAge, SecretKey, SignedCookie};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let theme = SignedCookie::new(&keys, CookieOptions::builder("theme").build()?, "");
    /// let of_django_4 = "theme=dark:0:tSr-23xeLnyQoVTqvK-au87qdxPx5AgOiwFX7HIjhNc";
    /// assert!(theme.get(of_django_4, MaxAge::Unlimited).is_err());
    /// assert_eq!(theme.with_legacy_salt().get(of_django_4, MaxAge::Unlimited)?.as_deref(), Some("dark"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SIGNED_COOKIE_LEGACY_SALT_FALLBACK")]
    pub fn with_legacy_salt(mut self) -> Self {
        self.signer = self.signer.accept_legacy_salt(self.options.name(), &self.salt);
        self
    }

    /// Uses another clock than the system's.
    ///
    /// ```
    /// # use django_session::{Clock, CookieOptions, KeyRing, SecretKey, SignedCookie};
    /// # use std::time::UNIX_EPOCH;
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let theme = SignedCookie::new(&keys, CookieOptions::builder("theme").build()?, "");
    /// let theme = theme.with_clock(Clock::fixed(UNIX_EPOCH));
    /// assert!(theme.set("dark")?.value().starts_with("dark:0:"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.signer = self.signer.with_clock(clock);
        self
    }

    /// Returns the cookie's options. Their [`removal`](CookieOptions::removal) removes the cookie from the browser.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SignedCookie};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let theme = SignedCookie::new(&keys, CookieOptions::builder("theme").build()?, "");
    /// assert!(theme.options().removal().as_str().contains("Max-Age=0"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn options(&self) -> &CookieOptions {
        &self.options
    }

    /// Signs a value and returns the `Set-Cookie` header for it.
    ///
    /// # Errors
    /// [`EncodeError::CookieValue`] for a value that holds a control character, a space, `"`, `,`, `;`, `\` or anything
    /// outside ASCII; [`EncodeError::CookieTooLarge`]; [`EncodeError::ExpiryOutOfRange`] if the cookie
    /// expires outside the years 1 to 9999.
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, SecretKey, SignedCookie};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let theme = SignedCookie::new(&keys, CookieOptions::builder("theme").build()?, "");
    /// assert!(theme.set("dark")?.as_str().starts_with("theme=dark:"));
    /// assert!(theme.set("dark; Domain=example.com").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set(&self, value: &str) -> Result<SetCookie, EncodeError> {
        let now = self.signer.now();
        self.options.set_cookie(&self.signer.seal_at(value.into(), now.into()), now)
    }

    /// Returns the value from a `Cookie` header (text or bytes), or `None` if the header has no cookie of this name.
    ///
    /// If there are several, the last one that our keys signed decides. Cookies that our keys did not sign are skipped,
    /// because a sibling domain may have planted them.
    ///
    /// # Errors
    /// [`BadSignature`] of the cookie that decides, or of the last one if our keys signed none.
    ///
    /// ```
    /// # use django_session::{BadSignature, CookieOptions, KeyRing, MaxAge, SecretKey, SignedCookie};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let theme = SignedCookie::new(&keys, CookieOptions::builder("theme").build()?, "");
    /// assert_eq!(theme.get("theme=dark:0:forged", MaxAge::Unlimited), Err(BadSignature::Mismatch));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    pub fn get(
        &self,
        header: &(impl AsRef<[u8]> + ?Sized),
        max_age: impl Into<MaxAge>,
    ) -> Result<Option<String>, BadSignature> {
        self.get_from_headers([header], max_age)
    }

    /// As [`get`](Self::get), from several `Cookie` headers: over HTTP/2 a browser may send more than one.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    ///
    /// ```
    /// # use django_session::{CookieOptions, KeyRing, MaxAge, SecretKey, SignedCookie};
    /// # let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let theme = SignedCookie::new(&keys, CookieOptions::builder("theme").build()?, "");
    /// let sent = format!("theme={}", theme.set("dark")?.value());
    /// let headers = [sent.as_str(), "language=pt-br; theme=dark:0:forged"];
    /// assert_eq!(theme.get_from_headers(headers, MaxAge::Unlimited)?.as_deref(), Some("dark"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get_from_headers<'h, I, H>(
        &self,
        headers: I,
        max_age: impl Into<MaxAge>,
    ) -> Result<Option<String>, BadSignature>
    where
        I: IntoIterator<Item = &'h H, IntoIter: DoubleEndedIterator>,
        H: AsRef<[u8]> + ?Sized + 'h,
    {
        let (max_age, mut search) = (max_age.into(), Search::default());
        header::visit_values(headers, self.options.name(), |token| {
            search.visit(|| self.signer.unsign(token, max_age).map(|verified| verified.as_str().to_owned()))
        });
        search.result()
    }
}

/// Shows only the name.
impl fmt::Debug for SignedCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedCookie").field("name", &self.options.name()).finish_non_exhaustive()
    }
}
