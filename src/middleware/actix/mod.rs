//! For actix-web 4. Feature `actix-web`.

mod extract;
mod future;
mod middleware;

pub use future::SessionFuture;
pub use middleware::{SessionMiddleware, SessionService};
