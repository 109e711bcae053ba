//! The claims that the organisation's server sends for the app: its own, the block `groups_claim`, and those of `okta_app_federated_claim`.

use serde_json::{Value, json};

use super::{Layer, Side};
use crate::document::terraform::ProviderSignIn;
use crate::document::{DocumentName, JsonPath, Overlay};
use crate::source::terraform::plan::{Attributes, ResourceChange};
use crate::source::terraform::resources;
use crate::source::terraform::resources::CLAIM_MEMBERS;

impl<'a> Layer<'a> {
    pub(super) fn id_token(&mut self) {
        let name = DocumentName::IdToken;
        let Some((index, change)) = self.app.and_then(|index| Some((index, self.change(index)?))) else {
            return;
        };
        let Some(state) = self.state(change) else {
            self.documents.remove(&name);
            return;
        };
        let block = |state: &'a Attributes| state.elements("groups_claim").first();
        let planned = block(state);
        let former = self.former(change).and_then(block);
        let fresh = self.is_new(change);
        let sign_in = self.sign_in(change);
        let members = |block: Option<&Value>| block.map(resources::groups_claim).unwrap_or_default();
        let open = state.open.get("groups_claim").filter(|_| {
            // The block's `issuer_mode` is computed and is not the claim's.
            planned.is_none_or(|block| {
                CLAIM_MEMBERS.iter().any(|(_, attribute)| {
                    *attribute != "filter_type" && block.get(attribute).is_none_or(Value::is_null)
                })
            })
        });
        let changes = self.side == Side::After && (fresh || members(planned) != members(former));
        if !changes {
            // What was read of Okta is nearer to the truth than the state; without it, the state says what a token read.
            let known = sign_in == Some(ProviderSignIn::ApiToken) || planned.is_some();
            if !self.documents.has(&name) && known && sign_in != Some(ProviderSignIn::Oauth) && open.is_none()
            {
                self.put_claim(index, json!({}), planned);
            }
            return;
        }
        let mut rest = self.one::<Value>(&name).unwrap_or_else(|| json!({}));
        let clear = |value: &mut Value| {
            CLAIM_MEMBERS.iter().for_each(|(member, _)| resources::unset(value, &[member]))
        };
        match (sign_in, open) {
            (Some(ProviderSignIn::Oauth), _) if fresh => {
                clear(&mut rest);
                self.put_claim(index, rest, None);
            }
            // The provider leaves the claim alone.
            (Some(ProviderSignIn::Oauth), _) => {}
            (_, Some(why)) => self.documents.lay_over(name, Overlay::undecided(why.clone())),
            (Some(ProviderSignIn::ApiToken), None) => {
                clear(&mut rest);
                self.put_claim(index, rest, planned);
            }
            (None, None) if fresh && planned.is_none() => {
                clear(&mut rest);
                self.put_claim(index, rest, None);
            }
            (None, None) => {
                let why = format!(
                    "the plan does not say whether Okta's provider signs in with an API token, without which groups_claim of {} has no effect",
                    change.address
                );
                self.documents.lay_over(name, Overlay::undecided(why));
            }
        }
    }

    fn put_claim(&mut self, index: usize, mut value: Value, block: Option<&Value>) {
        let mut overlay = Overlay::default();
        let at = JsonPath::root().key("groups_claim");
        for (member, planned) in block.map(resources::groups_claim).unwrap_or_default() {
            resources::set(&mut value, &[member], planned);
        }
        for (member, attribute) in CLAIM_MEMBERS {
            let path = if block.is_some() { at.clone().index(0).key(attribute) } else { at.clone() };
            overlay.place(JsonPath::root().key(member), self.part(index, path));
        }
        self.put_object(&DocumentName::IdToken, value, Some(index), overlay);
    }

    /// As the configuration says; else, that the state has `issuer_mode` of the claim, which only a read with an API token sets.
    pub(super) fn sign_in(&self, app: &ResourceChange) -> Option<ProviderSignIn> {
        self.plan.configuration.sign_in.or_else(|| {
            let block = app.before.as_ref()?.elements("groups_claim").first()?;
            let read = block.get("issuer_mode").and_then(Value::as_str).is_some_and(|mode| !mode.is_empty());
            read.then_some(ProviderSignIn::ApiToken)
        })
    }

    pub(super) fn federated_claims(&mut self) {
        let Some(mut rows) = self.rows(&DocumentName::FederatedClaims) else { return };
        self.start(&mut rows);
        let (children, maybe) = self.children("okta_app_federated_claim");
        if children.is_empty() && !maybe && !rows.was_there {
            return;
        }
        for index in children {
            let Some(change) = self.change(index) else { continue };
            if let Some(gone) = self.former(change).and_then(|state| state.text("id")) {
                let is_same = self.state(change).is_some() && !self.is_new(change);
                if !is_same {
                    rows.remove(gone);
                }
            }
            match self.state(change) {
                Some(state) if state.text("name").is_some() => {
                    let row = self.row(index, resources::federated_claim(&self.id(change), state));
                    rows.put(row);
                }
                Some(_) => rows.leave_open("the name of a federated claim is known only after apply"),
                None => {}
            }
        }
        if maybe {
            rows.leave_open("which app a federated claim of the plan is of is known only after apply");
        }
        rows.write(&mut self.documents);
    }
}
