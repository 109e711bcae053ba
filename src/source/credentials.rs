//! Secrets: from an environment variable, a private file or a command, as a [`SecretString`] from the first byte. Never from an argument,
//! and never from `ssolint.yaml` itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use secrecy::zeroize::Zeroize;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use tokio::io::AsyncReadExt;

/// How long a command may take to give a secret: a person may have to confirm it.
const COMMAND_TIME: Duration = Duration::from_secs(60);

/// A secret has at most so many bytes.
const MOST_BYTES: u64 = 64 * 1024;

/// Where a secret comes from: exactly one of the three.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "Value")]
pub enum SecretSource {
    /// The name of an environment variable.
    Env(String),
    /// A file that nobody but its owner can read (mode 0600 or less).
    File(PathBuf),
    /// A command as an argument list; its standard output is the secret. Runs only with `--allow-command`.
    Command(Vec<String>),
}

/// What stands where a source should: it could be the secret itself, so nothing of it is repeated.
const NOT_A_SOURCE: &str = "a secret never stands here itself (if this is one, take it back): say where it comes from, as {env: NAME}, {file: PATH} or {command: [PROGRAM, …]}";
const NOT_A_NAME: &str = "env: is the name of an environment variable, of letters, digits and `_`; a secret itself never stands here (if this is one, take it back)";

impl TryFrom<Value> for SecretSource {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let Value::Object(fields) = value else { return Err(NOT_A_SOURCE) };
        let mut fields = fields.into_iter();
        let (Some((kind, value)), None) = (fields.next(), fields.next()) else { return Err(NOT_A_SOURCE) };
        match (kind.as_str(), value) {
            ("env", Value::String(name)) if is_variable(&name) => Ok(Self::Env(name)),
            ("env", _) => Err(NOT_A_NAME),
            ("file", Value::String(path)) => Ok(Self::File(PathBuf::from(path))),
            ("command", Value::Array(arguments)) => {
                let text =
                    |argument| if let Value::String(text) = argument { Ok(text) } else { Err(NOT_A_SOURCE) };
                arguments.into_iter().map(text).collect::<Result<_, _>>().map(Self::Command)
            }
            _ => Err(NOT_A_SOURCE),
        }
    }
}

fn is_variable(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(plain) && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

/// Whether commands in the project file may be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    Allowed,
    NotAllowed,
}

/// Why there is no secret; never with a part of one.
#[derive(Debug, Error)]
pub enum SecretError {
    #[error("the environment variable {0} is not set; set it to the secret")]
    NotSet(String),
    #[error("the environment variable {0} is empty or not text")]
    NotText(String),
    #[error("{path} could not be read: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error("{path} can be read by others (mode {mode:03o}); run `chmod 600 {path}`")]
    NotPrivate { path: String, mode: u32 },
    #[error("{0} holds no secret: it is empty, too long, or not text")]
    NoSecret(String),
    #[error("the secret comes from a command ({0}), and commands run only with --allow-command")]
    CommandNotAllowed(String),
    #[error("command: names no program")]
    NoProgram,
    #[error("{program} could not be run: {cause}")]
    NotRun { program: String, cause: std::io::Error },
    #[error("{program} gave no secret: it ended with {status}")]
    Failed { program: String, status: String },
    #[error("{program} gave no secret within {} s", COMMAND_TIME.as_secs())]
    TooSlow { program: String },
}

impl SecretSource {
    /// Reads the secret; `folder` is where relative paths begin, the project file's.
    pub async fn read(&self, folder: &Path, commands: Commands) -> Result<SecretString, SecretError> {
        match self {
            Self::Env(name) => match std::env::var(name) {
                Ok(text) => secret(text.into_bytes()).ok_or_else(|| SecretError::NotText(name.clone())),
                Err(std::env::VarError::NotPresent) => Err(SecretError::NotSet(name.clone())),
                Err(std::env::VarError::NotUnicode(_)) => Err(SecretError::NotText(name.clone())),
            },
            Self::File(path) => file(&folder.join(path)),
            Self::Command(arguments) => command(arguments, folder, commands).await,
        }
    }
}

