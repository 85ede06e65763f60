use std::fmt;

/// The name of a Python type that JSON cannot represent: `datetime.datetime`, `decimal.Decimal`, `tuple`. Feature
/// `pickle`.
///
/// It has at most 47 printable ASCII characters, so that it can be logged. Other characters are replaced with "?". Only
/// the end of a longer name is kept, after "...".
///
/// Some values are described instead, because the reason is not their type: `dict with non-text keys`, `str with
/// separate surrogates`, `int of more than 4300 digits`, `nested more than 1024 levels deep`.
///
/// ```
/// use django_session::{CachedSessions, CookieOptions, DecodeError};
///
/// // {"when": datetime.date(2026, 11, 25)}
/// let pickle = b"\x80\x05}\x8c\x04when\x8c\x08datetime\x8c\x04date\x93C\x04\x07\xea\x0b\x19\x85Rs.";
/// let session = CachedSessions::new(CookieOptions::default()).decode(pickle)?;
/// let Err(DecodeError::BeyondJson { python_type }) = session.get::<String>("when") else { panic!() };
/// assert_eq!(python_type.as_str(), "datetime.date");
/// # Ok::<(), DecodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PythonType {
    len: u8,
    name: [u8; Self::MAX_LEN],
}

impl PythonType {
    const MAX_LEN: usize = 47;
    const ELLIPSIS: &'static [u8] = b"...";

    pub(crate) fn new(name: &[u8]) -> Self {
        let cut = name.len().saturating_sub(Self::MAX_LEN);
        let (mark, tail) = match cut {
            0 => (&[][..], name),
            _ => (Self::ELLIPSIS, name.get(cut.saturating_add(Self::ELLIPSIS.len())..).unwrap_or_default()),
        };
        let mut kept = Self { len: 0, name: [0; Self::MAX_LEN] };
        for (slot, &byte) in kept.name.iter_mut().zip(mark.iter().chain(tail)) {
            *slot = if matches!(byte, b' '..=b'~') { byte } else { b'?' };
            kept.len = kept.len.saturating_add(1);
        }
        kept
    }

    /// Returns the name.
    ///
    /// ```
    /// # use django_session::{CachedSessions, CookieOptions, DecodeError};
    /// let session = CachedSessions::new(CookieOptions::default()).decode(b"\x80\x05}\x8c\x04pairK\x01K\x02\x86s.")?; // {"pair": (1, 2)}
    /// let Err(DecodeError::BeyondJson { python_type }) = session.get::<[u8; 2]>("pair") else { panic!() };
    /// assert_eq!(python_type.as_str(), "tuple");
    /// # Ok::<(), DecodeError>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The name is ASCII, so there is no error to report.
        self.name.get(..usize::from(self.len)).and_then(|name| str::from_utf8(name).ok()).unwrap_or_default()
    }
}

impl fmt::Display for PythonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for PythonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PythonType").field(&self.as_str()).finish()
    }
}
