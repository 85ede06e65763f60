//! Finds cookies in headers, in the output of curl and in curl commands, and in cookie jars.

use zeroize::Zeroizing;

use crate::input::{Header, Input, Shape, Source, shape};

/// Longer lines are not searched.
const LINE_LIMIT: usize = 64 * 1024;

/// The maximum number of earlier cookies with the same name that are tried, and of cookies with other names.
const TRIED: usize = 16;

/// The maximum number of names that an error message may list.
const NAMES: usize = 32;

pub(super) struct Cookie<'t> {
    header: Header,
    name: &'t str,
    value: &'t str,
    /// Whether a response deletes it.
    deleted: bool,
}

/// Returns the cookies of all lines, in order.
pub(super) fn cookies(text: &str) -> Vec<Cookie<'_>> {
    let mut cookies = Vec::new();
    let single = text.lines().nth(1).is_none();
    for line in text.lines().filter(|line| line.len() <= LINE_LIMIT) {
        if let Some(value) = after_name(line, "set-cookie:") {
            cookies.extend(set_cookie(value));
        } else if let Some(value) = after_name(line, "cookie:") {
            let header = if has_option(line, "-H") { Header::Curl } else { Header::Cookie };
            cookies.extend(value.split(';').filter_map(|text| pair(header, text)));
        } else if let Some(value) = curl_option(line) {
            cookies.extend(value.split(';').filter_map(|text| pair(Header::Curl, text)));
        } else if let Some(cookie) = jar(line).or_else(|| developer_tools(line)) {
            cookies.push(cookie);
        } else if single {
            cookies.extend(pairs(line));
        }
    }
    cookies
}

/// Chooses the last cookie with the wanted name, or else the one that is most likely a session. Chooses a cookie that a
/// response deletes only if no other one matches.
pub(super) fn choose(cookies: &[Cookie<'_>], wanted: Option<&str>) -> Option<Input> {
    let last = |test: &dyn Fn(&Cookie<'_>) -> bool| {
        let live = cookies.iter().rposition(|cookie| !cookie.deleted && test(cookie));
        live.or_else(|| cookies.iter().rposition(test))
    };
    let dated = |cookie: &Cookie<'_>| matches!(shape(cookie.value), Shape::Dated { .. });
    let chosen = match wanted {
        Some(name) => last(&|cookie| cookie.name == name),
        None => None,
    };
    let at = chosen
        .or_else(|| last(&|cookie| ["sessionid", "__Host-sessionid", "__Secure-sessionid"].contains(&cookie.name)))
        .or_else(|| last(&|cookie| cookie.name.to_ascii_lowercase().contains("session")))
        .or_else(|| last(&|cookie| dated(cookie) && cookie.name != "messages"))
        .or_else(|| last(&dated))
        .or_else(|| last(&|_| true))?;
    let chosen = cookies.get(at)?;
    let same_name = |cookie: &&Cookie<'_>| cookie.name == chosen.name;
    // Cookies of a Set-Cookie header were not sent by the browser.
    let same_way = |cookie: &&Cookie<'_>| (cookie.header == Header::SetCookie) == (chosen.header == Header::SetCookie);
    let before = cookies.iter().take(at).rev().filter(same_name).filter(same_way).filter(|cookie| !cookie.deleted);
    let mut earlier: Vec<_> = before.take(TRIED).map(owned).collect();
    earlier.reverse();
    let others = cookies.iter().filter(|cookie| cookie.name != chosen.name && !cookie.deleted && dated(cookie));
    let others = others.take(TRIED).map(|cookie| (cookie.name.to_owned(), owned(cookie))).collect();
    let count = cookies.iter().filter(same_way).count();
    let source = Source::Cookie { header: chosen.header, name: chosen.name.to_owned(), count };
    let deleted = cookies.iter().skip(at).filter(same_name).any(|cookie| cookie.deleted);
    let mut names = Vec::new();
    for cookie in cookies {
        if names.len() < NAMES && !names.iter().any(|name| name == cookie.name) {
            names.push(cookie.name.to_owned());
        }
    }
    Some(Input { token: owned(chosen), source, earlier, others, deleted, names })
}

fn owned(cookie: &Cookie<'_>) -> Zeroizing<String> {
    Zeroizing::new(cookie.value.to_owned())
}

/// Returns the text after the name of a header, which may be inside a curl command or a line of a server's log.
fn after_name<'t>(line: &'t str, name: &str) -> Option<&'t str> {
    let at = line.as_bytes().windows(name.len()).position(|window| window.eq_ignore_ascii_case(name.as_bytes()))?;
    let (before, rest) = (line.get(..at)?, line.get(at..)?.get(name.len()..)?);
    match before.chars().next_back() {
        Some(quote @ ('\'' | '"')) => Some(rest.split(quote).next().unwrap_or_default().trim()),
        Some(char) if char.is_alphanumeric() || char == '-' => None,
        _ => Some(rest.trim()),
    }
}

