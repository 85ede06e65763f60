//! Cuts secret values, unless `--show-secrets` is given.

/// Session keys whose values are secrets.
const REDACTED: [&str; 3] = ["_auth_user_hash", "_csrftoken", "_password_reset_token"];

/// The maximum number of characters of a secret that are shown.
const SHOWN: usize = 6;

/// Whether secrets are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redaction {
    Cut,
    None,
}

impl Redaction {
    /// Returns the JSON of a session's value with secrets cut.
    pub(crate) fn value(self, key: &str, json: &str) -> String {
        if self == Self::Cut && REDACTED.contains(&key) { cut(json) } else { self.json(json) }
    }

    /// Returns JSON in which the values of secret keys are cut, at any depth. Other values do not change by a byte.
    pub(crate) fn json(self, json: &str) -> String {
        if self == Self::None {
            return json.to_owned();
        }
        let mut out = String::with_capacity(json.len());
        let mut rest = json;
        while let Some(at) = rest.find('"') {
            let (before, text) = rest.split_at(at);
            let (text, after) = text.split_at(string_len(text));
            out.push_str(before);
            out.push_str(text);
            rest = after;
            // A string before a colon is a key.
            let Some(value) = after.trim_ascii_start().strip_prefix(':').map(str::trim_ascii_start) else { continue };
            if serde_json::from_str::<String>(text).is_ok_and(|key| REDACTED.contains(&key.as_str())) {
                let (value, after) = value.split_at(value_len(value));
                out.push(':');
                out.push_str(&cut(value));
                rest = after;
            }
        }
        out.push_str(rest);
        out
    }
}

fn cut(json: &str) -> String {
    let inside = json.trim_matches('"');
    let shown: String = inside.chars().take(SHOWN).filter(char::is_ascii_alphanumeric).collect();
    // Of a short secret, nothing is shown.
    let shown = if inside.len() < SHOWN.saturating_mul(2) { "" } else { &shown };
    format!("\"{shown}…\"")
}

/// Returns the length of the string at the start of a JSON text, including its quotes.
fn string_len(json: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at.saturating_add(1),
            _ => {}
        }
    }
    json.len()
}

/// Returns the length of the value at the start of a JSON text.
fn value_len(json: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0_usize;
    while let Some(byte) = json.as_bytes().get(at) {
        let mut len = 1;
        match byte {
            b'"' => len = json.get(at..).map_or(1, string_len),
            b'[' | b'{' => depth = depth.saturating_add(1),
            b']' | b'}' | b',' if depth == 0 => return at,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at = at.saturating_add(len);
    }
    at
}
