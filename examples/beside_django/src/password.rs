//! Checks passwords that Django's default hasher has hashed.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// Django's `check_password`: `column` is `pbkdf2_sha256$iterations$salt$hash`.
pub fn check(password: &str, column: &str) -> bool {
    let ["pbkdf2_sha256", iterations, salt, hash] = column.split('$').collect::<Vec<_>>()[..] else { return false };
    let (Ok(iterations), Ok(hash)) = (iterations.parse(), BASE64_STANDARD.decode(hash)) else { return false };
    let ours: [u8; 32] = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password.as_bytes(), salt.as_bytes(), iterations);
    ours.ct_eq(&hash).into()
}

/// A hash that no password matches. It is checked if the user name is unknown, so that this takes as long as a wrong
/// password.
pub const UNUSABLE: &str = "pbkdf2_sha256$1000000$unusable$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
