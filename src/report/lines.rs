//! Where a finding lies, for every format that names a file and lines. A snapshot's file is its own place. A live finding lies on its
//! connection's entry of the project file, since what was read is in no repository.

use crate::finding::locate::Location;

use super::{ConnectionReport, Report, Reported};

/// Lines of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines<'r> {
    /// As it was given, with `/` between its parts.
    pub path: &'r str,
    /// Line and column from 1, columns in code points.
    pub start: (usize, usize),
    /// The same, exclusive.
    pub end: (usize, usize),
}

impl<'r> Lines<'r> {
    pub fn of(connection: &'r ConnectionReport, location: &Location) -> Self {
        if let Some(entry) = connection.entry_for(location) {
            return Self {
                path: &entry.file,
                start: (entry.line, entry.column),
                end: (entry.line, entry.end_column),
            };
        }
        let region = &location.region;
        Self {
            path: connection.file(location.file).map_or(&connection.origin, |file| &file.path),
            start: (region.line, region.column),
            end: (region.end_line, region.end_column),
        }
    }
}

/// A path without empty parts and `.`; what is absolute stays so.
pub fn normal(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let root = if path.starts_with('/') { "/" } else { "" };
    let path = format!("{root}{}", parts.join("/"));
    if path.is_empty() { ".".to_owned() } else { path }
}

/// Every finding of a report with its connection and that one's index, the worst first; of one severity in the order of the connections.
pub fn worst_first(report: &Report) -> Vec<(usize, &ConnectionReport, &Reported)> {
    let mut findings = Vec::new();
    for (index, connection) in report.connections.iter().enumerate() {
        findings.extend(connection.findings.iter().map(|reported| (index, connection, reported)));
    }
    findings.sort_by_key(|(_, _, reported)| std::cmp::Reverse(reported.finding.severity));
    findings
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn a_path_is_written_in_one_way() {
        for (path, expect) in [
            ("okta/app.json", "okta/app.json"),
            ("./okta//app.json", "okta/app.json"),
            ("../okta/app.json", "../okta/app.json"),
            ("/srv/./app.json", "/srv/app.json"),
            (".", "."),
            ("", "."),
        ] {
            assert_eq!(normal(path), expect, "{path}");
        }
    }
}
