//! What can be typed. What it means is left to the commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use ssolint::report::Shard;

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
    /// Say what a change does to each person.
    Diff(DiffArguments),
    /// Find an order of edits that never locks a protected person out, or check one of its steps.
    Rollout(RolloutArguments),
    /// Read the connections of the project file live, and write them as snapshots.
    Pull(PullArguments),
    /// Write ssolint.yaml and connection.yaml for a first connection.
    Init(InitArguments),
    /// List the rules.
    Rules(RulesArguments),
    /// Show one rule's page.
    Explain(ExplainArguments),
    /// Join the reports of shards into the one that a run over all connections writes.
    Merge(MergeArguments),
    /// Print the JSON Schema of a file or an output.
    Schema(SchemaArguments),
    /// Print what completes commands and options in a shell.
    Completions(CompletionsArguments),
    /// Print the manual page, or write those of all commands.
    Man(ManArguments),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PeopleChoice {
    Counts,
    Names,
    Pseudonyms,
}

/// Where connections come from, and what reading them live may cost.
#[derive(Debug, Clone, Args)]
pub struct LiveArguments {
    /// The project file; by default the nearest ssolint.yaml from here upward.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print every setting and where it comes from, and read nothing else.
    #[arg(long)]
    pub show_config: bool,
    /// The most requests that this run sends, retries too. Given, it is also used for what is only good to have.
    #[arg(long, value_name = "N")]
    pub max_requests: Option<u64>,
    /// The longest time that this run reads live, in seconds; by default 900.
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// Let the project file's `command:` entries run.
    #[arg(long)]
    pub allow_command: bool,
    /// A PEM file of certificate authorities beside the system's; more than once for several.
    #[arg(long = "certificate-authority", value_name = "FILE")]
    pub certificate_authorities: Vec<PathBuf>,
    /// Say more on standard error: of each request its method, path, status and time, never a secret; and with check, of each rule that was
    /// not evaluated why.
    #[arg(short, long)]
    pub verbose: bool,
}

/// The connections that a command looks at.
#[derive(Debug, Clone, Args)]
pub struct SourceArguments {
    /// Snapshots: folders, or single .json or .yaml files; without any, the connections of the project file.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Read connections of the project file live; all that can be where none is named.
    #[arg(long = "live", value_name = "CONNECTION", num_args = 0..)]
    pub live_connections: Option<Vec<String>>,
    #[command(flatten)]
    pub live: LiveArguments,
    #[command(flatten)]
    pub plan: PlanArguments,
}

/// A planned state to lay over them.
#[derive(Debug, Clone, Default, Args)]
pub struct PlanArguments {
    /// A Terraform plan as JSON (`terraform show -json`): what it leads to is laid over each snapshot, or looked at alone.
    #[arg(long, value_name = "FILE")]
    pub terraform_plan: Option<PathBuf>,
    /// The folder of the plan's root module: findings lie on its .tf files, as far as they are written there.
    #[arg(long, value_name = "DIR", requires = "terraform_plan")]
    pub terraform_dir: Option<PathBuf>,
    /// The address of Torq's okta_app_oauth in the plan, where it is not found by itself.
    #[arg(long, value_name = "ADDRESS", requires = "terraform_plan")]
    pub app: Option<String>,
}

