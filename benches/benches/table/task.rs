//! What is timed.

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
    /// Of a `Cookie` header: load the session, read one key, commit what nobody changed.
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

    /// As the ratios and the Django child call it.
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
