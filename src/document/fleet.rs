//! The connections of one run, side by side: the few settings of each that are compared between them. They are known before anything is read
//! of Okta or Torq, so they are the same in every part of a run.

use super::connection::Connection;

/// What one connection says of itself; `None` where it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    pub client_id: Option<String>,
    pub login_redirect_url: Option<String>,
    pub sso_domain: Option<String>,
}

impl Member {
    pub fn new(name: impl Into<String>, connection: &Connection) -> Self {
        let torq = connection.torq.as_ref();
        Self {
            name: name.into(),
            client_id: torq.and_then(|torq| torq.client_id.clone()),
            login_redirect_url: torq.and_then(|torq| torq.login_redirect_url.clone()),
            sso_domain: torq.and_then(|torq| torq.sso_domain.clone()),
        }
    }
}
