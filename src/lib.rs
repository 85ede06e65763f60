#![doc = include_str!("../README.md")]
// Of the library alone: tests may well panic.
#![warn(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod clock;
mod encoding;
mod error;
mod key;
mod object;
mod signing;

pub use clock::{Clock, MaxAge, Timestamp};
pub use error::{BadSignature, ConfigError, DecodeError, EncodeError};
pub use key::{KeyRing, SecretKey};
#[cfg(feature = "msgpack")]
pub use object::MessagePackSerializer;
pub use object::{Codec, Compression, JsonSerializer, Serializer, dumps, loads};
pub use signing::{Algorithm, Separator, Signer, TimestampSigner, Verified};
