//! The block `groups_claim`, which Okta's provider sends only with an API token.

use crate::document::DocumentName;
use crate::finding::Spot;
use crate::model::claims::{Claim, ClaimValue, FilterKind};
use crate::model::terraform::{Action, GroupsClaimBlock, PlannedApp, ProviderSignIn};
use crate::model::{Cause, Gap};
use crate::rules::console;
use crate::rules::facts::{Facts, Reporter};

/// How the provider signs in, or the gap that the plan does not say it.
fn sign_in(facts: &Facts<'_>, app: &PlannedApp) -> Result<ProviderSignIn, Gap> {
    let known = facts.world.plan.as_ref().and_then(|plan| plan.sign_in);
    known.ok_or_else(|| {
        let why = "the plan does not say whether Okta's provider signs in with an API token: neither api_token nor private_key is set in the provider block";
        Gap::new(DocumentName::TerraformPlan, app.resource.place().path, Cause::Planned(why.to_owned()))
    })
}

fn planned_app<'a>(facts: &Facts<'a>) -> Option<&'a PlannedApp> {
    facts.world.plan.as_ref()?.app.as_ref()
}

pub(super) fn groups_claim_ignored(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let Some(app) = planned_app(facts) else { return Ok(()) };
    let Some(block) = app.claim_after.need()? else { return Ok(()) };
    if sign_in(facts, app)? == ProviderSignIn::ApiToken {
        return Ok(());
    }
    // Somebody set the same claim in the console.
    if facts.world.own_claim.known().is_some_and(|claim| is_same(claim, block)) {
        return Ok(());
    }
    let name = block.name.as_deref().unwrap_or("groups");
    report
        .finding(Spot::key(app.resource.attribute("groups_claim")), &[&app.resource.address, name])
        .message(format!(
            "groups_claim of {} has no effect: Okta's provider signs in with OAuth 2.0, and then leaves the block out without an error.",
            app.resource.address
        ))
        .why(format!(
            "The plan looks right, and Okta sends no claim {name} because of it. People whose role comes from that claim match no mapping and are locked out."
        ))
        .fix(format!(
            "Set the claim by hand under {}, and take the block out of the configuration; or let the provider sign in with an API token (api_token) in place of private_key.",
            console::OKTA_GROUPS_CLAIM
        ))
        .done();
    Ok(())
}

fn is_same(claim: &Claim, block: &GroupsClaimBlock) -> bool {
    let value = block.value.as_deref();
    let same_value = match &claim.value {
        ClaimValue::Filter { kind, value: filter } => {
            let named = match kind {
                FilterKind::StartsWith => "STARTS_WITH",
                FilterKind::Equals => "EQUALS",
                FilterKind::Contains => "CONTAINS",
                FilterKind::Regex => "REGEX",
            };
            block.kind.as_deref() == Some("FILTER")
                && block.filter_type.as_deref() == Some(named)
                && value == Some(filter)
        }
        ClaimValue::Expression(expression) => {
            block.kind.as_deref() == Some("EXPRESSION") && value == Some(expression)
        }
        ClaimValue::Other(_) => false,
    };
    same_value && block.name.as_ref() == Some(&claim.name)
}

pub(super) fn groups_claim_removed(facts: &Facts<'_>, report: &mut Reporter<'_>) -> Result<(), Gap> {
    let Some(app) = planned_app(facts) else { return Ok(()) };
    let Some(before) = app.claim_before.as_ref().filter(|_| app.resource.action == Action::Update) else {
        return Ok(());
    };
    if app.claim_after.need()?.is_some() || sign_in(facts, app)? == ProviderSignIn::Oauth {
        return Ok(());
    }
    let name = before.name.as_deref().unwrap_or("groups");
    report
        .finding(Spot::key(app.resource.attribute("groups_claim")), &[&app.resource.address, name])
        .message(format!(
            "The plan removes the groups claim {name} of {}: the configuration has no block groups_claim, and Okta has the claim.",
            app.resource.address
        ))
        .why("The provider reads a claim that was set in the console into its state, and clears it with the next apply. Then no token has the groups, and whoever gets a role by them is locked out.")
        .fix(format!("Write the claim as it is into {}, as a block groups_claim with {}.", app.resource.address, before.hcl()))
        .done();
    Ok(())
}
