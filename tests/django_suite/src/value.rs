//! Serializes Python objects with serde.

use std::fmt;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};

pub(crate) struct Value(pub(crate) Py<PyAny>);

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Python::attach(|py| Object(self.0.bind(py)).serialize(serializer))
    }
}

struct Object<'a, 'py>(&'a Bound<'py, PyAny>);

impl Serialize for Object<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = self.0;
        if object.is_none() {
            serializer.serialize_unit()
        } else if let Ok(value) = object.cast::<PyBool>() {
            serializer.serialize_bool(value.is_true())
        } else if object.is_instance_of::<PyInt>() {
            match (object.extract::<i64>(), object.extract::<u64>()) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ => Err(S::Error::custom("an integer of more than 64 bits")),
            }
        } else if let Ok(value) = object.cast::<PyFloat>() {
            serializer.serialize_f64(value.value())
        } else if let Ok(value) = object.cast::<PyString>() {
            serializer.serialize_str(&value.to_cow().map_err(S::Error::custom)?)
        } else if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
            let items = object.try_iter().and_then(Iterator::collect::<PyResult<Vec<_>>>).map_err(S::Error::custom)?;
            serializer.collect_seq(items.iter().map(Object))
        } else if let Ok(dict) = object.cast::<PyDict>() {
            let keys = dict.iter().map(|(key, _)| key_text(&key)).collect::<PyResult<Vec<_>>>();
            let values: Vec<_> = dict.iter().map(|(_, value)| value).collect();
            serializer.collect_map(keys.map_err(S::Error::custom)?.iter().zip(values.iter().map(Object)))
        } else {
            let name = object.get_type().name().map_err(S::Error::custom)?;
            Err(S::Error::custom(format!("Object of type {name} is not JSON serializable")))
        }
    }
}

/// Converts a key to text, as `json.dumps` does.
fn key_text(key: &Bound<'_, PyAny>) -> PyResult<String> {
    match key.cast::<PyString>() {
        Ok(text) => Ok(text.to_cow()?.into_owned()),
        Err(_) => key.py().import("json")?.getattr("dumps")?.call1((key,))?.extract(),
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Python::attach(|py| deserializer.deserialize_any(Builder(py)))
    }
}

struct Builder<'py>(Python<'py>);

impl<'py> Builder<'py> {
    fn make<E: serde::de::Error>(&self, value: impl IntoPyObjectExt<'py>) -> Result<Value, E> {
        value.into_py_any(self.0).map(Value).map_err(E::custom)
    }
}

impl<'de> Visitor<'de> for Builder<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what JSON can hold")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        Ok(Value(self.0.None()))
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        self.make(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.make(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.make(value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        self.make(value)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.make(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let list = PyList::empty(self.0);
        while let Some(Value(item)) = items.next_element()? {
            list.append(item).map_err(A::Error::custom)?;
        }
        self.make(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let dict = PyDict::new(self.0);
        while let Some((key, Value(item))) = items.next_entry::<String, Value>()? {
            dict.set_item(key, item).map_err(A::Error::custom)?;
        }
        self.make(dict)
    }
}
