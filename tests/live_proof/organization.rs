//! A healthy Okta organisation and a Torq workspace, answered by hand: an app for each connection, a group for each mapping, people in
//! them. Lists come in pages with the links of Okta.

use serde_json::{Value, json};

use super::stand_in::{Request, Response};

#[derive(Debug, Clone, Copy)]
pub struct Organization {
    /// Groups that a mapping names, besides `Everyone`.
    pub groups: usize,
    /// Everyone is assigned to the app, and in one of the groups.
    pub people: usize,
}

pub fn app_id(number: usize) -> String {
    format!("0oa{number:017}")
}

fn group_id(number: usize) -> String {
    format!("00g{number:017}")
}

fn person_id(number: usize) -> String {
    format!("00u{number:017}")
}

const OWNER: &str = "74e19393-3e94-48d2-8b60-26f2d2665942";
const VIEWER: &str = "74e19393-3e94-48d2-8b60-26f2d2665943";

impl Organization {
    pub fn okta(&self, request: &Request) -> Response {
        let segments: Vec<&str> = request.path().split('/').skip(1).collect();
        let host = request.header("host").unwrap_or_default();
        match segments.as_slice() {
            [".well-known", "okta-organization"] => Response::json(
                200,
                json!({"id": "00o1", "pipeline": "idx", "_links": {"organization": {"href": format!("http://{host}")}}}),
            ),
            [".well-known", "openid-configuration"] => Response::json(
                200,
                json!({"issuer": format!("http://{host}"),
                "authorization_endpoint": format!("http://{host}/oauth2/v1/authorize"), "response_types_supported": ["code", "id_token"],
                "scopes_supported": ["openid", "email", "profile", "groups"], "claims_supported": ["email"]}),
            ),
            ["oauth2", "v1", "token"] => Response::json(
                200,
                json!({"access_token": "made-up", "token_type": "Bearer", "expires_in": 3600, "scope": "okta.apps.read"}),
            ),
            ["api", "v1", "apps"] => Response::json(200, json!([app(&app_id(0), host)])),
            ["api", "v1", "apps", id] => Response::json(200, app(id, host)),
            ["api", "v1", "internal", "apps", id, ..] => Response::json(
                200,
                json!({"issuer": format!("http://{host}"), "audience": id,
                "issuerMode": "ORG_URL", "valueType": "GROUPS", "name": "groups", "groupFilterType": "REGEX", "value": ".*"}),
            ),
            ["api", "v1", "apps", _, "federated-claims"] => Response::json(200, json!([])),
            ["api", "v1", "apps", _, "groups"] => {
                page(request, 1, |_| json!({"id": "00geveryone", "priority": 0}))
            }
            ["api", "v1", "apps", _, "users"] => page(request, self.people, |number| {
                json!({"id": person_id(number), "scope": "GROUP", "status": "PROVISIONED", "credentials": {"userName": login(number)},
                    "profile": {"email": login(number)}, "_embedded": {"user": person(number)}})
            }),
            ["api", "v1", "groups"] => page(request, self.groups + 1, |number| match number.checked_sub(1) {
                None => group("00geveryone", "BUILT_IN", "Everyone", self.people),
                Some(number) => self.group(number),
            }),
            ["api", "v1", "groups", "rules"] => Response::json(200, json!([])),
            ["api", "v1", "groups", id, "users"] => {
                let members: Vec<usize> =
                    (0..self.people).filter(|person| group_id(person % self.groups) == **id).collect();
                page(request, members.len(), |number| person(members[number]))
            }
            // Nobody has a name that is not in the app.
            ["api", "v1", "users"] if request.query().contains("search=") => Response::json(200, json!([])),
            ["api", "v1", "users"] => page(request, self.people, person),
            ["api", "v1", "users", id] => match (0..self.people).find(|number| person_id(*number) == **id) {
                Some(number) => Response::json(200, person(number)),
                None => Response::json(
                    404,
                    json!({"errorCode": "E0000007", "errorSummary": "Not found: Resource not found"}),
                ),
            },
            ["api", "v1", "users", id, "groups"] => {
                let number = (0..self.people).find(|number| person_id(*number) == **id).unwrap_or(0);
                let everyone = group("00geveryone", "BUILT_IN", "Everyone", self.people);
                Response::json(200, json!([everyone, self.group(number % self.groups)]))
            }
            ["api", "v1", "policies", _, "rules"] => Response::json(
                200,
                json!([{"id": "rul1", "status": "ACTIVE", "name": "Catch-all Rule",
                "priority": 99, "system": true, "conditions": null, "type": "ACCESS_POLICY",
                "actions": {"appSignOn": {"access": "ALLOW", "verificationMethod": {"factorMode": "2FA", "type": "ASSURANCE"}}}}]),
            ),
            _ => Response::json(
                404,
                json!({"errorCode": "E0000022", "errorSummary": "The endpoint does not support the provided HTTP method"}),
            ),
        }
    }

