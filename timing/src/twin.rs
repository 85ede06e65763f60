//! What the crate is measured against: a verification as short as can be, with a good comparison and with a bad one.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::forgery::Form;
use crate::subject::Subject;

/// Whether `tag` is that of what the HMAC was fed.
type Compare = fn(Hmac<Sha256>, &[u8]) -> bool;

/// As the crate does it. The outcome is returned, not looked at, so that not even accepting and refusing differ.
pub fn whole(mac: Hmac<Sha256>, tag: &[u8]) -> bool {
    mac.verify_slice(tag).is_ok()
}

/// As everybody writes it first: byte by byte until one differs.
///
/// Not with `==`, which compares 32 bytes at once where the processor can, and then tells nothing.
pub fn early_exit(mac: Hmac<Sha256>, tag: &[u8]) -> bool {
    mac.finalize().into_bytes().iter().zip(tag).all(|(expected, byte)| expected == byte)
}

/// Reads tokens of `Signer`'s form.
pub struct Twin {
    mac: Hmac<Sha256>,
    compare: Compare,
    token: String,
}

impl Twin {
    pub fn new(key: &[u8], compare: Compare) -> Self {
        Self { mac: Hmac::new_from_slice(key).expect("a key of any length"), compare, token: String::new() }
    }
}

impl Subject for Twin {
    fn form(&self) -> Form {
        Form::Token
    }

    fn sign(&self, message: &str) -> String {
        let tag = self.mac.clone().chain_update(message).finalize().into_bytes();
        format!("{message}:{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
    }

    fn present(&mut self, _: &str, token: &str) {
        token.clone_into(&mut self.token);
    }

    fn verify(&mut self) -> bool {
        let Some((value, signature)) = self.token.rsplit_once(':') else { return false };
        let mut tag = [0; 32];
        if BASE64_URL_SAFE_NO_PAD.decode_slice(signature, &mut tag) != Ok(tag.len()) {
            return false;
        }
        (self.compare)(self.mac.clone().chain_update(value), &tag)
    }
}
