use crate::Commit;

/// The header map of a framework.
pub trait Headers {
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
