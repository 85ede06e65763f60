//! Django's salted HMAC, and the list of those that one signer accepts.

use std::sync::Arc;

use hmac::digest::{Digest, Key, OutputSizeUser};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use crate::key::KeyRing;
#[cfg(feature = "encryption")]
use crate::key::RingId;
use crate::signing::Algorithm;

/// The longest tag, SHA-512's, in bytes.
const MAX_TAG: usize = 64;

/// A MAC tag on the stack, either computed or presented by a client.
pub(super) struct Tag {
    /// The bytes from `len` on are zero.
    bytes: [u8; MAX_TAG],
    len: usize,
}

impl Tag {
    /// Returns the tag that `decode` writes into a buffer. `decode` returns the part that it filled.
    pub(super) fn presented(decode: impl FnOnce(&mut [u8]) -> Option<&[u8]>) -> Option<Self> {
        let mut bytes = [0; MAX_TAG];
        let len = decode(&mut bytes)?.len();
        bytes.iter_mut().skip(len).for_each(|byte| *byte = 0);
        Some(Self { bytes, len })
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Compares tags of equal length in constant time. Comparing words takes an eighth of the instructions of comparing
    /// bytes.
    fn is(&self, other: &Self) -> bool {
        let equal = self.words().zip(other.words()).map(|(ours, theirs)| ours.ct_eq(&theirs));
        equal.fold(Choice::from(1), |all, equal| all & equal).into()
    }

    /// Returns the tag in words; the last one is padded with zeros.
    fn words(&self) -> impl Iterator<Item = u64> {
        self.bytes.as_chunks().0.iter().take(self.len.div_ceil(8)).map(|eight| u64::from_ne_bytes(*eight))
    }
}

/// Creates an HMAC whose key is `H(salt ‖ secret)`, derived and scheduled once. Django: `salted_hmac`.
fn salted_hmac(algorithm: Algorithm, salt: &[u8], secret: [&[u8]; 2]) -> Box<dyn KeyedHmac> {
    match algorithm {
        #[cfg(feature = "legacy")]
        Algorithm::Sha1 => Box::new(keyed::<sha1::Sha1>(salt, secret)),
        Algorithm::Sha224 => Box::new(keyed::<sha2::Sha224>(salt, secret)),
        Algorithm::Sha256 => Box::new(keyed::<sha2::Sha256>(salt, secret)),
        Algorithm::Sha384 => Box::new(keyed::<sha2::Sha384>(salt, secret)),
        Algorithm::Sha512 => Box::new(keyed::<sha2::Sha512>(salt, secret)),
    }
}

fn keyed<D: Digest + EagerHash>(salt: &[u8], [prefix, secret]: [&[u8]; 2]) -> Hmac<D> {
    let mut derived = D::new().chain_update(salt).chain_update(prefix).chain_update(secret).finalize();
    // HMAC pads a key with zeros to one block, and no digest is longer than a block of its own hash.
    let mut block = Key::<Hmac<D>>::default();
    block.iter_mut().zip(&derived).for_each(|(slot, byte)| *slot = *byte);
    let mac = Hmac::new(&block);
    derived.as_mut_slice().zeroize();
    block.as_mut_slice().zeroize();
    mac
}

/// An HMAC with its key, for any hash. The keyed state is cloned for each message.
trait KeyedHmac: Send + Sync {
    fn tag(&self, message: &[u8]) -> Tag;
    fn tag_len(&self) -> usize;
}

impl<M: Mac + Clone + Send + Sync> KeyedHmac for M {
    fn tag(&self, message: &[u8]) -> Tag {
        let output = self.clone().chain_update(message).finalize();
        let mut tag = Tag { bytes: [0; MAX_TAG], len: self.tag_len() };
        if let Some(room) = tag.bytes.get_mut(..tag.len) {
            room.copy_from_slice(output.as_bytes());
        }
        tag
    }

    fn tag_len(&self) -> usize {
        <M as OutputSizeUser>::output_size()
    }
}

/// Every MAC that one signer accepts, in the order in which they are tried. The first one signs.
///
/// Fallback keys, an older algorithm and an older salt are all just further entries.
pub(super) struct MacRing {
    keys: KeyRing,
    /// Prepended to every secret.
    prefix: &'static [u8],
    /// Each is prepended to the prefix. The current salt is first.
    salts: Vec<Box<[u8]>>,
    /// The current algorithm is first.
    algorithms: Vec<Algorithm>,
    /// Each with the index of its key in the ring.
    macs: Arc<[(usize, Box<dyn KeyedHmac>)]>,
}

/// The keys are shared, not copied.
impl Clone for MacRing {
    fn clone(&self) -> Self {
        Self {
            keys: self.keys.share(),
            prefix: self.prefix,
            salts: self.salts.clone(),
            algorithms: self.algorithms.clone(),
            macs: Arc::clone(&self.macs),
        }
    }
}

impl MacRing {
    pub(super) fn new(keys: &KeyRing, prefix: &'static [u8], salt: &[u8]) -> Self {
        let (salts, algorithms) = (vec![salt.into()], vec![Algorithm::default()]);
        Self { keys: keys.share(), prefix, salts, algorithms, macs: Arc::default() }.derive()
    }

    /// Replaces the current algorithm.
    pub(super) fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithms.splice(..1, [algorithm]);
        self.derive()
    }

    /// Accepts this algorithm too.
    pub(super) fn accept_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithms.push(algorithm);
        self.derive()
    }

    /// Replaces the current salt.
    pub(super) fn with_salt(mut self, salt: &[u8]) -> Self {
        self.salts.splice(..1, [salt.into()]);
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
                    macs.push((index, salted_hmac(algorithm, salt, [self.prefix, key.as_bytes()])));
                }
            }
        }
        self.macs = macs.into();
        self
    }

    #[expect(clippy::indexing_slicing, reason = "a ring holds a key, a salt and an algorithm at least")]
    fn current(&self) -> &dyn KeyedHmac {
        &*self.macs[0].1
    }

    #[cfg(feature = "encryption")]
    pub(super) fn ring_id(&self) -> RingId {
        self.keys.id()
    }

    pub(super) fn tag_len(&self) -> usize {
        self.current().tag_len()
    }

    /// Returns the tag of the current key, salt and algorithm.
    pub(super) fn tag(&self, message: &[u8]) -> Tag {
        self.current().tag(message)
    }

    /// Returns the first bytes of each MAC of this message, by which rings can be compared.
    #[cfg(any(feature = "actix-web", feature = "tower"))]
    pub(super) fn fingerprints(&self, message: &[u8]) -> Box<[u64]> {
        let first = |tag: &Tag| tag.as_bytes().first_chunk().map_or(0, |bytes| u64::from_ne_bytes(*bytes));
        self.macs.iter().map(|(_, mac)| first(&mac.tag(message))).collect()
    }

    /// Returns the index of the first key whose tag of `message` is this one. MACs of another tag length are skipped,
    /// which reveals only the length of the presented tag.
    pub(super) fn verify(&self, message: &[u8], tag: &Tag) -> Option<usize> {
        let mut macs = self.macs.iter().filter(|(_, mac)| mac.tag_len() == tag.len);
        macs.find(|(_, mac)| mac.tag(message).is(tag)).map(|&(key_index, _)| key_index)
    }
}
