//! Every rule's page is its test: each Bad world reports exactly what it says, each Good world nothing.
//!
//! All rules run over every world, so a world that is bad in a second way says so too. Left aside: `source-incomplete`, which every small world
//! would report, and pedantic rules; each of these only on its own page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ssolint::check;
use ssolint::finding::Finding;
use ssolint::rules::page::Example;
use ssolint::rules::{Page, Rule, catalogue};

/// What one rule's page finds in a world, in each of its connections.
fn findings(rule: &Rule, example: &Example) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (read, options) in support::page_worlds(example) {
        assert!(read.notices.is_empty(), "{:?}", read.notices);
        let rules = catalogue().filter(|other| {
            other.id == rule.id || (other.id != "source-incomplete" && !other.page().pedantic)
        });
        let report = check::connection(read, rules, &options);
        assert!(report.faults.is_empty(), "{:?}", report.faults);
        findings.extend(report.findings.into_iter().map(|reported| reported.finding));
    }
    findings
}

/// `rule document#/path: part of the message`.
fn matches(line: &str, finding: &Finding) -> bool {
    let (head, part) = line.split_once(": ").unwrap_or((line, ""));
    let head = head.trim_end_matches(':');
    let (rule, place) = head.split_once(' ').expect("rule, then place");
    finding.rule == rule && finding.spot.place.to_string() == place && finding.message.plain().contains(part)
}

fn check_page(rule: &Rule) -> Vec<String> {
    let page = rule.page();
    let mut wrong = Vec::new();
    for example in page.bad() {
        let found = findings(rule, &example);
        let mut left: Vec<&Finding> = found.iter().collect();
        for line in &example.reports {
            match left.iter().position(|finding| matches(line, finding)) {
                Some(index) => {
                    left.remove(index);
                }
                None => wrong.push(format!("{}: Bad {:?} does not report: {line}", rule.id, example.title)),
            }
        }
        if !example.reports.iter().any(|line| line.starts_with(&format!("{} ", rule.id))) {
            wrong.push(format!("{}: Bad {:?} expects nothing of its own rule", rule.id, example.title));
        }
        for finding in left {
            wrong.push(format!(
                "{}: Bad {:?} also reports: {} {}: {}",
                rule.id,
                example.title,
                finding.rule,
                finding.spot.place,
                finding.message.plain()
            ));
        }
        for finding in &found {
            for (what, text) in [("message", &finding.message), ("why", &finding.why), ("fix", &finding.fix)]
            {
                if text.plain().trim().is_empty() {
                    wrong.push(format!("{}: a finding has no {what}", finding.rule));
                }
            }
        }
    }
    for example in page.good() {
        for finding in findings(rule, &example) {
            wrong.push(format!(
                "{}: Good {:?} reports: {} {}: {}",
                rule.id,
                example.title,
                finding.rule,
                finding.spot.place,
                finding.message.plain()
            ));
        }
    }
    wrong
}

#[test]
fn each_bad_world_reports_what_its_page_says_and_each_good_world_nothing() {
    // One rule at a time while working on it: SSOLINT_RULE=redirect-uri-mismatch
    let only = std::env::var("SSOLINT_RULE").ok();
    let rules: Vec<&Rule> =
        catalogue().filter(|rule| only.as_deref().is_none_or(|only| only == rule.id)).collect();
    assert!(!rules.is_empty(), "no such rule");
    let wrong: Vec<String> = rules.into_iter().flat_map(check_page).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_page_is_whole() {
    for rule in catalogue() {
        let page = Page::parse(rule.text()).unwrap_or_else(|error| panic!("{}: {error}", rule.id));
        assert_eq!(page.id, rule.id);
        for heading in
            ["What it checks", "Why it locks people out", "How to fix", "References", "Bad", "Good"]
        {
            assert!(page.section(heading).is_some_and(|text| !text.is_empty()), "{}: no {heading}", rule.id);
        }
        assert!(!page.bad().is_empty(), "{}: at least one Bad world", rule.id);
        assert!(
            page.good().len() >= 2,
            "{}: at least two Good worlds, one of them the nearest miss",
            rule.id
        );
        assert!(
            page.title.len() <= 100 && !page.title.ends_with('.'),
            "{}: the title is one short line",
            rule.id
        );
        for example in page.bad().iter().chain(&page.good()) {
            assert!(!example.world.is_empty(), "{}: {:?} has no world", rule.id, example.title);
        }
        for needed in &page.needs {
            assert!(
                ssolint::document::DocumentName::from_path(needed).is_some()
                    || ["okta/group-users", "okta/user-groups"].contains(&needed.as_str()),
                "{}: needs {needed}, which is no document",
                rule.id
            );
        }
    }
}

#[test]
fn every_page_is_in_the_catalogue_once_and_every_rule_has_a_page() {
    let mut pages: BTreeSet<String> = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut folders: Vec<PathBuf> = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let family = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
                let id = path.file_stem().unwrap().to_str().unwrap();
                pages.insert(format!("{family}/{id}"));
            }
        }
    }
    let rules: Vec<String> = catalogue().map(|rule| format!("{}/{}", rule.family, rule.id)).collect();
    let unique: BTreeSet<String> = rules.iter().cloned().collect();
    assert_eq!(rules.len(), unique.len(), "an id stands in the catalogue twice");
    assert_eq!(unique, pages);
}
