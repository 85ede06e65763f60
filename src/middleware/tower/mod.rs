//! For services on tower: axum, tonic, hyper. Feature `tower`; with `axum`, handlers may take a
//! [`SessionHandle`](crate::SessionHandle) for an argument.

#[cfg(feature = "axum")]
mod extract;
mod layer;
mod response;

pub use layer::{SessionLayer, SessionService};
