//! Takes names out of a pulled snapshot and keeps its verdicts: logins and emails of people, and names of groups that no mapping names,
//! become keyed pseudonyms. What was equal stays equal, what differed only in case or in spaces around still does, and a group passes the
//! same filters.

use std::collections::{BTreeMap, BTreeSet};

use fancy_regex::Regex;
use p256::elliptic_curve::rand_core::{OsRng, RngCore};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::document::DocumentName;
use crate::document::connection::Connection;
use crate::document::okta as okta_shape;
use crate::document::strict;
use crate::document::torq as torq_shape;

use super::{Pulled, canonical, plan};

/// The key of the pseudonyms: who has it can look a name up, so it is a secret.
pub struct Key([u8; 32]);

impl Key {
    /// For one run: the pseudonyms of the next are others.
    pub fn random() -> Self {
        let mut key = [0; 32];
        OsRng.fill_bytes(&mut key);
        Self(key)
    }

    /// The same in each run with the same secret.
    pub fn from_secret(secret: &SecretString) -> Self {
        Self(Sha256::digest(secret.expose_secret().as_bytes()).into())
    }

    /// HMAC-SHA256 (RFC 2104): the key is shorter than a block.
    fn hash(&self, kind: &str, text: &str) -> [u8; 32] {
        let pad = |byte: u8| -> Vec<u8> {
            (0..64).map(|index| self.0.get(index).copied().unwrap_or(0) ^ byte).collect()
        };
        let inner =
            Sha256::new_with_prefix(pad(0x36)).chain_update(kind).chain_update([0]).chain_update(text);
        Sha256::new_with_prefix(pad(0x5c)).chain_update(inner.finalize()).finalize().into()
    }

    /// Sixteen letters.
    fn letters(&self, kind: &str, text: &str) -> String {
        let half_bytes = self.hash(kind, text).into_iter().take(8).flat_map(|byte| [byte >> 4, byte & 15]);
        half_bytes.map(|half| char::from(b'a' + half)).collect()
    }
}

/// Replaces names in every document, and seals the snapshot again.
pub fn replace(pulled: &mut Pulled, key: &Key) {
    let names = Names::new(pulled, key);
    let kept = names.kept;
    let documents = std::mem::take(&mut pulled.documents);
    pulled.documents =
        documents.into_iter().map(|(name, text)| (name.clone(), names.document(&name, text))).collect();
    if let Some(extent) = pulled.manifest.documents.get_mut(&DocumentName::Users.path()) {
        extent.looked_up = extent.looked_up.iter().map(|name| names.person(name)).collect();
        extent.looked_up.sort();
    }
    pulled.notices.push("logins, emails and names of groups that are not mapped are pseudonyms".to_owned());
    if kept > 0 {
        pulled.notices.push(format!(
            "{kept} names of groups stand as they are: a pseudonym would pass the groups claim's filter where they do not, or the other way round"
        ));
    }
    pulled.seal();
}

struct Names<'a> {
    key: &'a Key,
    /// The one email domain that a rule looks at; it stays.
    sso_domain: Option<String>,
    /// Everyone's names as they are spelled somewhere, in small letters.
    people: BTreeSet<String>,
    /// Values of mappings that may be group names.
    mapped: BTreeSet<String>,
    /// By name, what stands in its place; a name that stays is its own.
    groups: BTreeMap<String, String>,
    /// How many names of groups stay only because no pseudonym passes the same filters.
    kept: usize,
}

