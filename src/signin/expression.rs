//! placeholder
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupSource {
    Okta,
    App(String),
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameMatch {
    Exact,
    StartsWith,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupFunction {
    Starts { source: GroupSource, text: String, limit: u64 },
    Contains { source: GroupSource, text: String, limit: u64 },
    Ends { source: GroupSource, text: String, limit: u64 },
    Filtered { group_ids: Vec<String>, limit: u64 },
    OfUser { text: String, how: NameMatch },
}
pub fn read_group_functions(_expression: &str) -> Option<Vec<GroupFunction>> {
    None
}
