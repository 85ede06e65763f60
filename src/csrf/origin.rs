//! The origins of requests: `Origin`, `Referer`, `CSRF_TRUSTED_ORIGINS`.

use crate::csrf::host::{HostPattern, is_authority, split_port};

/// An origin of `CSRF_TRUSTED_ORIGINS`: `https://example.com`, or `https://*.example.com` for the domain and all hosts
/// below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TrustedOrigin {
    scheme: String,
    hosts: HostPattern,
}

impl TrustedOrigin {
    /// Parses an origin. Returns `None` for a text that no browser sends as `Origin`, because it would never match.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme))?;
        let (authority, with_subdomains) = match rest.strip_prefix("*.") {
            Some(domain) => (domain, true),
            None => (rest, false),
        };
        let (host, port) = split_port(authority);
        let is_port = port.is_none_or(|port| is_port(port) && default_port(scheme) != Some(port));
        let is_domain = !(with_subdomains && host.starts_with('['));
        (is_authority(authority) && is_port && is_domain)
            .then(|| Self { scheme: scheme.to_owned(), hosts: HostPattern::new(authority, with_subdomains) })
    }

    /// Returns whether this value of an `Origin` header is trusted.
    pub(super) fn covers(&self, origin: &str) -> bool {
        origin.split_once("://").is_some_and(|(scheme, host)| scheme == self.scheme && self.hosts.covers(host))
    }

    /// Returns the hosts, without the scheme.
    pub(super) fn hosts(&self) -> &HostPattern {
        &self.hosts
    }
}

/// Returns whether this is a lower-case letter, followed by lower-case letters, digits, `+`, `-` and `.`.
fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'))
}

fn is_port(port: &str) -> bool {
    !port.starts_with('0') && port.parse::<u16>().is_ok()
}

/// Returns the scheme's default port, which browsers omit.
fn default_port(scheme: &str) -> Option<&'static str> {
    match scheme {
        "http" => Some("80"),
        "https" => Some("443"),
        _ => None,
    }
}

/// The origin in a `Referer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Referer<'r> {
    /// No scheme or no host, or only one bracket of an IPv6 address.
    Malformed,
    /// Another scheme than HTTPS.
    Insecure,
    /// HTTPS. The host, perhaps with a user and a port.
    Secure(&'r str),
}

impl<'r> Referer<'r> {
    /// Reads the scheme and the host of the URL. Browsers write the scheme in lower case.
    pub(super) fn parse(url: &'r str) -> Self {
        let Some((scheme, rest)) = url.split_once("://") else { return Self::Malformed };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if !is_scheme(scheme) || authority.is_empty() || authority.contains('[') != authority.contains(']') {
            Self::Malformed
        } else if scheme == "https" {
            Self::Secure(authority)
        } else {
            Self::Insecure
        }
    }
}
