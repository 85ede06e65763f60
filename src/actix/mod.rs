//! For actix-web 4. Feature `actix-web`.

mod extract;
mod future;
mod middleware;

pub use extract::MissingSessionMiddleware;
pub use future::SessionFuture;
pub use middleware::{SessionMiddleware, SessionService};