impl<'a> Names<'a> {
    fn new(pulled: &Pulled, key: &'a Key) -> Self {
        let connection = connection(pulled);
        let mappings: torq_shape::ClaimMappings =
            read(pulled, &DocumentName::ClaimMappings).unwrap_or_default();
        let mut names = Self {
            key,
            sso_domain: connection.torq.and_then(|torq| torq.sso_domain).map(|domain| domain.to_lowercase()),
            people: people(pulled),
            mapped: BTreeSet::new(),
            groups: BTreeMap::new(),
            kept: 0,
        };
        let person = |mapping: &&torq_shape::ClaimMapping| names.is_a_person(mapping);
        names.mapped = mappings
            .claim_mappings
            .iter()
            .filter(|mapping| !person(mapping))
            .map(|mapping| mapping.claim_value.clone())
            .collect();
        let near: BTreeSet<String> = names.mapped.iter().map(|name| name.trim().to_lowercase()).collect();
        let filters = filters(pulled);
        for (name, everyone) in group_names(pulled) {
            // Rules tell of a mapped name that differs only in case or space, so such a group keeps its name too.
            let stays = everyone || near.contains(&name.trim().to_lowercase());
            let pseudonym = if stays { name.clone() } else { names.group(&name, &filters) };
            names.kept += usize::from(!stays && pseudonym == name);
            names.groups.insert(name, pseudonym);
        }
        names
    }

    fn is_a_person(&self, mapping: &torq_shape::ClaimMapping) -> bool {
        plan::is_about_the_person(&mapping.claim_name)
            || self.people.contains(&mapping.claim_value.trim().to_lowercase())
    }

    /// Equal names have equal pseudonyms; those that differ only in case have pseudonyms that do.
    fn person(&self, name: &str) -> String {
        let core = name.trim();
        if core.is_empty() {
            return name.to_owned();
        }
        let (local, domain) =
            core.rsplit_once('@').map_or((core, None), |(local, domain)| (local, Some(domain)));
        let mut pseudonym = self.spelled("person", local, &core.to_lowercase());
        if let Some(domain) = domain {
            let stays = self.sso_domain.as_deref() == Some(domain.to_lowercase().as_str());
            let shown = if stays {
                domain.to_owned()
            } else {
                format!("{}.example", self.spelled("domain", domain, &domain.to_lowercase()))
            };
            pseudonym = format!("{pseudonym}@{shown}");
        }
        name.replacen(core, &pseudonym, 1)
    }

    /// `identity` chooses the letters, `spelling` which of them are capitals: none where it has none.
    fn spelled(&self, kind: &str, spelling: &str, identity: &str) -> String {
        let small = format!("{kind}-{}", self.key.letters(kind, identity));
        if spelling == spelling.to_lowercase() {
            return small;
        }
        let bits = self.key.hash("capitals", spelling);
        let capital =
            |index: usize| index == 0 || bits.get(index / 8).is_some_and(|byte| byte >> (index % 8) & 1 == 1);
        let letters = small.chars().enumerate();
        letters.map(|(index, c)| if capital(index) { c.to_ascii_uppercase() } else { c }).collect()
    }

    fn group(&self, name: &str, filters: &[Filter]) -> String {
        let hash = format!("group-{}", self.key.letters("group", name));
        let passes: Vec<Vec<bool>> = filters.iter().map(|filter| filter.passes(name)).collect();
        let parts = filters.iter().flat_map(Filter::literals);
        let candidates = parts.flat_map(|part| [format!("{part}{hash}"), format!("{hash}{part}")]);
        std::iter::once(hash.clone())
            .chain(candidates)
            .find(|candidate| {
                filters.iter().map(|filter| filter.passes(candidate)).eq(passes.iter().cloned())
            })
            .unwrap_or_else(|| name.to_owned())
    }

