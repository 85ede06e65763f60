//! Value ⇄ payload, and value ⇄ token.

#[cfg(feature = "encryption")]
mod encrypted;
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
mod payload;
#[cfg(feature = "pickle")]
mod pickle;
mod scratch;
#[cfg(feature = "encryption")]
mod sealing;
mod serializer;
mod sign_object;
mod zlib;

pub use json::JsonSerializer;
#[cfg(feature = "msgpack")]
pub use msgpack::MessagePackSerializer;
pub use payload::Codec;
#[cfg(feature = "pickle")]
pub use pickle::PickleSerializer;
pub use serializer::Serializer;
pub use sign_object::{dumps, loads};
