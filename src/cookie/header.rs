//! The `Cookie` header.

/// The values of every cookie with exactly this name, in the order of the header.
///
/// Read as Django reads it: pairs are parted by ";", name and value by the first "=", and both lose the spaces around
/// them; a value in double quotes loses those. Nothing is percent-decoded. But only spaces and tabs are taken for such:
/// were it all that Unicode calls white space, a sibling domain could plant a cookie whose name starts with one and
/// which the browser does not take for `__Host-`.
///
/// A value that is not UTF-8 cannot be ours, and shows as the empty text.
pub(crate) fn values<'h>(header: &'h [u8], name: &str) -> impl DoubleEndedIterator<Item = &'h str> {
    header.split(|&byte| byte == b';').filter_map(move |pair| {
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        let (found, value) = pair.split_at_checked(equals)?;
        let value = value.strip_prefix(b"=")?;
        (trim(found) == name.as_bytes()).then(|| str::from_utf8(unquote(trim(value))).unwrap_or_default())
    })
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

fn unquote(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    }
}
