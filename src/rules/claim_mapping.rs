//! x
use super::catalogue::Rule;
pub static RULES: [Rule; 0] = [];
