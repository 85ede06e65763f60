//! The crate as a Python module. `shim/` replaces Django's own functions with it.
//!
//! Each function and method reads the time from Python's `time.time`, which Django's tests replace.

mod csrf;
mod errors;
mod messages;
mod sessions;
mod signing;
mod value;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use django_session::{Clock, KeyRing, SecretKey};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

use crate::errors::config;

#[pymodule]
fn django_suite(module: &Bound<'_, PyModule>) -> PyResult<()> {
    signing::add(module)?;
    sessions::add(module)?;
    csrf::add(module)?;
    messages::add(module)
}

/// A key or a salt, which may be text or bytes in Django.
#[derive(FromPyObject)]
enum Text {
    Str(String),
    Bytes(Vec<u8>),
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Str(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// Creates a key ring of keys, the current one first.
fn ring(keys: &[Text]) -> PyResult<KeyRing> {
    let keys: Result<Vec<_>, _> = keys.iter().map(SecretKey::new).collect();
    keys.and_then(KeyRing::from_keys).map_err(config)
}

fn now(py: Python<'_>) -> PyResult<SystemTime> {
    system_time(py.import("time")?.getattr("time")?.call0()?.extract()?)
}

fn clock(py: Python<'_>) -> PyResult<Clock> {
    now(py).map(Clock::fixed)
}

/// Converts seconds since 1970.
fn system_time(seconds: f64) -> PyResult<SystemTime> {
    let distance = Duration::try_from_secs_f64(seconds.abs()).ok();
    distance
        .and_then(|distance| match seconds < 0.0 {
            true => UNIX_EPOCH.checked_sub(distance),
            false => UNIX_EPOCH.checked_add(distance),
        })
        .ok_or_else(|| PyOverflowError::new_err("a time that no clock shows"))
}
