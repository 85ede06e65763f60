//! Reads JSON token by token.

use std::ops::Range;

/// A position in JSON text. After `None`, the position is unspecified.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'j> {
    json: &'j str,
    at: usize,
}

impl<'j> Cursor<'j> {
    pub(super) fn new(json: &'j str) -> Self {
        Self { json, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.json.len()
    }

    /// Returns the text between two positions.
    pub(super) fn text(&self, place: Range<usize>) -> &'j str {
        self.json.get(place).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.saturating_add(1);
        Some(byte)
    }

    pub(super) fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at = self.at.saturating_add(1))
    }

    pub(super) fn word(&mut self, word: &str) -> Option<()> {
        word.bytes().try_for_each(|byte| self.eat(byte))
    }

    pub(super) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at = self.at.saturating_add(1);
        }
    }

    pub(super) fn behind_space(mut self) -> Self {
        self.space();
        self
    }

    /// Reads a string and a colon. Returns the positions of the string, without its quotes.
    pub(super) fn key(&mut self) -> Option<Range<usize>> {
        let key = self.string()?;
        self.space();
        self.eat(b':')?;
        Some(key)
    }

    /// Reads a string. Returns its positions, without its quotes.
    pub(super) fn string(&mut self) -> Option<Range<usize>> {
        self.eat(b'"')?;
        let start = self.at;
        loop {
            self.at = self.at.saturating_add(plain(self.json.as_bytes().get(self.at..)?));
            let end = self.at;
            match self.next()? {
                b'"' => return Some(start..end),
                b'\\' => self.escape()?,
                0..=0x1f => return None,
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => (0..4).try_for_each(|_| self.next()?.is_ascii_hexdigit().then_some(())),
            _ => None,
        }
    }

    /// Reads a number of Python's JSON, where `NaN`, `Infinity` and `-Infinity` are numbers.
    pub(super) fn number(&mut self) -> Option<()> {
        let negative = self.eat(b'-').is_some();
        match self.peek()? {
            b'0' => self.eat(b'0')?,
            b'I' => return self.word("Infinity"),
            b'N' if !negative => return self.word("NaN"),
            _ => self.digits()?,
        }
        if self.eat(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.next();
            if self.eat(b'-').is_none() {
                self.eat(b'+');
            }
            self.digits()?;
        }
        Some(())
    }

    /// Reads one or more digits.
    fn digits(&mut self) -> Option<()> {
        self.next()?.is_ascii_digit().then_some(())?;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at = self.at.saturating_add(1);
        }
        Some(())
    }
}

/// Returns how many bytes precede the first quote, backslash or control character. Reads eight bytes at a time, and
/// does not count the last ones if they are fewer.
fn plain(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    let mut passed = 0_usize;
    for eight in text.as_chunks().0 {
        let word = u64::from_le_bytes(*eight);
        // Sets the high bit of bytes that are smaller than `than`. Bytes above the first of them may be wrong.
        let below = |word: u64, than: u64| word.wrapping_sub(ONES.wrapping_mul(than)) & !word;
        let is = |byte: u8| below(word ^ ONES.wrapping_mul(byte.into()), 1);
        let found = (below(word, 0x20) | is(b'"') | is(b'\\')) & HIGH;
        if found != 0 {
            return passed.saturating_add((found.trailing_zeros() / u8::BITS) as usize);
        }
        passed = passed.saturating_add(eight.len());
    }
    passed
}
