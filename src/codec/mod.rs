//! Value ⇄ payload, and the way on to a token.

mod codec;
mod finite;
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
mod scratch;
mod serializer;
mod sign;
mod text;
mod zlib;

pub use codec::{Codec, Compression};
pub use json::JsonSerializer;
#[cfg(feature = "msgpack")]
pub use msgpack::MessagePackSerializer;
pub use serializer::Serializer;
pub use sign::{dumps, loads};
