//! Finds where the keys and values of a JSON object begin and end.

use std::ops::Range;

use crate::json::cursor::Cursor;

/// The deepest nesting that is accepted.
const MAX_DEPTH: usize = 1024;

/// Returns whether this is one JSON value that [`object`] would accept as the value of a key.
pub(crate) fn is_value(json: &str) -> bool {
    let mut scan = Scan::new(json);
    scan.value().is_some() && scan.cursor.is_at_end()
}

/// Calls `found` with the position of each key, without its quotes, and of its value, in order.
///
/// Accepts Python's JSON: that of RFC 8259, and `NaN`, `Infinity` and `-Infinity`. Strings may contain lone surrogates
/// as escapes. It does not allocate or recurse. Returns `None` for anything other than one object.
pub(crate) fn object(json: &str, mut found: impl FnMut(Range<usize>, Range<usize>)) -> Option<()> {
    let mut scan = Scan::new(json);
    scan.cursor.space();
    scan.cursor.eat(b'{')?;
    scan.cursor.space();
    if scan.cursor.eat(b'}').is_none() {
        loop {
            let key = scan.cursor.key()?;
            scan.cursor.space();
            let start = scan.cursor.at();
            scan.value()?;
            found(key, start..scan.cursor.at());
            scan.cursor.space();
            match scan.cursor.next()? {
                b',' => scan.cursor.space(),
                b'}' => break,
                _ => return None,
            }
        }
    }
    scan.cursor.space();
    scan.cursor.is_at_end().then_some(())
}

#[derive(Clone, Copy)]
enum Container {
    Array,
    Object,
}

struct Scan<'j> {
    cursor: Cursor<'j>,
    /// The first `depth` of these are the open containers, outermost first.
    open: [Container; MAX_DEPTH],
    depth: usize,
}

impl<'j> Scan<'j> {
    fn new(json: &'j str) -> Self {
        Self { cursor: Cursor::new(json), open: [Container::Array; MAX_DEPTH], depth: 0 }
    }

    /// Reads one value with everything in it.
    fn value(&mut self) -> Option<()> {
        let outside = self.depth;
        loop {
            self.cursor.space();
            match self.cursor.peek()? {
                b'"' => {
                    self.cursor.string()?;
                }
                b't' => self.cursor.word("true")?,
                b'f' => self.cursor.word("false")?,
                b'n' => self.cursor.word("null")?,
                b'[' => {
                    self.enter(Container::Array)?;
                    if self.cursor.peek()? != b']' {
                        continue;
                    }
                }
                b'{' => {
                    self.enter(Container::Object)?;
                    if self.cursor.peek()? != b'}' {
                        self.cursor.key()?;
                        continue;
                    }
                }
                _ => self.cursor.number()?,
            }
            if self.leave(outside)? {
                return Some(());
            }
        }
    }

    fn enter(&mut self, container: Container) -> Option<()> {
        *self.open.get_mut(self.depth)? = container;
        self.depth = self.depth.saturating_add(1);
        self.cursor.next();
        self.cursor.space();
        Some(())
    }

    /// Closes the containers that end after a value. Returns whether they are closed down to the depth `outside`; if
    /// not, another value follows.
    fn leave(&mut self, outside: usize) -> Option<bool> {
        while self.depth > outside {
            let innermost = self.depth.saturating_sub(1);
            self.cursor.space();
            match (self.cursor.next()?, self.open.get(innermost)?) {
                (b']', Container::Array) | (b'}', Container::Object) => self.depth = innermost,
                (b',', Container::Array) => return Some(false),
                (b',', Container::Object) => {
                    self.cursor.space();
                    self.cursor.key()?;
                    return Some(false);
                }
                _ => return None,
            }
        }
        Some(true)
    }
}
