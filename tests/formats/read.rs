//! Each format read back to findings: by somebody else's reader where there is one (`quick-junit`, `comrak`, a JSON Schema), else as its
//! vendor's program reads it.

use std::collections::BTreeMap;

use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, Options};
use quick_junit::TestCaseStatus;
use serde_json::Value;

/// A finding as a format tells it. `end` is `None` where the format has no word for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    pub fingerprint: String,
    pub rule: String,
    pub severity: &'static str,
    pub path: String,
    pub start: (u64, u64),
    pub end: Option<(u64, u64)>,
}

impl Told {
    pub fn without_end(mut self) -> Self {
        self.end = None;
        self
    }
}

fn severity(name: &str, names: [&str; 3]) -> &'static str {
    let ours = ["error", "warning", "note"];
    let index = names.iter().position(|known| *known == name);
    ours[index.unwrap_or_else(|| panic!("{name} is none of {names:?}"))]
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a number: {value}"))
}

fn rows(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

pub fn json(bytes: &[u8]) -> Vec<Told> {
    let report: Value = serde_json::from_slice(bytes).unwrap();
    let rows = rows(&report["findings"]).iter().map(|row| {
        let place = &row["location"];
        Told {
            fingerprint: text(&row["fingerprint"]),
            rule: text(&row["rule"]),
            severity: severity(&text(&row["severity"]), ["error", "warning", "note"]),
            path: text(&place["file"]),
            start: (number(&place["line"]), number(&place["column"])),
            end: Some((number(&place["end_line"]), number(&place["end_column"]))),
        }
    });
    rows.collect()
}

pub fn sarif(bytes: &[u8]) -> Vec<Told> {
    let log: Value = serde_json::from_slice(bytes).unwrap();
    let results = rows(&log["runs"]).iter().flat_map(|run| rows(&run["results"]));
    let told = results.map(|result| {
        let place = &result["locations"][0]["physicalLocation"];
        let region = &place["region"];
        Told {
            fingerprint: text(&result["partialFingerprints"]["ssolint/v1"]),
            rule: text(&result["ruleId"]),
            severity: severity(&text(&result["level"]), ["error", "warning", "note"]),
            path: percent_decoded(&text(&place["artifactLocation"]["uri"])),
            start: (number(&region["startLine"]), number(&region["startColumn"])),
            end: Some((number(&region["endLine"]), number(&region["endColumn"]))),
        }
    });
    told.collect()
}

fn percent_decoded(uri: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = uri.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Entries that are no findings are left out; [`gitlab_entries`] has them.
pub fn gitlab(bytes: &[u8]) -> Vec<Told> {
    let is_finding =
        |entry: &Value| !["unreadable", "not-evaluated"].contains(&entry["check_name"].as_str().unwrap());
    let told = gitlab_entries(bytes).into_iter().filter(is_finding).map(|entry| {
        let place = &entry["location"];
        let (begin, end) = (&place["positions"]["begin"], &place["positions"]["end"]);
        assert_eq!(place["lines"]["begin"], begin["line"]);
        assert_eq!(place["lines"]["end"], end["line"]);
        Told {
            fingerprint: text(&entry["fingerprint"]),
            rule: text(&entry["check_name"]),
            severity: severity(&text(&entry["severity"]), ["critical", "major", "info"]),
            path: text(&place["path"]),
            start: (number(&begin["line"]), number(&begin["column"])),
            end: Some((number(&end["line"]), number(&end["column"]))),
        }
    });
    told.collect()
}

/// Every entry of a Code Quality report, which keeps its schema.
pub fn gitlab_entries(bytes: &[u8]) -> Vec<Value> {
    let report: Value = serde_json::from_slice(bytes).unwrap();
    let schema: Value = serde_json::from_str(include_str!("gitlab.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    assert!(!schema.is_valid(&serde_json::json!([{"description": "x"}])), "a schema that takes everything");
    let errors: Vec<String> =
        schema.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    let entries = rows(&report).to_vec();
    let mut seen = std::collections::BTreeSet::new();
    let twice: Vec<&Value> =
        entries.iter().filter(|entry| !seen.insert(text(&entry["fingerprint"]))).collect();
    assert!(twice.is_empty(), "GitLab shows entries of one fingerprint as one: {twice:?}");
    entries
}

/// A workflow command, read as GitHub's runner reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub name: String,
    pub properties: BTreeMap<String, String>,
    pub data: String,
}

/// Every line has to be a command of three: nothing else may be in the output.
pub fn commands(bytes: &[u8]) -> Vec<Command> {
    let text = std::str::from_utf8(bytes).unwrap();
    let commands = text.lines().map(|line| {
        let command = command(line).unwrap_or_else(|| panic!("no command: {line:?}"));
        assert!(["error", "warning", "notice"].contains(&command.name.as_str()), "{line:?}");
        for name in command.properties.keys() {
            let known = ["file", "line", "endLine", "col", "endColumn", "title"];
            assert!(known.contains(&name.as_str()), "a property {name}: {line:?}");
        }
        command
    });
    commands.collect()
}

/// The runner's `ActionCommand.TryParseV2`.
pub fn command(line: &str) -> Option<Command> {
    let (info, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
    let unescape = |text: &str, marks: &[(&str, &str)]| {
        marks.iter().fold(text.to_owned(), |text, (escaped, mark)| text.replace(escaped, mark))
    };
    let data_marks = [("%0D", "\r"), ("%0A", "\n"), ("%25", "%")];
    let property_marks = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    let properties = properties
        .split(',')
        .filter_map(|property| property.split_once('='))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.trim().to_owned(), unescape(value, &property_marks)))
        .collect();
    Some(Command { name: name.to_owned(), properties, data: unescape(data, &data_marks) })
}

/// Commands that are no findings have titles of their own.
pub fn github(bytes: &[u8]) -> Vec<Told> {
    let other = |command: &Command| {
        let title = command.properties["title"].as_str();
        title == "unreadable" || title.starts_with("ssolint: ")
    };
    let told = commands(bytes).into_iter().filter(|command| !other(command)).map(|command| {
        let number = |name: &str| command.properties.get(name).map(|number| number.parse().unwrap());
        let (line, end_line) = (number("line").unwrap(), number("endLine").unwrap());
        let columns = number("col").zip(number("endColumn"));
        assert_eq!(
            columns.is_some(),
            line == end_line,
            "the runner drops columns of several lines: {command:?}"
        );
        Told {
            fingerprint: command.data.rsplit_once("fingerprint ").unwrap().1.to_owned(),
            rule: command.properties["title"].clone(),
            severity: severity(&command.name, ["error", "warning", "notice"]),
            path: command.properties["file"].clone(),
            start: (line, columns.map_or(0, |columns| columns.0)),
            end: Some((end_line, columns.map_or(0, |columns| columns.1))),
        }
    });
    told.collect()
}

/// A report whose counts are right.
pub fn junit_report(bytes: &[u8]) -> quick_junit::Report {
    let report = quick_junit::Report::deserialize_from_str(std::str::from_utf8(bytes).unwrap()).unwrap();
    for suite in &report.test_suites {
        let count =
            |is: fn(&TestCaseStatus) -> bool| suite.test_cases.iter().filter(|case| is(&case.status)).count();
        let kind = |status: &TestCaseStatus| match status {
            TestCaseStatus::NonSuccess { kind, .. } => Some(*kind),
            TestCaseStatus::Success { .. } | TestCaseStatus::Skipped { .. } => None,
        };
        let of = |wanted| suite.test_cases.iter().filter(|case| kind(&case.status) == Some(wanted)).count();
        assert_eq!(suite.tests, suite.test_cases.len());
        assert_eq!(suite.failures, of(quick_junit::NonSuccessKind::Failure));
        assert_eq!(suite.errors, of(quick_junit::NonSuccessKind::Error));
        assert_eq!(suite.skipped, count(|status| matches!(status, TestCaseStatus::Skipped { .. })));
        let mut names: Vec<&str> = suite.test_cases.iter().map(|case| case.name.as_str()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "GitLab shows of tests of one name the first only");
    }
    let sum = |of: fn(&quick_junit::TestSuite) -> usize| report.test_suites.iter().map(of).sum::<usize>();
    assert_eq!(
        (report.tests, report.failures, report.errors),
        (sum(|suite| suite.tests), sum(|suite| suite.failures), sum(|suite| suite.errors))
    );
    report
}

pub fn junit(bytes: &[u8]) -> Vec<Told> {
    let report = junit_report(bytes);
    let cases = report.test_suites.iter().flat_map(|suite| &suite.test_cases);
    let told = cases.filter(|case| !case.properties.is_empty()).map(|case| {
        let property = |name: &str| {
            let found = case.properties.iter().find(|property| property.name.as_str() == name);
            found.unwrap_or_else(|| panic!("no {name}: {case:?}")).value.to_string()
        };
        let extra = |name: &str| case.extra.get(name).unwrap().to_string();
        let end = property("end");
        let (end_line, end_column) = end.split_once(':').unwrap();
        let severity = severity(&property("severity"), ["error", "warning", "note"]);
        let fails = matches!(case.status, TestCaseStatus::NonSuccess { .. });
        assert_eq!(fails, severity != "note", "{case:?}");
        let (rule, fingerprint) = case.name.as_str().split_once(' ').unwrap();
        assert_eq!(fingerprint, property("fingerprint"));
        Told {
            fingerprint: fingerprint.to_owned(),
            rule: rule.to_owned(),
            severity,
            path: extra("file"),
            start: (extra("line").parse().unwrap(), extra("column").parse().unwrap()),
            end: Some((end_line.parse().unwrap(), end_column.parse().unwrap())),
        }
    });
    told.collect()
}

/// Every extension of GitHub's that makes something of a text.
fn github_flavored() -> Options<'static> {
    let mut options = Options::default();
    options.extension.autolink = true;
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.alerts = true;
    options.extension.math_dollars = true;
    options
}

/// Findings of a summary; panics where anything in it acts: only headings, lists, the table, plain text, code and our own strong line.
pub fn markdown(bytes: &[u8]) -> Vec<Told> {
    let text = std::str::from_utf8(bytes).unwrap();
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, text, &github_flavored());
    for node in root.descendants() {
        let value = &node.data.borrow().value;
        match value {
            NodeValue::Document
            | NodeValue::Heading(_)
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::Paragraph
            | NodeValue::Table(_)
            | NodeValue::TableRow(_)
            | NodeValue::TableCell
            | NodeValue::Text(_)
            | NodeValue::Code(_)
            | NodeValue::Strong => {}
            acting => panic!("{acting:?} in {text}"),
        }
        // What GitHub makes of a text after it was parsed.
        if let NodeValue::Text(text) = value {
            for mark in ["@", "#", "www.", "://", "GH-", "&"] {
                let ours = text.starts_with("ssolint: ");
                assert!(ours || !text.contains(mark), "{mark} stands outside of code: {text:?}");
            }
        }
    }
    let mut told = Vec::new();
    let mut heading = String::new();
    for block in root.children() {
        match &block.data.borrow().value {
            NodeValue::Heading(_) => heading = plain(block),
            NodeValue::List(_) if ["Errors", "Warnings", "Notes"].contains(&heading.as_str()) => {
                told.extend(block.children().map(|item| finding(item, &heading)));
            }
            _ => {}
        }
    }
    told
}

