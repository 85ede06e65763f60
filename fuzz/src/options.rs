//! Generates options of a cookie, and computes which of them can be built, and the expected header.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arbitrary::{Arbitrary, Unstructured};
use django_session::{ConfigError, CookieOptions, Expiry, SameSite, SizeRule};

use crate::moments::imf_fixdate;

const PREFIXES: [&str; 5] = ["", "__Host-", "__Secure-", "__hTTP-", "__Host-Http-"];
const SAME_SITES: [(&str, Option<SameSite>); 4] =
    [("", None), ("Lax", Some(SameSite::Lax)), ("Strict", Some(SameSite::Strict)), ("None", Some(SameSite::None))];

/// Text that is often valid, and sometimes contains harmful characters.
#[derive(Debug)]
pub struct Text(pub String);

impl Arbitrary<'_> for Text {
    fn arbitrary(data: &mut Unstructured<'_>) -> arbitrary::Result<Self> {
        let chars: Vec<_> = "abcxyzABCXYZ0189-_.-_./;:=,\"\\ @\r\n\0\u{7f}é".chars().collect();
        let few = data.arbitrary_len::<u8>()?;
        (0..few).map(|_| Ok(*data.choose(&chars)?)).collect::<arbitrary::Result<_>>().map(Self)
    }
}

#[derive(Arbitrary, Debug)]
pub struct Options {
    prefix: u8,
    name: Text,
    /// Whether the path is relative, and the rest of it.
    path: Option<(bool, Text)>,
    domain: Option<Text>,
    secure: bool,
    http_only: bool,
    same_site: u8,
    partitioned: bool,
    max_age: (u32, u16),
    at_browser_close: bool,
    counts_all: bool,
    now: i32,
    /// A session's own expiry in seconds. 0 means until the browser closes.
    own_expiry: Option<u16>,
}

impl Options {
    pub fn name(&self) -> String {
        format!("{}{}", PREFIXES[usize::from(self.prefix) % PREFIXES.len()], self.name.0)
    }

    fn path(&self) -> String {
        match &self.path {
            None => "/".to_owned(),
            Some((relative, Text(path))) => format!("{}{path}", if *relative { "" } else { "/" }),
        }
    }

    fn domain(&self) -> Option<&str> {
        self.domain.as_ref().map(|domain| domain.0.as_str())
    }

    fn same_site(&self) -> (&'static str, Option<SameSite>) {
        SAME_SITES[usize::from(self.same_site) % SAME_SITES.len()]
    }

    fn max_age(&self) -> Duration {
        Duration::from_secs((self.max_age.0 % 40_000_000).into()) + Duration::from_micros(self.max_age.1.into())
    }

    pub fn now(&self) -> SystemTime {
        let distance = Duration::from_secs(self.now.unsigned_abs().into());
        if self.now < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
    }

    pub fn own_expiry(&self) -> Option<Expiry> {
        self.own_expiry.map(|seconds| match seconds {
            0 => Expiry::BrowserClose,
            _ => Expiry::Inactivity(Duration::from_secs(seconds.into())),
        })
    }

    /// Returns the lifetime of the cookie, or `None` if it ends when the browser closes.
    pub fn lifetime(&self) -> Option<u64> {
        (!self.at_browser_close).then(|| self.max_age().as_secs())
    }

    /// Returns the lifetime of the cookie of a session, which may have its own expiry.
    pub fn session_lifetime(&self) -> Option<u64> {
        self.own_expiry.map_or(self.lifetime(), |seconds| Some(seconds.into()).filter(|seconds| *seconds > 0))
    }

    pub fn build(&self) -> Result<CookieOptions, ConfigError> {
        let mut builder = CookieOptions::builder(self.name())
            .path(self.path())
            .secure(self.secure)
            .http_only(self.http_only)
            .same_site(self.same_site().1)
            .partitioned(self.partitioned)
            .max_age(self.max_age())
            .expire_at_browser_close(self.at_browser_close)
            .size_rule(if self.counts_all { SizeRule::Rfc6265 } else { SizeRule::Rfc6265bis });
        if let Some(domain) = self.domain() {
            builder = builder.domain(domain);
        }
        builder.build()
    }

    /// Returns whether `CookieOptionsBuilder::build` accepts these options, by its documented errors.
    pub fn may_be_built(&self) -> bool {
        let name = self.name();
        let is = |prefix: &str| name.to_ascii_lowercase().starts_with(prefix);
        let (host, http) = (is("__host-"), is("__http-") || is("__host-http-"));
        let needs_secure = host || http || is("__secure-") || self.partitioned || self.same_site().0 == "None";
        let name_fits = (1..=1024).contains(&name.len()) && is_visible(&name, "()<>@,;\\\"/[]?={}");
        let path_fits = self.path().starts_with('/') && self.path().len() <= 1024 && is_visible(&self.path(), ";");
        name_fits
            && path_fits
            && self.domain().is_none_or(is_domain)
            && (1.0..=400.0 * 86_400.0).contains(&self.max_age().as_secs_f64())
            && (self.secure || !needs_secure)
            && (self.http_only || !http)
            && (!host || (self.path() == "/" && self.domain.is_none()))
    }

    /// Returns the attributes of a cookie with this lifetime, in Django's order.
    pub fn attributes(&self, lifetime: Option<u64>) -> Vec<(&'static str, String)> {
        let end = |seconds: u64| i128::from(self.now) + i128::from(seconds);
        let flag = |name, there: bool| (name, there.then(String::new));
        let attributes = [
            ("Domain", self.domain().map(str::to_owned)),
            ("expires", lifetime.map(|seconds| imf_fixdate(end(seconds)))),
            flag("HttpOnly", self.http_only),
            ("Max-Age", lifetime.map(|seconds| seconds.to_string())),
            flag("Partitioned", self.partitioned),
            ("Path", Some(self.path())),
            ("SameSite", Some(self.same_site().0.to_owned()).filter(|text| !text.is_empty())),
            flag("Secure", self.secure),
        ];
        attributes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Returns the maximum length of a value that browsers accept, if there is one.
    pub fn longest_value(&self, attributes: &[(&str, String)]) -> Option<usize> {
        let bytes = |(name, value): &(&str, String)| format!("; {name}={value}").len() - usize::from(value.is_empty());
        let attributes = if self.counts_all { attributes.iter().map(bytes).sum() } else { 0 };
        4096_usize.checked_sub(self.name().len() + attributes)
    }
}

fn is_visible(text: &str, except: &str) -> bool {
    text.chars().all(|char| ('!'..='~').contains(&char) && !except.contains(char))
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|char| char.is_ascii_alphanumeric() || "-_".contains(char))
    };
    domain.len() <= 253 && domain.strip_prefix('.').unwrap_or(domain).split('.').all(is_label)
}
