//! Text ⇄ token: signatures and timestamps.

mod algorithm;
mod mac;
mod salt;
mod salted_hmac;
mod separator;
mod signer;
mod timestamp;

pub use algorithm::Algorithm;
pub use salted_hmac::SaltedHmac;
pub use separator::Separator;
pub use signer::{Signer, Verified};
pub use timestamp::TimestampSigner;