    fn document(&self, name: &DocumentName, text: String) -> String {
        let person = |text: &mut Option<String>| {
            if let Some(text) = text {
                *text = self.person(text);
            }
        };
        match name {
            DocumentName::Connection => {
                match strict::read_yaml(&text).ok().and_then(from_value::<Connection>) {
                    Some(mut connection) => {
                        if let Some(admins) =
                            connection.torq.as_mut().and_then(|torq| torq.organization_admins.as_mut())
                        {
                            admins.iter_mut().for_each(|admin| *admin = self.person(admin));
                        }
                        canonical::connection(&connection)
                    }
                    None => text,
                }
            }
            DocumentName::Users => change(text, |users: &mut Vec<okta_shape::User>| {
                for profile in users.iter_mut().filter_map(|user| user.profile.as_mut()) {
                    person(&mut profile.login);
                    person(&mut profile.email);
                }
            }),
            DocumentName::AppUsers => change(text, |rows: &mut Vec<okta_shape::AppUser>| {
                for row in rows {
                    if let Some(profile) = &mut row.profile {
                        person(&mut profile.email);
                    }
                    if let Some(credentials) = &mut row.credentials {
                        person(&mut credentials.user_name);
                    }
                }
            }),
            DocumentName::Groups | DocumentName::UserGroups(_) => {
                change(text, |groups: &mut Vec<okta_shape::Group>| {
                    for name in groups.iter_mut().filter_map(|group| group.profile.as_mut()?.name.as_mut()) {
                        if let Some(pseudonym) = self.groups.get(name) {
                            name.clone_from(pseudonym);
                        }
                    }
                })
            }
            DocumentName::TorqUsers => change(text, |users: &mut torq_shape::Users| {
                users.users.iter_mut().for_each(|user| user.email = self.person(&user.email));
            }),
            DocumentName::ClaimMappings => change(text, |mappings: &mut torq_shape::ClaimMappings| {
                for mapping in &mut mappings.claim_mappings {
                    if self.is_a_person(mapping) {
                        mapping.claim_value = self.person(&mapping.claim_value);
                    }
                }
            }),
            DocumentName::AccessPolicyRules
            | DocumentName::GroupRules
            | DocumentName::AuthorizationServerPolicies
            | DocumentName::AuthorizationServerClaims
            | DocumentName::FederatedClaims => self.anywhere(text),
            _ => text,
        }
    }

    /// Free text may name someone too: every known email in it becomes its pseudonym. The order of the fields is kept.
    fn anywhere(&self, text: String) -> String {
        if !text.contains('@') {
            return text;
        }
        let folded = text.to_lowercase();
        let emails = self.people.iter().filter(|name| name.contains('@') && folded.contains(name.as_str()));
        emails.fold(text, |text, email| replace_folded(&text, email, &self.person(email)))
    }
}

/// Replaces every spelling of `wanted`, which is in small letters.
fn replace_folded(text: &str, wanted: &str, with: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    'rest: while let Some(first) = rest.chars().next() {
        if let Some(head) = rest.get(..wanted.len())
            && head.eq_ignore_ascii_case(wanted)
        {
            out.push_str(with);
            rest = rest.get(wanted.len()..).unwrap_or_default();
            continue 'rest;
        }
        out.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    out
}

/// What a configured claim asks of a group's name.
enum Filter {
    StartsWith(String),
    Equals(String),
    Contains(String),
    /// As a whole and anywhere: both readings count (semantics G6.6).
    Regex {
        whole: Option<Box<Regex>>,
        search: Option<Box<Regex>>,
        text: String,
    },
    /// A string in an expression: whatever is asked about it.
    Literal(String),
}

impl Filter {
    fn new(kind: &str, value: &str) -> Option<Self> {
        Some(match kind {
            "STARTS_WITH" => Self::StartsWith(value.to_lowercase()),
            "EQUALS" => Self::Equals(value.to_lowercase()),
            "CONTAINS" => Self::Contains(value.to_lowercase()),
            "REGEX" => Self::Regex {
                whole: Regex::new(&format!("^(?:{value})$")).ok().map(Box::new),
                search: Regex::new(value).ok().map(Box::new),
                text: value.to_owned(),
            },
            _ => return None,
        })
    }

    fn passes(&self, name: &str) -> Vec<bool> {
        let folded = name.to_lowercase();
        match self {
            Self::StartsWith(value) => vec![folded.starts_with(value)],
            Self::Equals(value) => vec![folded == *value],
            Self::Contains(value) => vec![folded.contains(value)],
            Self::Regex { whole, search, .. } => [whole, search]
                .into_iter()
                .flatten()
                .map(|regex| regex.is_match(name).unwrap_or(false))
                .collect(),
            Self::Literal(text) => {
                let small = text.to_lowercase();
                vec![
                    name.starts_with(text),
                    name.ends_with(text),
                    name.contains(text),
                    name == text,
                    folded.starts_with(&small),
                    folded.ends_with(&small),
                    folded.contains(&small),
                    folded == small,
                ]
            }
        }
    }

