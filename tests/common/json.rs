//! JSON values: reads them, and generates random ones.

mod model;

pub use model::Json;
use proptest::prelude::*;

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl Json {
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }
}

/// Generates any JSON value, including floats and strings that are hard to write.
pub fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<i64>().prop_map(|int| Json::Int(int.into())),
        any::<u64>().prop_map(|int| Json::Int(int.into())),
        any::<f64>().prop_filter("JSON has no others", |float| float.is_finite()).prop_map(Json::Float),
        any::<String>().prop_map(Json::String),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Json::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}
