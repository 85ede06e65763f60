//! Codecs that encrypt.

use crate::codec::{Codec, Compression, Serializer};
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

impl Encryption {
    /// Sets whether to compress the plaintext before it is encrypted. Compressed payloads are read with every setting.
    /// Default: [`Compression::Never`].
    ///
    /// Compress only if no visitor controls a part of the content. Anyone who controls text in a session, and sees the
    /// cookie's length, can guess the secrets next to that text, character by character: a right guess repeats the
    /// secret, so it compresses better and the cookie gets shorter. These attacks are known as CRIME and BREACH.
    ///
    /// ```
    /// use django_session::{Codec, Compression, Encryption, KeyRing, SecretKey};
    ///
    /// let encryption = Encryption::new(&KeyRing::new(SecretKey::new("secret")?));
    /// let codec = Codec::default().with_encryption(encryption.clone().with_compression(Compression::IfSmaller));
    /// let text = |guess: &str| codec.encode(&format!("coupon=7f3a9c2e51d8 and, chosen by the visitor, coupon={guess}"));
    /// assert!(text("7f3a9c2e51d8")?.len() < text("0a1b2c3d4e5f")?.len()); // the right guess shows
    ///
    /// let codec = Codec::default().with_encryption(encryption);
    /// let text = |guess: &str| codec.encode(&format!("coupon=7f3a9c2e51d8 and, chosen by the visitor, coupon={guess}"));
    /// assert_eq!(text("7f3a9c2e51d8")?.len(), text("0a1b2c3d4e5f")?.len());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[doc(alias = "SESSION_ENCRYPTION_COMPRESSION")]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.fewest_deflated = compression.fewest();
        self
    }
}
