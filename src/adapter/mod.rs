//! What the adapters to frameworks share: the session of one request, and what the response says of it.

mod handle;
mod vary;
mod visit;

pub use handle::SessionHandle;
pub(crate) use vary::with_cookie as vary_with_cookie;
pub(crate) use visit::TARGET;
