//! Documents that are missing, refused, unreadable or incomplete, and that decide something.

use crate::document::DocumentName;
use crate::document::name::{GROUP_USERS, USER_GROUPS};
use crate::finding::{Prose, Severity, Spot};
use crate::model::directory::Record;
use crate::model::policy::People;
use crate::model::{Cause, Fact, Gap, Truth, UserIndex, World};
use crate::rules::facts::{Facts, Reporter};
use crate::rules::rule::Rule;
use crate::signin::assignment::PolicyOutcome;
use crate::signin::claim_source::{ClaimSource, GROUPS, Server, requests, server, source, standard_scope};
use crate::signin::evaluation::State;
use crate::signin::java_regex::RegexReading;
use crate::signin::people::EVERYONE_KEYWORD;
use crate::signin::request::GateState;
use crate::signin::{Gate, PersonIndex};

const MOST_RULES: usize = 3;

pub(super) fn source_incomplete(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let of_one = facts.world.document_gaps.iter().filter(|gap| decides(facts, gap)).cloned();
    let gaps: Vec<Gap> = of_one.chain(memberships(facts)).collect();
    for gap in gaps {
        let document = &gap.place.document;
        let rules = rules_that_need(facts, document, report.rule);
        let Some(count) = listed(&rules) else { continue };
        let person = match document {
            DocumentName::UserGroups(id) => facts.world.directory.user_by_id(id),
            _ => None,
        };
        let label =
            person.and_then(|user| facts.world.directory.user(user)).map(|user| user.label().to_owned());
        report
            .finding(Spot::value(gap.place.clone()), &[&document.path()])
            .message(naming(document, format!("{gap}. {count}.")))
            .why("What was not read is unknown, and a rule is silent where it decides: people may be locked out without a finding that says so.")
            .fix(naming(document, gap.remedy()))
            .people(label)
            .done();
    }
    Ok(())
}