fn file(path: &Path) -> Result<SecretString, SecretError> {
    use std::io::Read;
    let shown = path.display().to_string();
    let unreadable = |cause| SecretError::Unreadable { path: shown.clone(), cause };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(SecretError::NotPrivate { path: shown, mode });
        }
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    secret(bytes).ok_or(SecretError::NoSecret(shown))
}

async fn command(
    arguments: &[String],
    folder: &Path,
    commands: Commands,
) -> Result<SecretString, SecretError> {
    let (program, rest) = arguments.split_first().ok_or(SecretError::NoProgram)?;
    if commands == Commands::NotAllowed {
        return Err(SecretError::CommandNotAllowed(program.clone()));
    }
    let not_run = |cause| SecretError::NotRun { program: program.clone(), cause };
    let mut child = tokio::process::Command::new(program)
        .args(rest)
        .current_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(not_run)?;
    let mut bytes = Vec::new();
    let output = child.stdout.take();
    let finished = tokio::time::timeout(COMMAND_TIME, async {
        if let Some(output) = output {
            output.take(MOST_BYTES + 1).read_to_end(&mut bytes).await?;
        }
        child.wait().await
    })
    .await;
    let status = match finished {
        Ok(status) => status.map_err(not_run)?,
        Err(_) => return Err(SecretError::TooSlow { program: program.clone() }),
    };
    if !status.success() {
        bytes.zeroize();
        return Err(SecretError::Failed { program: program.clone(), status: status.to_string() });
    }
    secret(bytes).ok_or_else(|| SecretError::NoSecret(program.clone()))
}

/// Text without the line end that files and commands add; the bytes are wiped where they are not kept.
fn secret(bytes: Vec<u8>) -> Option<SecretString> {
    let too_long = bytes.len() as u64 > MOST_BYTES;
    let mut text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            error.into_bytes().zeroize();
            return None;
        }
    };
    let trimmed = text.trim();
    let secret = (!trimmed.is_empty() && !too_long).then(|| SecretString::from(trimmed));
    text.zeroize();
    secret
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use secrecy::ExposeSecret;

    use super::*;

    async fn read(source: SecretSource, commands: Commands) -> Result<String, String> {
        let read = source.read(Path::new(""), commands).await;
        read.map(|secret| secret.expose_secret().to_owned()).map_err(|error| error.to_string())
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "marked-secret\n").unwrap();
        for (mode, expected) in
            [(0o600, Ok("marked-secret")), (0o400, Ok("marked-secret")), (0o640, Err(())), (0o604, Err(()))]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let secret = read(SecretSource::File(path.clone()), Commands::NotAllowed).await;
            match expected {
                Ok(text) => assert_eq!(secret.unwrap(), text, "{mode:o}"),
                Err(()) => {
                    let error = secret.unwrap_err();
                    assert!(error.contains("chmod 600") && !error.contains("marked-secret"), "{error}");
                }
            }
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_command_runs_only_where_it_is_allowed_and_its_failure_tells_no_output() {
        let shell = |script: &str| {
            SecretSource::Command(["sh", "-c", script].into_iter().map(str::to_owned).collect())
        };
        for (source, commands, expected) in [
            (shell("echo marked-secret"), Commands::Allowed, Ok("marked-secret")),
            (shell("echo marked-secret"), Commands::NotAllowed, Err("--allow-command")),
            (shell("echo marked-secret; exit 3"), Commands::Allowed, Err("exit status: 3")),
            (shell("true"), Commands::Allowed, Err("holds no secret")),
            (SecretSource::Command(Vec::new()), Commands::Allowed, Err("names no program")),
            (
                SecretSource::Command(vec!["/no/such/program".to_owned()]),
                Commands::Allowed,
                Err("could not be run"),
            ),
        ] {
            match (read(source, commands).await, expected) {
                (Ok(secret), Ok(text)) => assert_eq!(secret, text),
                (Err(error), Err(part)) => {
                    assert!(error.contains(part) && !error.contains("marked-secret"), "{error}");
                }
                other => unreachable!("{other:?}"),
            }
        }
    }
}
