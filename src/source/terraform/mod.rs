//! Terraform before apply: the planned state, laid over the documents of a connection.
//!
//! [`plan`] reads what `terraform show -json` prints and keeps the resources of Okta's provider; [`configuration`] resolves ids that are known only
//! after apply to the resources that they come from; [`overlay`] makes documents of both. [`hcl`] says where a
//! resource is written, so that findings lie on the configuration. What the documents mean is left to `model`.

pub mod configuration;
pub mod hcl;
mod masked;
pub mod overlay;
pub mod plan;
mod resources;
mod rows;

pub use hcl::Sources;
pub use overlay::{AppChoice, BeforeAndAfter, before_and_after, planned, prior};
pub use plan::{Plan, TerraformError, parse, read};
