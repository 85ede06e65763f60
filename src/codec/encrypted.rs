//! Codecs that encrypt.

use crate::codec::{Codec, Serializer};
use crate::encryption::Encryption;

impl<S: Serializer> Codec<S> {
    /// Encrypts what is encoded, and decrypts what is decoded. Feature `encryption`.
    ///
    /// Encrypted data is not compressed, so the codec's [compression](Self::with_compression) applies only to payloads
    /// that are written as plaintext. [`Encryption::with_compression`] compresses before encrypting.
    ///
    /// ```
    /// use django_session::{Codec, DecodeError, Encryption, KeyRing, SecretKey, Signer};
    ///
    /// let keys = KeyRing::new(SecretKey::new("secret")?);
    /// let (signer, codec) = (Signer::new(&keys, "salt")?, Codec::default().with_encryption(Encryption::new(&keys)));
    /// let token = signer.sign_object("hello", &codec)?;
    /// assert_eq!(signer.unsign_object::<String, _>(&token, &codec)?, "hello");
    ///
    /// // With the signer's keys alone, a program can verify the token, but not read it.
    /// let other = Encryption::new(&KeyRing::new(SecretKey::new("other")?));
    /// let rejected = Codec::default().with_encryption(other).decode::<String>(signer.unsign(&token)?);
    /// assert_eq!(rejected, Err(DecodeError::Decrypt));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = Some(encryption);
        self
    }
}
