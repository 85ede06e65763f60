//! For actix-web 4. Feature `actix-web`.

mod error;
mod extract;
mod middleware;
mod response;

pub use error::SessionError;
pub use middleware::{SessionMiddleware, SessionService};