/// Returns whether a command line has this option.
fn has_option(line: &str, option: &str) -> bool {
    let is_option =
        |word: &str| word.strip_prefix(option).is_some_and(|rest| rest.is_empty() || rest.starts_with(['\'', '"']));
    line.split_whitespace().any(is_option)
}

/// Returns the cookies of `curl -b '…'`.
fn curl_option(line: &str) -> Option<&str> {
    let at = ["-b ", "--cookie "].iter().find_map(|option| Some((line.find(&format!(" {option}"))?, option.len())));
    let (at, len) = at?;
    let rest = line.get(at..)?.get(len..)?.trim_start();
    match rest.chars().next()? {
        quote @ ('\'' | '"') => rest.get(1..)?.split(quote).next(),
        _ => rest.split_whitespace().next(),
    }
}

/// Reads a line of a cookie jar of curl, in Netscape's format: domain, subdomains, path, secure, expires, name, value.
fn jar(line: &str) -> Option<Cookie<'_>> {
    let mut fields = line.split('\t');
    let subdomains = fields.nth(1)?;
    let name = fields.nth(3)?;
    let value = fields.next()?.trim();
    let is_flag = matches!(subdomains, "TRUE" | "FALSE");
    (is_flag && fields.next().is_none()).then_some(Cookie { header: Header::Jar, name, value, deleted: false })
}

/// Reads a row copied from a browser's developer tools: name, value, domain, path, and more. A database row starts with
/// a session key instead.
fn developer_tools(line: &str) -> Option<Cookie<'_>> {
    let mut fields = line.trim_end().split('\t').map(str::trim);
    let (name, value, path) = (fields.next()?, fields.next()?, fields.nth(1));
    let is_cookie = path.is_some_and(|path| path.starts_with('/'))
        || name.to_ascii_lowercase().contains("session") && matches!(shape(value), Shape::Dated { .. });
    (is_cookie && is_name(name)).then_some(Cookie { header: Header::Pair, name, value, deleted: false })
}

/// Reads `name=value; …`, the value of a `Cookie` or `Set-Cookie` header without the header's name.
fn pairs(line: &str) -> Vec<Cookie<'_>> {
    const ATTRIBUTES: [&str; 8] =
        ["expires", "max-age", "domain", "path", "secure", "httponly", "samesite", "partitioned"];
    let is_attribute = |text: &str| {
        let name = text.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
        ATTRIBUTES.contains(&name.as_str())
    };
    if line.split(';').skip(1).any(is_attribute) {
        return set_cookie(line).into_iter().collect();
    }
    let is_empty =
        |text: &&str| text.split_once('=').is_some_and(|(name, value)| is_name(name.trim()) && value.trim().is_empty());
    let with_value = line.split(';').filter(|text| !is_empty(text));
    let pairs: Option<Vec<_>> = with_value.map(|text| pair(Header::Pair, text)).collect();
    pairs.unwrap_or_default()
}

/// Reads the value of a `Set-Cookie` header. Marks the cookie as deleted if it is, as by Django's `delete_cookie`.
fn set_cookie(value: &str) -> Option<Cookie<'_>> {
    let mut parts = value.split(';');
    let first = parts.next()?;
    let attribute = |wanted: &str| {
        let mut pairs = parts.clone().filter_map(|part| part.split_once('='));
        pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    // As in browsers, Max-Age takes precedence over Expires.
    let deleted = match (attribute("max-age").and_then(|age| age.parse::<i64>().ok()), attribute("expires")) {
        (Some(age), _) => age <= 0,
        (None, Some(date)) => date.contains("1970"),
        (None, None) => false,
    };
    if !deleted {
        return pair(Header::SetCookie, first);
    }
    let (name, value) = first.split_once('=')?;
    let (name, value) = (name.trim(), value.trim().trim_matches('"'));
    is_name(name).then_some(Cookie { header: Header::SetCookie, name, value, deleted })
}

/// Reads a pair, if it has a valid name and its value is more than the padding of base64.
fn pair(header: Header, text: &str) -> Option<Cookie<'_>> {
    let (name, value) = text.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let is_value = !value.is_empty() && value != "=";
    (is_value && is_name(name)).then_some(Cookie { header, name, value, deleted: false })
}

fn is_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}|".contains(&byte);
    (1..=256).contains(&name.len()) && name.bytes().all(is_token)
}
