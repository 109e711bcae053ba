//! The only place with IO below the command line: from files to documents. What they mean is left to `model`.

pub mod snapshot;
pub mod terraform;
