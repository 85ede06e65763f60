//! Hosts, as browsers spell them in `Host`, `Origin` and `Referer`.

/// Returns whether this is a host in lower case, with or without a port: `example.com`, `example.com:8000`,
/// `[::1]:8000`.
///
/// A user, a path, white space or an empty label makes it invalid. Otherwise a text could pass for a host because of
/// how it ends.
pub(super) fn is_authority(text: &str) -> bool {
    let (host, port) = split_port(text);
    let is_host = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').is_some_and(is_ipv6),
        None => host.strip_suffix('.').unwrap_or(host).split('.').all(is_label),
    };
    is_host && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns whether this is a valid host of a request, in upper or lower case.
///
/// Django: `split_domain_port`, which also accepts empty labels.
pub(super) fn is_host(text: &str) -> bool {
    is_authority(&text.to_ascii_lowercase()) && !text.contains('_')
}

/// Splits `example.com:8000` into host and port, without validating either.
pub(super) fn split_port(text: &str) -> (&str, Option<&str>) {
    let behind_address = text.rfind(']').unwrap_or(0);
    match text.get(behind_address..).and_then(|rest| rest.find(':')) {
        Some(colon) => {
            let (host, rest) = text.split_at_checked(behind_address.saturating_add(colon)).unwrap_or((text, ""));
            (host, rest.strip_prefix(':'))
        }
        None => (text, None),
    }
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

/// Returns whether this is an address as Django defines it: hexadecimal digits, a colon, then hexadecimal digits,
/// colons and dots.
fn is_ipv6(address: &str) -> bool {
    let Some((start, rest)) = address.split_once(':') else { return false };
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    start.bytes().all(is_hex)
        && !rest.is_empty()
        && rest.bytes().all(|byte| is_hex(byte) || matches!(byte, b':' | b'.'))
}

/// One host, or a domain with all hosts below it. Django: the pattern of `is_same_domain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostPattern {
    /// In lower case, with the port if there is one.
    authority: String,
    with_subdomains: bool,
}

impl HostPattern {
    pub(super) fn new(authority: &str, with_subdomains: bool) -> Self {
        Self { authority: authority.to_ascii_lowercase(), with_subdomains }
    }

    /// Returns whether the pattern matches this host, with its port if there is one.
    pub(super) fn covers(&self, authority: &str) -> bool {
        let is_below = || {
            let below = authority.strip_suffix(&self.authority);
            below.is_some_and(|labels| labels.ends_with('.')) && is_authority(authority)
        };
        authority == self.authority || (self.with_subdomains && is_below())
    }
}
