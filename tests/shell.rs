//! `completions` and `man` say what the arguments say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::process::Command;

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let help = support::stdout(&support::ssolint(&["--help"]));
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let (listed, _) = listed.split_once("\n\n").unwrap();
    let commands: Vec<String> = listed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|command| command != "help")
        .collect();
    assert!(commands.len() > 5 && commands.contains(&"check".to_owned()), "{help}");
    commands
}

/// Long options that a text names.
fn options(text: &str) -> BTreeSet<String> {
    let begins = text.match_indices("--").map(|(at, _)| &text[at + 2..]);
    let names = begins.map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(rest.len());
        rest[..end].trim_end_matches('-').to_owned()
    });
    names.filter(|name| name.len() > 1).collect()
}

#[test]
fn completions_know_every_command_and_option() {
    let commands = commands();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = support::ssolint(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        let script = support::stdout(&output);
        for command in &commands {
            assert!(script.contains(command.as_str()), "{shell} does not complete {command}");
        }
        for option in ["terraform-plan", "fail-on", "people", "pseudonym-key-env", "color"] {
            assert!(script.contains(option), "{shell} does not complete --{option}");
        }
    }
    let unknown = support::ssolint(&["completions", "tcsh"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn a_shell_takes_the_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let script = support::ssolint(&["completions", shell]).stdout;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), script).unwrap();
        let checked = Command::new(shell).arg("-n").arg(file.path()).output();
        match checked {
            Ok(checked) => assert!(checked.status.success(), "{shell}: {}", support::stderr(&checked)),
            // Bash is everywhere where this project is built.
            Err(error) => assert!(shell != "bash", "{error}"),
        }
    }
}

#[test]
fn every_command_has_a_page_with_its_options() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man/man1");
    let output = support::ssolint(&["man", "--out", pages.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", support::stderr(&output));
    for command in commands() {
        let page = std::fs::read_to_string(pages.join(format!("ssolint-{command}.1"))).unwrap();
        let page = page.replace("\\-", "-");
        let help = support::stdout(&support::ssolint(&[&command, "--help"]));
        let missing: Vec<String> = options(&help).difference(&options(&page)).cloned().collect();
        assert!(missing.is_empty(), "{command}: {missing:?}");
    }
    let printed = support::stdout(&support::ssolint(&["man"]));
    assert_eq!(printed, std::fs::read_to_string(pages.join("ssolint.1")).unwrap());
    assert!(printed.contains(".TH ssolint 1"), "{printed}");
}

#[test]
fn a_folder_that_cannot_be_made_is_said() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = support::ssolint(&["man", "--out", file.path().join("man").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(support::stderr(&output).contains("could not be written to"), "{}", support::stderr(&output));
}
