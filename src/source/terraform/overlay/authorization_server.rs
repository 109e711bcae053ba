//! A custom authorization server: `okta_auth_server_claim`, `okta_auth_server_policy` and `okta_auth_server_policy_rule`.

use serde_json::{Value, json};

use super::Layer;
use super::references::states;
use crate::document::connection::Connection;
use crate::document::okta as shape;
use crate::document::{DocumentName, Overlay};
use crate::source::terraform::plan::{Attributes, ResourceChange};
use crate::source::terraform::resources;
use crate::source::terraform::rows::Rows;

impl<'a> Layer<'a> {
    /// The custom authorization server that the connection uses, by its id.
    fn server_id(&self) -> Option<String> {
        let server: Option<shape::AuthorizationServer> = self.one(&DocumentName::AuthorizationServer);
        let connection: Option<Connection> = self.one(&DocumentName::Connection);
        let in_issuer = || {
            let issuer = connection?.torq?.issuer_url?;
            let (_, id) = issuer.rsplit_once("/oauth2/")?;
            (!id.is_empty()).then(|| id.trim_end_matches('/').to_owned())
        };
        server.and_then(|server| server.id).or_else(in_issuer)
    }

    /// Resources of a kind that are of the connection's authorization server.
    fn of_server(&self, kind: &'static str, server: &str) -> Vec<usize> {
        let is_of = |index: &usize| {
            states(self.change(*index)).any(|state| state.text("auth_server_id") == Some(server))
        };
        self.of_kind(kind).filter(is_of).collect()
    }

    pub(super) fn authorization_server(&mut self) {
        let Some(server) = self.server_id() else { return };
        self.server_claims(&server);
        self.server_policies(&server);
    }

    fn server_claims(&mut self, server: &str) {
        let all = self.of_server("okta_auth_server_claim", server);
        if all.is_empty() {
            return;
        }
        let Some(mut rows) = self.rows(&DocumentName::AuthorizationServerClaims) else { return };
        for index in all {
            let Some(change) = self.change(index) else { continue };
            self.drop_former(&mut rows, change);
            let Some(state) = self.state(change) else { continue };
            match state.open.iter().find(|(name, _)| *name != "id") {
                Some((_, why)) => rows.leave_open(why),
                None => {
                    let row = self.row(index, resources::server_claim(&self.id(change), state));
                    rows.put(row);
                }
            }
        }
        rows.write(&mut self.documents);
    }

    fn server_policies(&mut self, server: &str) {
        const RULES: &str = "rules";
        let policies = self.of_server("okta_auth_server_policy", server);
        let rules = self.of_server("okta_auth_server_policy_rule", server);
        let name = DocumentName::AuthorizationServerPolicies;
        if policies.is_empty() && rules.is_empty() {
            return;
        }
        let Some(mut rows) = Rows::read(&self.documents, &name, Some(RULES), self.file) else { return };
        // A policy or a rule that is open in any way could decide before every other.
        let mut undecided = None;
        for index in policies {
            let Some(change) = self.change(index) else { continue };
            self.drop_former(&mut rows, change);
            let Some(state) = self.state(change) else { continue };
            let read = ["name", "status", "priority", "client_whitelist"];
            let Some(resolved) = self.resolved_clients(change, state, &read) else {
                undecided = Some(format!("the policy {} is known only after apply", change.address));
                continue;
            };
            let id = self.id(change);
            let new = self.is_new(change);
            let mut row = self.row(index, resources::server_policy(&id, &resolved));
            let position = rows.rows.iter().position(|row| row.id() == Some(&id));
            let old = position.and_then(|at| rows.rows.get_mut(at)).and_then(|row| row.inner.take());
            row.inner = old.or_else(|| new.then(|| (RULES, Vec::new())));
            rows.put(row);
        }
        for index in rules {
            let Some(change) = self.change(index) else { continue };
            if let Some(gone) = self.former(change).and_then(|state| state.text("id"))
                && (self.state(change).is_none() || self.is_new(change))
            {
                for (_, inner) in rows.rows.iter_mut().filter_map(|row| row.inner.as_mut()) {
                    inner.retain(|rule| rule.id() != Some(gone));
                }
            }
            let Some(state) = self.state(change) else { continue };
            let lists = ["group_whitelist", "group_blacklist", "user_whitelist", "user_blacklist"];
            let others_open = state
                .open
                .keys()
                .any(|name| !["id", "policy_id"].contains(&name.as_str()) && !lists.contains(&name.as_str()));
            let resolved = self.resolved(change, state, &lists).filter(|_| !others_open);
            let policy = self.id_in(change, state, "policy_id");
            let (Some(resolved), Some(policy)) = (resolved, policy) else {
                undecided = Some(format!("the policy rule {} is known only after apply", change.address));
                continue;
            };
            let row = self.row(index, resources::server_policy_rule(&self.id(change), &resolved));
            let Some(inner) =
                rows.rows.iter_mut().find(|row| row.id() == Some(&policy)).map(|row| &mut row.inner)
            else {
                continue;
            };
            // Rules that were not read stay unread: another could come first.
            if let Some((_, inner)) = inner {
                match inner.iter_mut().find(|rule| rule.id() == row.id()) {
                    Some(rule) => *rule = row,
                    None => inner.push(row),
                }
            }
        }
        rows.write(&mut self.documents);
        if let Some(why) = undecided {
            self.documents.lay_over(name, Overlay::undecided(why));
        }
    }

    /// Clients that are known only after apply are client ids of apps.
    fn resolved_clients(
        &self,
        change: &'a ResourceChange,
        state: &'a Attributes,
        read: &[&str],
    ) -> Option<Attributes> {
        let open: Vec<&str> =
            state.open.keys().map(String::as_str).filter(|name| read.contains(name)).collect();
        if open.is_empty() {
            return Some(state.clone());
        }
        if open != ["client_whitelist"] {
            return None;
        }
        let mut resolved = state.clone();
        let referred = self.plan.configuration.referred(&self.plan.changes, change, "client_whitelist")?;
        // The Torq app's own client id is not known either.
        if referred.iter().any(|index| Some(*index) == self.app) {
            return None;
        }
        let others =
            referred.iter().filter_map(|index| self.change(*index)).map(|target| json!(self.id(target)));
        let known = state.texts("client_whitelist").into_iter().map(|id| json!(id));
        let all: Vec<Value> = known.chain(others).collect();
        resolved.values.insert("client_whitelist".to_owned(), Value::Array(all));
        Some(resolved)
    }
}