#[derive(Debug, Args)]
pub struct PullArguments {
    /// Connections of the project file; all that can be read live where none is named.
    #[arg(value_name = "CONNECTION")]
    pub connections: Vec<String>,
    /// The folder to write to: one folder a connection in it.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["explain", "show_config"])]
    pub out: Option<PathBuf>,
    /// Replace logins, emails and names of groups that are not mapped by pseudonyms; verdicts stay the same. By default names.
    #[arg(long, value_enum, value_name = "HOW")]
    pub people: Option<PulledPeople>,
    /// An environment variable with the key of the pseudonyms, so that they are the same in each run.
    #[arg(long, value_name = "NAME")]
    pub pseudonym_key_env: Option<String>,
    /// Read a part of the connections, such as 2/4: by the order of their names.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<Shard>,
    /// Print every request that can be sent, with what it needs, and send none.
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub live: LiveArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PulledPeople {
    Names,
    Pseudonyms,
}

#[derive(Debug, Args)]
pub struct InitArguments {
    /// How the connection is called.
    #[arg(long)]
    pub name: Option<String>,
    /// The organisation's Okta URL, such as https://acme.okta.com.
    #[arg(long, value_name = "URL")]
    pub okta_url: Option<String>,
    /// The id of the app that signs people in to Torq; by default it is found by the label Torq*.
    #[arg(long, value_name = "ID")]
    pub app: Option<String>,
    /// The Torq region: us, eu or jp.
    #[arg(long)]
    pub region: Option<String>,
    /// The folder to write to.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Write over files that are there.
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct CheckArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// pretty, json, sarif, github, gitlab, junit, markdown or html; more than once for several, each to a file: --format sarif=out.sarif
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    pub formats: Vec<String>,
    /// Also write a report for each connection into this folder, in every format of --format, with nothing of another connection in it.
    #[arg(long, value_name = "DIR")]
    pub out_dir: Option<PathBuf>,
    /// Check a part of the connections, such as 2/4: by the order of their names; `ssolint merge` joins the reports.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<Shard>,
    /// Exit with 1 from this severity on: error, warning, note or never; by default error.
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<String>,
    /// Run only these rules: ids, families, globs, `all` or `pedantic`.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Leave these rules out: ids, families or globs.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// How people are shown; by default named in pretty, json and html, counted in the others.
    #[arg(long, value_enum, value_name = "HOW")]
    pub people: Option<PeopleChoice>,
    /// Leave out the findings that this file knows by fingerprint: one that --write-baseline, --format json or --format sarif wrote.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is found to a file, for --baseline; it counts as known in this run.
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
    /// Take out of the baseline what is found no more, and write down what is less bad.
    #[arg(long, requires = "baseline")]
    pub prune_baseline: bool,
    /// Report only what this snapshot, or the one of the connection's name in this folder, does not have.
    #[arg(long, value_name = "BEFORE")]
    pub new_since: Option<PathBuf>,
    /// List the findings that are ignored, in pretty and sarif too.
    #[arg(long)]
    pub show_ignored: bool,
    /// Print how often each rule fired instead of the findings.
    #[arg(long)]
    pub statistics: bool,
    /// Print findings and counts only.
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct WhoArguments {
    #[command(flatten)]
    pub source: SourceArguments,
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
pub struct DiffArguments {
    /// The snapshot before: a folder, or a single .json or .yaml file; without it, the connection of --live, or a plan as far as it goes alone.
    #[arg(value_name = "BEFORE", required_unless_present_any = ["live_connection", "terraform_plan", "show_config"])]
    pub before: Option<PathBuf>,
    /// The snapshot after; without it, the connection of --live, or the one before, each with what --terraform-plan, --set and --patch
    /// change.
    #[arg(value_name = "AFTER", conflicts_with = "terraform_plan")]
    pub after: Option<PathBuf>,
    /// Read a connection of the project file live, for what is missing of BEFORE and AFTER; with a plan, for BEFORE.
    #[arg(long = "live", value_name = "CONNECTION", num_args = 0..=1, conflicts_with = "after")]
    pub live_connection: Option<Option<String>>,
    #[command(flatten)]
    pub live: LiveArguments,
    #[command(flatten)]
    pub plan: PlanArguments,
    /// Change a value of the snapshot after: 'torq.claim-mappings[groups=SOC-Leads].claim_value=torq-leads'; `null` removes. More than
    /// once for several.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// A YAML list of edits to the snapshot after, before those of --set: `ssolint schema patch`.
    #[arg(long = "patch", value_name = "FILE")]
    pub patches: Vec<PathBuf>,
    /// pretty, json (one object a line), markdown (for a change request) or html; =FILE writes to a file.
    #[arg(long = "format", value_name = "FORMAT[=FILE]")]
    pub formats: Vec<String>,
    /// Exit with 1 on these: lost, gained, raised, lowered, moved, unknown, newly-assumed, no-rescue or never. By default
    /// lost,no-rescue.
    #[arg(long, value_name = "CHANGE", value_delimiter = ',')]
    pub fail_on: Vec<String>,
    /// How people are shown; by default named in pretty, json and html, counted in markdown.
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
pub struct MergeArguments {
    /// Reports of `check --shard`, of all shards: --format json, or --format sarif.
    #[arg(value_name = "REPORT", required = true)]
    pub reports: Vec<PathBuf>,
    /// The file to write to; by default standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 1 from this severity on, as check does: error, warning, note or never; by default error.
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<String>,
}

/// `I/N`. What counts from 0, as an indexed Job does, may say so: 0/N is the same as N/N.
fn shard(typed: &str) -> Result<Shard, String> {
    let parts = typed.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
    match parts {
        Some((0, of)) if of > 0 => Ok(Shard { index: of, of }),
        Some((index, of)) if index <= of && of > 0 => Ok(Shard { index, of }),
        _ => Err("a shard is I/N, such as 2/4: the second of four".to_owned()),
    }
}

#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// The name of a schema; without it, their names are listed.
    pub name: Option<String>,
}

#[derive(Debug, Args)]
pub struct CompletionsArguments {
    #[arg(value_enum)]
    pub shell: Shell,
}

#[derive(Debug, Args)]
pub struct ManArguments {
    /// Write a page for the tool and one for each command into this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RolloutArguments {
    /// The snapshot before: a folder, or a single .json or .yaml file. With --verify, the snapshot to check.
    #[arg(value_name = "BEFORE", required_unless_present_any = ["verify", "show_config"])]
    pub before: Option<PathBuf>,
    /// The snapshot after; without it, the one before with what --terraform-plan, --set and --patch change.
    #[arg(value_name = "AFTER", conflicts_with_all = ["verify", "terraform_plan"])]
    pub after: Option<PathBuf>,
    #[command(flatten)]
    pub plan: PlanArguments,
    /// Change a value of the snapshot after, as with diff.
    #[arg(long = "set", value_name = "PATH=VALUE", conflicts_with = "verify")]
    pub sets: Vec<String>,
    /// A YAML list of edits to the snapshot after, before those of --set: `ssolint schema patch`.
    #[arg(long = "patch", value_name = "FILE", conflicts_with = "verify")]
    pub patches: Vec<PathBuf>,
    /// Who must not lose access or the ability to repair SSO in any state: everyone (who has it before and after), repair (those who can
    /// repair SSO before and after), or people by login, email or Okta id. By default everyone.
    #[arg(long, value_name = "WHO", value_delimiter = ',')]
    pub protect: Vec<String>,
    /// Give up after so many states; by default 100000.
    #[arg(long, value_name = "N")]
    pub max_states: Option<usize>,
    /// pretty, json, markdown (for a change request) or html; =FILE writes to a file.
    #[arg(long = "format", value_name = "FORMAT[=FILE]", conflicts_with = "verify")]
    pub formats: Vec<String>,
    /// How people are shown; by default named in pretty, json and html, counted in markdown.
    #[arg(long, value_enum, value_name = "HOW", conflicts_with = "verify")]
    pub people: Option<PeopleChoice>,
    /// A rollout as --format json wrote it: say whether a step is reached and people are as predicted.
    #[arg(long, value_name = "FILE", requires = "step")]
    pub verify: Option<PathBuf>,
    /// The step to check; 0 is the state before.
    #[arg(long, value_name = "N", requires = "verify")]
    pub step: Option<usize>,
    /// Check a connection of the project file live.
    #[arg(long = "live", value_name = "CONNECTION", requires = "verify", conflicts_with = "before")]
    pub live_connection: Option<String>,
    #[command(flatten)]
    pub live: LiveArguments,
}
