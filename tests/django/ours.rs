//! This crate's answers.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use django_session::{
    Algorithm, BadSignature, Codec, Compression, DecodeError, EncodeError, KeyRing, MaxAge, SaltedHmac, SecretKey,
    Separator, Signer, TimestampSigner, Verified, loads,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::common::{self, clock, json::Json};
use crate::csrf;
use crate::describe::describe;
use crate::encrypted;
use crate::engines;
use crate::lifetimes;
use crate::messages;
use crate::question::{Answer, Key, Op, Question, Read, Signing};
use crate::servers;
use crate::visitor;

/// Answers any question. An error is the name of our error, or "panic".
pub fn answer(question: &Question) -> Answer {
    catch_unwind(AssertUnwindSafe(|| try_answer(question))).unwrap_or_else(|_| Err("panic".to_owned()))
}

fn try_answer(Question { now, op }: &Question) -> Answer {
    match op {
        Op::Separator { sep } => Separator::new(sep.clone()).map(|_| true.into()).map_err(name),
        Op::Sign { by, value } => Ok(EitherSigner::new(by, *now)?.sign(value).into()),
        Op::Unsign { by, token, max_age } => {
            let verified = EitherSigner::new(by, *now)?.unsign(token, limit(*max_age)).map_err(name)?;
            Ok(json!({
                "value": verified.as_str(),
                "key": verified.key_index(),
                "timestamp": verified.timestamp().map(|at| at.as_secs().to_string()),
            }))
        }
        Op::Dumps { by, value, compress } => {
            let compression = if *compress { Compression::IfSmaller } else { Compression::Never };
            let codec = Codec::default().with_compression(compression);
            EitherSigner::new(by, *now)?.sign_object(value, &codec).map(Value::from).map_err(name)
        }
        Op::Loads { by, token, max_age, read } => match read {
            Read::Json => Ok(describe(&read_object(by, *now, token, limit(*max_age)).map_err(name)?).into()),
            Read::Integer => read_object::<i128>(by, *now, token, limit(*max_age))
                .map(|signed| signed.to_string())
                .or_else(|_| read_object::<u128>(by, *now, token, limit(*max_age)).map(|unsigned| unsigned.to_string()))
                .map(Value::from)
                .map_err(name),
        },
        Op::Redump { by, token } => {
            let value: Json = read_object(by, *now, token, MaxAge::Unlimited).map_err(name)?;
            EitherSigner::new(by, *now)?.sign_object(&value, &Codec::default()).map(Value::from).map_err(name)
        }
        Op::SetCookie { keys, name, salt, value } => {
            let signer = TimestampSigner::for_cookie(&ring(keys)?, name, salt).with_clock(clock(*now));
            Ok(signer.sign(value).into())
        }
        Op::GetCookie { keys, name: cookie, salt, token, max_age, legacy } => {
            let keys = ring(keys)?;
            let signer = if *legacy {
                TimestampSigner::for_cookie_or_legacy(&keys, cookie, salt)
            } else {
                TimestampSigner::for_cookie(&keys, cookie, salt)
            };
            let verified = signer.with_clock(clock(*now)).unsign(token, limit(*max_age)).map_err(name)?;
            Ok(verified.as_str().into())
        }
        Op::Session { secret_key, token } => {
            let keys = ring(&[Key::Text(secret_key.clone())])?;
            let salt = "django.contrib.sessions.backends.signed_cookies";
            Ok(describe(&loads(token, &keys, salt, MaxAge::Unlimited).map_err(name)?).into())
        }
        Op::Visit(visit) => visitor::visit(visit, *now),
        Op::EngineVisit(asked) => engines::answer(asked, *now),
        Op::ServerVisit(asked) => servers::answer(asked, *now),
        Op::Lifetimes(asked) => lifetimes::answer(asked, *now),
        Op::Messages(asked) => messages::answer(asked, *now),
        Op::Csrf(asked) => csrf::answer(asked, *now),
        Op::CsrfPage { cookie } => csrf::page(cookie.as_deref()),
        Op::EncodeStored { keys, json_text } => visitor::encode_stored(keys, json_text, *now),
        Op::DecodeStored { keys, text } => visitor::decode_stored(keys, text),
        Op::Date { json_text } => visitor::date(json_text),
        Op::Encrypt { site, json_text } => encrypted::encrypt(site, json_text),
        Op::Decrypt { site, token, .. } => encrypted::read(site, token),
        Op::AuthHashes { keys, salt, password } => {
            keys.iter().map(|key| visitor::auth_hash(key, salt.as_deref(), password)).collect()
        }
        Op::SaltedHmac { keys, salt, algorithm, value } => {
            Ok(salted_hmac(keys, salt, algorithm)?.hexdigest(value).into())
        }
        Op::VerifySaltedHmac { keys, salt, algorithm, value, digest } => {
            Ok(json!(salted_hmac(keys, salt, algorithm)?.verify(value, digest)))
        }
        Op::InventObject { .. } | Op::Mint { .. } | Op::Seal { .. } | Op::Pickled { .. } => {
            Err("only Django is asked this".to_owned())
        }
    }
}

