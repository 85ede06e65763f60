//! Django's CSRF protection in web frameworks.

pub(crate) mod guard;
pub(super) mod head;
pub(crate) mod missing;
pub(crate) mod token;
