//! The group functions of Okta's expression language that a claim's `EXPRESSION` can be (semantics G6.9).
//!
//! Only the vendor's documented forms are read; for any other expression what Okta sends is not known. Which
//! groups a function gives, and what its limit does to the token, is decided elsewhere.

/// One call that gives names of a person's groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupFunction {
    /// `Groups.startsWith("OKTA", "text", limit)`.
    Starts { source: GroupSource, text: String, limit: u64 },
    /// `Groups.contains("OKTA", "text", limit)`.
    Contains { source: GroupSource, text: String, limit: u64 },
    /// `Groups.endsWith("OKTA", "text", limit)`.
    Ends { source: GroupSource, text: String, limit: u64 },
    /// `getFilteredGroups({"00g1", "00g2"}, "group.name", limit)`: those of these groups that the person is in.
    Filtered { group_ids: Vec<String>, limit: u64 },
    /// `user.getGroups({'group.profile.name': 'text'}).![profile.name]`; `text` is without a final `.*`.
    OfUser { text: String, how: NameMatch },
}

/// Whose groups `Groups.*` looks at: its first argument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupSource {
    /// `"OKTA"`: groups made in Okta.
    Okta,
    /// The type (`active_directory`) or the ID of the app that the groups come from.
    App(String),
}

/// How `user.getGroups` compares a group's name. Source: the vendor's support page "Regex Expression Support
/// With user.getGroups Function".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameMatch {
    Exact,
    /// The text ended in `.*`.
    StartsWith,
}

/// Reads one documented group function, or `Arrays.flatten` of one or more; `None` for any other expression.
#[must_use]
pub fn read_group_functions(expression: &str) -> Option<Vec<GroupFunction>> {
    let mut reader = Reader { rest: expression };
    let mut flatten = reader.clone();
    let functions = if flatten.names(&["Arrays", "flatten"]).is_some() {
        reader = flatten;
        reader.mark("(")?;
        reader.list(Reader::group_function, ")")?
    } else {
        vec![reader.group_function()?]
    };
    reader.token_start().is_empty().then_some(functions)
}

