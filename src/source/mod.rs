//! The only place with IO below the command line: from files to documents. What they mean is left to `model`.

pub mod authorize_url;
pub mod credentials;
pub mod http;
pub mod live;
pub mod project;
pub mod pull;
pub mod snapshot;
pub mod stream;
pub mod terraform;
