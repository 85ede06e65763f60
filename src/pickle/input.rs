/// Python's message for an argument that is longer than the rest of the pickle.
const TRUNCATED: &str = "pickle data was truncated";

/// The bytes that have not been read yet.
pub(super) struct Input<'p>(&'p [u8]);

impl<'p> Input<'p> {
    pub(super) const fn new(pickle: &'p [u8]) -> Self {
        Self(pickle)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (&array, rest) = self.0.split_first_chunk().ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(array)
    }

    pub(super) fn byte(&mut self) -> Result<u8, &'static str> {
        self.array().map(|[byte]| byte)
    }

    /// Reads an unsigned length, and then that many bytes.
    pub(super) fn counted<const N: usize>(&mut self) -> Result<&'p [u8], &'static str> {
        let len = unsigned(self.array::<N>()?);
        let len = usize::try_from(len).map_err(|_| TRUNCATED)?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// Reads a signed length of 4 bytes, and then that many bytes.
    pub(super) fn counted_signed(&mut self) -> Result<&'p [u8], &'static str> {
        match self.0 {
            [_, _, _, 0x80..=0xff, ..] => Err("pickle has a negative length"),
            _ => self.counted::<4>(),
        }
    }

    /// Reads the length of a frame. The whole frame must be present.
    pub(super) fn frame(&mut self) -> Result<(), &'static str> {
        let len = u64::from_le_bytes(self.array()?);
        if usize::try_from(len).is_ok_and(|len| len <= self.0.len()) { Ok(()) } else { Err(TRUNCATED) }
    }

    /// Reads up to the next newline, and skips it.
    pub(super) fn line(&mut self) -> Result<&'p [u8], &'static str> {
        let end = self.0.iter().position(|&byte| byte == b'\n').ok_or(TRUNCATED)?;
        let (line, rest) = self.0.split_at_checked(end).ok_or(TRUNCATED)?;
        self.0 = rest.get(1..).unwrap_or_default();
        Ok(line)
    }
}

/// Returns the number of at most 8 little-endian bytes.
pub(super) fn unsigned<const N: usize>(bytes: [u8; N]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
