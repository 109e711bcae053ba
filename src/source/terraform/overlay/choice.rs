//! Which `okta_app_oauth` of a plan is Torq's.

use super::references::states;
use super::{AppChoice, Layer, OfApp};
use crate::document::DocumentName;
use crate::document::connection::Connection;
use crate::document::okta as shape;

impl Layer<'_> {
    pub(super) fn find_app(&mut self, choice: &AppChoice) -> Result<Option<usize>, String> {
        let apps: Vec<usize> = self.of_kind("okta_app_oauth").collect();
        let changes = &self.plan.changes;
        let addresses = |indices: &[usize]| {
            let named: Vec<&str> = indices
                .iter()
                .filter_map(|index| changes.get(*index))
                .map(|change| change.address.as_str())
                .collect();
            named.join(", ")
        };
        if let AppChoice::Address(address) = choice {
            let is_named = |index: &usize| {
                changes.get(*index).is_some_and(|change| {
                    change.address == *address || change.previous_address.as_deref() == Some(address)
                })
            };
            return match apps.iter().copied().find(is_named) {
                Some(index) => Ok(Some(index)),
                None if apps.is_empty() => {
                    Err(format!("the plan has no okta_app_oauth, so --app {address} names nothing"))
                }
                None => Err(format!("the plan has no okta_app_oauth {address}; it has {}", addresses(&apps))),
            };
        }
        let app: Option<shape::App> = self.one(&DocumentName::App);
        let connection: Option<Connection> = self.one(&DocumentName::Connection);
        let known_id = app.as_ref().and_then(|app| app.id.clone());
        let client_ids: Vec<String> = app
            .as_ref()
            .and_then(|app| app.credentials.as_ref()?.oauth_client.as_ref()?.client_id.clone())
            .into_iter()
            .chain(connection.and_then(|connection| connection.torq?.client_id))
            .collect();
        let has = |index: &usize, attribute: &str, value: &str| {
            states(changes.get(*index)).any(|state| state.text(attribute) == Some(value))
        };
        let by_id = |index: &usize| known_id.as_deref().is_some_and(|id| has(index, "id", id));
        let by_client = |index: &usize| client_ids.iter().any(|id| has(index, "client_id", id));
        // An app of another id is not the snapshot's, whatever it redirects to.
        let by_host = |index: &usize| {
            let is_other = known_id.is_some()
                && changes
                    .get(*index)
                    .and_then(|change| change.before.as_ref())
                    .is_some_and(|state| state.text("id").is_some());
            !is_other && self.redirects_to_torq(*index)
        };
        let tests: [&dyn Fn(&usize) -> bool; 3] = [&by_id, &by_client, &by_host];
        for test in tests {
            let found: Vec<usize> = apps.iter().copied().filter(|index| test(index)).collect();
            match found.as_slice() {
                [] => {}
                [one] => return Ok(Some(*one)),
                several => {
                    return Err(format!(
                        "more than one okta_app_oauth of the plan can be Torq's ({}); choose with --app ADDRESS",
                        addresses(several)
                    ));
                }
            }
        }
        let alone = self.documents.is_empty();
        if let ([only], true) = (apps.as_slice(), alone) {
            self.notices.push(format!(
                "{}: {} is taken for Torq's app, since it is the only okta_app_oauth",
                self.plan.path,
                addresses(&apps)
            ));
            return Ok(Some(*only));
        }
        let empty = changes.is_empty() && self.plan.configuration.group_lookups.is_empty();
        match (alone, apps.is_empty(), empty) {
            (true, false, _) => Err(format!(
                "no okta_app_oauth of the plan has a redirect URI on a host of Torq; choose one with --app ADDRESS: {}",
                addresses(&apps)
            )),
            (true, true, true) => {
                Err("the plan has no resource of Okta's provider that is read here".to_owned())
            }
            (true, true, false) => {
                Err("the plan has no okta_app_oauth; give a snapshot, so that there is an app".to_owned())
            }
            (false, _, true) => {
                self.notices.push(format!(
                    "{}: no resource of Okta's provider that is read here is in the plan",
                    self.plan.path
                ));
                Ok(None)
            }
            (false, ..) if app.is_none() => Ok(None),
            (false, ..) => {
                self.notices.push(format!(
                    "{}: the snapshot's app is not in the plan, so its own settings stay as they are",
                    self.plan.path
                ));
                Ok(None)
            }
        }
    }

    fn redirects_to_torq(&self, app: usize) -> bool {
        let own = states(self.plan.changes.get(app)).flat_map(|state| state.texts("redirect_uris"));
        let own = own.chain(states(self.plan.changes.get(app)).filter_map(|state| state.text("login_uri")));
        let children = self
            .of_kind("okta_app_oauth_redirect_uri")
            .filter(|index| self.points_at(*index, "app_id", app) == OfApp::Yes)
            .flat_map(|index| states(self.plan.changes.get(index)))
            .filter_map(|state| state.text("uri"));
        own.chain(children).any(on_torq)
    }
}

/// Whether a URI is on a host of Torq.
fn on_torq(uri: &str) -> bool {
    let host = uri.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', ':', '?']).next().unwrap_or_default();
    host == "torq.io" || host.ends_with(".torq.io")
}
