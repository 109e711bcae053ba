//! What can be typed. What it means is left to the commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Finds out who can sign in to Torq through Okta, with what role, and what would lock them out.
///
/// It reads configuration; it changes nothing. Exit codes: 0 nothing at or above --fail-on, 1 something, 2 wrong use or unreadable
/// input, 3 something needed could not be evaluated.
#[derive(Debug, Parser)]
#[command(name = "ssolint", version, propagate_version = true, max_term_width = 100)]
pub struct Arguments {
    /// When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured too).
    #[arg(long = "color", value_enum, default_value = "auto", global = true, value_name = "WHEN")]
    pub colour: ColourChoice,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColourChoice {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check connections for what locks people out.
    Check(CheckArguments),
    /// Say who can sign in, and with what role.
    Who(WhoArguments),
    /// List the rules.
    Rules(RulesArguments),
    /// Show one rule's page.
    Explain(ExplainArguments),
    /// Print the JSON Schema of a file or an output.
    Schema(SchemaArguments),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PeopleChoice {
    Counts,
    Names,
    Pseudonyms,
}

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Snapshots: folders, or single .json or .yaml files.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// A Terraform plan as JSON (`terraform show -json`), laid over each snapshot, or checked alone.
    #[arg(long, value_name = "FILE")]
    pub terraform_plan: Option<PathBuf>,
    /// The folder of the plan's root module: findings lie on its .tf files, as far as they are written there.
    #[arg(long, value_name = "DIR", requires = "terraform_plan")]
    pub terraform_dir: Option<PathBuf>,
    /// The address of Torq's okta_app_oauth in the plan, where it is not found by itself.
    #[arg(long, value_name = "ADDRESS", requires = "terraform_plan")]
    pub app: Option<String>,
    /// pretty, json or sarif; more than once for several, each to a file: --format sarif=out.sarif
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    pub formats: Vec<String>,
    /// Exit with 1 from this severity on: error, warning, note or never.
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: String,
    /// Run only these rules: ids, families, globs, `all` or `pedantic`.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Leave these rules out: ids, families or globs.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// How people are shown; by default named in pretty and json, counted in sarif.
    #[arg(long, value_enum, value_name = "HOW")]
    pub people: Option<PeopleChoice>,
    /// Print how often each rule fired instead of the findings.
    #[arg(long)]
    pub statistics: bool,
    /// Say of each rule that was not evaluated why.
    #[arg(short, long)]
    pub verbose: bool,
    /// Print findings and counts only.
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct WhoArguments {
    /// Snapshots: folders, or single .json or .yaml files.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// A Terraform plan as JSON (`terraform show -json`), laid over each snapshot, or checked alone.
    #[arg(long, value_name = "FILE")]
    pub terraform_plan: Option<PathBuf>,
    /// The folder of the plan's root module: findings lie on its .tf files, as far as they are written there.
    #[arg(long, value_name = "DIR", requires = "terraform_plan")]
    pub terraform_dir: Option<PathBuf>,
    /// The address of Torq's okta_app_oauth in the plan, where it is not found by itself.
    #[arg(long, value_name = "ADDRESS", requires = "terraform_plan")]
    pub app: Option<String>,
    /// A login or an email; more than once for several people.
    #[arg(long = "user", value_name = "USER", conflicts_with = "all")]
    pub users: Vec<String>,
    /// Everyone (the default without --user).
    #[arg(long)]
    pub all: bool,
    /// pretty or json (one object a line); =FILE writes to a file.
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    pub formats: Vec<String>,
    /// Exit with 1 on these verdicts: granted, locked_out, unknown, not_subject or never. By default locked_out,unknown with --user.
    #[arg(long, value_name = "VERDICT", value_delimiter = ',')]
    pub fail_on: Vec<String>,
    /// How people are shown.
    #[arg(long, value_enum, value_name = "HOW")]
    pub people: Option<PeopleChoice>,
}

#[derive(Debug, Args)]
pub struct RulesArguments {
    /// pretty or json.
    #[arg(long, value_name = "FORMAT", default_value = "pretty")]
    pub format: String,
}

#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// The rule's id.
    pub rule: String,
}

#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// The name of a schema; without it, their names are listed.
    pub name: Option<String>,
}
