//! The names of the documents: the table "Snapshot" of the interface, as a type.

use std::fmt;

/// One document of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DocumentName {
    Connection,
    Manifest,
    Organization,
    OpenidConfiguration,
    App,
    IdToken,
    FederatedClaims,
    AuthorizationServer,
    AuthorizationServerClaims,
    AuthorizationServerPolicies,
    AppGroups,
    AppUsers,
    Groups,
    GroupRules,
    /// Members of the group with this Okta id.
    GroupUsers(String),
    /// Groups of the user with this Okta id.
    UserGroups(String),
    Users,
    AccessPolicyRules,
    ClaimMappings,
    Roles,
    TorqUsers,
    /// The part of a Terraform plan that concerns the connection; made from a plan, never a file of a snapshot.
    TerraformPlan,
    /// The project file; it stands beside the snapshots, not in one.
    Project,
    /// Comments of hand-written files that ask for something; their places are laid over.
    Comments,
}

/// Every document that is not one of many, with its path in a snapshot folder (without extension).
const SINGLE: [(&str, DocumentName); 19] = [
    ("connection", DocumentName::Connection),
    ("manifest", DocumentName::Manifest),
    ("okta/organization", DocumentName::Organization),
    ("okta/openid-configuration", DocumentName::OpenidConfiguration),
    ("okta/app", DocumentName::App),
    ("okta/id-token", DocumentName::IdToken),
    ("okta/federated-claims", DocumentName::FederatedClaims),
    ("okta/authorization-server", DocumentName::AuthorizationServer),
    ("okta/authorization-server-claims", DocumentName::AuthorizationServerClaims),
    ("okta/authorization-server-policies", DocumentName::AuthorizationServerPolicies),
    ("okta/app-groups", DocumentName::AppGroups),
    ("okta/app-users", DocumentName::AppUsers),
    ("okta/groups", DocumentName::Groups),
    ("okta/group-rules", DocumentName::GroupRules),
    ("okta/users", DocumentName::Users),
    ("okta/access-policy-rules", DocumentName::AccessPolicyRules),
    ("torq/claim-mappings", DocumentName::ClaimMappings),
    ("torq/roles", DocumentName::Roles),
    ("torq/users", DocumentName::TorqUsers),
];

/// The folders that hold one document for each group or user.
pub const GROUP_USERS: &str = "okta/group-users";
pub const USER_GROUPS: &str = "okta/user-groups";

/// Not documents of a snapshot, so no file in one has these names.
pub const TERRAFORM_PLAN: &str = "terraform-plan";
pub const PROJECT: &str = "ssolint";
const COMMENTS: &str = "comments";

impl DocumentName {
    /// The path in a snapshot without extension, such as `okta/group-users/00g1`.
    pub fn path(&self) -> String {
        match self {
            Self::GroupUsers(id) => format!("{GROUP_USERS}/{id}"),
            Self::UserGroups(id) => format!("{USER_GROUPS}/{id}"),
            Self::TerraformPlan => TERRAFORM_PLAN.to_owned(),
            Self::Project => PROJECT.to_owned(),
            Self::Comments => COMMENTS.to_owned(),
            other => SINGLE
                .iter()
                .find(|(_, name)| name == other)
                .map_or_else(String::new, |(path, _)| (*path).to_owned()),
        }
    }

    /// The name for a path without extension; `None` where no document has it.
    pub fn from_path(path: &str) -> Option<Self> {
        if let Some((_, name)) = SINGLE.iter().find(|(known, _)| *known == path) {
            return Some(name.clone());
        }
        if path == TERRAFORM_PLAN {
            return Some(Self::TerraformPlan);
        }
        if path == PROJECT {
            return Some(Self::Project);
        }
        let (folder, id) = path.rsplit_once('/')?;
        match folder {
            GROUP_USERS if !id.is_empty() => Some(Self::GroupUsers(id.to_owned())),
            USER_GROUPS if !id.is_empty() => Some(Self::UserGroups(id.to_owned())),
            _ => None,
        }
    }

    /// Every path that is not one of many, for did-you-mean.
    pub fn single_paths() -> impl Iterator<Item = &'static str> {
        SINGLE.iter().map(|(path, _)| *path)
    }
}

/// As the file is called in a snapshot folder: `connection.yaml`, `okta/app.json`.
impl fmt::Display for DocumentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extension = match self {
            Self::Connection | Self::Project => ".yaml",
            Self::Comments => "",
            _ => ".json",
        };
        write!(f, "{}{extension}", self.path())
    }
}
