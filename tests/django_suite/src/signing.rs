//! Signers, signed values, timestamps, and the hash of a login.

use std::fmt;
use std::time::Duration;

use django_session::{
    Algorithm, Clock, Codec, Compression, CookieOptions, DecodeError, EncodeError, MaxAge, Separator, Serializer,
    Session, SessionAuth, SignedCookie, Signer, Timestamp, TimestampSigner, dumps, loads,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::de::DeserializeOwned;
use serde::de::value::{BorrowedBytesDeserializer, Error as ValueError};
use serde::{Deserialize, Serialize};

use crate::errors::{config, decode, encode, of_django, signature};
use crate::value::Value;
use crate::{Text, clock, ring, system_time};

pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(is_separator, module)?)?;
    module.add_function(wrap_pyfunction!(sign, module)?)?;
    module.add_function(wrap_pyfunction!(unsign, module)?)?;
    module.add_function(wrap_pyfunction!(sign_object, module)?)?;
    module.add_function(wrap_pyfunction!(unsign_object, module)?)?;
    module.add_function(wrap_pyfunction!(sign_bytes, module)?)?;
    module.add_function(wrap_pyfunction!(unsign_bytes, module)?)?;
    module.add_function(wrap_pyfunction!(plain_dumps, module)?)?;
    module.add_function(wrap_pyfunction!(plain_loads, module)?)?;
    module.add_function(wrap_pyfunction!(sign_cookie, module)?)?;
    module.add_function(wrap_pyfunction!(unsign_cookie, module)?)?;
    module.add_function(wrap_pyfunction!(timestamp, module)?)?;
    module.add_function(wrap_pyfunction!(read_timestamp, module)?)?;
    module.add_function(wrap_pyfunction!(auth_hash, module)?)
}

/// The attributes of one of Django's signers.
#[derive(FromPyObject)]
struct Spec {
    key: Text,
    fallback_keys: Vec<Text>,
    salt: Text,
    sep: String,
    algorithm: String,
}

enum Either {
    Plain(Signer),
    Dated(TimestampSigner),
}

impl Spec {
    fn signer(self, py: Python<'_>, dated: bool) -> PyResult<Either> {
        let algorithm = match &*self.algorithm {
            "sha1" => Algorithm::Sha1,
            "sha224" => Algorithm::Sha224,
            "sha256" => Algorithm::Sha256,
            "sha384" => Algorithm::Sha384,
            "sha512" => Algorithm::Sha512,
            other => {
                let text = format!("'{other}' is not an algorithm accepted by the hashlib module.");
                return Err(of_django("django.utils.crypto", "InvalidAlgorithm", text));
            }
        };
        let sep = Separator::new(self.sep).map_err(config)?;
        let mut keys = vec![self.key];
        keys.extend(self.fallback_keys);
        let signer = Signer::new(&ring(&keys)?, self.salt).map_err(config)?.with_sep(sep).with_algorithm(algorithm);
        Ok(match dated {
            true => Either::Dated(TimestampSigner::from(signer).with_clock(clock(py)?)),
            false => Either::Plain(signer),
        })
    }
}

fn max_age(seconds: Option<f64>) -> PyResult<MaxAge> {
    let Some(seconds) = seconds else { return Ok(MaxAge::Unlimited) };
    match Duration::try_from_secs_f64(seconds.max(0.0)) {
        Ok(age) => Ok(MaxAge::AtMost(age)),
        Err(error) => Err(PyValueError::new_err(error.to_string())),
    }
}

#[pyfunction]
fn is_separator(text: String) -> bool {
    Separator::new(text).is_ok()
}

#[pyfunction]
fn sign(py: Python<'_>, signer: Spec, dated: bool, value: &str) -> PyResult<String> {
    Ok(match signer.signer(py, dated)? {
        Either::Plain(signer) => signer.sign(value),
        Either::Dated(signer) => signer.sign(value),
    })
}

#[pyfunction]
fn unsign(py: Python<'_>, signer: Spec, dated: bool, token: &str, age: Option<f64>) -> PyResult<String> {
    let verified = match signer.signer(py, dated)? {
        Either::Plain(signer) => signer.unsign(token),
        Either::Dated(signer) => signer.unsign(token, max_age(age)?),
    };
    verified.map(|verified| verified.as_str().to_owned()).map_err(signature)
}

fn sign_with<S: Serializer>(signer: &Either, value: &impl Serialize, codec: &Codec<S>) -> PyResult<String> {
    match signer {
        Either::Plain(signer) => signer.sign_object(value, codec),
        Either::Dated(signer) => signer.sign_object(value, codec),
    }
    .map_err(encode)
}

fn unsign_with<T, S>(signer: &Either, token: &str, age: Option<f64>, codec: &Codec<S>) -> PyResult<T>
where
    T: DeserializeOwned,
    S: Serializer,
{
    match signer {
        Either::Plain(signer) => signer.unsign_object(token, codec),
        Either::Dated(signer) => signer.unsign_object(token, codec, max_age(age)?),
    }
    .map_err(decode)
}

