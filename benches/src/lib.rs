//! The cost of signing a session: the payloads, and the implementations that sign them.

pub mod counting;
pub mod django;
pub mod floor;
pub mod naive;
pub mod ours;
pub mod payloads;
pub mod peers;
pub mod scheme;
pub mod visit;
