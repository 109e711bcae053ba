//! An identity for a finding that survives reformatting, reordering and a fresh snapshot (interface, fingerprint).

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::Finding;

/// One fingerprint for each finding: a hash of rule, connection and subject, plus an occurrence number.
pub fn fingerprints(connection: &str, findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let mut hash = Sha256::new();
            for part in
                [finding.rule, connection].into_iter().chain(finding.subject.iter().map(String::as_str))
            {
                // Each part with its length, so that no two lists of parts run together.
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part.as_bytes());
            }
            let digest: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            let occurrence = seen.entry(digest.clone()).or_insert(0);
            *occurrence += 1;
            format!("{digest}:{occurrence}")
        })
        .collect()
}
