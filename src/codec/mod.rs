//! Value ⇄ payload, and the way on to a token.

mod codec;
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
mod scratch;
mod serializer;
mod sign_object;
mod zlib;

pub use codec::{Codec, Compression};
pub use json::JsonSerializer;
#[cfg(feature = "msgpack")]
pub use msgpack::MessagePackSerializer;
pub use serializer::Serializer;
pub use sign_object::{dumps, loads};