/// Uses `loads` if possible. It does not support another clock, separator or algorithm.
fn read_object<T: DeserializeOwned>(by: &Signing, now: f64, token: &str, limit: MaxAge) -> Result<T, DecodeError> {
    let ring = ring(&by.keys).expect("keys that have signed");
    if by.dated && by.sep == ":" && by.algorithm == "sha256" && limit == MaxAge::Unlimited {
        loads(token, &ring, &by.salt, limit)
    } else {
        EitherSigner::new(by, now).expect("a signer that has signed").unsign_object(token, limit)
    }
}

enum EitherSigner {
    Plain(Signer),
    Dated(TimestampSigner),
}

impl EitherSigner {
    fn new(by: &Signing, now: f64) -> Result<Self, String> {
        let keys = ring(&by.keys)?;
        let sep = Separator::new(by.sep.clone()).map_err(name)?;
        let algorithm: Algorithm = common::algorithm(by.algorithm).expect("an algorithm of ours");
        let signer = Signer::new(&keys, &by.salt).map_err(name)?.with_sep(sep).with_algorithm(algorithm);
        Ok(if by.dated {
            Self::Dated(TimestampSigner::from(signer).with_clock(clock(now)))
        } else {
            Self::Plain(signer)
        })
    }

    fn sign(&self, value: &str) -> String {
        match self {
            Self::Plain(signer) => signer.sign(value),
            Self::Dated(signer) => signer.sign(value),
        }
    }

    fn unsign<'t>(&self, token: &'t str, limit: MaxAge) -> Result<Verified<'t>, BadSignature> {
        match self {
            Self::Plain(signer) => signer.unsign(token),
            Self::Dated(signer) => signer.unsign(token, limit),
        }
    }

    fn sign_object(&self, value: &impl Serialize, codec: &Codec) -> Result<String, EncodeError> {
        match self {
            Self::Plain(signer) => signer.sign_object(value, codec),
            Self::Dated(signer) => signer.sign_object(value, codec),
        }
    }

    fn unsign_object<T: DeserializeOwned>(&self, token: &str, limit: MaxAge) -> Result<T, DecodeError> {
        match self {
            Self::Plain(signer) => signer.unsign_object(token, &Codec::default()),
            Self::Dated(signer) => signer.unsign_object(token, &Codec::default(), limit),
        }
    }
}

fn salted_hmac(keys: &[Key], salt: &str, algorithm: &str) -> Result<SaltedHmac, String> {
    let hmac = SaltedHmac::new(&ring(keys)?, salt).map_err(name)?;
    Ok(hmac.with_algorithm(common::algorithm(algorithm).expect("an algorithm of ours")))
}

pub fn ring(keys: &[Key]) -> Result<KeyRing, String> {
    let (current, older) = keys.split_first().expect("a key");
    let mut ring = KeyRing::new(SecretKey::new(current).map_err(name)?);
    for key in older {
        ring = ring.with_fallback(SecretKey::new(key).map_err(name)?);
    }
    Ok(ring)
}

fn limit(max_age: Option<f64>) -> MaxAge {
    max_age.map_or(MaxAge::Unlimited, |seconds| Duration::from_secs_f64(seconds).into())
}

/// Returns the name of an error: `Expired` for `Signature(Expired { .. })`.
pub fn name(error: impl Debug) -> String {
    let debug = format!("{error:?}");
    let inner = debug.strip_prefix("Signature(").unwrap_or(&debug);
    inner.chars().take_while(char::is_ascii_alphanumeric).collect()
}
