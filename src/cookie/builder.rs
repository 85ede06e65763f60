use std::time::Duration;

use crate::cookie::{CookieOptions, SameSite};
use crate::error::ConfigError;
use crate::size::SizeRule;

const FOUR_HUNDRED_DAYS: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// The longest value of an attribute that browsers accept, in bytes (RFC 6265bis).
const MAX_ATTRIBUTE: usize = 1024;

/// A builder of [`CookieOptions`]. [`build`](Self::build) rejects options that browsers would reject or misread.
///
/// ```
/// use django_session::{CookieOptions, SameSite};
///
/// let options = CookieOptions::builder("__Host-sid").same_site(SameSite::None).partitioned(true).build()?;
/// assert_eq!(
///     options.removal().as_str(),
///     r#"__Host-sid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Partitioned; Path=/; SameSite=None; Secure"#,
/// );
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct CookieOptionsBuilder(pub(super) CookieOptions);

impl CookieOptions {
    /// Creates a builder with Django's defaults (path "/", no domain, `HttpOnly`, `SameSite=Lax`, two weeks) and
    /// `Secure`.
    ///
    /// ```
    /// use django_session::CookieOptions;
    ///
    /// assert_eq!(CookieOptions::builder("sessionid").build()?, CookieOptions::default());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "SESSION_COOKIE_NAME")]
    pub fn builder(name: impl Into<String>) -> CookieOptionsBuilder {
        CookieOptionsBuilder(Self { name: name.into(), ..Self::default() })
    }
}

