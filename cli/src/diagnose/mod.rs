//! Finds out why a token is rejected: searches for a signature that is valid, then examines the form of the token.

mod form;
mod names;
mod repair;
mod search;

pub(crate) use form::by_form;
pub(crate) use names::{other_cookie, other_name};
pub(crate) use search::{algorithms, search};

/// A cause of a rejection, and its remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hint {
    /// A code for programs. It does not change between versions.
    pub(crate) code: &'static str,
    pub(crate) cause: String,
    pub(crate) remedy: String,
}

impl Hint {
    pub(crate) fn new(code: &'static str, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, cause: cause.into(), remedy: remedy.into() }
    }
}
