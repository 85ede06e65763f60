//! How long a session lives.

mod expiry;
mod iso;
mod limits;
mod session;

pub use expiry::Expiry;
pub(super) use expiry::{KEY, Malformed, Stored};
pub use limits::ExpiryPolicy;
pub(super) use limits::{Terms, admit_until};
