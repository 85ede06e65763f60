use std::time::{Duration, SystemTime};

use crate::cookie::set_cookie::Lifetime;
use crate::cookie::{CookieOptionsBuilder, SetCookie};
use crate::error::EncodeError;
use crate::size::SizeRule;

/// When the browser sends a cookie along with requests that come from another site.
///
/// ```
/// use django_session::{CookieOptions, SameSite};
///
/// let options = CookieOptions::builder("sessionid").same_site(SameSite::Strict).build()?;
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// Never.
    Strict,
    /// When the user follows a link. Django's default.
    Lax,
    /// Always; the cookie must be Secure.
    None,
}

impl SameSite {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

/// Everything about a cookie but its value: checked once, when it is built.
///
/// Django: the `SESSION_COOKIE_*` settings and `SESSION_EXPIRE_AT_BROWSER_CLOSE`, with the same defaults but for
/// Secure, which is on.
///
/// ```
/// use django_session::{ConfigError, CookieOptions};
///
/// let options = CookieOptions::builder("sessionid").domain("example.com").build()?;
/// assert_eq!(options.name(), "sessionid");
///
/// let refused = CookieOptions::builder("__Host-sid").domain("example.com").build().unwrap_err();
/// assert_eq!(refused, ConfigError::CookiePrefix);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "attributes are there or not")]
pub struct CookieOptions {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) domain: Option<String>,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    pub(super) same_site: Option<SameSite>,
    pub(super) partitioned: bool,
    pub(super) max_age: Duration,
    pub(super) expire_at_browser_close: bool,
    pub(super) size_rule: SizeRule,
}

/// Django's age of sessions.
pub(crate) const TWO_WEEKS: Duration = Duration::from_secs(14 * 24 * 60 * 60);

impl CookieOptions {
    /// Starts with Django's defaults: path "/", no domain, `HttpOnly`, `SameSite=Lax`, two weeks; and `Secure`.
    ///
    /// ```
    /// use django_session::CookieOptions;
    ///
    /// let options = CookieOptions::builder("sessionid").build()?;
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "SESSION_COOKIE_NAME")]
    pub fn builder(name: impl Into<String>) -> CookieOptionsBuilder {
        CookieOptionsBuilder(Self {
            name: name.into(),
            path: "/".to_owned(),
            domain: None,
            secure: true,
            http_only: true,
            same_site: Some(SameSite::Lax),
            partitioned: false,
            max_age: TWO_WEEKS,
            expire_at_browser_close: false,
            size_rule: SizeRule::default(),
        })
    }

    /// Browsers compare prefixes without regard to case.
    pub(super) fn is_named(&self, prefix: &str) -> bool {
        self.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }

    /// A name that promises the browser that no script set the cookie.
    pub(super) fn is_http_prefixed(&self) -> bool {
        self.is_named("__Http-") || self.is_named("__Host-Http-")
    }

    /// The cookie's name.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// assert_eq!(CookieOptions::builder("sessionid").build()?.name(), "sessionid");
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long the cookie lives, and how old a session in it may be.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// assert_eq!(CookieOptions::builder("sessionid").build()?.max_age().as_secs(), 1_209_600);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn max_age(&self) -> Duration {
        self.max_age
    }

    /// Whether the browser is told to forget the cookie when it closes.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// assert!(!CookieOptions::builder("sessionid").build()?.expires_at_browser_close());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn expires_at_browser_close(&self) -> bool {
        self.expire_at_browser_close
    }

    /// The `Set-Cookie` header for this value, which goes there as it is. `now` is for the Expires attribute.
    ///
    /// Sessions have [`CookieSessions::commit`](crate::CookieSessions::commit); this is for other cookies, as
    /// [signed ones](crate::TimestampSigner::for_cookie).
    ///
    /// # Errors
    /// [`EncodeError::CookieValue`], [`EncodeError::CookieTooLarge`], and [`EncodeError::ExpiryOutOfRange`] if `now` is
    /// far off.
    ///
    /// ```
    /// use django_session::CookieOptions;
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// let options = CookieOptions::builder("theme").max_age(Duration::from_secs(60)).build()?;
    /// assert_eq!(
    ///     options.set_cookie("dark", UNIX_EPOCH)?.as_str(),
    ///     "theme=dark; expires=Thu, 01 Jan 1970 00:01:00 GMT; HttpOnly; Max-Age=60; Path=/; SameSite=Lax; Secure",
    /// );
    /// assert!(options.set_cookie("dark; Domain=evil.example", UNIX_EPOCH).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_cookie(&self, value: &str, now: SystemTime) -> Result<SetCookie, EncodeError> {
        let lifetime = match self.expire_at_browser_close {
            true => None,
            false => Some(Lifetime::of(self.max_age, now)?),
        };
        SetCookie::new(self, value, lifetime.as_ref()).map(|(cookie, _)| cookie)
    }

    /// The `Set-Cookie` header that makes the browser forget the cookie: with the same Path, Domain, SameSite, Secure
    /// and `Partitioned`, without which it would keep it.
    ///
    /// ```
    /// use django_session::CookieOptions;
    ///
    /// let options = CookieOptions::builder("theme").build()?;
    /// assert_eq!(
    ///     options.removal().as_str(),
    ///     r#"theme=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax; Secure"#,
    /// );
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    #[doc(alias = "delete_cookie")]
    pub fn removal(&self) -> SetCookie {
        SetCookie::removal(self)
    }
}
