//! Python's `str`, whose code points may be surrogates: UTF-8 in which each surrogate takes three bytes
//! (`surrogatepass`).

/// One surrogate, as `[0xed, high, low]`, is `0xd800` and the low bits of both.
const LEAD: u8 = 0xed;

/// Validated text of a pickle.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Text<'p> {
    Chars(&'p str),
    /// With at least one surrogate.
    Wide(&'p [u8]),
}

/// A run of characters, or a surrogate.
pub(super) enum Piece<'p> {
    Chars(&'p str),
    Surrogate(u16),
}

impl<'p> Text<'p> {
    /// Validates the bytes. Returns `None` if Python would not decode them.
    pub(super) fn new(bytes: &'p [u8]) -> Option<Self> {
        if let Ok(chars) = str::from_utf8(bytes) {
            return Some(Self::Chars(chars));
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            (_, rest) = split(rest)?;
        }
        Some(Self::Wide(bytes))
    }

    pub(super) const fn as_bytes(self) -> &'p [u8] {
        match self {
            Self::Chars(chars) => chars.as_bytes(),
            Self::Wide(bytes) => bytes,
        }
    }

    pub(super) fn pieces(self) -> impl Iterator<Item = Piece<'p>> {
        let (mut chars, mut rest) = match self {
            Self::Chars(chars) => (Some(chars), &[][..]),
            Self::Wide(bytes) => (None, bytes),
        };
        std::iter::from_fn(move || {
            if let Some(chars) = chars.take() {
                return Some(Piece::Chars(chars));
            }
            let (piece, behind) = split(rest)?;
            rest = behind;
            Some(piece)
        })
    }

    /// Returns whether both surrogates of a character are adjacent as separate code points. In JSON, they would look
    /// like the character.
    pub(super) fn has_separate_surrogates(self) -> bool {
        let mut after_high = false;
        self.pieces().any(|piece| {
            let low = matches!(piece, Piece::Surrogate(0xdc00..));
            let found = after_high && low;
            after_high = matches!(piece, Piece::Surrogate(..0xdc00));
            found
        })
    }
}

/// Returns the first piece and the rest, or `None` if there are no bytes or they are not text.
fn split(bytes: &[u8]) -> Option<(Piece<'_>, &[u8])> {
    if let &[LEAD, high @ 0xa0..=0xbf, low @ 0x80..=0xbf, ref rest @ ..] = bytes {
        let unit = 0xd000 | u16::from(high & 0x3f) << 6 | u16::from(low & 0x3f);
        return Some((Piece::Surrogate(unit), rest));
    }
    let (chars, rest) = match str::from_utf8(bytes) {
        Ok(chars) => (chars, &[][..]),
        Err(error) => {
            let (chars, rest) = bytes.split_at_checked(error.valid_up_to())?;
            (str::from_utf8(chars).ok()?, rest)
        }
    };
    (!chars.is_empty()).then_some((Piece::Chars(chars), rest))
}

/// Appends a surrogate.
pub(super) fn push_surrogate(unit: u16, out: &mut Vec<u8>) {
    let [_, low] = (unit & 0x3f).to_be_bytes();
    let [_, high] = (unit >> 6 & 0x3f).to_be_bytes();
    out.extend_from_slice(&[LEAD, 0x80 | high, 0x80 | low]);
}
