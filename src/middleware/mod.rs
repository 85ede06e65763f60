//! Sessions in web frameworks: a layer for tower, which serves axum, tonic and hyper, and a middleware for actix-web.

#[cfg(feature = "actix-web")]
pub mod actix;
#[cfg(feature = "csrf")]
pub(crate) mod csrf;
pub(crate) mod future;
pub(crate) mod handle;
mod headers;
mod lock;
#[cfg(any(feature = "actix-web", feature = "axum"))]
pub(crate) mod missing;
pub(crate) mod mount;
mod shared;
#[cfg(feature = "tower")]
pub mod tower;
mod visit;
pub(crate) mod writer;
