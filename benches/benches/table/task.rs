//! The tasks that are timed.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    EncodeRaw,
    EncodeCompressed,
    DecodeRaw,
    DecodeCompressed,
    SignText,
    UnsignText,
    Refuse,
    EncodeEncrypted,
    DecodeEncrypted,
    /// Load the session of a `Cookie` header, read one key, and commit without a change.
    Session,
}

impl Task {
    pub const ALL: [Self; 10] = [
        Self::EncodeRaw,
        Self::EncodeCompressed,
        Self::DecodeRaw,
        Self::DecodeCompressed,
        Self::SignText,
        Self::UnsignText,
        Self::Refuse,
        Self::EncodeEncrypted,
        Self::DecodeEncrypted,
        Self::Session,
    ];

    /// Returns the name of the task, as the ratios and the Django child process use it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EncodeRaw => "encode_raw",
            Self::EncodeCompressed => "encode_compressed",
            Self::DecodeRaw => "decode_raw",
            Self::DecodeCompressed => "decode_compressed",
            Self::SignText => "sign_text",
            Self::UnsignText => "unsign_text",
            Self::Refuse => "refuse",
            Self::EncodeEncrypted => "encode_encrypted",
            Self::DecodeEncrypted => "decode_encrypted",
            Self::Session => "session",
        }
    }
}
