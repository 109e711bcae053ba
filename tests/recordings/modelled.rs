//! The fields that are read of each answer, under Okta's own names: written down beside the shapes, not derived from them, so that a field whose
//! name the shape has wrong is there in an answer, and missed.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    Text,
    Flag,
    Number,
    Texts,
    /// Kept whole, whatever it is.
    Anything,
}

/// What the table of values says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Ids, names and addresses of people and things.
    Nothing,
    /// The values that occur.
    Values,
    /// How many elements the lists have.
    Sizes,
    /// The keys that occur.
    Keys,
}

/// A path of keys; `*` stands for each element of a list.
pub type Field = (&'static str, Holds, Shown);

use Holds::{Anything, Flag, Number, Text, Texts};
use Shown::{Keys, Nothing, Sizes, Values};

pub const ORGANIZATION: &[Field] = &[("pipeline", Text, Values)];

pub const OPENID_CONFIGURATION: &[Field] = &[("issuer", Text, Values), ("scopes_supported", Texts, Values)];

pub const APP: &[Field] = &[
    ("id", Text, Nothing),
    ("name", Text, Values),
    ("label", Text, Nothing),
    ("status", Text, Values),
    ("lastUpdated", Text, Nothing),
    ("signOnMode", Text, Values),
    ("visibility/hide/web", Flag, Values),
    ("credentials/oauthClient/client_id", Text, Nothing),
    ("credentials/oauthClient/token_endpoint_auth_method", Text, Values),
    ("credentials/oauthClient/pkce_required", Flag, Values),
    ("settings/implicitAssignment", Flag, Values),
    ("settings/oauthClient/redirect_uris", Texts, Sizes),
    ("settings/oauthClient/wildcard_redirect", Text, Values),
    ("settings/oauthClient/response_types", Texts, Values),
    ("settings/oauthClient/grant_types", Texts, Values),
    ("settings/oauthClient/application_type", Text, Values),
    ("settings/oauthClient/consent_method", Text, Values),
    ("settings/oauthClient/issuer_mode", Text, Values),
    ("settings/oauthClient/initiate_login_uri", Text, Values),
    ("settings/oauthClient/idp_initiated_login/mode", Text, Values),
    ("settings/oauthClient/dpop_bound_access_tokens", Flag, Values),
    ("settings/oauthClient/network/connection", Text, Values),
    ("_links/accessPolicy/href", Text, Nothing),
];

pub const ID_TOKEN: &[Field] = &[
    ("issuer", Text, Values),
    ("customUrl", Text, Values),
    ("issuerMode", Text, Values),
    ("valueType", Text, Values),
    ("name", Text, Values),
    ("groupFilterType", Text, Values),
    ("value", Text, Values),
];

pub const FEDERATED_CLAIM: &[Field] =
    &[("id", Text, Nothing), ("name", Text, Values), ("expression", Text, Values)];

pub const AUTHORIZATION_SERVER: &[Field] = &[
    ("id", Text, Nothing),
    ("name", Text, Nothing),
    ("issuer", Text, Nothing),
    ("issuerMode", Text, Values),
    ("status", Text, Values),
];

pub const AUTHORIZATION_SERVER_CLAIM: &[Field] = &[
    ("id", Text, Nothing),
    ("name", Text, Values),
    ("status", Text, Values),
    ("claimType", Text, Values),
    ("valueType", Text, Values),
    ("value", Text, Values),
    ("group_filter_type", Text, Values),
    ("conditions/scopes", Texts, Values),
    ("system", Flag, Values),
    ("alwaysIncludeInToken", Flag, Values),
];

pub const AUTHORIZATION_SERVER_POLICY: &[Field] = &[
    ("id", Text, Nothing),
    ("name", Text, Nothing),
    ("status", Text, Values),
    ("priority", Number, Values),
    ("conditions/clients/include", Texts, Values),
    ("conditions/clients/exclude", Texts, Sizes),
    ("rules/*/id", Text, Nothing),
    ("rules/*/name", Text, Nothing),
    ("rules/*/status", Text, Values),
    ("rules/*/priority", Number, Values),
    ("rules/*/conditions/people/groups/include", Texts, Sizes),
    ("rules/*/conditions/people/groups/exclude", Texts, Sizes),
    ("rules/*/conditions/people/users/include", Texts, Sizes),
    ("rules/*/conditions/people/users/exclude", Texts, Sizes),
    ("rules/*/conditions/grantTypes/include", Texts, Values),
    ("rules/*/conditions/grantTypes/exclude", Texts, Values),
    ("rules/*/conditions/scopes/include", Texts, Values),
    ("rules/*/conditions/scopes/exclude", Texts, Values),
];

pub const APP_GROUP: &[Field] = &[("id", Text, Nothing)];

pub const APP_USER: &[Field] = &[
    ("id", Text, Nothing),
    ("scope", Text, Values),
    ("status", Text, Values),
    ("credentials/userName", Text, Nothing),
    ("profile/email", Text, Nothing),
    ("_links/group/href", Text, Nothing),
];

pub const GROUP: &[Field] = &[("id", Text, Nothing), ("type", Text, Values), ("profile/name", Text, Nothing)];

pub const GROUP_RULE: &[Field] = &[
    ("id", Text, Nothing),
    ("name", Text, Nothing),
    ("status", Text, Values),
    ("actions/assignUserToGroups/groupIds", Texts, Sizes),
    ("allGroupsValid", Flag, Values),
];

pub const MEMBER: &[Field] = &[("id", Text, Nothing)];

pub const USER: &[Field] = &[
    ("id", Text, Nothing),
    ("status", Text, Values),
    ("profile/login", Text, Nothing),
    ("profile/email", Text, Nothing),
    ("credentials/provider/type", Text, Values),
];

pub const ACCESS_POLICY_RULE: &[Field] = &[
    ("id", Text, Nothing),
    ("name", Text, Nothing),
    ("status", Text, Values),
    ("priority", Number, Values),
    ("system", Flag, Values),
    ("conditions", Anything, Keys),
    ("actions/appSignOn/access", Text, Values),
];

/// Fields that no recording has, so that no answer can show a slip in the name: looked up in `okta-management-openapi.yaml`. It has no `exclude` in
/// the conditions of an authorization server's policies, and `customUrl` is recorded as null only.
pub const NEVER_RECORDED: &[(&str, &str)] = &[
    ("app", "settings/oauthClient/initiate_login_uri"),
    ("app-user", "_links/group/href"),
    ("authorization-server-policy", "conditions/clients/exclude"),
    ("authorization-server-policy", "rules/*/id"),
    ("authorization-server-policy", "rules/*/name"),
    ("authorization-server-policy", "rules/*/status"),
    ("authorization-server-policy", "rules/*/priority"),
    ("authorization-server-policy", "rules/*/conditions/people/groups/include"),
    ("authorization-server-policy", "rules/*/conditions/people/groups/exclude"),
    ("authorization-server-policy", "rules/*/conditions/people/users/include"),
    ("authorization-server-policy", "rules/*/conditions/people/users/exclude"),
    ("authorization-server-policy", "rules/*/conditions/grantTypes/include"),
    ("authorization-server-policy", "rules/*/conditions/grantTypes/exclude"),
    ("authorization-server-policy", "rules/*/conditions/scopes/include"),
    ("authorization-server-policy", "rules/*/conditions/scopes/exclude"),
    ("id-token", "customUrl"),
];
