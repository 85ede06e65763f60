//! Decodes cache entries: raw bytes, the output of Redis, Memcached and database clients, and files of
//! `FileBasedCache`.

use django_session::CookieOptions;

use crate::content::{self, Contents, Format, Value};

/// A decoded cache entry.
pub(crate) struct Entry {
    pub(crate) contents: Contents,
    /// Whether the input was printed, encoded or in a cache file, and not the raw bytes of the entry.
    pub(crate) is_wrapped: bool,
}

/// Reads an entry in any of the accepted forms.
pub(crate) fn read(input: &[u8], cookie: &CookieOptions) -> Entry {
    let raw = content::plain(input, cookie);
    let is_dict = |contents: &Contents| matches!(contents.value, Value::Session(_));
    if is_dict(&raw) {
        return Entry { contents: raw, is_wrapped: false };
    }
    let readings = [unhex(input), unescape(input), base64(input), file(input)];
    let better = readings.into_iter().flatten().map(|bytes| content::plain(&bytes, cookie));
    let mut fallback = raw;
    for contents in better.chain(zlib(input, cookie)) {
        if is_dict(&contents) {
            return Entry { contents, is_wrapped: true };
        }
        if fallback.format == Format::Unknown {
            fallback = contents;
        }
    }
    Entry { contents: fallback, is_wrapped: false }
}

/// Decodes hexadecimal digits, which may start with PostgreSQL's `\x`.
fn unhex(input: &[u8]) -> Option<Vec<u8>> {
    let text = input.trim_ascii();
    let digits = text.strip_prefix(b"\\x").unwrap_or(text);
    digits.chunks(2).map(content::hex).collect()
}

/// Decodes `"\x80\x04…"` as redis-cli prints it, and `b'\x80\x04…'` as Python prints it.
fn unescape(input: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(input.trim_ascii()).ok()?;
    let text = text.strip_prefix('b').unwrap_or(text);
    let inside = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    let text = inside('"').or_else(|| inside('\''))?;
    let mut out = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        out.push(match chars.next()? {
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'a' => 7,
            'b' => 8,
            'x' => {
                let digits: String = chars.by_ref().take(2).collect();
                content::hex(digits.as_bytes())?
            }
            other => u8::try_from(other).ok()?,
        });
    }
    Some(out)
}

/// Decodes the base64 that `DatabaseCache` stores.
fn base64(input: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(input.trim_ascii()).ok()?;
    content::base64(text)
}

/// Decodes a file of `FileBasedCache`: a pickle of the time when it expires, then zlib.
fn file(input: &[u8]) -> Option<Vec<u8>> {
    // A pickle ends with ".". The time may contain the same bytes as a header of zlib.
    let is_start = |three: &[u8]| matches!(three, [b'.', 0x78, 0x01 | 0x5e | 0x9c | 0xda]);
    let stop = input.windows(3).take(64).position(is_start)?;
    content::inflate(input.get(stop.saturating_add(1)..)?)
}

/// Decodes a file of `FileBasedCache` in base64.
fn zlib(input: &[u8], cookie: &CookieOptions) -> Option<Contents> {
    let bytes = file(&base64(input)?)?;
    Some(content::plain(&bytes, cookie))
}