/// `4 rules need it: a, b, c and 1 more`; `None` where there is no rule.
fn listed(rules: &[&str]) -> Option<String> {
    let named = rules.get(..MOST_RULES.min(rules.len()))?.join(", ");
    let more = rules.len().saturating_sub(MOST_RULES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    match rules.len() {
        0 => None,
        1 => Some(format!("1 rule needs it: {named}")),
        count => Some(format!("{count} rules need it: {named}{more}")),
    }
}

/// Rules that can fail a check and whose page says that they need the document.
fn rules_that_need(facts: &Facts<'_>, document: &DocumentName, own: &Rule) -> Vec<&'static str> {
    let needed = match document {
        DocumentName::GroupUsers(_) => GROUP_USERS.to_owned(),
        DocumentName::UserGroups(_) => USER_GROUPS.to_owned(),
        other => other.path(),
    };
    facts
        .every_rule
        .iter()
        .filter(|rule| rule.id != own.id)
        .filter(|rule| {
            let page = rule.page();
            facts.severity(rule) >= Severity::Warning && !page.pedantic && page.needs.contains(&needed)
        })
        .map(|rule| rule.id)
        .collect()
}

/// A text that names the document, with the Okta id in it marked as a person's.
fn naming(document: &DocumentName, text: String) -> Prose {
    let DocumentName::UserGroups(id) = document else { return Prose::from(text) };
    let mut parts = text.split(id.as_str());
    let first = Prose::from(parts.next().unwrap_or_default());
    parts.fold(first, |prose, part| prose.person(id).text(part))
}

/// Whether a document that there is one of decides anything in this connection.
fn decides(facts: &Facts<'_>, gap: &Gap) -> bool {
    let world = facts.world;
    let broker = world.app.known().is_some_and(|app| app.implicit_assignment);
    match &gap.place.document {
        DocumentName::Manifest | DocumentName::GroupUsers(_) | DocumentName::UserGroups(_) => false,
        DocumentName::AuthorizationServer
        | DocumentName::AuthorizationServerClaims
        | DocumentName::AuthorizationServerPolicies => server(world) == Server::Custom,
        // A declared claim stands in for it, but not for the custom domain that an issuer may need.
        DocumentName::IdToken => {
            (world.own_claim.gap().is_some() && groups_matter(world))
                || matches!(&facts.sign_in.request.issuer, GateState::Unknown(gap) if gap.place.document == DocumentName::IdToken)
        }
        DocumentName::FederatedClaims => {
            let own = world.own_claim.known().map(|claim| claim.name.as_str());
            server(world) == Server::Organization && maps_other_claims(world, own)
        }
        DocumentName::AccessPolicyRules => {
            world.app.known().is_some_and(|app| app.access_policy_id.is_some())
        }
        DocumentName::Groups => groups_matter(world),
        DocumentName::GroupRules => maps_other_claims(world, None),
        DocumentName::AppGroups => !broker,
        // `pull` reads the users whom something concerns, never the whole organisation.
        DocumentName::Users if gap.cause == Cause::Incomplete => broker || leaves_someone_open(facts),
        _ => true,
    }
}

/// Whether a mapping uses a claim other than OpenID Connect's standard ones and the one that is left out: it may carry groups.
fn maps_other_claims(world: &World, but: Option<&str>) -> bool {
    match &world.mappings {
        Fact::Known(mappings) => mappings
            .iter()
            .map(|mapping| mapping.claim_name.as_str())
            .any(|name| standard_scope(name).is_none() && but != Some(name)),
        Fact::Absent => false,
        Fact::Unknown(_) => true,
    }
}

/// Whether names of groups decide: by a mapping, or by their number (semantics G6.8).
fn groups_matter(world: &World) -> bool {
    maps_other_claims(world, None) || requests(world, GROUPS) != Fact::Known(false)
}

/// Whether of someone who gets a verdict it is not known if Okta has them.
fn leaves_someone_open(facts: &Facts<'_>) -> bool {
    let population = &facts.sign_in.population;
    population.considered().any(|person| {
        let user = population.user(person).and_then(|user| facts.world.directory.user(user));
        match (user, population.stranger(person)) {
            (Some(user), _) => user.record == Record::Unknown,
            (None, Some(stranger)) => !stranger.settled,
            (None, None) => false,
        }
    })
}

/// A group whose members decide something, and for whom; sorted.
struct DecidingGroup<'a> {
    id: &'a str,
    people: &'a [UserIndex],
}

/// The documents that would close what is open about memberships, from the side that has fewer.
fn memberships(facts: &Facts<'_>) -> Vec<Gap> {
    let world = facts.world;
    let directory = &world.directory;
    let sign_in = facts.sign_in;
    let goes_on = |user: UserIndex| {
        let person = PersonIndex::from(user);
        [Gate::User, Gate::Assignment].into_iter().all(|gate| sign_in.state(person, gate) != State::Fails)
    };
    let open: Vec<UserIndex> = sign_in
        .considered()
        .filter_map(|person| sign_in.population.user(person))
        .filter(|user| directory.all_groups_of(*user).is_none() && !directory.is_contested(*user))
        .filter(|user| goes_on(*user))
        .collect();
    let of_whom = |condition: &dyn Fn(UserIndex) -> bool| -> Vec<UserIndex> {
        open.iter().copied().filter(|user| condition(*user)).collect()
    };
    let by_assignment = of_whom(&|user| sign_in.assigned(user) == Truth::Maybe);
    let by_policy = of_whom(&|user| sign_in.policy(user) == PolicyOutcome::Assumed);
    let by_server = of_whom(&|user| sign_in.server_policy(user) == Truth::Maybe);
    let access_rules = world.access_rules.known().into_iter().flatten().map(|rule| &rule.people);
    let server_policies = world.server_policies.known().filter(|_| server(world) == Server::Custom);
    let token_rules = server_policies
        .into_iter()
        .flatten()
        .flat_map(|policy| policy.rules.iter().flatten())
        .map(|rule| &rule.people);
    let deciding = mapped_groups(world)
        .into_iter()
        .map(|id| DecidingGroup { id, people: &open })
        .chain(
            world
                .app_groups
                .known()
                .into_iter()
                .flatten()
                .map(|id| DecidingGroup { id, people: &by_assignment }),
        )
        .chain(access_rules.flat_map(named_groups).map(|id| DecidingGroup { id, people: &by_policy }))
        .chain(token_rules.flat_map(named_groups).map(|id| DecidingGroup { id, people: &by_server }));
    let is_open = |id: &str, user: UserIndex| {
        directory.group_by_id(id).is_none_or(|group| directory.membership(user, group) == Truth::Maybe)
    };
    let groups: Vec<DecidingGroup<'_>> = deciding
        .filter(|group| !directory.group_by_id(group.id).is_some_and(|group| directory.lists_members(group)))
        .filter(|group| group.people.iter().any(|user| is_open(group.id, *user)))
        .collect();
    let mut group_ids: Vec<&str> = groups.iter().map(|group| group.id).collect();
    group_ids.sort_unstable();
    group_ids.dedup();
    let people: Vec<&str> = open
        .iter()
        .filter(|user| {
            groups.iter().any(|group| group.people.binary_search(user).is_ok() && is_open(group.id, **user))
        })
        .take(group_ids.len())
        .filter_map(|user| directory.user(*user).map(|user| user.id))
        .collect();
    if people.len() < group_ids.len() {
        people.into_iter().map(|id| gap_of(world, DocumentName::UserGroups(id.to_owned()))).collect()
    } else {
        group_ids.into_iter().map(|id| gap_of(world, DocumentName::GroupUsers(id.to_owned()))).collect()
    }
}

/// Ids of groups that a mapping names by a claim that carries, or may carry, groups.
fn mapped_groups(world: &World) -> Vec<&str> {
    let directory = &world.directory;
    let mut ids = Vec::new();
    for mapping in world.mappings.known().into_iter().flatten() {
        let carries = source(world, &mapping.claim_name);
        for index in directory.groups_named(&mapping.claim_value) {
            let Some(group) = directory.group(*index) else { continue };
            let decides = match &carries {
                ClaimSource::Groups(names) => [RegexReading::Whole, RegexReading::Search]
                    .into_iter()
                    .any(|reading| names.passes(group, reading) != Truth::No),
                ClaimSource::Unknown(_) => {
                    mapping.claim_name == GROUPS || standard_scope(&mapping.claim_name).is_none()
                }
                ClaimSource::NotSent(_) | ClaimSource::Email(_) | ClaimSource::UserName(_) => false,
            };
            if decides {
                ids.push(group.id.as_str());
            }
        }
    }
    ids
}

/// Ids of groups that a policy's condition names.
fn named_groups(people: &People) -> impl Iterator<Item = &str> {
    let ids = people.groups.include.iter().chain(&people.groups.exclude).map(String::as_str);
    ids.filter(|id| *id != EVERYONE_KEYWORD)
}

/// What is wrong with a document that is one of many.
fn gap_of(world: &World, document: DocumentName) -> Gap {
    if let Some(gap) = world.document_gaps.iter().find(|gap| gap.place.document == document) {
        return gap.clone();
    }
    let refused = world.manifest.as_ref().and_then(|manifest| {
        manifest
            .refused
            .iter()
            .find(|refusal| refusal.document == document.path())
            .map(|refusal| &refusal.why)
    });
    let cause = refused.map_or(Cause::NotRead, |why| Cause::Refused(why.clone()));
    Gap::document(document, cause)
}
