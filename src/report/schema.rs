//! The JSON Schemas of what users write and of what is printed, shipped with the tool (`ssolint schema NAME`).

/// By name, with the text.
pub const ALL: [(&str, &str); 10] = [
    ("project", include_str!("schema/project.json")),
    ("connection", include_str!("schema/connection.json")),
    ("manifest", include_str!("schema/manifest.json")),
    ("check", include_str!("schema/check.json")),
    ("who", include_str!("schema/who.json")),
    ("diff", include_str!("schema/diff.json")),
    ("rollout", include_str!("schema/rollout.json")),
    ("patch", include_str!("schema/patch.json")),
    ("baseline", include_str!("schema/baseline.json")),
    ("rules", include_str!("schema/rules.json")),
];
