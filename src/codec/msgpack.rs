use serde::{Deserialize, Serialize};

use crate::codec::Serializer;
use crate::error::{DecodeError, EncodeError};

/// `MessagePack` with field names, for services that share nothing with Django: smaller than JSON, and it holds bytes,
/// NaN and the infinities. It ends, as JSON does, at 127 levels of nesting. Feature `msgpack`.
///
/// Sessions do not depend on the features of `serde_json`. A `serde_json::Value` that is serialized by itself does: with
/// `arbitrary_precision`, it describes its numbers as structs to every format but JSON, and is written so.
///
/// ```
/// use django_session::{Codec, KeyRing, MessagePackSerializer, SecretKey, Signer};
///
/// let signer = Signer::new(&KeyRing::new(SecretKey::new("secret")?), "salt")?;
/// let codec = Codec::new(MessagePackSerializer);
/// let token = signer.sign_object(&("visits", 3, f64::INFINITY), &codec)?;
/// assert_eq!(signer.unsign_object::<(String, u8, f64), _>(&token, &codec)?, ("visits".to_owned(), 3, f64::INFINITY));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MessagePackSerializer;

/// What serde_json has; rmp_serde's own 1024 levels would need more stack than a thread may have.
const MAX_DEPTH: usize = 128;

impl Serializer for MessagePackSerializer {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        rmp_serde::encode::write_named(out, value).map_err(|error| EncodeError::Serialize(error.into()))
    }

    fn loads<'de, T: Deserialize<'de>>(&self, data: &'de [u8]) -> Result<T, DecodeError> {
        let refuse = |reason| DecodeError::Deserialize { reason };
        let mut messagepack = rmp_serde::Deserializer::from_read_ref(data);
        messagepack.set_max_depth(MAX_DEPTH);
        let value =
            T::deserialize(&mut messagepack).map_err(|_| refuse("not MessagePack, or not of the requested type"))?;
        // It does not show how far it read, but it can be asked for a next marker, which must not be there.
        match <()>::deserialize(&mut messagepack) {
            Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(value),
            _ => Err(refuse("trailing bytes after the value")),
        }
    }
}
