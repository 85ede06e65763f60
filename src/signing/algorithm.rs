/// The hash function of a signature: it derives the key from salt and secret, and it is the hash of the HMAC.
///
/// Django: the `algorithm` argument of its signers.
///
/// ```
/// use django_session::{Algorithm, KeyRing, SecretKey, Signer};
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let signer = Signer::new(&keys, "salt")?.with_algorithm(Algorithm::Sha512);
/// assert_eq!(signer.sign("").len(), ":".len() + 86);
/// # Ok::<(), django_session::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-1, signatures of 27 characters: the only one before Django 3.1. Feature `legacy`.
    #[cfg(feature = "legacy")]
    Sha1,
    /// SHA-224, signatures of 38 characters.
    Sha224,
    /// SHA-256, signatures of 43 characters: Django's default since 3.1.
    #[default]
    Sha256,
    /// SHA-384, signatures of 64 characters.
    Sha384,
    /// SHA-512, signatures of 86 characters.
    Sha512,
}
