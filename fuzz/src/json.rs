//! Generates JSON values from the fuzzer's input.

#[path = "../../tests/common/json/model.rs"]
mod model;

use arbitrary::{Arbitrary, Unstructured};

pub use model::Json;

/// Generates values of a few levels, with integers that are read as integers, and floats that JSON can represent.
impl Arbitrary<'_> for Json {
    fn arbitrary(data: &mut Unstructured<'_>) -> arbitrary::Result<Self> {
        any(data, 4)
    }
}

fn any(data: &mut Unstructured<'_>, levels: u8) -> arbitrary::Result<Json> {
    let last = if levels == 0 { 5 } else { 7 };
    let several = |data: &mut Unstructured<'_>| data.int_in_range(0..=4);
    Ok(match data.int_in_range(0..=last)? {
        0 => Json::Null,
        1 => Json::Bool(data.arbitrary()?),
        2 => Json::Int(data.arbitrary::<i64>()?.into()),
        3 => Json::Int(data.arbitrary::<u64>()?.into()),
        4 => Json::Float(Some(data.arbitrary()?).filter(|float: &f64| float.is_finite()).unwrap_or(0.1)),
        5 => Json::String(data.arbitrary()?),
        6 => Json::Array((0..several(data)?).map(|_| any(data, levels - 1)).collect::<arbitrary::Result<_>>()?),
        _ => {
            let mut pair = |_| Ok((data.arbitrary()?, any(data, levels - 1)?));
            Json::Object((0..3).map(&mut pair).collect::<arbitrary::Result<_>>()?)
        }
    })
}
