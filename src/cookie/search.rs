use std::ops::ControlFlow;

use crate::error::DecodeError;

/// A search among all cookies of one name, of which the last one is visited first.
///
/// The first visited cookie that our keys signed decides, whether it is accepted or not. Cookies that our keys did not
/// sign are passed over, because a sibling domain may have planted them.
pub(crate) struct Search<T, E> {
    /// The value of the cookie that decides, or why it was rejected.
    pub(crate) decision: Option<Result<T, E>>,
    /// Why the first visited cookie that our keys did not sign was rejected.
    pub(crate) passed_over: Option<E>,
}

impl<T, E> Default for Search<T, E> {
    fn default() -> Self {
        Self { decision: None, passed_over: None }
    }
}

impl<T, E: Into<DecodeError> + Copy> Search<T, E> {
    /// Visits a cookie, and reads it unless an earlier one has decided. Breaks as soon as one has.
    pub(crate) fn visit(&mut self, read: impl FnOnce() -> Result<T, E>) -> ControlFlow<()> {
        if self.decision.is_none() {
            match read() {
                Err(reason) if !reason.into().is_authentic() => self.passed_over = self.passed_over.or(Some(reason)),
                decision => self.decision = Some(decision),
            }
        }
        if self.decision.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Returns the value of the accepted cookie, or why the cookies were rejected.
    pub(crate) fn result(self) -> Result<Option<T>, E> {
        match self {
            Self { decision: Some(decision), .. } => decision.map(Some),
            Self { passed_over: Some(reason), .. } => Err(reason),
            _ => Ok(None),
        }
    }
}
