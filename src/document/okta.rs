//! The shapes of Okta's answers, reduced to the fields that are read: also the allow-list of what `pull` keeps.
//!
//! Every field may be missing or null: recorded answers break Okta's own specification. A field of another type is a fault. Sources:
//! the management OpenAPI file and the recorded answers; what each field means stands in the semantics.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::strict::strict_object;

/// `/.well-known/okta-organization`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Organization {
    /// `idx` (Identity Engine) or `v1` (Classic Engine).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
}

/// The discovery document of Torq's issuer.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct OpenidConfiguration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes_supported: Option<Vec<String>>,
}

/// `GET /api/v1/apps/{id}`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct App {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_on_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<AppCredentials>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<AppSettings>,
    #[serde(rename = "_links", skip_serializing_if = "Option::is_none")]
    pub links: Option<AppLinks>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Visibility {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide: Option<Hide>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Hide {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web: Option<bool>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppCredentials {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oauth_client: Option<ClientCredentials>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct ClientCredentials {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pkce_required: Option<bool>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implicit_assignment: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oauth_client: Option<OauthClient>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct OauthClient {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wildcard_redirect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idp_initiated_login: Option<IdpInitiatedLogin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpop_bound_access_tokens: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<ClientNetwork>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct IdpInitiatedLogin {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct ClientNetwork {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppLinks {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_policy: Option<Link>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Link {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
}

impl Link {
    /// The id that the link ends in.
    pub fn id(&self) -> Option<&str> {
        self.href.as_deref().and_then(id_of_link)
    }
}

/// The id that a link ends in.
pub fn id_of_link(href: &str) -> Option<&str> {
    href.rsplit('/').next().filter(|id| !id.is_empty())
}

/// `GET /api/v1/internal/apps/{id}/settings/oauth/idToken`: the app's own claim; its keys are absent when there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdToken {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_mode: Option<String>,
    /// `GROUPS` (a filter) or `EXPRESSION`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_filter_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// One of `GET /api/v1/apps/{id}/federated-claims`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct FederatedClaim {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
}

/// `GET /api/v1/authorizationServers/{id}`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct AuthorizationServer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(rename = "issuerMode", skip_serializing_if = "Option::is_none")]
    pub issuer_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// One of `GET /api/v1/authorizationServers/{id}/claims`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationServerClaim {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `IDENTITY` is the ID token, `RESOURCE` the access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(rename = "group_filter_type", skip_serializing_if = "Option::is_none")]
    pub group_filter_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<ClaimConditions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub always_include_in_token: Option<bool>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct ClaimConditions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

/// One of `GET /api/v1/authorizationServers/{id}/policies`, with the answer of its `/rules` as `rules`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct AuthorizationServerPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<PolicyConditions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<AuthorizationServerPolicyRule>>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct PolicyConditions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clients: Option<Included>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct AuthorizationServerPolicyRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<TokenRuleConditions>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRuleConditions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<People>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Included>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Included>,
}

/// `include` and `exclude` lists of ids.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Included {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<String>>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct People {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Included>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Included>,
}

/// One of `GET /api/v1/apps/{id}/groups`; `id` is the group's.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct AppGroup {
    pub id: String,
}

/// One of `GET /api/v1/apps/{id}/users`; `id` is the Okta user's.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct AppUser {
    pub id: String,
    /// `USER` (assigned by itself) or `GROUP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<AppUserCredentials>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<AppUserProfile>,
    #[serde(rename = "_links", skip_serializing_if = "Option::is_none")]
    pub links: Option<AppUserLinks>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppUserCredentials {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct AppUserProfile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct AppUserLinks {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Link>,
}

/// One of `GET /api/v1/groups` and of `GET /api/v1/users/{id}/groups`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Group {
    pub id: String,
    /// `OKTA_GROUP`, `APP_GROUP` or `BUILT_IN`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<GroupProfile>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct GroupProfile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One of `GET /api/v1/groups/rules`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `ACTIVE`, `INACTIVE` or `INVALID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<GroupRuleActions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_groups_valid: Option<bool>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupRuleActions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign_user_to_groups: Option<AssignedGroups>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignedGroups {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_ids: Option<Vec<String>>,
}

/// One of `GET /api/v1/groups/{id}/users`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Member {
    pub id: String,
}

/// One of `GET /api/v1/users`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct User {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<UserProfile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<UserCredentials>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct UserProfile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct UserCredentials {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Provider {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// One of `GET /api/v1/policies/{id}/rules` of the app's sign-in policy.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct AccessPolicyRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<bool>,
    /// Kept whole: a condition that this tool does not know must still make the rule undecided. Null matches everyone.
    #[serde(default, deserialize_with = "strict_object", skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<AccessPolicyActions>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessPolicyActions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_sign_on: Option<AppSignOn>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct AppSignOn {
    /// `ALLOW` or `DENY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
}
