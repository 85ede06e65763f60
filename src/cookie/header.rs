//! The `Cookie` header.

use std::borrow::Cow;

/// The header as text, in which Django, too, has U+FFFD where bytes are not UTF-8.
pub(crate) fn text(header: &[u8]) -> Cow<'_, str> {
    // The lossy way looks at every byte on its own.
    str::from_utf8(header).map_or_else(|_| String::from_utf8_lossy(header), Cow::Borrowed)
}

/// The values of every cookie with exactly this name, in the order of the header.
///
/// Read as Django reads it: pairs are parted by ";", name and value by the first "=", and both lose the spaces around
/// them; a value in double quotes loses those. Nothing is percent-decoded. But only spaces and tabs are taken for such:
/// were it all that Unicode calls white space, a sibling domain could plant a cookie whose name starts with one and
/// which the browser does not take for `__Host-`.
pub(crate) fn values<'h>(header: &'h str, name: &str) -> impl DoubleEndedIterator<Item = &'h str> {
    const SPACE: [char; 2] = [' ', '\t'];
    header.split(';').filter_map(move |pair| {
        let (found, value) = pair.split_once('=')?;
        (found.trim_matches(SPACE) == name).then(|| unquote(value.trim_matches(SPACE)))
    })
}

fn unquote(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}
