//! Plaintext ⇄ encrypted payload, with the keys of a ring.

mod aead;
mod format;
mod plaintext;
mod ring;

pub(crate) use format::Version;
pub use plaintext::Plaintext;
pub use ring::Encryption;
pub(crate) use ring::Opened;
