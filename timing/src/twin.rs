//! Minimal verifications for comparison with the crate, with a good and with a bad comparison.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::forgery::Form;
use crate::subject::Subject;

/// Returns whether `tag` is the tag of the HMAC's input.
type Compare = fn(Hmac<Sha256>, &[u8]) -> bool;

/// Compares as the crate does. The result is only returned, so that not even accepting and rejecting differ.
pub fn whole(mac: Hmac<Sha256>, tag: &[u8]) -> bool {
    mac.verify_slice(tag).is_ok()
}

/// Compares in the naive way: byte by byte until one differs.
///
/// It does not use `==`, which may compare 32 bytes with one instruction and then reveals nothing.
pub fn early_exit(mac: Hmac<Sha256>, tag: &[u8]) -> bool {
    mac.finalize().into_bytes().iter().zip(tag).all(|(expected, byte)| expected == byte)
}

/// Verifies tokens in the format of `Signer`.
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
