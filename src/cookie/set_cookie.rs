use std::fmt;
use std::io::Write as _;
use std::time::SystemTime;

use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use crate::clock;
use crate::cookie::CookieOptions;
use crate::encoding;
use crate::error::EncodeError;

/// The value of a `Set-Cookie` header, which is within the size limit and safe to send.
///
/// It has the same format as Django's. The cookie's value is sent as it is: the ":" of a token is never
/// percent-encoded.
///
/// ```
/// use django_session::{CookieOptions, KeyRing, SecretKey, CookieSessions};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let sessions = CookieSessions::new(&keys, CookieOptions::builder("sessionid").build()?);
/// let mut session = sessions.load(None);
/// session.insert("visits", 1)?;
///
/// let cookie = sessions.commit(&session, 200)?.set_cookie.expect("a changed session is sent");
/// assert!(cookie.as_str().starts_with("sessionid=eyJ2aXNpdHMiOjF9:"));
/// assert_eq!(format!("{cookie:?}"), r#"SetCookie { name: "sessionid", .. }"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SetCookie {
    header: String,
    name_len: usize,
}

/// IMF-fixdate of RFC 9110, the one date format that every browser reads.
const IMF_FIXDATE: StaticFormatDescription =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// How long a browser keeps a cookie: the seconds, and the date at which they end.
pub(crate) struct Lifetime {
    max_age: i64,
    expires: OffsetDateTime,
}

impl Lifetime {
    pub(super) fn of(max_age: std::time::Duration, now: SystemTime) -> Result<Self, EncodeError> {
        Self::new(max_age.try_into().unwrap_or(Duration::MAX), now)
    }

    /// Creates a lifetime that starts at `now`. `left` may be negative, as in Django.
    pub(crate) fn new(left: Duration, now: SystemTime) -> Result<Self, EncodeError> {
        let expires = clock::nanos_since_epoch(now).saturating_add(left.whole_nanoseconds());
        // From seconds in 64 bits, because some versions of `time` compute a wrong date from nanoseconds beyond 64
        // bits.
        match OffsetDateTime::from_unix_timestamp(clock::floor_seconds(expires)) {
            Ok(expires) if (1..=9999).contains(&expires.year()) => Ok(Self { max_age: left.whole_seconds(), expires }),
            _ => Err(EncodeError::ExpiryOutOfRange),
        }
    }
}

impl CookieOptions {
    /// Returns the `Set-Cookie` header for this value, which is not encoded. `now` is for the Expires attribute.
    ///
    /// This is for cookies other than the session's, for example [signed ones](crate::SignedCookie). For sessions, use
    /// [`CookieSessions::commit`](crate::CookieSessions::commit).
    ///
    /// # Errors
    /// [`EncodeError::CookieValue`], [`EncodeError::CookieTooLarge`], and [`EncodeError::ExpiryOutOfRange`] if the
    /// cookie expires outside the years 1 to 9999.
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

    /// Returns the `Set-Cookie` header that removes the cookie from the browser.
    ///
    /// It has the same Path, Domain, SameSite, Secure and `Partitioned`, because browsers would otherwise keep the
    /// cookie.
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

    /// Returns the removal of the present cookie from this former scope, or `None` if both scopes are the same.
    /// Browsers ignore a leading dot of the domain, and store partitioned cookies separately.
    pub(crate) fn former_removal(&self, present: &Self) -> Option<SetCookie> {
        let scope = |options: &Self| {
            let domain = options.domain.as_deref().map(|domain| domain.strip_prefix('.').unwrap_or(domain));
            (domain.map(str::to_ascii_lowercase), options.path.clone(), options.partitioned)
        };
        let former = Self { name: present.name.clone(), ..self.clone() };
        (scope(self) != scope(present)).then(|| former.removal())
    }
}

impl SetCookie {
    /// Creates the header that sets the cookie, until the browser closes if there is no lifetime. Also returns how many
    /// bytes are left.
    pub(crate) fn new(
        options: &CookieOptions,
        value: &str,
        lifetime: Option<&Lifetime>,
    ) -> Result<(Self, usize), EncodeError> {
        // A fold, because a loop without an early exit reads several bytes at a time.
        if !value.bytes().fold(true, |all, byte| all & is_cookie_octet(byte)) {
            return Err(EncodeError::CookieValue);
        }
        let cookie = Self::write(options, value, lifetime, options.http_only);
        let name_and_value = cookie.name_len.saturating_add("=".len()).saturating_add(value.len());
        let attributes = cookie.header.len().saturating_sub(name_and_value);
        match options.size_rule.check(cookie.name_len, value.len(), attributes) {
            Ok(bytes_left) => Ok((cookie, bytes_left)),
            Err(report) => Err(EncodeError::CookieTooLarge(Box::new(report))),
        }
    }

