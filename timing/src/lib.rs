//! What is verified, and what is presented for it: the same for the statistics and for valgrind.

pub mod case;
pub mod forgery;
pub mod random;
pub mod subject;
pub mod twin;
pub mod valgrind;
pub mod welch;