/// What is left of an expression. White space may stand before any token; the language knows these four kinds.
#[derive(Clone)]
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn token_start(&self) -> &'a str {
        self.rest.trim_start_matches([' ', '\t', '\r', '\n'])
    }

    fn mark(&mut self, mark: &str) -> Option<()> {
        self.rest = self.token_start().strip_prefix(mark)?;
        Some(())
    }

    fn name(&mut self) -> Option<&'a str> {
        let text = self.token_start();
        let end = text.find(|next: char| !next.is_alphanumeric() && next != '_' && next != '$');
        let (name, rest) = text.split_at(end.unwrap_or(text.len()));
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    /// Names with a dot between them.
    fn names(&mut self, names: &[&str]) -> Option<()> {
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                self.mark(".")?;
            }
            if self.name()? != *name {
                return None;
            }
        }
        Some(())
    }

    /// A string without escapes. Spring's expression language, which Okta's is a subset of, doubles a quote to
    /// escape it and takes a backslash as itself; whether Okta does is not documented, so neither is read.
    fn string(&mut self) -> Option<&'a str> {
        let text = self.token_start();
        let quote = text.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
        let (string, rest) = text.strip_prefix(quote)?.split_once(quote)?;
        if string.contains('\\') || rest.starts_with(quote) {
            return None;
        }
        self.rest = rest;
        Some(string)
    }

    /// A limit: a whole number from 1 on, no larger than the language's integers.
    fn limit(&mut self) -> Option<u64> {
        let digits = self.name()?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.starts_with('0') {
            return None;
        }
        digits.parse().ok().filter(|&limit| limit <= i32::MAX as u64)
    }

    /// One or more items with commas between them, up to and with the closing mark.
    fn list<T>(&mut self, item: fn(&mut Self) -> Option<T>, close: &str) -> Option<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.mark(close).is_none() {
            self.mark(",")?;
            items.push(item(self)?);
        }
        Some(items)
    }

    fn group_function(&mut self) -> Option<GroupFunction> {
        match self.name()? {
            "Groups" => self.groups(),
            "getFilteredGroups" => self.filtered(),
            "user" => self.of_user(),
            _ => None,
        }
    }

    fn groups(&mut self) -> Option<GroupFunction> {
        self.mark(".")?;
        let function = self.name()?;
        self.mark("(")?;
        let source = match self.string()? {
            "OKTA" => GroupSource::Okta,
            // The vendor writes it in capitals only; whether another case means Okta is not documented.
            other if other.is_empty() || other.eq_ignore_ascii_case("OKTA") => return None,
            other => GroupSource::App(other.to_owned()),
        };
        self.mark(",")?;
        let text = self.string()?.to_owned();
        self.mark(",")?;
        let limit = self.limit()?;
        self.mark(")")?;
        match function {
            "startsWith" => Some(GroupFunction::Starts { source, text, limit }),
            "contains" => Some(GroupFunction::Contains { source, text, limit }),
            "endsWith" => Some(GroupFunction::Ends { source, text, limit }),
            _ => None,
        }
    }

    fn filtered(&mut self) -> Option<GroupFunction> {
        self.mark("(")?;
        self.mark("{")?;
        let group_ids = self.list(|reader| reader.string().map(str::to_owned), "}")?;
        self.mark(",")?;
        if self.string()? != "group.name" {
            return None;
        }
        self.mark(",")?;
        let limit = self.limit()?;
        self.mark(")")?;
        Some(GroupFunction::Filtered { group_ids, limit })
    }

    fn of_user(&mut self) -> Option<GroupFunction> {
        self.mark(".")?;
        self.names(&["getGroups"])?;
        self.mark("(")?;
        self.mark("{")?;
        if self.string()? != "group.profile.name" {
            return None;
        }
        self.mark(":")?;
        let value = self.string()?;
        self.mark("}")?;
        self.mark(")")?;
        self.mark(".")?;
        // `![` is one token.
        self.mark("![")?;
        self.names(&["profile", "name"])?;
        self.mark("]")?;
        let (text, how) = match value.strip_suffix(".*") {
            Some(text) => (text, NameMatch::StartsWith),
            None => (value, NameMatch::Exact),
        };
        // Anything more of a regex is "not supported" without a word on what it gives instead.
        if text.contains(['^', '$', '*', '+', '?', '|', '(', ')', '[', ']', '{', '}']) {
            return None;
        }
        Some(GroupFunction::OfUser { text: text.to_owned(), how })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(source: GroupSource, text: &str, limit: u64) -> GroupFunction {
        GroupFunction::Starts { source, text: text.to_owned(), limit }
    }

    fn contains(source: GroupSource, text: &str, limit: u64) -> GroupFunction {
        GroupFunction::Contains { source, text: text.to_owned(), limit }
    }

    fn ends(source: GroupSource, text: &str, limit: u64) -> GroupFunction {
        GroupFunction::Ends { source, text: text.to_owned(), limit }
    }

    fn filtered(group_ids: &[&str], limit: u64) -> GroupFunction {
        GroupFunction::Filtered { group_ids: group_ids.iter().map(ToString::to_string).collect(), limit }
    }

    fn of_user(text: &str, how: NameMatch) -> GroupFunction {
        GroupFunction::OfUser { text: text.to_owned(), how }
    }

    fn app(name: &str) -> GroupSource {
        GroupSource::App(name.to_owned())
    }

    #[test]
    fn every_documented_form_is_read() {
        use GroupSource::Okta;
        use NameMatch::{Exact, StartsWith};
        let cases: Vec<(&str, Vec<GroupFunction>)> = vec![
            (r#"Groups.startsWith("OKTA", "torq-", 100)"#, vec![starts(Okta, "torq-", 100)]),
            (r#"Groups.contains("OKTA", "torq", 10)"#, vec![contains(Okta, "torq", 10)]),
            (r#"Groups.endsWith("OKTA", "-torq", 1)"#, vec![ends(Okta, "-torq", 1)]),
            (r"Groups.startsWith('OKTA','torq-',100)", vec![starts(Okta, "torq-", 100)]),
            (r#"Groups.startsWith('OKTA',"it's",100)"#, vec![starts(Okta, "it's", 100)]),
            (
                r#"Groups.startsWith("active_directory","",100)"#,
                vec![starts(app("active_directory"), "", 100)],
            ),
            (
                r#"Groups.endsWith("0oa13c5hnZFqZsoS00g4", "-Region", 50)"#,
                vec![ends(app("0oa13c5hnZFqZsoS00g4"), "-Region", 50)],
            ),
            (r#"Groups.contains("OKTA", "a, (b) {c}", 5)"#, vec![contains(Okta, "a, (b) {c}", 5)]),
            (r#"Groups.contains("OKTA", ".*", 5)"#, vec![contains(Okta, ".*", 5)]),
            (r#"Groups.contains("OKTA", " Équipe ", 5)"#, vec![contains(Okta, " Équipe ", 5)]),
            (r#"Groups.startsWith("OKTA", "torq-", 101)"#, vec![starts(Okta, "torq-", 101)]),
            (r#"Groups.startsWith("OKTA", "x", 2147483647)"#, vec![starts(Okta, "x", 2_147_483_647)]),
            (" \tGroups . startsWith\n(\r\n'OKTA' , 'x' , 7 ) ", vec![starts(Okta, "x", 7)]),
            (
                r#"getFilteredGroups({"00gml2xHE3RYRx7cM0g3"}, "group.name", 40)"#,
                vec![filtered(&["00gml2xHE3RYRx7cM0g3"], 40)],
            ),
            (
                r#"getFilteredGroups({"00g1","00g2"}, "group.name", 40)"#,
                vec![filtered(&["00g1", "00g2"], 40)],
            ),
            (
                "getFilteredGroups( { '00g1' ,\n'00g2' } , 'group.name' , 2 )",
                vec![filtered(&["00g1", "00g2"], 2)],
            ),
            (
                "user.getGroups({'group.profile.name': 'Admin-Group'}).![profile.name]",
                vec![of_user("Admin-Group", Exact)],
            ),
            (
                "user.getGroups({'group.profile.name': 'Admin-.*'}).![profile.name]",
                vec![of_user("Admin-", StartsWith)],
            ),
            (r#"user.getGroups({"group.profile.name":".*"}).![profile.name]"#, vec![of_user("", StartsWith)]),
            (
                "user . getGroups ( { 'group.profile.name' : 'v1.2' } ) . ![ profile . name ]",
                vec![of_user("v1.2", Exact)],
            ),
            (
                r#"Arrays.flatten(Groups.startsWith("OKTA","a",9), Groups.endsWith("OKTA","b",8))"#,
                vec![starts(Okta, "a", 9), ends(Okta, "b", 8)],
            ),
            (r#"Arrays.flatten(Groups.startsWith("OKTA", "app_", 10))"#, vec![starts(Okta, "app_", 10)]),
            (
                "Arrays . flatten ( getFilteredGroups({'00g1'},'group.name',1),\n \
                 user.getGroups({'group.profile.name':'A'}).![profile.name], \
                 Groups.contains('active_directory','c',100) )",
                vec![
                    filtered(&["00g1"], 1),
                    of_user("A", Exact),
                    contains(app("active_directory"), "c", 100),
                ],
            ),
        ];
        for (expression, expected) in cases {
            assert_eq!(read_group_functions(expression), Some(expected), "{expression}");
        }
    }

    #[test]
    fn any_other_expression_is_left_alone() {
        let cases = [
            "",
            "aa",
            "user.department",
            "'torq-admins'",
            "{'torq-admins'}",
            "Arrays.flatten()",
            // Other names, or the right ones in another case.
            "groups.startsWith('OKTA','a',1)",
            "Groups.StartsWith('OKTA','a',1)",
            "Groups.startWith('OKTA','a',1)",
            "Groups.matches('OKTA','a',1)",
            "startsWith('OKTA','a',1)",
            "Groupsx.startsWith('OKTA','a',1)",
            "GetFilteredGroups({'00g1'}, 'group.name', 1)",
            "String.toUpperCase(Groups.startsWith('OKTA','a',1))",
            "isMemberOfGroupName('a')",
            // Other arguments.
            "Groups.startsWith('OKTA','a')",
            "Groups.startsWith('OKTA','a',1,2)",
            "Groups.startsWith('OKTA','a',)",
            "Groups.startsWith('OKTA' 'a',1)",
            "Groups.startsWith(OKTA,'a',1)",
            "Groups.startsWith('okta','a',1)",
            "Groups.startsWith('','a',1)",
            "Groups.startsWith('OKTA',user.department,1)",
            "Groups.startsWith('OKTA','a' + 'b',1)",
            "Groups.startsWith('OKTA','a',0)",
            "Groups.startsWith('OKTA','a',-1)",
            "Groups.startsWith('OKTA','a',010)",
            "Groups.startsWith('OKTA','a',1.5)",
            "Groups.startsWith('OKTA','a',0x10)",
            "Groups.startsWith('OKTA','a',10L)",
            "Groups.startsWith('OKTA','a','10')",
            "Groups.startsWith('OKTA','a',50 + 50)",
            "Groups.startsWith('OKTA','a',2147483648)",
            "Groups.startsWith('OKTA','a',99999999999999999999999)",
            "Groups.startsWith('OKTA','a',١)",
            "getFilteredGroups({}, 'group.name', 1)",
            "getFilteredGroups('00g1', 'group.name', 1)",
            "getFilteredGroups({'00g1',}, 'group.name', 1)",
            "getFilteredGroups({{'00g1'}}, 'group.name', 1)",
            "getFilteredGroups({'00g1'}, 'group.id', 1)",
            "getFilteredGroups({'00g1'}, 'group.name')",
            "getFilteredGroups({'00g1'}, group.name, 1)",
            "getFilteredGroups(app.profile.groupwhitelist, 'group.name', 40)",
            "user.getGroups({'group.profile.name': 'A'})",
            "user.getGroups({'group.profile.name': 'A'}).![name]",
            "user.getGroups({'group.profile.name': 'A'}).![profile.name].size()",
            "user.getGroups({'group.profile.name': 'A'}).! [profile.name]",
            "user.getGroups({'group.profile.name': 'A'}).?[profile.name]",
            "user.getGroups({'group.profile.name': 'A', 'operator': 'EXACT'}).![profile.name]",
            "user.getGroups({'group.profile.name': {'A'}}).![profile.name]",
            "user.getGroups({'group.type': {'OKTA_GROUP'}}).![profile.name]",
            "user.getGroups({'group.id': '00g1'}, {'group.profile.name': 'A'}).![profile.name]",
            "user.getGroups({'group.profile.name': '^(Admin-|Service-).*'}).![profile.name]",
            "user.getGroups({'group.profile.name': '.*Admin.*'}).![profile.name]",
            "user.getGroups({'group.profile.name': 'Admin*'}).![profile.name]",
            // Escapes that may not be any at Okta.
            r"Groups.startsWith('OKTA','a\'b',1)",
            r#"Groups.startsWith("OKTA","a\\b",1)"#,
            "Groups.startsWith('OKTA','it''s',1)",
            "Groups.startsWith('OKTA','''',1)",
            "Groups.startsWith('OKTA','a,1)",
            "Groups.startsWith('OKTA\",'a',1)",
            "Groups.startsWith(\u{A0}'OKTA','a',1)",
            "Groups.startsWith(“OKTA”,“a”,1)",
            // More than one function.
            "Groups.startsWith('OKTA','a',1) x",
            "Groups.startsWith('OKTA','a',1))",
            "(Groups.startsWith('OKTA','a',1))",
            "Groups.startsWith('OKTA','a',1);",
            "Groups.startsWith('OKTA','a',1) + Groups.startsWith('OKTA','b',1)",
            "user.isContractor ? {} : Groups.startsWith('OKTA','a',1)",
            "Groups.startsWith('OKTA','a',1) == null ? {} : Groups.startsWith('OKTA','a',1)",
            "${Groups.startsWith('OKTA','a',1)}",
            "Arrays.flatten(Groups.startsWith('OKTA','a',1),)",
            "Arrays.flatten(Groups.startsWith('OKTA','a',1), 'b')",
            "Arrays.flatten({Groups.startsWith('OKTA','a',1)})",
            "Arrays.flatten(Arrays.flatten(Groups.startsWith('OKTA','a',1)))",
            "Arrays.add(Groups.startsWith('OKTA','a',1), 'b')",
            "Arrays.isEmpty(Groups.startsWith('OKTA','a',1))",
        ];
        for expression in cases {
            assert_eq!(read_group_functions(expression), None, "{expression}");
        }
    }
}
