use serde::{Deserialize, Serialize};

use crate::codec::Serializer;
use crate::error::{DecodeError, EncodeError};

/// `MessagePack` with field names, for services that share nothing with Django. Feature `msgpack`.
///
/// It is smaller than JSON, and can represent bytes, NaN and infinity. Nesting is limited to 127 levels, as in JSON.
///
/// The format of sessions does not depend on the features of `serde_json`. That of a `serde_json::Value` that is
/// serialized by itself does: with `arbitrary_precision`, it serializes its numbers as structs in every format but
/// JSON.
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

/// The limit of serde_json. The 1024 levels of rmp_serde would need more stack than a thread may have.
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
        // The deserializer does not return its position, so another read checks that no data is left.
        match <()>::deserialize(&mut messagepack) {
            Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(value),
            _ => Err(refuse("trailing bytes after the value")),
        }
    }
}
