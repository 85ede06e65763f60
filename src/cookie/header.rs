//! The `Cookie` header.

use std::borrow::Cow;
use std::ops::ControlFlow;

/// Returns the header as text. Bytes that are not UTF-8 become U+FFFD, as in Django.
pub(crate) fn text(header: &[u8]) -> Cow<'_, str> {
    // Tried first, because the lossy conversion reads the bytes one by one.
    str::from_utf8(header).map_or_else(|_| String::from_utf8_lossy(header), Cow::Borrowed)
}

/// Returns the value of each cookie with exactly this name, in the order of the header.
///
/// As in Django, pairs are separated by ";", and name and value by the first "=". White space around both is removed,
/// and double quotes around the value. Nothing is percent-decoded.
///
/// Unlike in Django, only spaces and tabs are white space. If all white space of Unicode were removed, a sibling domain
/// could plant a cookie whose name starts with another such character, and to which browsers do not apply the rules of
/// `__Host-`.
pub(crate) fn values<'h>(header: &'h str, name: &str) -> impl DoubleEndedIterator<Item = &'h str> {
    const SPACE: [char; 2] = [' ', '\t'];
    header.split(';').filter_map(move |pair| {
        let (found, value) = pair.split_once('=')?;
        (found.trim_matches(SPACE) == name).then(|| unquote(value.trim_matches(SPACE)))
    })
}

/// Calls `visit` with the value of each cookie of this name in several headers, the last one first, until it breaks.
pub(crate) fn visit_values<'h, I, H>(headers: I, name: &str, mut visit: impl FnMut(&str) -> ControlFlow<()>)
where
    I: IntoIterator<Item = &'h H, IntoIter: DoubleEndedIterator>,
    H: AsRef<[u8]> + ?Sized + 'h,
{
    let mut lines = headers.into_iter().rev();
    let _ = lines.try_for_each(|line| values(&text(line.as_ref()), name).rev().try_for_each(&mut visit));
}

fn unquote(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}