fn finding<'a>(item: Node<'a>, heading: &str) -> Told {
    let codes = |node: Node<'a>| -> Vec<String> {
        let code = |node: Node<'a>| match &node.data.borrow().value {
            NodeValue::Code(code) => Some(code.literal.clone()),
            _ => None,
        };
        node.descendants().filter_map(code).collect()
    };
    let first = codes(item.first_child().unwrap());
    let details = item.last_child().unwrap().last_child().unwrap();
    assert!(plain(details).starts_with("Fingerprint: "), "{}", plain(details));
    let mut place = first[1].rsplitn(3, ':');
    let column = place.next().unwrap().parse().unwrap();
    let line = place.next().unwrap().parse().unwrap();
    Told {
        fingerprint: codes(details)[0].clone(),
        rule: first[0].clone(),
        severity: severity(heading, ["Errors", "Warnings", "Notes"]),
        path: place.next().unwrap().to_owned(),
        start: (line, column),
        end: None,
    }
}

/// The text of a node, without marks.
pub fn plain(node: Node<'_>) -> String {
    let pieces = node.descendants().filter_map(|node| match &node.data.borrow().value {
        NodeValue::Text(text) => Some(text.to_string()),
        NodeValue::Code(code) => Some(code.literal.clone()),
        _ => None,
    });
    pieces.collect()
}

