//! Where the keys and values of a JSON object begin and end.

use std::ops::Range;

/// The deepest nesting that is followed.
const MAX_DEPTH: usize = 1024;

/// Whether this is one JSON value that [`object`] would find its way through.
pub(crate) fn is_value(json: &str) -> bool {
    let mut scan = Scan::new(json);
    scan.value().is_some() && scan.at == json.len()
}

/// Calls `found` with the place of each key, within its quotes, and of its value, in order.
///
/// Python's JSON: that of RFC 8259, and `NaN`, `Infinity` and `-Infinity`. Lone surrogates may stand in strings, as
/// escapes. Nothing is built, and nothing recurses. `None` for anything else than one object.
pub(crate) fn object(json: &str, mut found: impl FnMut(Range<usize>, Range<usize>)) -> Option<()> {
    let mut scan = Scan::new(json);
    scan.space();
    scan.eat(b'{')?;
    scan.space();
    if scan.eat(b'}').is_none() {
        loop {
            let key = scan.key()?;
            scan.space();
            let start = scan.at;
            scan.value()?;
            found(key, start..scan.at);
            scan.space();
            match scan.next()? {
                b',' => scan.space(),
                b'}' => break,
                _ => return None,
            }
        }
    }
    scan.space();
    (scan.at == json.len()).then_some(())
}

#[derive(Clone, Copy)]
enum Container {
    Array,
    Object,
}

struct Scan<'j> {
    json: &'j [u8],
    at: usize,
    /// What has been opened and not closed, outermost first: the first `depth` of these.
    open: [Container; MAX_DEPTH],
    depth: usize,
}

impl<'j> Scan<'j> {
    fn new(json: &'j str) -> Self {
        Self { json: json.as_bytes(), at: 0, open: [Container::Array; MAX_DEPTH], depth: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.saturating_add(1);
        Some(byte)
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at = self.at.saturating_add(1))
    }

    fn word(&mut self, word: &str) -> Option<()> {
        word.bytes().try_for_each(|byte| self.eat(byte))
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at = self.at.saturating_add(1);
        }
    }

    /// A string and the colon behind it.
    fn key(&mut self) -> Option<Range<usize>> {
        let key = self.string()?;
        self.space();
        self.eat(b':')?;
        Some(key)
    }

    fn string(&mut self) -> Option<Range<usize>> {
        self.eat(b'"')?;
        let start = self.at;
        loop {
            self.at = self.at.saturating_add(plain(self.json.get(self.at..)?));
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

    fn number(&mut self) -> Option<()> {
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

    /// One at least.
    fn digits(&mut self) -> Option<()> {
        self.next()?.is_ascii_digit().then_some(())?;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at = self.at.saturating_add(1);
        }
        Some(())
    }

    /// One value with all that is in it.
    fn value(&mut self) -> Option<()> {
        let outside = self.depth;
        loop {
            self.space();
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                b'[' => {
                    self.enter(Container::Array)?;
                    if self.peek()? != b']' {
                        continue;
                    }
                }
                b'{' => {
                    self.enter(Container::Object)?;
                    if self.peek()? != b'}' {
                        self.key()?;
                        continue;
                    }
                }
                _ => self.number()?,
            }
            if self.leave(outside)? {
                return Some(());
            }
        }
    }

    fn enter(&mut self, container: Container) -> Option<()> {
        *self.open.get_mut(self.depth)? = container;
        self.depth = self.depth.saturating_add(1);
        self.next();
        self.space();
        Some(())
    }

    /// Behind a value: closes what ends here. Whether that is all, down to the depth `outside`; if not, another value
    /// follows.
    fn leave(&mut self, outside: usize) -> Option<bool> {
        while self.depth > outside {
            let innermost = self.depth.saturating_sub(1);
            self.space();
            match (self.next()?, self.open.get(innermost)?) {
                (b']', Container::Array) | (b'}', Container::Object) => self.depth = innermost,
                (b',', Container::Array) => return Some(false),
                (b',', Container::Object) => {
                    self.space();
                    self.key()?;
                    return Some(false);
                }
                _ => return None,
            }
        }
        Some(true)
    }
}

/// How many bytes there are before a quote, a backslash or a control character, by eights.
fn plain(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    let mut passed = 0_usize;
    for eight in text.as_chunks().0 {
        let word = u64::from_le_bytes(*eight);
        // A byte's high bit, where the byte is smaller than `than`; what lies above the first may be wrong.
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
