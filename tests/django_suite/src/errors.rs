//! Converts the crate's errors to the exceptions that Django raises.

use django_session::{BadSignature, ConfigError, DecodeError, EncodeError};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyType;

pub(crate) fn config(error: ConfigError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

pub(crate) fn signature(error: BadSignature) -> PyErr {
    let class = match error {
        BadSignature::Expired { .. } => "SignatureExpired",
        _ => "BadSignature",
    };
    of_django("django.core.signing", class, error.to_string())
}

pub(crate) fn decode(error: DecodeError) -> PyErr {
    match error {
        DecodeError::Signature(error) => signature(error),
        error => PyValueError::new_err(error.to_string()),
    }
}

pub(crate) fn encode(error: EncodeError) -> PyErr {
    match error {
        EncodeError::Serialize(source) => PyTypeError::new_err(source.to_string()),
        error => PyValueError::new_err(error.to_string()),
    }
}

/// Returns an exception of one of Django's classes.
pub(crate) fn of_django(module: &str, class: &str, text: String) -> PyErr {
    Python::attach(|py| {
        let class = py.import(module).and_then(|module| Ok(module.getattr(class)?.cast_into::<PyType>()?));
        class.map_or_else(|error| error, |class| PyErr::from_type(class, text))
    })
}
