//! The app itself: `okta_app_oauth`, with the redirect URIs of `okta_app_oauth_redirect_uri`.

use serde_json::{Value, json};

use super::{Layer, Side};
use crate::document::okta as shape;
use crate::document::terraform::Action;
use crate::document::{Content, Document, DocumentName, JsonPath, Overlay};
use crate::source::terraform::plan::{Attributes, ResourceChange};
use crate::source::terraform::resources;
use crate::source::terraform::resources::{APP, Unset};

impl Layer<'_> {
    pub(super) fn app_document(&mut self) {
        let name = DocumentName::App;
        let Some((index, change)) = self.app.and_then(|index| Some((index, self.change(index)?))) else {
            return;
        };
        let is_there = self.documents.has(&name);
        let Some(state) = self.state(change) else {
            // A deleted app is known by its status.
            if self.side == Side::After && change.action == Action::Delete {
                let id = self.id(change);
                self.put_object(
                    &name,
                    json!({"id": id, "status": "DELETED"}),
                    Some(index),
                    Overlay::default(),
                );
            }
            return;
        };
        let fresh = self.is_new(change);
        let mut value = match self.one::<Value>(&name) {
            Some(value) if !fresh => value,
            None if is_there && !fresh => return,
            _ => json!({}),
        };
        if fresh {
            // An okta_app_oauth is nothing else.
            resources::set(&mut value, &["signOnMode"], json!("OPENID_CONNECT"));
            if let Some(name) = state.text("preconfigured_app").filter(|name| !name.is_empty()) {
                resources::set(&mut value, &["name"], json!(name));
            }
        }
        let mut overlay = Overlay::default();
        for field in &APP {
            let at = field.at();
            self.place(&mut overlay, &at, index, &JsonPath::root().key(field.attribute));
            let own = fresh && matches!(field.attribute, "sign_on_mode" | "name");
            match state.open.get(field.attribute) {
                Some(_) if own => {}
                Some(why) => {
                    resources::unset(&mut value, field.path);
                    overlay.leave_open(at, why.clone());
                }
                None => match (field.value(state), field.unset) {
                    (Some(planned), _) => resources::set(&mut value, field.path, planned),
                    (None, Unset::Nothing) if state.values.contains_key(field.attribute) => {
                        resources::unset(&mut value, field.path);
                    }
                    (None, Unset::ProviderChooses) if state.values.contains_key(field.attribute) => {
                        resources::unset(&mut value, field.path);
                        let why = format!(
                            "{} of {} is not set, so the provider chooses",
                            field.attribute, change.address
                        );
                        overlay.leave_open(at, why);
                    }
                    (None, _) => {}
                },
            }
        }
        // Whether everyone counts as assigned decides too much to be open in one field alone.
        let broker = state.open.get("implicit_assignment").cloned();
        self.access_policy(change, state, &mut value);
        self.put_object(&name, value, Some(index), overlay);
        if let Some(why) = broker {
            self.documents.lay_over(name, Overlay::undecided(why));
        }
    }

    /// The app's sign-in policy: another one than the snapshot's has rules that nobody read.
    pub(super) fn access_policy(&mut self, change: &ResourceChange, state: &Attributes, app: &mut Value) {
        const PATH: [&str; 3] = ["_links", "accessPolicy", "href"];
        let read: Option<shape::App> = self.one(&DocumentName::App);
        let read = read.and_then(|app| app.links?.access_policy?.id().map(str::to_owned));
        let open = state.open.get("authentication_policy").cloned();
        let planned = state.text("authentication_policy").filter(|id| !id.is_empty()).map(str::to_owned);
        let other = match (&open, &planned) {
            (Some(_), _) => true,
            (None, Some(planned)) => read.as_ref() != Some(planned),
            (None, None) => self.is_new(change),
        };
        if let Some(planned) = &planned {
            resources::set(app, &PATH, json!(planned));
        }
        if other && self.documents.has(&DocumentName::AccessPolicyRules) {
            let why = open.unwrap_or_else(|| {
                format!("the sign-in policy of {} is not the one that was read", change.address)
            });
            self.documents.lay_over(DocumentName::AccessPolicyRules, Overlay::undecided(why));
        }
        if planned.is_none() && other {
            resources::unset(app, &PATH);
        }
    }

    /// Puts an object that a resource is; its parts that the overlay does not place stand where they stood, or on the resource.
    pub(super) fn put_object(
        &mut self,
        name: &DocumentName,
        value: Value,
        resource: Option<usize>,
        mut overlay: Overlay,
    ) {
        let content = Content::Part(value);
        let (file, root) = match (self.documents.get(name), resource) {
            (Some(document), _) => (document.file, document.root.clone()),
            (None, resource) => {
                if let Some(index) = resource {
                    overlay.place(JsonPath::root(), self.part(index, JsonPath::root()));
                }
                (self.file, JsonPath::root())
            }
        };
        self.documents.add(name.clone(), Document { file, root, content });
        self.documents.lay_over(name.clone(), overlay);
    }

    /// `okta_app_oauth_redirect_uri` adds to the app's list, which need not name what it added.
    pub(super) fn redirect_uris(&mut self) {
        const PATH: [&str; 3] = ["settings", "oauthClient", "redirect_uris"];
        let (children, maybe) = self.children("okta_app_oauth_redirect_uri");
        let name = DocumentName::App;
        let Some(mut value) = self.one::<Value>(&name) else { return };
        let mut overlay = self.documents.overlay(&name).cloned().unwrap_or_default();
        let at = PATH.iter().fold(JsonPath::root(), |path, key| path.key(key));
        if overlay.undecided.is_some() || (children.is_empty() && !maybe) {
            return;
        }
        let listed = value.pointer("/settings/oauthClient/redirect_uris").and_then(Value::as_array).cloned();
        let mut listed = listed.unwrap_or_default();
        let mut open = overlay.unknown.get(&at).cloned();
        if maybe {
            open = open.or(Some(
                "which app an okta_app_oauth_redirect_uri is of is known only after apply".to_owned(),
            ));
        }
        // First what goes, then what comes: another resource may add the same again.
        for change in children.iter().filter_map(|index| self.change(*index)) {
            let gone = self.former(change).and_then(|state| state.text("uri"));
            let stays = self.state(change).and_then(|state| state.text("uri"));
            listed.retain(|uri| gone.is_none_or(|gone| stays == Some(gone) || uri != gone));
        }
        for index in children {
            let Some(state) = self.change(index).and_then(|change| self.state(change)) else { continue };
            match state.text("uri") {
                Some(uri) if listed.iter().any(|other| other == uri) => {}
                Some(uri) => {
                    let part = self.part(index, JsonPath::root().key("uri"));
                    overlay.place(at.clone().index(listed.len()), part);
                    listed.push(json!(uri));
                }
                None => open = open.or(state.open.get("uri").cloned()),
            }
        }
        match open {
            Some(why) => {
                resources::unset(&mut value, &PATH);
                overlay.leave_open(at, why);
            }
            None => resources::set(&mut value, &PATH, Value::Array(listed)),
        }
        self.put_object(&name, value, self.app, overlay);
    }
}
