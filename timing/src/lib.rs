//! The verifiers and the texts that are presented to them, for both checks.

pub mod case;
pub mod forgery;
pub mod random;
pub mod subject;
pub mod twin;
pub mod valgrind;
pub mod welch;
