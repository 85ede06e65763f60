//! Text ⇄ token: who signed it, and when.

mod algorithm;
mod hexdigest;
mod mac;
mod separator;
mod signer;
mod timestamp;

pub use algorithm::Algorithm;
pub(crate) use hexdigest::HexDigest;
pub use separator::Separator;
pub use signer::{Signer, Verified};
pub use timestamp::TimestampSigner;
