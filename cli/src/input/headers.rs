//! Cookies in headers, in the output and the commands of curl, and in cookie jars.

use zeroize::Zeroizing;

use crate::input::{Header, Input, Shape, Source, shape};

/// A longer line is no header.
const LINE_LIMIT: usize = 64 * 1024;

/// Of cookies of one name, only the last are tried.
const TRIED: usize = 16;

pub(super) struct Cookie<'t> {
    header: Header,
    name: &'t str,
    value: &'t str,
}

/// Returns the cookies of all lines, in their order.
pub(super) fn cookies(text: &str) -> Vec<Cookie<'_>> {
    let mut cookies = Vec::new();
    let single = text.lines().nth(1).is_none();
    for line in text.lines().filter(|line| line.len() <= LINE_LIMIT) {
        if let Some(value) = after_name(line, "set-cookie:") {
            cookies.extend(pair(Header::SetCookie, value.split(';').next().unwrap_or_default()));
        } else if let Some(value) = after_name(line, "cookie:") {
            let header = if line.contains("-H") { Header::Curl } else { Header::Cookie };
            cookies.extend(value.split(';').filter_map(|text| pair(header, text)));
        } else if let Some(value) = curl_option(line) {
            cookies.extend(value.split(';').filter_map(|text| pair(Header::Curl, text)));
        } else if let Some(cookie) = jar(line) {
            cookies.push(cookie);
        } else if single {
            cookies.extend(pairs(line));
        }
    }
    cookies
}

/// Chooses the last cookie of the wanted name; else the one that is most like a session.
pub(super) fn choose(cookies: &[Cookie<'_>], wanted: Option<&str>) -> Option<Input> {
    let last = |test: &dyn Fn(&Cookie<'_>) -> bool| cookies.iter().rev().find(|cookie| test(cookie));
    let dated = |cookie: &Cookie<'_>| matches!(shape(cookie.value), Shape::Dated { .. });
    let chosen = match wanted {
        Some(name) => last(&|cookie| cookie.name == name),
        None => None,
    };
    let chosen = chosen
        .or_else(|| last(&|cookie| cookie.name == "sessionid"))
        .or_else(|| last(&|cookie| cookie.name.to_ascii_lowercase().contains("session")))
        .or_else(|| last(&|cookie| dated(cookie) && cookie.name != "messages"))
        .or_else(|| last(&dated))
        .or_else(|| last(&|_| true))?;
    let mut same: Vec<_> =
        cookies.iter().rev().filter(|cookie| cookie.name == chosen.name).take(TRIED).map(owned).collect();
    same.reverse();
    let token = same.pop()?;
    let source = Source::Cookie { header: chosen.header, name: chosen.name.to_owned(), count: cookies.len() };
    Some(Input { token, source, earlier: same })
}

fn owned(cookie: &Cookie<'_>) -> Zeroizing<String> {
    Zeroizing::new(cookie.value.to_owned())
}

/// What follows the name of a header, in a line of curl or of a server's log too.
fn after_name<'t>(line: &'t str, name: &str) -> Option<&'t str> {
    let at = line.as_bytes().windows(name.len()).position(|window| window.eq_ignore_ascii_case(name.as_bytes()))?;
    let (before, rest) = (line.get(..at)?, line.get(at..)?.get(name.len()..)?);
    match before.chars().next_back() {
        Some(quote @ ('\'' | '"')) => Some(rest.split(quote).next().unwrap_or_default().trim()),
        Some(char) if char.is_alphanumeric() || char == '-' => None,
        _ => Some(rest.trim()),
    }
}

/// The cookies of `curl -b '…'`.
fn curl_option(line: &str) -> Option<&str> {
    let at = ["-b ", "--cookie "].iter().find_map(|option| Some((line.find(&format!(" {option}"))?, option.len())));
    let (at, len) = at?;
    let rest = line.get(at..)?.get(len..)?.trim_start();
    match rest.chars().next()? {
        quote @ ('\'' | '"') => rest.get(1..)?.split(quote).next(),
        _ => rest.split_whitespace().next(),
    }
}

/// A line of Netscape's format, which curl writes: domain, subdomains, path, secure, expires, name, value.
fn jar(line: &str) -> Option<Cookie<'_>> {
    let mut fields = line.split('\t');
    let subdomains = fields.nth(1)?;
    let name = fields.nth(3)?;
    let value = fields.next()?.trim();
    let is_flag = matches!(subdomains, "TRUE" | "FALSE");
    (is_flag && fields.next().is_none()).then_some(Cookie { header: Header::Jar, name, value })
}

/// `name=value; name=value` without the name of a header, of either header.
fn pairs(line: &str) -> Vec<Cookie<'_>> {
    const ATTRIBUTES: [&str; 8] =
        ["expires", "max-age", "domain", "path", "secure", "httponly", "samesite", "partitioned"];
    let is_attribute = |text: &str| {
        let name = text.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
        ATTRIBUTES.contains(&name.as_str())
    };
    let mut parts = line.split(';');
    let first = parts.next().unwrap_or_default();
    if parts.clone().any(is_attribute) {
        return pair(Header::SetCookie, first).into_iter().collect();
    }
    let pairs: Option<Vec<_>> = line.split(';').map(|text| pair(Header::Pair, text)).collect();
    pairs.unwrap_or_default()
}

/// A pair, if its name is one and its value is more than the padding of base64.
fn pair(header: Header, text: &str) -> Option<Cookie<'_>> {
    let (name, value) = text.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let is_name = |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}|".contains(&byte);
    let is_value = !value.is_empty() && value != "=";
    (is_value && (1..=256).contains(&name.len()) && name.bytes().all(is_name)).then_some(Cookie { header, name, value })
}
