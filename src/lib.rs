// One of the README's examples needs axum.
#![cfg_attr(any(not(doctest), feature = "axum"), doc = include_str!("../README.md"))]
#![cfg_attr(docsrs, feature(doc_cfg))]
// These lints are for the library only: tests may panic.
#![warn(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod clock;
mod codec;
mod compression;
mod cookie;
#[cfg(feature = "csrf")]
mod csrf;
mod encoding;
#[cfg(feature = "encryption")]
mod encryption;
mod error;
// The guide links to items of all these features.
#[cfg(all(
    any(doc, doctest),
    feature = "actix-web",
    feature = "axum",
    feature = "csrf",
    feature = "encryption",
    feature = "legacy",
    feature = "messages",
    feature = "pickle"
))]
// The pages themselves need no feature, so docs.rs should not mark them.
#[cfg_attr(docsrs, doc(auto_cfg = false))]
pub mod guide;
#[cfg(any(feature = "csrf", feature = "messages"))]
mod html;
mod json;
mod key;
#[cfg(feature = "messages")]
mod messages;
#[cfg(any(feature = "actix-web", feature = "tower"))]
pub mod middleware;
#[cfg(feature = "pickle")]
mod pickle;
#[cfg(feature = "pickle")]
mod python_type;
mod random;
mod sessions;
mod signing;
mod size;

pub use clock::{Clock, MaxAge, Timestamp};
#[cfg(feature = "msgpack")]
pub use codec::MessagePackSerializer;
#[cfg(feature = "pickle")]
pub use codec::PickleSerializer;
pub use codec::{Codec, JsonSerializer, Serializer, dumps, loads};
pub use compression::Compression;
pub use cookie::{CookieOptions, CookieOptionsBuilder, SameSite, SetCookie, SignedCookie};
#[cfg(feature = "csrf")]
pub use csrf::{Csrf, CsrfBuilder, CsrfCookie, CsrfRejection, CsrfRequest, CsrfTokenSource};
#[cfg(feature = "encryption")]
pub use encryption::{Encryption, Plaintext};
pub use error::{BadSignature, ConfigError, DecodeError, EncodeError};
pub use key::{KeyRing, SecretKey};
#[cfg(feature = "messages")]
pub use messages::{Message, MessageLevel, MessageStorage, Messages, MessagesCommit};
#[cfg(all(feature = "csrf", any(feature = "actix-web", feature = "tower")))]
pub use middleware::csrf::{guard::CsrfGuard, missing::MissingCsrf, token::CsrfToken};
#[cfg(any(feature = "actix-web", feature = "axum"))]
pub use middleware::missing::MissingSession;
#[cfg(any(feature = "actix-web", feature = "tower"))]
pub use middleware::{
    future::SessionFuture, handle::SessionHandle, mount::SessionMount, writer::SessionWriter, writer::Unwritten,
};
#[cfg(feature = "pickle")]
pub use python_type::PythonType;
#[cfg(feature = "pickle")]
pub use sessions::CachedSessions;
#[cfg(any(feature = "actix-web", feature = "tower"))]
pub(crate) use sessions::Fingerprint;
pub use sessions::{
    AuthKey, Commit, CookieSessions, Expiry, ExpiryPolicy, SentCookie, Session, SessionAuth, SessionItems, SessionKey,
    SessionKeys, SessionUser, StoredChange, StoredCommit, StoredRow, StoredSessions, Unstamped,
};
pub use signing::{Algorithm, SaltedHmac, Separator, Signer, TimestampSigner, Verified};
pub use size::{CookieTooLarge, SizeRule};
