//! Pickle ⇄ JSON text, data only: nothing that a pickle names is imported, called or built.
//!
//! Reading: `machine` runs the opcodes over `stack` and `values`; `spell` writes the values as JSON. Neither recurses,
//! and `limits` bounds the work of both. Writing: `write`. Both share `opcode`, `text` and `integer`.

mod class;
mod input;
mod integer;
mod limits;
mod machine;
mod opcode;
mod read;
mod spell;
mod stack;
mod text;
mod values;
mod write;

pub(crate) use opcode::PROTO;
pub(crate) use read::{Dict, Item, read_dict, read_value};
pub(crate) use write::write_dict;
