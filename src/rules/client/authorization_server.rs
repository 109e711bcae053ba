//! G6.3c: the access policies of a custom authorization server.

use crate::document::{DocumentName, JsonPath};
use crate::finding::Spot;
use crate::finding::prose::people;
use crate::model::policy::{TokenPolicy, TokenRule};
use crate::model::{Cause, Gap, Place, Truth};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rows::wizard_spot;
use crate::signin::PersonIndex;
use crate::signin::claim_source::{self, Server};
use crate::signin::request::flow_needs;
use crate::signin::token::{policy_is_for, rule_takes_grant, rule_takes_scopes, server_has_rule};

use super::people::{roles, would_get_a_role};

const WHY: &str = "A custom authorization server issues a token only where a rule of its access policies matches the client, the grant type, every requested scope and the person. Without one Okta answers \"Policy evaluation failed for this request\", so they do not get in.";

pub(super) fn authorization_server_policy_denies(
    facts: &Facts<'_>,
    report: &mut Reporter<'_>,
) -> Result<(), Gap> {
    let world = facts.world;
    match claim_source::server(world) {
        Server::Organization => return Ok(()),
        Server::Unknown(gap) => return Err(gap),
        Server::Custom => {}
    }
    let policies = world.server_policies.need()?.map_or(&[][..], Vec::as_slice);
    let client = world.wizard.client_id.need_known(&DocumentName::Connection)?;
    match server_has_rule(world, policies, client) {
        Truth::No => {
            report_no_rule(facts, report, policies, client);
            Ok(())
        }
        Truth::Maybe => Err(open_rule(facts)),
        Truth::Yes => {
            report_people(facts, report, policies, client);
            Ok(())
        }
    }
}

fn report_no_rule(facts: &Facts<'_>, report: &mut Reporter<'_>, policies: &[TokenPolicy], client: &str) {
    let server = format!("{} > (the server) > Access Policies", console::OKTA_AUTHORIZATION_SERVER);
    let of_client = policies.iter().find(|policy| policy_is_for(policy, client) == Truth::Yes);
    let (spot, message, fix) = match (of_client, policies.first()) {
        (None, None) => (
            policy_spot(JsonPath::root()),
            "The authorization server has no active access policy.".to_owned(),
            format!("Under {server}, add a policy that is assigned to the Torq app, and a rule in it."),
        ),
        (None, Some(policy)) => (
            policy_spot(
                JsonPath::root().index(policy.position).key("conditions").key("clients").key("include"),
            ),
            format!(
                "No access policy of the authorization server is for Torq's client {client}: {}.",
                quoted(policies.iter().map(|policy| policy.name.as_str()))
            ),
            format!(
                "Under {server} > {} > Edit, add the Torq app to \"Assign to: The following clients\".",
                policy.name
            ),
        ),
        (Some(policy), _) => no_rule_takes(facts, policy, &server),
    };
    report
        .finding(spot, &[client])
        .message(message)
        .why(WHY)
        .fix(fix)
        .related(wizard_spot("issuer_url"), "Torq asks this server")
        .done();
}

