//! The house: data flows one way, and only its edges touch the world.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

/// Each layer, with the layers that it may use.
const MAY_USE: [(&str, &[&str]); 8] = [
    ("source", &["document"]),
    ("document", &[]),
    ("model", &["document"]),
    ("signin", &["document", "model"]),
    ("rollout", &["document", "model", "signin"]),
    ("finding", &["document", "model"]),
    ("rules", &["document", "model", "signin", "finding"]),
    ("report", &["document", "model", "signin", "rollout", "finding", "rules"]),
];

const LAYERS: [&str; 10] =
    ["source", "document", "model", "signin", "rollout", "rules", "finding", "report", "check", "cli"];

/// What touches the world: files, the environment, the network, processes, clocks, standard streams.
const WORLD: [&str; 11] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::time::SystemTime",
    "std::io::stdout",
    "std::io::stdin",
    "reqwest::",
    "tokio::",
    "SystemTime::now",
    "Instant::now",
];

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    assert!(!files.is_empty(), "src/{folder} has no files");
    files
}

/// The layers that a source names as `crate::layer`, outside comments.
fn used(text: &str) -> Vec<&'static str> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    LAYERS
        .into_iter()
        .filter(|layer| {
            code.match_indices(&format!("crate::{layer}")).any(|(at, found)| {
                !code[at + found.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
            })
        })
        .collect()
}

#[test]
fn no_layer_reaches_upward() {
    for (layer, may_use) in MAY_USE {
        for (path, text) in sources(layer) {
            for other in used(&text) {
                assert!(
                    other == layer || may_use.contains(&other),
                    "{} uses crate::{other}, and {layer} may use only {may_use:?}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn only_source_and_the_command_line_touch_the_world() {
    for (layer, _) in MAY_USE.into_iter().filter(|(layer, _)| *layer != "source") {
        for (path, text) in sources(layer) {
            for word in WORLD {
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                assert!(
                    !code.into_iter().any(|line| line.contains(word)),
                    "{} uses {word}: IO belongs to source and cli",
                    path.display()
                );
            }
        }
    }
}

/// The guard reads `crate::layer` and `std::fs` as they are written in full.
#[test]
fn nothing_is_imported_in_a_way_that_the_guard_cannot_read() {
    for (layer, _) in MAY_USE {
        for (path, text) in sources(layer) {
            for grouped in ["use crate::{", "use std::{", "super::super::super"] {
                assert!(!text.contains(grouped), "{} has {grouped}", path.display());
            }
        }
    }
}

#[test]
fn the_guard_sees_a_layer_that_reaches_upward() {
    assert_eq!(used("use crate::report::Report;\nlet x = crate::modelling::y;"), ["report"]);
    assert_eq!(used("// crate::report\n/// [`crate::rules`]"), Vec::<&str>::new());
}
