//! The words of the two admin consoles: where each field is. Sources: `facts/okta.md` (section 1), `facts/torq.md` (SSO settings).

/// Okta Admin Console, of the app that Torq signs people in through.
pub const OKTA_GENERAL: &str =
    "Okta Admin Console > Applications > Applications > (the Torq app) > General > General Settings > Edit";
pub const OKTA_SIGN_IN_REDIRECT_URIS: &str = "Okta Admin Console > Applications > Applications > (the Torq app) > General > Login > Sign-in redirect URIs";
pub const OKTA_LOGIN_INITIATED_BY: &str = "Okta Admin Console > Applications > Applications > (the Torq app) > General > Login > Login initiated by";
pub const OKTA_INITIATE_LOGIN_URI: &str = "Okta Admin Console > Applications > Applications > (the Torq app) > General > Login > Initiate login URI";
pub const OKTA_GRANT_TYPES: &str = "Okta Admin Console > Applications > Applications > (the Torq app) > General > General Settings > Grant type";
pub const OKTA_CLIENT_CREDENTIALS: &str =
    "Okta Admin Console > Applications > Applications > (the Torq app) > General > Client Credentials > Edit";
pub const OKTA_APP_STATUS: &str = "Okta Admin Console > Applications > Applications > (the Torq app) > the status menu under the app's name";
pub const OKTA_CREATE_APP: &str = "Okta Admin Console > Applications > Applications > Create App Integration > OIDC - OpenID Connect > Web Application";
pub const OKTA_FEDERATION_BROKER_MODE: &str = "Okta Admin Console > Applications > Applications > (the Torq app) > General > Federation Broker Mode > Edit";
pub const OKTA_GROUPS_CLAIM: &str = "Okta Admin Console > Applications > Applications > (the Torq app) > Sign On > OpenID Connect ID Token > Groups claim filter";
pub const OKTA_ISSUER: &str = "Okta Admin Console > Applications > Applications > (the Torq app) > Sign On > OpenID Connect ID Token > Issuer";
pub const OKTA_ASSIGNMENTS: &str =
    "Okta Admin Console > Applications > Applications > (the Torq app) > Assignments";
pub const OKTA_SIGN_IN_POLICY: &str =
    "Okta Admin Console > Applications > Applications > (the Torq app) > Sign On > User authentication";
pub const OKTA_GROUPS: &str = "Okta Admin Console > Directory > Groups";
pub const OKTA_GROUP_RULES: &str = "Okta Admin Console > Directory > Groups > Rules";
pub const OKTA_PEOPLE: &str = "Okta Admin Console > Directory > People";
pub const OKTA_AUTHORIZATION_SERVER: &str = "Okta Admin Console > Security > API > Authorization Servers";
pub const OKTA_FEDERATED_CLAIMS: &str =
    "Okta Admin Console > Applications > Applications > (the Torq app) > Sign On > Token claims";
pub const OKTA_SERVER_CLAIMS: &str =
    "Okta Admin Console > Security > API > Authorization Servers > (the server) > Claims";

/// Torq.
pub const TORQ_SSO: &str = "Torq > Settings > Security > Configure SSO";
pub const TORQ_CLAIM_MAPPINGS: &str = "Torq > Settings > Security > Configure SSO > Claim mapping";
pub const TORQ_USERS: &str = "Torq > Settings > Users";