    /// Texts that a pseudonym may have to have.
    fn literals(&self) -> Vec<String> {
        match self {
            Self::StartsWith(value) | Self::Equals(value) | Self::Contains(value) | Self::Literal(value) => {
                vec![value.clone()]
            }
            Self::Regex { text, .. } => {
                let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
                text.split(|c: char| !plain(c)).filter(|part| !part.is_empty()).map(str::to_owned).collect()
            }
        }
    }
}

fn filters(pulled: &Pulled) -> Vec<Filter> {
    let mut filters = Vec::new();
    let mut add = |kind: Option<&str>, filter: Option<&str>, value: Option<&str>| {
        let value = value.unwrap_or_default();
        match (kind, filter) {
            (Some("EXPRESSION"), _) => filters.extend(literals(value).map(Filter::Literal)),
            (_, Some(filter)) => filters.extend(Filter::new(filter, value)),
            _ => {}
        }
    };
    if let Some(own) = read::<okta_shape::IdToken>(pulled, &DocumentName::IdToken) {
        add(own.value_type.as_deref(), own.group_filter_type.as_deref(), own.value.as_deref());
    }
    if let Some(declared) = connection(pulled).okta.and_then(|okta| okta.groups_claim) {
        add(Some(declared.kind.as_str()), declared.filter_type.as_deref(), Some(declared.value.as_str()));
    }
    let of_server =
        read::<Vec<okta_shape::AuthorizationServerClaim>>(pulled, &DocumentName::AuthorizationServerClaims);
    for claim in of_server.unwrap_or_default() {
        add(claim.value_type.as_deref(), claim.group_filter_type.as_deref(), claim.value.as_deref());
    }
    let federated = read::<Vec<okta_shape::FederatedClaim>>(pulled, &DocumentName::FederatedClaims);
    for claim in federated.unwrap_or_default() {
        add(Some("EXPRESSION"), None, claim.expression.as_deref());
    }
    filters
}

/// Texts in quotes, single or double, with a closing `.*` taken off: it means "begins with" there.
fn literals(expression: &str) -> impl Iterator<Item = String> + '_ {
    expression
        .split(['\'', '"'])
        .skip(1)
        .step_by(2)
        .map(|text| text.strip_suffix(".*").unwrap_or(text).to_owned())
        .filter(|text| !text.is_empty())
}

fn connection(pulled: &Pulled) -> Connection {
    let text = pulled.documents.get(&DocumentName::Connection);
    text.and_then(|text| strict::read_yaml(text).ok()).and_then(from_value).unwrap_or_default()
}

fn people(pulled: &Pulled) -> BTreeSet<String> {
    let mut names: Vec<String> = Vec::new();
    for user in read::<Vec<okta_shape::User>>(pulled, &DocumentName::Users).unwrap_or_default() {
        let profile = user.profile.unwrap_or_default();
        names.extend(profile.login.into_iter().chain(profile.email));
    }
    for row in read::<Vec<okta_shape::AppUser>>(pulled, &DocumentName::AppUsers).unwrap_or_default() {
        names.extend(row.profile.and_then(|profile| profile.email));
        names.extend(row.credentials.and_then(|credentials| credentials.user_name));
    }
    let users = read::<torq_shape::Users>(pulled, &DocumentName::TorqUsers).unwrap_or_default();
    names.extend(users.users.into_iter().map(|user| user.email));
    names.into_iter().map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()).collect()
}

