//! Django's messages: notes that one response leaves for the next page, which shows them once.

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
