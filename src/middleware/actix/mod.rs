//! For actix-web 4. Feature `actix-web`.

mod extract;
mod middleware;
mod response;

pub use middleware::{SessionMiddleware, SessionService};
