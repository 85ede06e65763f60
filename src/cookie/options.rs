use std::time::Duration;

use crate::size::SizeRule;

/// When browsers send a cookie with requests that come from another site.
///
/// ```
/// use django_session::{CookieOptions, SameSite};
///
/// let options = CookieOptions::builder("sessionid").same_site(SameSite::Strict).build()?;
/// assert!(options.removal().as_str().contains("; SameSite=Strict; "));
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

/// Everything about a cookie except its value, validated once when it is built.
///
/// Django: the `SESSION_COOKIE_*` settings and `SESSION_EXPIRE_AT_BROWSER_CLOSE`, with the same defaults except
/// for Secure, which is on.
///
/// ```
/// use django_session::{ConfigError, CookieOptions};
///
/// let options = CookieOptions::builder("sessionid").domain("example.com").build()?;
/// assert_eq!(options.name(), "sessionid");
///
/// let rejected = CookieOptions::builder("__Host-sid").domain("example.com").build().unwrap_err();
/// assert_eq!(rejected, ConfigError::CookiePrefix);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each attribute is present or absent")]
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

/// Django's default age of a session.
pub(crate) const TWO_WEEKS: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Django's session cookie `sessionid`, with Django's defaults and `Secure`.
///
/// ```
/// use django_session::CookieOptions;
///
/// assert_eq!(CookieOptions::default(), CookieOptions::builder("sessionid").build()?);
/// # Ok::<(), django_session::ConfigError>(())
/// ```
impl Default for CookieOptions {
    fn default() -> Self {
        Self {
            name: "sessionid".to_owned(),
            path: "/".to_owned(),
            domain: None,
            secure: true,
            http_only: true,
            same_site: Some(SameSite::Lax),
            partitioned: false,
            max_age: TWO_WEEKS,
            expire_at_browser_close: false,
            size_rule: SizeRule::default(),
        }
    }
}

impl CookieOptions {
    /// Returns whether the name has this prefix. Like browsers, ignores case.
    pub(super) fn is_named(&self, prefix: &str) -> bool {
        self.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }

    /// Returns whether the name has a prefix by which browsers ensure that no script set the cookie.
    pub(super) fn is_http_prefixed(&self) -> bool {
        self.is_named("__Http-") || self.is_named("__Host-Http-")
    }

    /// Returns the cookie's name.
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

    /// Returns how long the cookie lives, and how old a session in it may be.
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

    /// Returns whether the browser deletes the cookie when it closes.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// assert!(!CookieOptions::builder("sessionid").build()?.expire_at_browser_close());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn expire_at_browser_close(&self) -> bool {
        self.expire_at_browser_close
    }

    /// Returns the path below which the cookie is sent.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// assert_eq!(CookieOptions::builder("sessionid").build()?.path(), "/");
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the domain whose hosts all receive the cookie; `None` is the host that set it.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// let options = CookieOptions::builder("sessionid").domain("example.com").build()?;
    /// assert_eq!(options.domain(), Some("example.com"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// Returns whether the cookie is sent over HTTPS only.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// assert!(CookieOptions::builder("sessionid").build()?.secure());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn secure(&self) -> bool {
        self.secure
    }

    /// Returns whether the cookie is hidden from scripts.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// assert!(CookieOptions::builder("sessionid").build()?.http_only());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn http_only(&self) -> bool {
        self.http_only
    }

    /// Returns which requests from other sites carry the cookie, or `None` if the attribute is omitted.
    ///
    /// ```
    /// # use django_session::{CookieOptions, SameSite};
    /// assert_eq!(CookieOptions::builder("sessionid").build()?.same_site(), Some(SameSite::Lax));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn same_site(&self) -> Option<SameSite> {
        self.same_site
    }

    /// Returns whether each site that embeds this one has its own cookie.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// assert!(!CookieOptions::builder("sessionid").build()?.partitioned());
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn partitioned(&self) -> bool {
        self.partitioned
    }

    /// Returns which size is checked against the limit.
    ///
    /// ```
    /// # use django_session::{CookieOptions, SizeRule};
    /// assert_eq!(CookieOptions::builder("sessionid").build()?.size_rule(), SizeRule::Rfc6265);
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn size_rule(&self) -> SizeRule {
        self.size_rule
    }
}
