//! What is asked of Torq. The paths follow the vendor's reference (`torq-openapi.yaml`) and have not been run against a live workspace.

use serde::Deserialize;

pub const CLAIM_MAPPINGS: &str = "/v1alpha/sso/claim_mappings";
pub const ROLES: &str = "/v1alpha/roles";
pub const USERS: &str = "/v1alpha/users";

/// Said once in every output that rests on this part.
pub const NOT_RUN_LIVE: &str =
    "The Torq part follows the vendor's API reference and has not been run against a live workspace.";

/// The reference documents no paging for these lists; a token for a next page would mean that the list is not whole.
#[derive(Debug, Default, Deserialize)]
pub struct NextPage {
    #[serde(default)]
    next_page_token: Option<String>,
}

impl NextPage {
    pub fn is_there(&self) -> bool {
        self.next_page_token.as_deref().is_some_and(|token| !token.is_empty())
    }
}
