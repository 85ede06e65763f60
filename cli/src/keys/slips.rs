//! Common mistakes with keys: the same key, as another program may read it.

use zeroize::Zeroizing;

/// How the key that signed differs from the key that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySlip {
    Newline,
    CarriageReturn,
    /// A carriage return and a newline.
    WindowsNewline,
    Trimmed,
    Quoted,
    Unquoted,
    DollarsHalved,
    DollarsDoubled,
    Interpolated,
    Comment,
    Html,
}

impl KeySlip {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Newline => "key_newline",
            Self::CarriageReturn | Self::WindowsNewline => "key_carriage_return",
            Self::Trimmed => "key_white_space",
            Self::Quoted => "key_quoted",
            Self::Unquoted => "key_unquoted",
            Self::DollarsHalved => "key_dollars_halved",
            Self::DollarsDoubled => "key_dollars_doubled",
            Self::Interpolated => "key_interpolated",
            Self::Comment => "key_comment",
            Self::Html => "key_html",
        }
    }

    /// Returns how the key that signed `what` differs from the given key. `origin` is the origin of the given key.
    pub(crate) fn cause(self, what: &str, origin: &str) -> String {
        let signed = format!("The {what} was signed with the key of {origin}");
        match self {
            Self::Newline => format!("{signed} followed by a newline."),
            Self::CarriageReturn => format!("{signed} followed by a carriage return."),
            Self::WindowsNewline => format!("{signed} followed by a carriage return and a newline."),
            Self::Trimmed => format!(
                "The key of {origin} has white space around it, often a newline at its end. The {what} was signed with the same key without it."
            ),
            Self::Quoted => format!("{signed} in quotes."),
            Self::Unquoted => format!("{signed} without the quotes around it."),
            Self::DollarsHalved => format!("{signed}, with $ instead of $$."),
            Self::DollarsDoubled => format!("{signed}, with $$ instead of $."),
            Self::Interpolated => format!("{signed} without a part that begins with $."),
            Self::Comment => format!("The {what} was signed with the part of the key of {origin} before #."),
            Self::Html => format!("{signed}, with & < > \" ' instead of HTML entities."),
        }
    }

    /// Returns what to do. The server that signs keeps its key, because another key would end all sessions.
    pub(crate) fn remedy(self) -> String {
        const KEEP: &str = "Give the other server the same key. Changing the key of the server that signs would end \
                            all sessions, unless the old key becomes a fallback.";
        const WEAKER: &str = "The shorter key is weaker and should be rotated.";
        match self {
            Self::Newline => format!("The server that signs reads its key from a file, with the newline. {KEEP}"),
            Self::CarriageReturn | Self::WindowsNewline => {
                format!("The server that signs reads a file with Windows line endings. {KEEP}")
            }
            Self::Trimmed => "Remove the white space from the key that you gave.".to_owned(),
            Self::Quoted => {
                format!("The server that signs treats the quotes in its settings as part of the key. {KEEP}")
            }
            Self::Unquoted => "Remove the quotes from the key that you gave.".to_owned(),
            Self::DollarsHalved => {
                "Docker Compose writes $ as $$ in its files: provide the key with single $.".to_owned()
            }
            Self::DollarsDoubled => {
                format!("The server that signs has the key as it is written for Docker Compose. {KEEP}")
            }
            Self::Interpolated => {
                format!("A shell or Docker Compose expanded that part as a variable. {KEEP} {WEAKER}")
            }
            Self::Comment => format!("The server that signs treats the rest as a comment. {KEEP} {WEAKER}"),
            Self::Html => "Copy the key from the settings, not from the source of a web page.".to_owned(),
        }
    }
}

/// Returns the readings of a key that differ from it.
pub(crate) fn slips(key: &[u8]) -> Vec<(KeySlip, Zeroizing<Vec<u8>>)> {
    let key = Zeroizing::new(String::from_utf8_lossy(key).into_owned());
    let quoted = |quote: char| format!("{quote}{}{quote}", *key);
    let readings = [
        (KeySlip::Newline, format!("{}\n", *key)),
        (KeySlip::CarriageReturn, format!("{}\r", *key)),
        (KeySlip::WindowsNewline, format!("{}\r\n", *key)),
        (KeySlip::Trimmed, key.trim().to_owned()),
        (KeySlip::Quoted, quoted('"')),
        (KeySlip::Quoted, quoted('\'')),
        (KeySlip::Unquoted, unquoted(key.trim()).to_owned()),
        (KeySlip::DollarsHalved, key.replace("$$", "$")),
        (KeySlip::DollarsDoubled, key.replace('$', "$$")),
        (KeySlip::Interpolated, interpolated(&key)),
        (KeySlip::Comment, key.split('#').next().unwrap_or_default().to_owned()),
        (KeySlip::Comment, key.split('#').next().unwrap_or_default().trim_end().to_owned()),
        (KeySlip::Html, html(&key)),
    ];
    let readings = readings.map(|(slip, text)| (slip, Zeroizing::new(text.into_bytes())));
    readings.into_iter().filter(|(_, text)| text.as_slice() != key.as_bytes() && !text.is_empty()).collect()
}

fn unquoted(key: &str) -> &str {
    let inside = |quote| key.strip_prefix(quote).and_then(|key| key.strip_suffix(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(key)
}

/// Removes `$NAME` and `${NAME}`, as a shell does with variables that are not set.
fn interpolated(key: &str) -> String {
    let mut parts = key.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
        if part.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_') {
            out.push_str(part.trim_start_matches(is_name));
        } else if let Some((name, rest)) = part.strip_prefix('{').and_then(|part| part.split_once('}'))
            && name.chars().all(is_name)
        {
            out.push_str(rest);
        } else {
            out.push('$');
            out.push_str(part);
        }
    }
    out
}

fn html(key: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(key.to_owned(), |key, (entity, char)| key.replace(entity, char))
}