/// Every name of a group, and whether it is Okta's own `Everyone`.
fn group_names(pulled: &Pulled) -> BTreeMap<String, bool> {
    let lists = pulled
        .documents
        .keys()
        .filter(|name| matches!(name, DocumentName::Groups | DocumentName::UserGroups(_)));
    let rows = lists.filter_map(|name| read::<Vec<okta_shape::Group>>(pulled, name)).flatten();
    let mut names = BTreeMap::new();
    for row in rows {
        let everyone = row.kind.as_deref() == Some("BUILT_IN");
        if let Some(name) = row.profile.and_then(|profile| profile.name) {
            *names.entry(name).or_insert(false) |= everyone;
        }
    }
    names
}

fn read<T: DeserializeOwned>(pulled: &Pulled, name: &DocumentName) -> Option<T> {
    serde_json::from_str(pulled.documents.get(name)?).ok()
}

fn from_value<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

/// Changes a document in its shape. A text that is not in its shape cannot come from `pull`; it would be left out rather than named.
fn change<T: DeserializeOwned + Serialize + Default>(text: String, change: impl FnOnce(&mut T)) -> String {
    let mut shape: T = serde_json::from_str(&text).unwrap_or_default();
    change(&mut shape);
    canonical::text(&shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters by chance may spell a name; these do not.
    fn fixed_key() -> Key {
        Key::from_secret(&SecretString::from("the same in every run"))
    }

    fn names(key: &Key) -> Names<'_> {
        Names {
            key,
            sso_domain: Some("acme.com".to_owned()),
            people: BTreeSet::from(["ada@acme.com".to_owned()]),
            mapped: BTreeSet::new(),
            groups: BTreeMap::new(),
            kept: 0,
        }
    }

    #[test]
    fn what_is_equal_but_for_case_or_space_stays_so() {
        let key = fixed_key();
        let names = names(&key);
        let spellings = [
            "ada@acme.com",
            "Ada@acme.com",
            "ADA@acme.com",
            "ada@Acme.com",
            " ada@acme.com",
            "ada@other.org",
            "Ada@Other.org",
            "bob@acme.com",
            "ada",
            "Ada",
        ];
        for a in spellings {
            let hidden = names.person(a);
            assert!(!hidden.to_lowercase().contains("ada") || a == "bob@acme.com", "{hidden}");
            for b in spellings {
                let other = names.person(b);
                assert_eq!(a == b, hidden == other, "{a} {b}");
                assert_eq!(
                    a.to_lowercase() == b.to_lowercase(),
                    hidden.to_lowercase() == other.to_lowercase(),
                    "{a} {b}"
                );
                assert_eq!(a.trim() == b.trim(), hidden.trim() == other.trim(), "{a} {b}");
            }
        }
        assert!(names.person("ada@acme.com").ends_with("@acme.com"));
        assert!(!names.person("ada@other.org").contains("other"));
    }

    #[test]
    fn a_group_passes_the_filters_that_it_passed() {
        let key = fixed_key();
        let names = names(&key);
        for (kind, value) in [
            ("REGEX", ".*"),
            ("REGEX", "torq-.*"),
            ("REGEX", "(?i)torq"),
            ("REGEX", "^(torq|soc)-[a-z]+$"),
            ("REGEX", "*"),
            ("STARTS_WITH", "Torq-"),
            ("CONTAINS", "owner"),
            ("EQUALS", "torq-owners"),
        ] {
            let filters: Vec<Filter> = Filter::new(kind, value).into_iter().collect();
            for name in ["torq-owners", "Torq-viewers", "finance", "soc-leads", "x-torq-owner-y"] {
                let pseudonym = names.group(name, &filters);
                let passes =
                    |name: &str| filters.iter().map(|filter| filter.passes(name)).collect::<Vec<_>>();
                assert_eq!(passes(&pseudonym), passes(name), "{kind} {value} {name} {pseudonym}");
            }
        }
    }

    #[test]
    fn free_text_names_nobody() {
        let key = fixed_key();
        let names = names(&key);
        let text = names.anywhere("{\"elCondition\": \"user.login == 'ADA@acme.com'\"}".to_owned());
        assert!(!text.to_lowercase().contains("ada@"), "{text}");
    }
}
