//! What the adapters to frameworks share: the session of one request, and what the response says of it.

#[cfg(feature = "actix-web")]
pub mod actix;
mod handle;
#[cfg(any(feature = "actix-web", feature = "axum"))]
mod missing;
#[cfg(feature = "tower")]
pub mod tower;
mod vary;
mod visit;

pub use handle::SessionHandle;
#[cfg(any(feature = "actix-web", feature = "axum"))]
pub use missing::MissingSession;
pub(crate) use vary::with_cookie as vary_with_cookie;
