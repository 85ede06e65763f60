use std::error::Error;
use std::fmt;

use crate::csrf::secret::Flaw;
use crate::html;

/// The reason why a request is rejected. `Display` writes the reason that Django's `CsrfViewMiddleware` gives.
///
/// The texts of [`BadOrigin`](Self::BadOrigin) and [`BadReferer`](Self::BadReferer) contain the header that the client
/// sent, as Django's do: escape them in HTML. No text contains a token or a cookie. `Debug` does not show the header.
///
/// ```
/// use django_session::{Csrf, CsrfRejection, CsrfRequest};
///
/// let csrf = Csrf::builder().build()?;
/// let request = CsrfRequest { method: "POST", secure: true, host: Some("example.com"), ..CsrfRequest::default() };
/// let rejection = csrf.check(&request).unwrap_err();
/// assert_eq!(rejection, CsrfRejection::NoReferer);
/// assert_eq!(rejection.to_string(), "Referer checking failed - no Referer.");
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsrfRejection {
    /// The `Origin` is neither that of the request nor a trusted one. Holds the header, without control characters.
    BadOrigin(Box<str>),
    /// A request over HTTPS has neither `Origin` nor `Referer`.
    NoReferer,
    /// The `Referer` is not a URL with a host.
    MalformedReferer,
    /// The request came over HTTPS, but the `Referer` is not an HTTPS URL.
    InsecureReferer,
    /// The `Referer` names neither the host of the request nor a trusted one. Holds the header, without control
    /// characters.
    BadReferer(Box<str>),
    /// There is no CSRF cookie, or no secret in the session.
    NoCookie,
    /// The cookie has neither 32 nor 64 characters.
    CookieLength,
    /// The cookie holds a character outside `a-zA-Z0-9`.
    CookieCharacters,
    /// The request has no token, neither in the form nor in the header.
    NoToken,
    /// The token has neither 32 nor 64 characters.
    TokenLength(CsrfTokenSource),
    /// The token holds a character outside `a-zA-Z0-9`.
    TokenCharacters(CsrfTokenSource),
    /// The token does not belong to the cookie.
    WrongToken(CsrfTokenSource),
}

impl CsrfRejection {
    pub(super) fn bad_origin(origin: &str) -> Self {
        Self::BadOrigin(printable(origin))
    }

    pub(super) fn bad_referer(referer: &str) -> Self {
        Self::BadReferer(printable(referer))
    }

    pub(super) fn of_cookie(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Length => Self::CookieLength,
            Flaw::Characters => Self::CookieCharacters,
        }
    }

    pub(super) fn of_token(flaw: Flaw, source: CsrfTokenSource) -> Self {
        match flaw {
            Flaw::Length => Self::TokenLength(source),
            Flaw::Characters => Self::TokenCharacters(source),
        }
    }

    /// Returns an HTML page with the reason, for a response of status 403. What the client sent is escaped.
    ///
    /// Django: `django.views.csrf.csrf_failure`, whose page shows the reason only with `DEBUG`.
    ///
    /// ```
    /// use django_session::{Csrf, CsrfRequest};
    ///
    /// let csrf = Csrf::builder().build()?;
    /// let request = CsrfRequest { method: "POST", origin: Some("https://<evil>"), ..CsrfRequest::default() };
    /// let page = csrf.check(&request).unwrap_err().to_html();
    /// assert!(page.contains("Origin checking failed - https://&lt;evil&gt; does not match"));
    /// # Ok::<(), django_session::ConfigError>(())
    /// ```
    #[must_use]
    #[doc(alias = "csrf_failure")]
    pub fn to_html(&self) -> String {
        let reason = self.to_string();
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>403 Forbidden</title>\n\
             <h1>Forbidden</h1>\n<p>CSRF verification failed. The request was not carried out.</p>\n<p>{}</p>\n</html>\n",
            html::escape(&reason)
        )
    }

    /// Returns whether the request was rejected because of its token alone.
    ///
    /// A middleware that has not read the form yet must read it then.
    ///
    /// ```
    /// use django_session::{CsrfRejection, CsrfTokenSource};
    ///
    /// assert!(CsrfRejection::NoToken.is_about_token());
    /// assert!(CsrfRejection::WrongToken(CsrfTokenSource::Form).is_about_token());
    /// assert!(!CsrfRejection::NoCookie.is_about_token());
    /// ```
    #[must_use]
    pub fn is_about_token(&self) -> bool {
        matches!(self, Self::NoToken | Self::TokenLength(_) | Self::TokenCharacters(_) | Self::WrongToken(_))
    }
}

/// Replaces control characters, so that the header cannot end a line of a log.
fn printable(header: &str) -> Box<str> {
    header.chars().map(|char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }).collect()
}

impl fmt::Display for CsrfRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadOrigin(origin) => {
                write!(f, "Origin checking failed - {origin} does not match any trusted origins.")
            }
            Self::NoReferer => f.write_str("Referer checking failed - no Referer."),
            Self::MalformedReferer => f.write_str("Referer checking failed - Referer is malformed."),
            Self::InsecureReferer => f.write_str("Referer checking failed - Referer is insecure while host is secure."),
            Self::BadReferer(referer) => {
                write!(f, "Referer checking failed - {referer} does not match any trusted origins.")
            }
            Self::NoCookie => f.write_str("CSRF cookie not set."),
            Self::CookieLength => f.write_str("CSRF cookie has incorrect length."),
            Self::CookieCharacters => f.write_str("CSRF cookie has invalid characters."),
            Self::NoToken => f.write_str("CSRF token missing."),
            Self::TokenLength(source) => write!(f, "CSRF token from {source} has incorrect length."),
            Self::TokenCharacters(source) => write!(f, "CSRF token from {source} has invalid characters."),
            Self::WrongToken(source) => write!(f, "CSRF token from {source} incorrect."),
        }
    }
}

/// Shows the variant, but not the client's headers.
impl fmt::Debug for CsrfRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadOrigin(_) => f.write_str("BadOrigin(..)"),
            Self::NoReferer => f.write_str("NoReferer"),
            Self::MalformedReferer => f.write_str("MalformedReferer"),
            Self::InsecureReferer => f.write_str("InsecureReferer"),
            Self::BadReferer(_) => f.write_str("BadReferer(..)"),
            Self::NoCookie => f.write_str("NoCookie"),
            Self::CookieLength => f.write_str("CookieLength"),
            Self::CookieCharacters => f.write_str("CookieCharacters"),
            Self::NoToken => f.write_str("NoToken"),
            Self::TokenLength(source) => f.debug_tuple("TokenLength").field(source).finish(),
            Self::TokenCharacters(source) => f.debug_tuple("TokenCharacters").field(source).finish(),
            Self::WrongToken(source) => f.debug_tuple("WrongToken").field(source).finish(),
        }
    }
}

impl Error for CsrfRejection {}

/// The place where the token of a request was found. `Display` writes Django's name for it.
///
/// ```
/// use django_session::CsrfTokenSource;
///
/// assert_eq!(CsrfTokenSource::Form.to_string(), "POST");
/// assert_eq!(CsrfTokenSource::Header("X-Csrftoken".into()).to_string(), "the 'X-Csrftoken' HTTP header");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CsrfTokenSource {
    /// The field `csrfmiddlewaretoken` of a form.
    Form,
    /// The header of this name, in Django's capitals.
    Header(Box<str>),
}

impl fmt::Display for CsrfTokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("POST"),
            Self::Header(name) => write!(f, "the '{name}' HTTP header"),
        }
    }
}
