//! The README shows what the tool says today.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

#[test]
fn the_first_look_is_a_real_rendering() {
    let readme = std::fs::read_to_string(support::root().join("README.md")).unwrap();
    let output = support::ssolint(&["check", "examples/first-look"]);
    assert_eq!(output.status.code(), Some(1));
    let real = support::stdout(&output);
    let shown = readme.split("```text\n").nth(1).unwrap().split("\n```").next().unwrap();
    assert!(shown.contains("error[redirect-uri-mismatch]"));
    let findings = shown.split("\n…\n").flat_map(|part| part.split("\n\nwarning["));
    for finding in findings.map(|finding| finding.trim_matches('\n')) {
        assert!(real.contains(finding), "the README shows, and the tool does not say:\n{finding}");
    }
}

#[test]
fn the_examples_say_what_they_are_there_for() {
    let first = support::stdout(&support::ssolint(&["check", "--format", "json", "examples/first-look"]));
    for rule in
        ["redirect-uri-mismatch", "groups-claim-missing", "claim-mapping-shadowed", "email-safeguard-missing"]
    {
        assert!(first.contains(&format!("\"rule\": \"{rule}\"")), "{rule}");
    }
    let healthy = support::ssolint(&["check", "--fail-on", "warning", "examples/healthy"]);
    assert_eq!(healthy.status.code(), Some(0), "{}", support::stdout(&healthy));
    let said = support::stdout(&healthy);
    for word in ["rules", "evaluated", "can repair SSO", "not covered"] {
        assert!(said.contains(word), "{word}");
    }
}
