//! The texts that everything is read from, by name: one for each endpoint's answer, plus `connection.yaml` and `manifest.json`.
//!
//! A live organisation, a snapshot folder, a single file and a test world all become the same [`Documents`] before anything is
//! read. This layer knows the shapes of the vendors' answers and where in a text something stands; what the
//! answers mean is left to `model`.

pub mod comments;
pub mod connection;
pub mod edit;
pub mod fleet;
pub mod json_path;
pub mod manifest;
pub mod name;
mod objects;
pub mod okta;
pub mod overlay;
pub mod position;
pub mod project;
pub mod reading;
pub mod rows;
pub mod set;
pub mod strict;
pub mod terraform;
pub mod text;
pub mod torq;

pub use json_path::JsonPath;
pub use name::DocumentName;
pub use overlay::Overlay;
pub use reading::ReadFault;
pub use rows::Rows;
pub use set::{Content, Document, Documents, ProjectEntry, SourceFile};
pub use text::FileText;
