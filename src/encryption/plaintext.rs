/// Whether payloads that are not encrypted are read or written, while a site introduces encryption.
///
/// Servers that share sessions cannot all be changed at the same moment. Each step below is one setting, and each
/// server reads what the others write as long as no two of them are more than one step apart:
///
/// | step | setting | Django's side: `SESSION_ENCRYPTION_PLAINTEXT` | reads | writes |
/// |---|---|---|---|---|
/// | 1 | [`Write`](Self::Write) | `"write"` | both | plaintext |
/// | 2 | [`Accept`](Self::Accept) | `"accept"` | both | encrypted |
/// | 3 | [`Reject`](Self::Reject) | `"reject"` | encrypted | encrypted |
///
/// Take step 2 when every server has taken step 1, and step 3 when every server has taken step 2 and the plain sessions
/// have expired. Plain sessions cannot be forged in the meantime, because they are still signed.
///
/// Only a JSON object is recognized as plaintext, by its first byte `{`. Sessions are JSON objects.
///
/// ```
/// use django_session::{Codec, DecodeError, Encryption, KeyRing, Plaintext, SecretKey, Signer};
/// use std::collections::BTreeMap;
///
/// let keys = KeyRing::new(SecretKey::new("secret")?);
/// let signer = Signer::new(&keys, "salt")?;
/// let at = |step| Codec::default().with_encryption(Encryption::new(&keys).with_plaintext(step));
/// let value = BTreeMap::from([("a".to_owned(), 1)]);
///
/// let plain = signer.sign_object(&value, &at(Plaintext::Write))?;
/// assert!(plain.starts_with("eyJhIjoxfQ:")); // {"a":1}
/// assert_eq!(signer.unsign_object::<BTreeMap<String, u8>, _>(&plain, &at(Plaintext::Accept))?, value);
///
/// let encrypted = signer.sign_object(&value, &at(Plaintext::Accept))?;
/// assert_eq!(signer.unsign_object::<BTreeMap<String, u8>, _>(&encrypted, &at(Plaintext::Write))?, value);
/// assert_eq!(signer.unsign_object::<BTreeMap<String, u8>, _>(&encrypted, &at(Plaintext::Reject))?, value);
///
/// let rejected = signer.unsign_object::<BTreeMap<String, u8>, _>(&plain, &at(Plaintext::Reject));
/// assert_eq!(rejected, Err(DecodeError::NotEncrypted));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[doc(alias = "SESSION_ENCRYPTION_PLAINTEXT")]
pub enum Plaintext {
    /// Reads both, and writes plaintext.
    Write,
    /// Reads both, and encrypts what is written.
    Accept,
    /// Reads and writes encrypted payloads only.
    #[default]
    Reject,
}
