use crate::error::ConfigError;

/// Returns the salt, or an error if it is empty.
pub(super) fn non_empty(salt: &[u8]) -> Result<&[u8], ConfigError> {
    if salt.is_empty() { Err(ConfigError::EmptySalt) } else { Ok(salt) }
}
