//! Django's messages: notes of one response that the next page shows, once.

mod commit;
mod cookie;
mod level;
mod list;
mod message;
mod session;
mod storage;
mod wire;

pub use commit::MessagesCommit;
pub use level::MessageLevel;
pub use list::Messages;
pub use message::Message;
pub use storage::MessageStorage;
