//! Cedar: a policy for each mapping, and one question for each person.
//!
//! Cedar has no order of policies. The nearest honest form of "the first by rank" is one authorization whose answer lists every policy that
//! allowed it, of which the least rank is taken; to ask for each mapping by itself, in order, would cost many authorizations a person.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet,
    Request, RestrictedExpression,
};
use ssolint::model::torq::Mapping;

use crate::interned::{NONE, Taken};
use crate::tokens::Token;

pub struct Cedar {
    policies: PolicySet,
    entities: Entities,
    requests: Vec<Request>,
    authorizer: Authorizer,
}

fn entity(kind: &str, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.parse::<EntityTypeName>().unwrap(), EntityId::new(id))
}

impl Cedar {
    pub fn new(mappings: &[Mapping], tokens: &[Token<'_>]) -> Self {
        let policies = mappings.iter().enumerate().map(|(index, mapping)| {
            let text = match mapping.claim_name.as_str() {
                "groups" => {
                    format!("permit(principal in {}, action, resource);", entity("Group", &mapping.claim_value))
                }
                "email" => format!(
                    "permit(principal, action, resource) when {{ principal has email && principal.email == {:?} }};",
                    mapping.claim_value
                ),
                other => panic!("{other}: no table here maps it"),
            };
            Policy::parse(Some(PolicyId::new(index.to_string())), text).unwrap()
        });
        let groups: HashSet<&str> = tokens.iter().flat_map(|token| token.groups.iter().copied()).collect();
        let groups =
            groups.into_iter().map(|name| Entity::new_no_attrs(entity("Group", name), HashSet::new()));
        let person = |index: usize| entity("User", &index.to_string());
        let people = tokens.iter().enumerate().map(|(index, token)| {
            let email = token
                .email
                .map(|email| ("email".to_owned(), RestrictedExpression::new_string(email.to_owned())));
            let parents = token.groups.iter().map(|name| entity("Group", name)).collect();
            Entity::new(person(index), HashMap::from_iter(email), parents).unwrap()
        });
        let (sign_in, torq) = (entity("Action", "sign-in"), entity("App", "torq"));
        let requests = (0..tokens.len())
            .map(|index| {
                Request::new(person(index), sign_in.clone(), torq.clone(), Context::empty(), None).unwrap()
            })
            .collect();
        Self {
            policies: PolicySet::from_policies(policies).unwrap(),
            entities: Entities::from_entities(groups.chain(people), None).unwrap(),
            requests,
            authorizer: Authorizer::new(),
        }
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.requests
            .iter()
            .map(|request| {
                let response = self.authorizer.is_authorized(request, &self.policies, &self.entities);
                let rows = response.diagnostics().reason().map(|policy| {
                    let row: &str = policy.as_ref();
                    row.parse::<Taken>().unwrap()
                });
                rows.min().unwrap_or(NONE)
            })
            .collect()
    }
}
