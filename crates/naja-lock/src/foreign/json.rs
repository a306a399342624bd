//! Reading JSON with bounds.

use serde_json::{Map, Value};

use super::ForeignError;

pub(super) type Object = Map<String, Value>;

/// Reads an object; the depth is bounded by the reader.
pub(super) fn object(text: &str) -> Result<Object, ForeignError> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(ForeignError::Shape("_meta")),
        Err(error) => Err(ForeignError::Json(error.to_string())),
    }
}

pub(super) fn text<'j>(object: &'j Object, key: &str) -> Option<&'j str> {
    object.get(key).and_then(Value::as_str)
}
