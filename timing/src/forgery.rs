//! Signatures of the same length, valid or wrong in different ways.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use crate::random::Random;
use crate::subject::Subject;

/// How a presented signature compares with the expected one.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Class {
    #[default]
    Valid,
    FirstByteWrong,
    LastByteWrong,
    OtherKey,
}

impl Class {
    pub const ALL: [Self; 4] = [Self::Valid, Self::FirstByteWrong, Self::LastByteWrong, Self::OtherKey];
    pub const REFUSED: [Self; 3] = [Self::FirstByteWrong, Self::LastByteWrong, Self::OtherKey];

    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::FirstByteWrong => "first byte wrong",
            Self::LastByteWrong => "last byte wrong",
            Self::OtherKey => "other key",
        }
    }
}

/// The position and the encoding of the signature in a text.
#[derive(Clone, Copy)]
pub enum Form {
    /// `…:base64url`
    Token,
    /// Only hexadecimal digits.
    Hex,
    /// Base64 of `hexadecimal:…`
    Stored,
    /// Base64url of bytes that end with a tag.
    Sealed,
}

impl Form {
    /// Returns the same text with another signature. It is still well-formed, so that only the comparison can reject
    /// it.
    fn edit(self, text: &str, edit: impl FnOnce(&mut [u8])) -> String {
        match self {
            Self::Token => {
                let (signed, signature) = text.rsplit_once(':').expect("a token");
                let mut tag = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64url");
                edit(&mut tag);
                format!("{signed}:{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
            }
            Self::Hex => {
                let mut tag: Vec<u8> = (0..text.len()).step_by(2).map(|at| hex_byte(&text[at..at + 2])).collect();
                edit(&mut tag);
                tag.iter().map(|byte| format!("{byte:02x}")).collect()
            }
            Self::Stored => {
                let data = BASE64_STANDARD.decode(text).expect("base64");
                let data = String::from_utf8(data).expect("ASCII");
                let (digest, json) = data.split_once(':').expect("a digest in front");
                BASE64_STANDARD.encode(format!("{}:{json}", Self::Hex.edit(digest, edit)))
            }
            Self::Sealed => {
                let mut data = BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url");
                let (_, tag) = data.split_last_chunk_mut::<16>().expect("a tag");
                edit(tag);
                BASE64_URL_SAFE_NO_PAD.encode(data)
            }
        }
    }
}

fn hex_byte(digits: &str) -> u8 {
    u8::from_str_radix(digits, 16).expect("hexadecimal")
}

/// Returns the text to present for `message` to a subject with the key of `signer`.
pub fn forge(class: Class, message: &str, signer: &dyn Subject, other: &dyn Subject, random: &mut Random) -> String {
    let form = signer.form();
    match class {
        Class::Valid => signer.sign(message),
        Class::FirstByteWrong => form.edit(&signer.sign(message), |tag| tag[0] ^= random.difference()),
        Class::LastByteWrong => form.edit(&signer.sign(message), |tag| tag[tag.len() - 1] ^= random.difference()),
        Class::OtherKey => other.sign(message),
    }
}
