//! Values that are worth stealing are cut, unless they are asked for.

/// Session keys whose values are secrets.
const REDACTED: [&str; 3] = ["_auth_user_hash", "_csrftoken", "_password_reset_token"];

/// So many characters are shown of a secret.
const SHOWN: usize = 6;

/// Whether secrets are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redaction {
    Cut,
    None,
}

impl Redaction {
    /// Whether the value of this key is cut.
    pub(crate) fn cuts(self, key: &str) -> bool {
        self == Self::Cut && REDACTED.contains(&key)
    }

    /// Returns the JSON of a value, cut if it is a secret's.
    pub(crate) fn value(self, key: &str, json: &str) -> String {
        if !self.cuts(key) {
            return json.to_owned();
        }
        let inside = json.trim_matches('"');
        let shown: String = inside.chars().take(SHOWN).filter(char::is_ascii_alphanumeric).collect();
        // Half of it at most, for what is short.
        let shown = if inside.len() < SHOWN.saturating_mul(2) { "" } else { &shown };
        format!("\"{shown}…\"")
    }
}
