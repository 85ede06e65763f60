//! How long a session lives.

mod expiry;
mod iso;
mod limits;
mod session;
mod settings;
mod stamps;

pub use expiry::Expiry;
pub(super) use expiry::{KEY, Malformed, Stored};
pub(super) use limits::{AbsoluteAge, Terms, admit_until};
pub use limits::{ExpiryPolicy, Unstamped};
