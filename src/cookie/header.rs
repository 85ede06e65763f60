//! The `Cookie` header.

/// The values of every cookie with exactly this name, in the order of the header.
///
/// Read as Django reads it: pairs are parted by ";", name and value by the first "=", and both lose the white space
/// around them; a value in double quotes loses those. Nothing is percent-decoded.
pub(crate) fn values<'h>(header: &'h str, name: &str) -> impl DoubleEndedIterator<Item = &'h str> {
    header.split(';').filter_map(move |pair| {
        let (found, value) = pair.split_once('=')?;
        (found.trim() == name).then(|| unquote(value.trim()))
    })
}

fn unquote(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}