    pub fn torq(&self, request: &Request) -> Response {
        match request.path() {
            "/v1/auth/token" => Response::json(
                200,
                json!({"access_token": "made-up", "token_type": "bearer", "expires_in": 3600}),
            ),
            "/public/v1alpha/sso/claim_mappings" => {
                let mut mappings: Vec<Value> = (0..self.groups)
                    .map(|number| {
                        let role = if number == 0 { OWNER } else { VIEWER };
                        json!({"id": format!("b7a6c3f0-5d6a-4b3b-8f9a-{number:012}"), "claim_name": "groups",
                            "claim_value": format!("torq-{number}"), "role_id": role, "rank": number + 1})
                    })
                    .collect();
                mappings.push(json!({"id": "b7a6c3f0-5d6a-4b3b-8f9a-999999999999", "claim_name": "email",
                    "claim_value": "owner@acme.com", "role_id": OWNER, "rank": self.groups + 1}));
                Response::json(200, json!({"claim_mappings": mappings}))
            }
            "/public/v1alpha/roles" => Response::json(
                200,
                json!({"roles": [
                {"id": OWNER, "name": "Owner", "scope_names": ["user.write"], "is_custom": false},
                {"id": VIEWER, "name": "Viewer", "scope_names": [], "is_custom": false}]}),
            ),
            "/public/v1alpha/users" => Response::json(
                200,
                json!({"users": [{"id": "c7a6c3f0-5d6a-4b3b-8f9a-000000000001",
                "email": "backup@acme.com", "role_id": OWNER, "status": "VERIFIED", "sso_provision": false}]}),
            ),
            _ => Response::json(404, json!({"code": 5, "message": "no such path"})),
        }
    }

    fn group(&self, number: usize) -> Value {
        let people = (0..self.people).filter(|person| person % self.groups == number).count();
        group(&group_id(number), "OKTA_GROUP", &format!("torq-{number}"), people)
    }
}

fn app(id: &str, host: &str) -> Value {
    json!({"id": id, "name": "oidc_client", "label": "Torq", "status": "ACTIVE", "lastUpdated": "2026-01-20T17:30:35.000Z",
        "signOnMode": "OPENID_CONNECT", "visibility": {"hide": {"iOS": false, "web": false}},
        "credentials": {"userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"},
            "oauthClient": {"client_id": id, "token_endpoint_auth_method": "client_secret_basic"}},
        "settings": {"implicitAssignment": false, "oauthClient": {
            "redirect_uris": ["https://app.torq.io/__/auth/handler"], "response_types": ["id_token"],
            "grant_types": ["implicit"], "application_type": "web", "issuer_mode": "ORG_URL"}},
        "_links": {"accessPolicy": {"href": format!("http://{host}/api/v1/policies/rst1")}}})
}

fn group(id: &str, kind: &str, name: &str, people: usize) -> Value {
    json!({"id": id, "type": kind, "profile": {"name": name}, "_embedded": {"stats": {"usersCount": people}}})
}

fn login(number: usize) -> String {
    format!("person-{number}@acme.com")
}

fn person(number: usize) -> Value {
    json!({"id": person_id(number), "status": "ACTIVE", "profile": {"login": login(number), "email": login(number)},
        "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}}})
}

/// One page of a list, with `self` and `next` as separate lines.
fn page(request: &Request, total: usize, row: impl Fn(usize) -> Value) -> Response {
    let parameter = |name: &str| {
        request
            .query()
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)?
            .1
            .parse()
            .ok()
    };
    let (limit, after): (usize, usize) =
        (parameter("limit").unwrap_or(200).max(1), parameter("after").unwrap_or(0));
    let end = total.min(after + limit);
    let rows: Vec<Value> = (after..end).map(row).collect();
    let url = format!("http://{}{}", request.header("host").unwrap_or_default(), request.path());
    let kept: Vec<&str> = request.query().split('&').filter(|pair| !pair.starts_with("after=")).collect();
    let link = |after: usize| format!("<{url}?{}&after={after}>", kept.join("&"));
    let response =
        Response::json(200, Value::Array(rows)).with("link", format!("{}; rel=\"self\"", link(after)));
    if end < total { response.with("link", format!("{}; rel=\"next\"", link(end))) } else { response }
}