    /// Creates the header that removes the cookie. Like Django's, it has an empty value in quotes and no `HttpOnly`,
    /// except if browsers require that for the name's prefix.
    pub(super) fn removal(options: &CookieOptions) -> Self {
        let past = Lifetime { max_age: 0, expires: OffsetDateTime::UNIX_EPOCH };
        Self::write(options, "\"\"", Some(&past), options.is_http_prefixed())
    }

    /// Writes the header. The attributes are in Django's order.
    #[expect(clippy::expect_used)]
    fn write(options: &CookieOptions, value: &str, lifetime: Option<&Lifetime>, http_only: bool) -> Self {
        const FIXED: usize = 160;
        let mut header = Vec::with_capacity(options.name.len().saturating_add(value.len()).saturating_add(FIXED));
        let mut write = || -> Result<(), time::error::Format> {
            write!(header, "{}={value}", options.name)?;
            if let Some(domain) = &options.domain {
                write!(header, "; Domain={domain}")?;
            }
            if let Some(Lifetime { expires, .. }) = lifetime {
                header.extend_from_slice(b"; expires=");
                expires.format_into(&mut header, IMF_FIXDATE)?;
            }
            if http_only {
                header.extend_from_slice(b"; HttpOnly");
            }
            if let Some(Lifetime { max_age, .. }) = lifetime {
                write!(header, "; Max-Age={max_age}")?;
            }
            if options.partitioned {
                header.extend_from_slice(b"; Partitioned");
            }
            write!(header, "; Path={}", options.path)?;
            if let Some(same_site) = options.same_site {
                write!(header, "; SameSite={}", same_site.as_str())?;
            }
            if options.secure {
                header.extend_from_slice(b"; Secure");
            }
            Ok(())
        };
        write().expect("writing to memory does not fail, and a date has every part of the format");
        Self { header: encoding::into_text(header), name_len: options.name.len() }
    }

    /// Returns the header's value.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// let removal = CookieOptions::builder("sessionid").build()?.removal();
    /// assert!(removal.as_str().starts_with("sessionid="));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.header
    }

    /// Returns the cookie's name.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// assert_eq!(CookieOptions::builder("sessionid").build()?.removal().name(), "sessionid");
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        self.header.get(..self.name_len).unwrap_or_default()
    }

    /// Returns the cookie's value as it appears in the header; that of a removal is `""`, two double quotes.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// # use std::time::UNIX_EPOCH;
    /// let options = CookieOptions::builder("theme").build()?;
    /// assert_eq!(options.set_cookie("dark", UNIX_EPOCH)?.value(), "dark");
    /// assert_eq!(options.removal().value(), "\"\"");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn value(&self) -> &str {
        let behind_name = self.header.get(self.name_len.saturating_add("=".len())..).unwrap_or_default();
        behind_name.split(';').next().unwrap_or_default()
    }

    /// Returns the header's value.
    ///
    /// ```
    /// # use django_session::CookieOptions;
    /// let removal: String = CookieOptions::builder("sessionid").build()?.removal().into_string();
    /// assert!(removal.starts_with("sessionid="));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn into_string(self) -> String {
        self.header
    }
}

/// Writes the header's value, which contains the secret: use it for the header, not in logs.
///
/// ```
/// # use django_session::CookieOptions;
/// let removal = CookieOptions::builder("sessionid").build()?.removal();
/// assert_eq!(format!("Set-Cookie: {removal}"), format!("Set-Cookie: {}", removal.as_str()));
/// # Ok::<(), django_session::ConfigError>(())
/// ```
impl fmt::Display for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.header)
    }
}

impl From<SetCookie> for String {
    fn from(cookie: SetCookie) -> Self {
        cookie.header
    }
}

/// Shows only the name, because anyone who has the value has the session.
impl fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetCookie").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// Returns whether RFC 6265, section 4.1.1, allows this byte in a value.
fn is_cookie_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}
