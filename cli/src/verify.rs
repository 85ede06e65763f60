//! Verifies tokens of each kind and algorithm.

use django_session::{Algorithm, BadSignature, Clock, CookieOptions, KeyRing, MaxAge, SaltedHmac, Timestamp, Verified};

use crate::content::{self, Contents};
use crate::input::{Shape, shape};
use crate::kind::Kind;

/// The salt of the digest in sessions from before Django 3.1.
const LEGACY_SALT: &str = "django.contrib.sessionsSessionStore";

/// A verified token.
pub(crate) struct Authentic {
    pub(crate) key_index: usize,
    pub(crate) signed_at: Option<Timestamp>,
    pub(crate) contents: Contents,
}

/// How to verify a token: its kind and its algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scheme {
    pub(crate) kind: Kind,
    pub(crate) algorithm: Algorithm,
}

impl Scheme {
    /// Creates a scheme with Django's default algorithm.
    pub(crate) fn new(kind: Kind) -> Self {
        let algorithm = if kind == Kind::Legacy { Algorithm::Sha1 } else { Algorithm::Sha256 };
        Self { kind, algorithm }
    }

    /// Verifies a token of any age, and decodes its contents. `keys` have the kind's prefix, `plain_keys` have none.
    pub(crate) fn open(
        &self,
        token: &str,
        keys: &KeyRing,
        plain_keys: &KeyRing,
        cookie: &CookieOptions,
    ) -> Result<Authentic, BadSignature> {
        if self.kind == Kind::Legacy {
            return legacy(token, keys, cookie);
        }
        let dated = self.kind.signer(keys, self.algorithm, &Clock::system());
        let dated = dated.ok_or(BadSignature::MissingSeparator)?;
        let verified = match (dated.unsign(token, MaxAge::Unlimited), self.kind.undated_signer(keys, self.algorithm)) {
            (Err(BadSignature::MalformedTimestamp), Some(undated)) => undated.unsign(token)?,
            (verified, _) => verified?,
        };
        Ok(self.authentic(verified, plain_keys, cookie))
    }

    fn authentic(&self, verified: Verified<'_>, keys: &KeyRing, cookie: &CookieOptions) -> Authentic {
        let (key_index, signed_at) = (verified.key_index(), verified.timestamp());
        let contents = match &self.kind {
            Kind::Cookie { .. } | Kind::OldCookie { .. } => content::text(verified.as_str()),
            Kind::Object { .. } => match content::verified(verified, Some(keys), cookie) {
                // A text that a signer signed without encoding.
                Contents { format: content::Format::Unknown, encrypted: false, .. } => content::text(verified.as_str()),
                contents => contents,
            },
            _ => content::verified(verified, Some(keys), cookie),
        };
        Authentic { key_index, signed_at, contents }
    }
}

/// Verifies a session from before Django 3.1: base64 of `hexadecimal digest:data`.
fn legacy(token: &str, keys: &KeyRing, cookie: &CookieOptions) -> Result<Authentic, BadSignature> {
    let (digest, data) = legacy_parts(token).ok_or(BadSignature::MissingSeparator)?;
    let hmac = SaltedHmac::new(keys, LEGACY_SALT).map_err(|_| BadSignature::Mismatch)?.with_algorithm(Algorithm::Sha1);
    let key_index = hmac.verify(&data, digest).ok_or(BadSignature::Mismatch)?;
    Ok(Authentic { key_index, signed_at: None, contents: content::plain(&data, cookie) })
}

fn legacy_parts(token: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut bytes = content::base64(token)?;
    let colon = bytes.iter().position(|byte| *byte == b':')?;
    let data = bytes.split_off(colon.saturating_add(1));
    bytes.pop();
    Some((bytes, data))
}

/// The contents of a token that was not verified.
pub(crate) struct Seeming {
    pub(crate) signed_at: Option<Timestamp>,
    pub(crate) contents: Contents,
}

/// Decodes a token without verifying it. Returns `None` if it does not have the form of a token.
pub(crate) fn seeming(token: &str, kind: &Kind, keys: Option<&KeyRing>, cookie: &CookieOptions) -> Option<Seeming> {
    let is_text = matches!(kind, Kind::Cookie { .. } | Kind::OldCookie { .. });
    let contents = |payload: &str| match is_text {
        true => content::text(payload),
        false => content::unverified(payload, keys, cookie),
    };
    match shape(token) {
        Shape::Dated { .. } => {
            let mut parts = token.rsplitn(3, ':').skip(1);
            let (time, payload) = (parts.next()?, parts.next()?);
            Some(Seeming { signed_at: base62(time).map(Timestamp::from_secs), contents: contents(payload) })
        }
        Shape::Undated { .. } => Some(Seeming { signed_at: None, contents: contents(token.rsplit_once(':')?.0) }),
        Shape::Cut => Some(Seeming { signed_at: None, contents: contents(token.split_once(':')?.0) }),
        Shape::Payload => Some(Seeming { signed_at: None, contents: contents(token) }),
        Shape::Legacy => {
            let (_, data) = legacy_parts(token)?;
            Some(Seeming { signed_at: None, contents: content::plain(&data, cookie) })
        }
        _ => None,
    }
}

/// Parses seconds in Django's base 62, whose digits are `0-9A-Za-z`.
pub(crate) fn base62(text: &str) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let mut value = 0_i64;
    for byte in digits.bytes() {
        let digit = match byte {
            b'0'..=b'9' => byte.checked_sub(b'0')?,
            b'A'..=b'Z' => byte.checked_sub(b'A')?.checked_add(10)?,
            b'a'..=b'z' => byte.checked_sub(b'a')?.checked_add(36)?,
            _ => return None,
        };
        value = value.checked_mul(62)?.checked_add(i64::from(digit))?;
    }
    if negative { value.checked_neg() } else { Some(value) }
}
