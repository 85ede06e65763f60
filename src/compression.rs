/// Whether to compress. Compressed payloads are read with every setting. Django: the `compress` argument.
///
/// ```
/// use django_session::{Codec, Compression};
///
/// let codec = Codec::default().with_compression(Compression::IfSmaller);
/// assert!(codec.encode(&"ab".repeat(100))?.len() < 40);
/// assert_eq!(codec.encode(&"ab")?, Codec::default().encode(&"ab")?);
/// # Ok::<(), django_session::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Never. Django: `compress=False`.
    #[default]
    Never,
    /// With zlib, if that saves two bytes or more. Not tried below 64 bytes, where it rarely does; Django tries it then
    /// too. Django: `compress=True`, and all of its signed-cookie sessions.
    IfSmaller,
    /// As [`IfSmaller`](Self::IfSmaller), but not tried below 512 bytes of serialized data, because compression takes
    /// most of the time in which a small session is read and written. It would save about 50 characters of a login
    /// cookie, and several hundred of repetitive data. The default of
    /// [`CookieSessions`](crate::CookieSessions::with_compression).
    IfLarge,
}

impl Compression {
    /// Returns the fewest bytes that are compressed.
    pub(crate) fn fewest(self) -> Option<usize> {
        match self {
            Self::Never => None,
            Self::IfSmaller => Some(64),
            Self::IfLarge => Some(512),
        }
    }
}
