use crate::Commit;

/// The header map of a framework.
pub trait Headers {
    fn set_cookies(&self) -> impl Iterator<Item = &[u8]>;
    fn append_set_cookie(&mut self, value: String);
    /// Returns the values of the `Vary` headers.
    fn vary(&self) -> impl Iterator<Item = &[u8]>;
    fn set_vary(&mut self, value: Vec<u8>);
}

/// Adds the headers of `commit`.
pub(super) fn write(commit: Commit, headers: &mut impl Headers) {
    if let Some(vary) = commit.vary(headers.vary()) {
        headers.set_vary(vary);
    }
    commit.into_set_cookies().for_each(|cookie| headers.append_set_cookie(cookie.into_string()));
}

/// Returns the `Set-Cookie` headers that remove a cookie. They stay when the response is replaced by an error, so that
/// a logout in an inner layer is not undone.
pub(super) fn removals(headers: &impl Headers) -> Vec<String> {
    let removes = |line: &&[u8]| {
        line.split(|byte| *byte == b';').skip(1).any(|part| part.trim_ascii().eq_ignore_ascii_case(b"Max-Age=0"))
    };
    headers.set_cookies().filter(removes).filter_map(|line| String::from_utf8(line.to_vec()).ok()).collect()
}
