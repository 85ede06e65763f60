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

#[cfg(feature = "actix-web")]
pub mod actix;
#[cfg(any(feature = "actix-web", feature = "tower"))]
mod adapter;
mod clock;
mod cookie;
mod encoding;
mod error;
mod key;
mod object;
mod sessions;
mod signing;
mod size;
#[cfg(feature = "tower")]
pub mod tower;

#[cfg(any(feature = "actix-web", feature = "axum"))]
pub use adapter::MissingSession;
#[cfg(any(feature = "actix-web", feature = "tower"))]
pub use adapter::SessionHandle;
pub use clock::{Clock, MaxAge, Timestamp};
pub use cookie::{CookieOptions, CookieOptionsBuilder, SameSite, SetCookie};
pub use error::{BadSignature, ConfigError, DecodeError, EncodeError};
pub use key::{KeyRing, SecretKey};
#[cfg(feature = "msgpack")]
pub use object::MessagePackSerializer;
pub use object::{Codec, Compression, JsonSerializer, Serializer, dumps, loads};
pub use sessions::{Commit, Expiry, ExpiryPolicy, Session, SessionAuth, SessionStore, StoredSessions};
pub use signing::{Algorithm, Separator, Signer, TimestampSigner, Verified};
pub use size::{CookieTooLarge, SizeRule};
