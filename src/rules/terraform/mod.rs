//! Rules about what a Terraform plan does on its way: what the state after apply does not show, or shows too late. The planned state itself is
//! judged by the other families.

mod assignments;
mod claim;
mod replaced;

use super::rule::{Rule, rule};

pub static RULES: [Rule; 8] = [
    rule!("terraform", "terraform-groups-claim-ignored", claim::groups_claim_ignored),
    rule!("terraform", "terraform-groups-claim-removed", claim::groups_claim_removed),
    rule!("terraform", "terraform-assignments-removed", assignments::assignments_removed),
    rule!("terraform", "terraform-assignments-conflict", assignments::assignments_conflict),
    rule!("terraform", "terraform-group-prefix-lookup", assignments::group_prefix_lookup),
    rule!("terraform", "terraform-app-replaced", replaced::app_replaced),
    rule!("terraform", "terraform-group-replaced", replaced::group_replaced),
    rule!("terraform", "terraform-group-rule-replaced", replaced::group_rule_replaced),
];
