//! Django's salted HMAC, and the list of those that one signer accepts.

use hmac::digest::{Digest, Key, OutputSizeUser};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::encoding;
use crate::key::KeyRing;
use crate::signing::Algorithm;

/// The longest tag, SHA-512's, in bytes.
const MAX_TAG: usize = 64;

/// A MAC's answer, on the stack.
pub(crate) struct Tag {
    bytes: [u8; MAX_TAG],
    len: usize,
}

impl Tag {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// An HMAC whose key is `H(salt ‖ secret)`, derived and scheduled once. Django: `salted_hmac`.
pub(crate) struct SaltedHmac(Box<dyn Keyed>);

impl SaltedHmac {
    /// Salt and secret come in parts, which are joined with nothing between them.
    pub(crate) fn new(algorithm: Algorithm, salt: &[&[u8]], secret: &[&[u8]]) -> Self {
        Self(match algorithm {
            #[cfg(feature = "legacy")]
            Algorithm::Sha1 => Box::new(keyed::<sha1::Sha1>(salt, secret)),
            Algorithm::Sha224 => Box::new(keyed::<sha2::Sha224>(salt, secret)),
            Algorithm::Sha256 => Box::new(keyed::<sha2::Sha256>(salt, secret)),
            Algorithm::Sha384 => Box::new(keyed::<sha2::Sha384>(salt, secret)),
            Algorithm::Sha512 => Box::new(keyed::<sha2::Sha512>(salt, secret)),
        })
    }

    pub(crate) fn tag(&self, message: &[u8]) -> Tag {
        self.0.tag(message)
    }

    fn tag_len(&self) -> usize {
        self.0.tag_len()
    }
}

fn keyed<D: Digest + EagerHash>(salt: &[&[u8]], secret: &[&[u8]]) -> Hmac<D> {
    let mut hash = D::new();
    for part in salt.iter().chain(secret) {
        Digest::update(&mut hash, part);
    }
    let mut derived = hash.finalize();
    // HMAC pads a key with zeros to one block, and no digest is longer than a block of its own hash.
    let mut block = Key::<Hmac<D>>::default();
    block.iter_mut().zip(&derived).for_each(|(slot, byte)| *slot = *byte);
    let mac = Hmac::new(&block);
    derived.as_mut_slice().zeroize();
    block.as_mut_slice().zeroize();
    mac
}

/// What does not depend on the hash: [`Hmac`] is generic over it.
trait Keyed: Send + Sync {
    fn tag(&self, message: &[u8]) -> Tag;
    fn tag_len(&self) -> usize;
}

impl<M: Mac + Clone + Send + Sync> Keyed for M {
    fn tag(&self, message: &[u8]) -> Tag {
        let mut mac = self.clone();
        mac.update(message);
        let output = mac.finalize();
        let mut tag = Tag {
            bytes: [0; MAX_TAG],
            len: self.tag_len(),
        };
        tag.bytes
            .iter_mut()
            .zip(output.as_bytes())
            .for_each(|(slot, byte)| *slot = *byte);
        tag
    }

    fn tag_len(&self) -> usize {
        <M as OutputSizeUser>::output_size()
    }
}

/// Every MAC that one signer accepts, in the order of trying: the first one signs.
///
/// Fallback keys, an older algorithm and an older salt are all just further entries.
pub(super) struct MacRing {
    keys: KeyRing,
    /// Goes before every secret.
    prefix: &'static [u8],
    /// The current one first.
    salts: Vec<Box<[u8]>>,
    /// The current one first.
    algorithms: Vec<Algorithm>,
    /// Each with the index of its key in the ring.
    macs: Box<[(usize, SaltedHmac)]>,
}

impl MacRing {
    pub(super) fn new(keys: &KeyRing, prefix: &'static [u8], salt: &[u8]) -> Self {
        let (salts, algorithms) = (vec![salt.into()], vec![Algorithm::default()]);
        Self {
            keys: keys.share(),
            prefix,
            salts,
            algorithms,
            macs: Box::default(),
        }
        .derive()
    }

    /// Signs with this algorithm instead.
    pub(super) fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithms.splice(..1, [algorithm]);
        self.derive()
    }

    /// Accepts this algorithm too.
    pub(super) fn accept_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithms.push(algorithm);
        self.derive()
    }

    /// Accepts this salt too.
    pub(super) fn accept_salt(mut self, salt: &[u8]) -> Self {
        self.salts.push(salt.into());
        self.derive()
    }

    fn derive(mut self) -> Self {
        let mut macs = Vec::new();
        for salt in &self.salts {
            for &algorithm in &self.algorithms {
                for (index, key) in self.keys.iter().enumerate() {
                    let mac = SaltedHmac::new(algorithm, &[salt, b"signer"], &[self.prefix, key.as_bytes()]);
                    macs.push((index, mac));
                }
            }
        }
        self.macs = macs.into();
        self
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a ring holds a key, a salt and an algorithm at least"
    )]
    fn signing(&self) -> &SaltedHmac {
        &self.macs[0].1
    }

    /// How many characters [`sign`](Self::sign) appends.
    pub(super) fn signature_len(&self) -> usize {
        encoding::base64_len(self.signing().tag_len())
    }

    /// Appends the separator and the signature over all that was there.
    pub(super) fn sign(&self, token: &mut Vec<u8>, sep: &str) {
        let tag = self.signing().tag(token);
        token.extend_from_slice(sep.as_bytes());
        encoding::base64_encode(tag.as_bytes(), token);
    }

    /// The index of the key that made this signature over `message`.
    ///
    /// The presented text is decoded, strictly, rather than the expected MAC encoded: that accepts the same texts, and
    /// no secret byte ever indexes a table. The MACs are then compared in constant time, each in turn; that one of
    /// another length is passed over tells nothing but the length of what was presented.
    pub(super) fn verify(&self, message: &[u8], signature: &str) -> Option<usize> {
        let mut room = [0; MAX_TAG];
        let presented = encoding::base64_decode_slice(signature.as_bytes(), &mut room)?;
        self.macs
            .iter()
            .filter(|(_, mac)| mac.tag_len() == presented.len())
            .find(|(_, mac)| mac.tag(message).as_bytes().ct_eq(presented).into())
            .map(|&(key_index, _)| key_index)
    }
}
