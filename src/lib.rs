#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Of the library alone: tests may well panic.
#![warn(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod clock;
mod codec;
mod cookie;
mod encoding;
mod error;
mod key;
#[cfg(any(feature = "actix-web", feature = "tower"))]
pub mod middleware;
mod sessions;
mod signing;
mod size;

pub use clock::{Clock, MaxAge, Timestamp};
#[cfg(feature = "msgpack")]
pub use codec::MessagePackSerializer;
pub use codec::{Codec, Compression, JsonSerializer, Serializer, dumps, loads};
pub use cookie::{CookieOptions, CookieOptionsBuilder, SameSite, SetCookie};
pub use error::{BadSignature, ConfigError, DecodeError, EncodeError};
pub use key::{KeyRing, SecretKey};
#[cfg(any(feature = "actix-web", feature = "axum"))]
pub use middleware::MissingSession;
#[cfg(any(feature = "actix-web", feature = "tower"))]
pub use middleware::SessionHandle;
pub use sessions::{Commit, CookieSessions, Expiry, ExpiryPolicy, Session, SessionAuth, StoredSessions};
pub use signing::{Algorithm, Separator, Signer, TimestampSigner, Verified};
pub use size::{CookieTooLarge, SizeRule};
