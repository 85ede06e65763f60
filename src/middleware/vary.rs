/// The lines of a `Vary` header in one, with `Cookie` among them; nothing, if it stands there, or if `*` does.
pub(crate) fn with_cookie<'v>(lines: impl Iterator<Item = &'v [u8]>) -> Option<Vec<u8>> {
    let mut vary = lines.collect::<Vec<_>>().join(&b", "[..]);
    let mut names = vary.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    if names.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"cookie")) {
        return None;
    }
    vary.extend_from_slice(if vary.is_empty() { b"" } else { b", " });
    vary.extend_from_slice(b"Cookie");
    Some(vary)
}
