//! Every method and path that can ever be sent. A request outside of this list is refused before it leaves, so this list is
//! what "read-only" means; `pull --explain` prints it. What is asked when, is left to `pull`.

/// Whose service a host belongs to: a path of the one is not allowed on the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    Okta,
    Torq,
}

impl Service {
    pub fn name(self) -> &'static str {
        match self {
            Self::Okta => "Okta",
            Self::Torq => "Torq",
        }
    }
}

/// There is no third: what is not here cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    Get,
    /// Only to get a token.
    Post,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// How we know what a request needs and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// Seen in recordings of real organisations (facts/okta.md).
    Verified,
    /// In the vendor's reference only.
    Documented,
    /// In neither, or only in part.
    Untested,
}

impl Evidence {
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Documented => "documented",
            Self::Untested => "untested",
        }
    }
}

/// One kind of request that can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    pub service: Service,
    pub method: Method,
    /// Under the base path of the host; `{…}` stands for exactly one segment that is not empty.
    pub path: &'static str,
    /// What the person behind an API token, or the key, must be allowed to do.
    pub permission: &'static str,
    /// The OAuth scope that a service app needs; none: no credential is sent or OAuth is refused, as `permission` says.
    pub scope: Option<&'static str>,
    pub evidence: Evidence,
}

const fn okta(
    path: &'static str,
    permission: &'static str,
    scope: Option<&'static str>,
    evidence: Evidence,
) -> Allowed {
    Allowed { service: Service::Okta, method: Method::Get, path, permission, scope, evidence }
}

const fn torq(path: &'static str, permission: &'static str) -> Allowed {
    let (service, method) = (Service::Torq, Method::Get);
    Allowed { service, method, path, permission, scope: None, evidence: Evidence::Documented }
}

const NOTHING: &str = "nothing: answered without a credential";
const APPS: &str = "view applications and their details";
const GROUPS: &str = "view groups and their details";
const USERS: &str = "view users and their details";
const POLICIES: &str = "read-only administrator";
const SERVERS: &str = "view authorization servers";
const KEY: &str = "an API key of the workspace; which role it needs is not documented";

const OKTA_APPS: Option<&str> = Some("okta.apps.read");
const OKTA_GROUPS: Option<&str> = Some("okta.groups.read");
const OKTA_USERS: Option<&str> = Some("okta.users.read");
const OKTA_POLICIES: Option<&str> = Some("okta.policies.read");
const OKTA_SERVERS: Option<&str> = Some("okta.authorizationServers.read");
const OKTA_MAPPINGS: Option<&str> = Some("okta.profileMappings.read");

/// A literal segment wins over `{…}` by standing first.
const SENT: &[Allowed] = &[
    okta("/.well-known/okta-organization", NOTHING, None, Evidence::Verified),
    okta("/.well-known/openid-configuration", NOTHING, None, Evidence::Documented),
    okta("/oauth2/{authServerId}/.well-known/openid-configuration", NOTHING, None, Evidence::Documented),
    okta("/api/v1/apps", APPS, OKTA_APPS, Evidence::Verified),
    okta("/api/v1/apps/{appId}", APPS, OKTA_APPS, Evidence::Verified),
    okta("/api/v1/apps/{appId}/groups", APPS, OKTA_APPS, Evidence::Verified),
    okta("/api/v1/apps/{appId}/users", APPS, OKTA_APPS, Evidence::Verified),
    okta("/api/v1/apps/{appId}/users/{userId}", APPS, OKTA_APPS, Evidence::Verified),
    okta("/api/v1/apps/{appId}/federated-claims", APPS, OKTA_APPS, Evidence::Verified),
    okta(
        "/api/v1/internal/apps/{appId}/settings/oauth/idToken",
        "an API token of someone who can view applications (OAuth is refused; a read-only administrator's token is untested)",
        None,
        Evidence::Verified,
    ),
    okta("/api/v1/groups", GROUPS, OKTA_GROUPS, Evidence::Verified),
    okta("/api/v1/groups/rules", GROUPS, OKTA_GROUPS, Evidence::Documented),
    okta("/api/v1/groups/{groupId}", GROUPS, OKTA_GROUPS, Evidence::Verified),
    okta("/api/v1/groups/{groupId}/users", GROUPS, OKTA_GROUPS, Evidence::Verified),
    okta("/api/v1/users", USERS, OKTA_USERS, Evidence::Verified),
    okta("/api/v1/users/{userId}", USERS, OKTA_USERS, Evidence::Verified),
    okta("/api/v1/users/{userId}/groups", USERS, OKTA_USERS, Evidence::Verified),
    okta("/api/v1/policies/{policyId}", POLICIES, OKTA_POLICIES, Evidence::Verified),
    okta("/api/v1/policies/{policyId}/rules", POLICIES, OKTA_POLICIES, Evidence::Verified),
    okta("/api/v1/authorizationServers", SERVERS, OKTA_SERVERS, Evidence::Verified),
    okta("/api/v1/authorizationServers/{authServerId}", SERVERS, OKTA_SERVERS, Evidence::Verified),
    okta("/api/v1/authorizationServers/{authServerId}/claims", SERVERS, OKTA_SERVERS, Evidence::Verified),
    okta("/api/v1/authorizationServers/{authServerId}/scopes", SERVERS, OKTA_SERVERS, Evidence::Documented),
    okta("/api/v1/authorizationServers/{authServerId}/policies", SERVERS, OKTA_SERVERS, Evidence::Documented),
    okta(
        "/api/v1/authorizationServers/{authServerId}/policies/{policyId}/rules",
        SERVERS,
        OKTA_SERVERS,
        Evidence::Documented,
    ),
    okta("/api/v1/mappings", "view profile mappings", OKTA_MAPPINGS, Evidence::Documented),
    okta("/api/v1/mappings/{mappingId}", "view profile mappings", OKTA_MAPPINGS, Evidence::Documented),
    Allowed {
        service: Service::Okta,
        method: Method::Post,
        path: "/oauth2/v1/token",
        permission: "the service app's own key: the client secret of no app works here",
        scope: None,
        evidence: Evidence::Documented,
    },
    torq("/v1alpha/sso/claim_mappings", KEY),
    torq("/v1alpha/roles", KEY),
    torq("/v1alpha/users", KEY),
    Allowed {
        service: Service::Torq,
        method: Method::Post,
        path: "/v1/auth/token",
        permission: "the client ID and secret of an API key",
        scope: None,
        evidence: Evidence::Documented,
    },
];

/// The whole list, in the order in which it is printed.
pub fn sent() -> &'static [Allowed] {
    SENT
}

/// The entry that lets a request out, if there is one. `path` is what follows the base path, without the query.
pub(super) fn find(service: Service, method: Method, path: &str) -> Option<&'static Allowed> {
    SENT.iter().find(|one| one.service == service && one.method == method && fits(one.path, path))
}

fn fits(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    for expected in pattern.split('/') {
        let Some(segment) = segments.next() else { return false };
        let fits = if expected.starts_with('{') { is_plain(segment) } else { segment == expected };
        if !fits {
            return false;
        }
    }
    segments.next().is_none()
}

/// A dot segment, plain or encoded, or an encoded slash could lead a server elsewhere than this list says.
fn is_plain(segment: &str) -> bool {
    let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
    let escapes = ["%2f", "%5c", "%00", "\\"];
    !segment.is_empty()
        && decoded != "."
        && decoded != ".."
        && !escapes.iter().any(|escape| decoded.contains(escape))
}
