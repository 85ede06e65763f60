//! What it costs to sign a session: the payloads, and everyone who signs them.

pub mod counting;
pub mod django;
pub mod floor;
pub mod naive;
pub mod ours;
pub mod payloads;
pub mod peers;
pub mod scheme;
pub mod visit;