/// The policy is for the client, and no rule of it takes the request.
fn no_rule_takes(facts: &Facts<'_>, policy: &TokenPolicy, server: &str) -> (Spot, String, String) {
    let wizard = &facts.world.wizard;
    let grant = wizard.flow.known().map_or("", |flow| flow_needs(*flow).1);
    let requested = wizard.requested_scopes.known().map_or(&[][..], Vec::as_slice);
    let rules = policy.rules.as_deref().unwrap_or_default();
    let at = JsonPath::root().index(policy.position).key("rules");
    let Some(rule) = rules.first() else {
        return (
            policy_spot(at),
            format!("The access policy \"{}\", which is for Torq's client, has no active rule.", policy.name),
            format!(
                "Under {server} > {}, add a rule for the grant type {grant} and any scopes.",
                policy.name
            ),
        );
    };
    let at = at.index(rule.position).key("conditions");
    let at = if rule_takes_grant(facts.world, rule) == Truth::No {
        at.key("grantTypes").key("include")
    } else {
        at.key("scopes").key("include")
    };
    let lacking = |rule: &TokenRule| {
        let mut lacking = Vec::new();
        if rule_takes_grant(facts.world, rule) == Truth::No {
            lacking.push(format!("the grant type {grant}"));
        }
        if rule_takes_scopes(facts.world, rule) == Truth::No {
            let scopes: Vec<&str> =
                requested.iter().filter(|scope| !rule.scopes.contains(scope)).map(String::as_str).collect();
            lacking.push(format!("the scope {}", scopes.join(", ")));
        }
        format!("\"{}\" lacks {}", rule.name, lacking.join(" and "))
    };
    let lacking: Vec<String> = rules.iter().take(3).map(lacking).collect();
    (
        policy_spot(at),
        format!(
            "No rule of the access policy \"{}\" takes Torq's request: {}.",
            policy.name,
            lacking.join("; ")
        ),
        format!(
            "Under {server} > {} > {} > Edit, tick the grant type {grant} and allow these scopes: {}.",
            policy.name,
            rule.name,
            requested.join(", ")
        ),
    )
}

/// There is a rule for the client, and some people are in none.
fn report_people(facts: &Facts<'_>, report: &mut Reporter<'_>, policies: &[TokenPolicy], client: &str) {
    let mut left_out: Vec<PersonIndex> = Vec::new();
    for person in facts.sign_in.considered() {
        let Some(user) = facts.sign_in.population.user(person) else { continue };
        let issued = facts.sign_in.server_policy(user);
        if issued == Truth::Yes {
            continue;
        }
        match would_get_a_role(facts, person) {
            Ok(true) if issued == Truth::No => left_out.push(person),
            Ok(true) => report.cannot_tell(Gap::document(
                DocumentName::AuthorizationServerPolicies,
                Cause::Undecided(
                    "whether the authorization server's rules are for everyone who has a role is not known"
                        .to_owned(),
                ),
            )),
            Ok(false) => {}
            Err(gap) => report.cannot_tell(gap),
        }
    }
    if left_out.is_empty() {
        return;
    }
    let of_client = policies.iter().find(|policy| policy_is_for(policy, client) == Truth::Yes);
    let rule = of_client.and_then(|policy| Some((policy, policy.rules.as_ref()?.first()?)));
    let at = rule.map_or_else(JsonPath::root, |(policy, rule)| {
        JsonPath::root()
            .index(policy.position)
            .key("rules")
            .index(rule.position)
            .key("conditions")
            .key("people")
    });
    report
        .finding(policy_spot(at), &["people"])
        .message(format!(
            "No rule of the authorization server's access policies is for {} whom a claim mapping gives a role ({}).",
            people(left_out.len()),
            roles(facts, &left_out)
        ))
        .why(WHY)
        .fix(format!(
            "Under {} > (the server) > Access Policies > (the policy) > (the rule) > Edit, set \"User is\" to \"Any user assigned the app\", or add their group.",
            console::OKTA_AUTHORIZATION_SERVER
        ))
        .people(left_out.iter().map(|person| facts.sign_in.label(*person)))
        .done();
}

fn policy_spot(path: JsonPath) -> Spot {
    Spot::value(Place::new(DocumentName::AuthorizationServerPolicies, path))
}

/// What is missing where a policy may or may not have a rule for Torq's client.
fn open_rule(facts: &Facts<'_>) -> Gap {
    let wizard = &facts.world.wizard;
    let gap = wizard.flow.gap().or_else(|| wizard.requested_scopes.gap());
    gap.cloned().unwrap_or_else(|| {
        Gap::document(
            DocumentName::AuthorizationServerPolicies,
            Cause::Undecided(
                "a policy of the authorization server does not say for which clients it is, or with which rules"
                    .to_owned(),
            ),
        )
    })
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}
