//! Why a token is rejected: tries everything that can be tried, then looks at its form.

mod form;
mod repair;
mod search;

pub(crate) use form::by_form;
pub(crate) use search::{algorithms, search};

/// One cause, in a sentence, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hint {
    /// A word for programs, which stays the same between versions.
    pub(crate) code: &'static str,
    pub(crate) cause: String,
    pub(crate) remedy: String,
}

impl Hint {
    pub(crate) fn new(code: &'static str, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, cause: cause.into(), remedy: remedy.into() }
    }
}