fn compression(compress: bool) -> Compression {
    if compress { Compression::IfSmaller } else { Compression::Never }
}

/// Signs an object with the crate's JSON serializer.
#[pyfunction]
fn sign_object(py: Python<'_>, signer: Spec, dated: bool, object: Py<PyAny>, compress: bool) -> PyResult<String> {
    let codec = Codec::default().with_compression(compression(compress));
    sign_with(&signer.signer(py, dated)?, &Value(object), &codec)
}

#[pyfunction]
fn unsign_object(py: Python<'_>, signer: Spec, dated: bool, token: &str, age: Option<f64>) -> PyResult<Py<PyAny>> {
    unsign_with::<Value, _>(&signer.signer(py, dated)?, token, age, &Codec::default()).map(|Value(object)| object)
}

/// Signs `data`, which a serializer in Python wrote.
#[pyfunction]
fn sign_bytes(py: Python<'_>, signer: Spec, dated: bool, data: Vec<u8>, compress: bool) -> PyResult<String> {
    let codec = Codec::new(Given(data)).with_compression(compression(compress));
    sign_with(&signer.signer(py, dated)?, &(), &codec)
}

#[pyfunction]
fn unsign_bytes<'py>(
    py: Python<'py>,
    signer: Spec,
    dated: bool,
    token: &str,
    age: Option<f64>,
) -> PyResult<Bound<'py, PyBytes>> {
    let Bytes(data) = unsign_with(&signer.signer(py, dated)?, token, age, &Codec::new(Given(Vec::new())))?;
    Ok(PyBytes::new(py, &data))
}

/// A serializer that writes these bytes, and reads [`Bytes`].
struct Given(Vec<u8>);

impl Serializer for Given {
    fn dumps<T: Serialize + ?Sized>(&self, _: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&self.0);
        Ok(())
    }

    fn loads<'de, T: Deserialize<'de>>(&self, data: &'de [u8]) -> Result<T, DecodeError> {
        T::deserialize(BorrowedBytesDeserializer::<ValueError>::new(data))
            .map_err(|_| DecodeError::Deserialize { reason: "not bytes" })
    }
}

struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, data: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(data.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

/// Calls the crate's `dumps`, which uses the system clock.
#[pyfunction]
fn plain_dumps(keys: Vec<Text>, salt: Text, object: Py<PyAny>) -> PyResult<String> {
    dumps(&Value(object), &ring(&keys)?, salt).map_err(encode)
}

/// Calls the crate's `loads`, which uses the system clock.
#[pyfunction]
fn plain_loads(keys: Vec<Text>, salt: Text, token: &str, age: Option<f64>) -> PyResult<Py<PyAny>> {
    loads::<Value>(token, &ring(&keys)?, salt, max_age(age)?).map(|Value(object)| object).map_err(decode)
}

#[pyfunction]
fn sign_cookie(py: Python<'_>, keys: Vec<Text>, name: &str, salt: &str, value: &str) -> PyResult<String> {
    Ok(TimestampSigner::for_cookie(&ring(&keys)?, name, salt).with_clock(clock(py)?).sign(value))
}

#[pyfunction]
fn unsign_cookie(
    py: Python<'_>,
    keys: Vec<Text>,
    name: &str,
    salt: &str,
    token: &str,
    age: Option<f64>,
    legacy: bool,
) -> PyResult<String> {
    let options = CookieOptions::builder(name).build().map_err(config)?;
    let mut cookie = SignedCookie::new(&ring(&keys)?, options, salt).with_clock(clock(py)?);
    if legacy {
        cookie = cookie.with_legacy_salt();
    }
    match cookie.get(&format!("{name}={token}"), max_age(age)?).map_err(signature)? {
        Some(value) => Ok(value),
        None => Err(PyValueError::new_err("no such cookie in the header")),
    }
}

/// Returns the timestamp of a token that is signed at `second`.
#[pyfunction]
fn timestamp(second: f64) -> PyResult<String> {
    let signer = TimestampSigner::new(&ring(&[Text::Str("key".to_owned())])?, "salt").map_err(config)?;
    let token = signer.with_clock(Clock::fixed(system_time(second)?)).sign("");
    Ok(token.split(':').nth(1).unwrap_or_default().to_owned())
}

#[pyfunction]
fn read_timestamp(text: &str) -> PyResult<i64> {
    let keys = ring(&[Text::Str("key".to_owned())])?;
    let token = Signer::new(&keys, "salt").map_err(config)?.sign(&format!(":{text}"));
    let signer = TimestampSigner::new(&keys, "salt").map_err(config)?;
    let verified = signer.unsign(&token, MaxAge::Unlimited).map_err(signature)?;
    verified.timestamp().map(Timestamp::as_secs).ok_or_else(|| PyValueError::new_err("no timestamp"))
}

#[pyfunction]
fn auth_hash(key: Text, password: &str) -> PyResult<String> {
    let mut session = Session::default();
    SessionAuth::new(&ring(&[key])?).update_hash(&mut session, password);
    session.get("_auth_user_hash").map_err(decode)?.ok_or_else(|| PyValueError::new_err("no hash"))
}
