//! `JsonSerializer` writes what Python writes, and reads what its documentation specifies: JSON as `fuzz::python` reads
//! it.
#![no_main]

use arbitrary::{Arbitrary as _, Unstructured};
use django_session::{JsonSerializer, Serializer as _};
use fuzz::json::Json;
use fuzz::python;
use libfuzzer_sys::fuzz_target;

fn dumps(value: &Json) -> String {
    let mut json = Vec::new();
    JsonSerializer.dumps(value, &mut json).unwrap();
    String::from_utf8(json).unwrap()
}

fuzz_target!(|data: &[u8]| {
    // Use the input once as the text to read, and once to generate a value.
    let read = str::from_utf8(data).ok().and_then(python::loads);
    assert_eq!(JsonSerializer.loads(data).ok(), read);

    let made = Json::arbitrary(&mut Unstructured::new(data)).ok();
    for value in read.into_iter().chain(made) {
        assert_eq!(dumps(&value), python::dumps(&value));
    }
});