impl CookieOptionsBuilder {
    /// Sets the path below which the cookie is sent. Default: "/".
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// let options = CookieOptions::builder("sessionid").path("/shop").build()?;
    /// assert!(options.removal().as_str().contains("; Path=/shop; "));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "SESSION_COOKIE_PATH")]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.0.path = path.into();
        self
    }

    /// Sets the domain whose hosts all receive the cookie. Default: only the host that set it.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// let options = CookieOptions::builder("sessionid").domain("example.com").build()?;
    /// assert!(options.removal().as_str().contains("; Domain=example.com; "));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "SESSION_COOKIE_DOMAIN")]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.0.domain = Some(domain.into());
        self
    }

    /// Sets whether the cookie is sent over HTTPS only. Default: yes (Django: no).
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// let for_development = CookieOptions::builder("sessionid").secure(false).build()?;
    /// assert!(!for_development.removal().as_str().contains("Secure"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "SESSION_COOKIE_SECURE")]
    pub fn secure(mut self, secure: bool) -> Self {
        self.0.secure = secure;
        self
    }

    /// Sets whether the cookie is hidden from scripts. Default: yes.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// # use std::time::UNIX_EPOCH;
    /// let options = CookieOptions::builder("theme").http_only(false).build()?;
    /// assert!(!options.set_cookie("dark", UNIX_EPOCH)?.as_str().contains("HttpOnly"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "SESSION_COOKIE_HTTPONLY")]
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.0.http_only = http_only;
        self
    }

    /// Sets which requests from other sites carry the cookie. Default: [`SameSite::Lax`].
    ///
    /// [`SameSite::None`] sends `SameSite=None`; [`Option::None`] omits the attribute.
    ///
    /// ```
    /// # use django_session::{CookieOptions, SameSite};
    /// let options = CookieOptions::builder("sessionid").same_site(SameSite::None).build()?;
    /// assert!(options.removal().as_str().contains("; SameSite=None; Secure"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[doc(alias = "SESSION_COOKIE_SAMESITE")]
    pub fn same_site(mut self, same_site: impl Into<Option<SameSite>>) -> Self {
        self.0.same_site = same_site.into();
        self
    }

    /// Sets whether each site that embeds this one has its own cookie. Default: no.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// let options = CookieOptions::builder("sessionid").partitioned(true).build()?;
    /// assert!(options.removal().as_str().contains("; Partitioned; "));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.0.partitioned = partitioned;
        self
    }

    /// Sets how long the cookie lives, and how long ago a session in it may have been signed. Default: two weeks.
    ///
    /// From one second to 400 days, because browsers keep no cookie longer. [`build`](Self::build) rejects other
    /// values.
    ///
    /// Each write of the session starts this time anew: it limits how long a session may be unused. See also
    /// [`with_absolute_age`](crate::CookieSessions::with_absolute_age).
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// let options = CookieOptions::builder("sessionid").max_age(Duration::from_secs(24 * 60 * 60)).build()?;
    /// assert!(options.set_cookie("value", UNIX_EPOCH)?.as_str().contains("; Max-Age=86400; "));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "SESSION_COOKIE_AGE")]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.0.max_age = max_age;
        self
    }

    /// Sets whether the browser deletes the cookie when it closes. If it does not, the cookie is still rejected after
    /// [`max_age`](Self::max_age). Default: no.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// # use std::time::UNIX_EPOCH;
    /// let options = CookieOptions::builder("sessionid").expire_at_browser_close(true).build()?;
    /// assert!(!options.set_cookie("value", UNIX_EPOCH)?.as_str().contains("Max-Age"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "SESSION_EXPIRE_AT_BROWSER_CLOSE")]
    pub fn expire_at_browser_close(mut self, expire: bool) -> Self {
        self.0.expire_at_browser_close = expire;
        self
    }

    /// Sets which size is compared with the limit. Default: [`SizeRule::Rfc6265`].
    ///
    /// ```
    /// # use django_session::{CookieOptions, SizeRule};
    /// # use std::time::UNIX_EPOCH;
    /// let value = "a".repeat(4087); // and 9 of the name
    /// let options = CookieOptions::builder("sessionid").size_rule(SizeRule::Rfc6265bis).build()?;
    /// assert!(options.set_cookie(&value, UNIX_EPOCH).is_ok());
    /// assert!(CookieOptions::builder("sessionid").build()?.set_cookie(&value, UNIX_EPOCH).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn size_rule(mut self, rule: SizeRule) -> Self {
        self.0.size_rule = rule;
        self
    }

    /// Validates the options and returns them.
    ///
    /// # Errors
    /// [`ConfigError::CookieName`], [`CookiePath`](ConfigError::CookiePath),
    /// [`CookieDomain`](ConfigError::CookieDomain), [`CookieMaxAge`](ConfigError::CookieMaxAge),
    /// [`CookieNotSecure`](ConfigError::CookieNotSecure) or [`CookiePrefix`](ConfigError::CookiePrefix).
    ///
    /// ```
    /// use django_session::{ConfigError, CookieOptions};
    ///
    /// assert_eq!(CookieOptions::builder("session id").build().unwrap_err(), ConfigError::CookieName);
    /// assert_eq!(CookieOptions::builder("s").path("/\r\nX: y").build().unwrap_err(), ConfigError::CookiePath);
    /// assert_eq!(CookieOptions::builder("s").domain("a;b").build().unwrap_err(), ConfigError::CookieDomain);
    /// ```
    pub fn build(self) -> Result<CookieOptions, ConfigError> {
        let options = self.0;
        let secured = options.secure && (options.http_only || !options.is_http_prefixed());
        let (host, prefixed) =
            (options.is_named("__Host-"), options.is_named("__Secure-") || options.is_http_prefixed());
        let checks = [
            (is_cookie_name(&options.name), ConfigError::CookieName),
            (is_path(&options.path), ConfigError::CookiePath),
            (options.domain.as_deref().is_none_or(is_domain), ConfigError::CookieDomain),
            ((Duration::from_secs(1)..=FOUR_HUNDRED_DAYS).contains(&options.max_age), ConfigError::CookieMaxAge),
            (
                options.secure || !(options.partitioned || options.same_site == Some(SameSite::None)),
                ConfigError::CookieNotSecure,
            ),
            (secured || !(host || prefixed), ConfigError::CookiePrefix),
            (!host || (options.path == "/" && options.domain.is_none()), ConfigError::CookiePrefix),
        ];
        match checks.into_iter().find(|(holds, _)| !holds) {
            Some((_, error)) => Err(error),
            None => Ok(options),
        }
    }
}

/// Returns whether this is a name of RFC 6265, which is a token of RFC 2616, or one with ":", which Django and browsers
/// also accept. The limit for attributes applies to the name too, because a longer one leaves no room for the other
/// parts.
fn is_cookie_name(name: &str) -> bool {
    (1..=MAX_ATTRIBUTE).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>@,;\\\"/[]?={}".contains(&byte))
}

fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= MAX_ATTRIBUTE
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';')
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    domain.len() <= 253 && domain.strip_prefix('.').unwrap_or(domain).split('.').all(is_label)
}