/// The whole of a summary as it is read.
pub fn markdown_text(bytes: &[u8]) -> String {
    let arena = Arena::new();
    plain(comrak::parse_document(&arena, std::str::from_utf8(bytes).unwrap(), &github_flavored()))
}

/// Findings of a page.
pub fn html(bytes: &[u8]) -> Vec<Told> {
    let page = scraper::Html::parse_document(std::str::from_utf8(bytes).unwrap());
    let all = |selector: &str| scraper::Selector::parse(selector).unwrap();
    let text = |element: scraper::ElementRef<'_>| element.text().collect::<String>();
    let findings = all("article[id]");
    let told = page.select(&findings).map(|article| {
        let first = |selector: &str| text(article.select(&all(selector)).next().unwrap());
        let place = first("figcaption .place");
        let mut place = place.rsplitn(3, ':');
        let column = place.next().unwrap().parse().unwrap();
        let line = place.next().unwrap().parse().unwrap();
        Told {
            fingerprint: text(article.select(&all("p.quiet code")).last().unwrap()),
            rule: first("h4 code"),
            severity: severity(article.value().attr("class").unwrap(), ["error", "warning", "note"]),
            path: place.next().unwrap().to_owned(),
            start: (line, column),
            end: None,
        }
    });
    told.collect()
}
