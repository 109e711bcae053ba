//! Where output goes: standard output or a file, in which format, with colour or without. A closed pipe is success.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use ssolint::finding::PeopleShown;
use ssolint::finding::prose::visible;
use ssolint::report::pretty::{Colour, Terminal};

use crate::arguments::{ColourChoice, PeopleChoice};

/// Wrong use: what is wrong, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(pub String);

impl From<String> for Problem {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// One `--format FORMAT[=FILE]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target<F> {
    pub format: F,
    /// `None`: standard output.
    pub file: Option<PathBuf>,
}

/// Reads the formats; `known` are their names. Without any, the first of them on standard output.
pub fn targets<F: Copy>(typed: &[String], known: &[(&str, F)]) -> Result<Vec<Target<F>>, Problem> {
    let mut targets = Vec::new();
    for text in typed {
        let (name, file) =
            text.split_once('=').map_or((text.as_str(), None), |(name, file)| (name, Some(file)));
        let Some((_, format)) = known.iter().find(|(known, _)| *known == name) else {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            return Err(Problem(format!(
                "{name:?} is not a format here{}; there are {}",
                did_you_mean(name, names.iter().copied()),
                names.join(", ")
            )));
        };
        if file == Some("") {
            return Err(Problem(format!("--format {name}= names no file; write --format {name}=FILE")));
        }
        targets.push(Target { format: *format, file: file.map(PathBuf::from) });
    }
    if targets.iter().filter(|target| target.file.is_none()).count() > 1 {
        return Err(Problem(
            "only one format can go to standard output; give the others a file: --format sarif=out.sarif"
                .to_owned(),
        ));
    }
    if targets.is_empty()
        && let Some((_, format)) = known.first()
    {
        targets.push(Target { format: *format, file: None });
    }
    Ok(targets)
}

/// A connection's name as the name of a file: one that is not plain, or looks like what this makes of others, gets a mark of its own, so that
/// no two names are one file, whatever the case of letters means to the file system.
pub fn file_name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let marked = name
        .rsplit_once('-')
        .is_some_and(|(_, mark)| mark.len() == MARK && mark.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let is_plain =
        (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(plain) && !name.starts_with('-');
    if is_plain && !marked && !RESERVED.contains(&name.trim_end_matches(|c: char| c.is_ascii_digit())) {
        return name.to_owned();
    }
    let safe: String = name
        .to_ascii_lowercase()
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .take(LONGEST_NAME)
        .collect();
    let mark: String = Sha256::digest(name).iter().take(MARK / 2).map(|byte| format!("{byte:02x}")).collect();
    format!("c-{safe}-{mark}")
}

const LONGEST_NAME: usize = 80;
const MARK: usize = 12;
/// Names that Windows keeps for itself, some with a number behind.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// Writes to a file or to standard output.
pub fn write(file: Option<&PathBuf>, bytes: &[u8]) -> Result<(), Problem> {
    match file {
        Some(path) => fs::write(path, bytes)
            .map_err(|error| Problem(format!("{} could not be written: {error}", path.display()))),
        None => {
            let mut out = io::stdout().lock();
            match out.write_all(bytes).and_then(|()| out.flush()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(Problem(format!("standard output could not be written: {error}")))
                }
                _ => Ok(()),
            }
        }
    }
}

/// Where the bytes of one target go, as they come. A closed pipe takes everything.
pub struct Sink {
    to: Box<dyn Write + Send>,
    name: String,
    is_closed: bool,
}

impl Sink {
    pub fn open(file: Option<&PathBuf>) -> Result<Self, Problem> {
        let (to, name): (Box<dyn Write + Send>, String) = match file {
            Some(path) => {
                let file = fs::File::create(path)
                    .map_err(|error| Problem(format!("{} could not be written: {error}", path.display())))?;
                (Box::new(file), path.display().to_string())
            }
            None => (Box::new(io::stdout()), "standard output".to_owned()),
        };
        Ok(Self { to, name, is_closed: false })
    }

    /// What came of it, as it is said to people.
    pub fn said(&self, result: io::Result<()>) -> Result<(), Problem> {
        result.map_err(|error| Problem(format!("{} could not be written: {error}", self.name)))
    }

    fn unless_closed(&mut self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            other => other,
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_closed {
            let result = self.to.write_all(bytes);
            self.unless_closed(result)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        let result = self.to.flush();
        self.unless_closed(result)
    }
}

/// Says on standard error what is wrong.
pub fn problem(problem: &Problem) {
    let _ = writeln!(io::stderr().lock(), "ssolint: {}", visible(&problem.0));
}

/// How the terminal behind a target is; a file has no colour.
pub fn terminal(file: Option<&PathBuf>, choice: ColourChoice) -> Terminal {
    let is_terminal = file.is_none() && io::stdout().is_terminal();
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let colour = match choice {
        _ if file.is_some() => Colour::Off,
        ColourChoice::Always => Colour::On,
        ColourChoice::Never => Colour::Off,
        ColourChoice::Auto if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => {
            Colour::Off
        }
        ColourChoice::Auto if set("CLICOLOR_FORCE") => Colour::On,
        ColourChoice::Auto => {
            if is_terminal && !dumb {
                Colour::On
            } else {
                Colour::Off
            }
        }
    };
    let width = if is_terminal {
        terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0))
    } else {
        100
    };
    Terminal { colour, width }
}

/// How people are shown where it was not said.
pub fn people(choice: Option<PeopleChoice>, by_default: PeopleShown) -> PeopleShown {
    match choice {
        None => by_default,
        Some(PeopleChoice::Counts) => PeopleShown::Counts,
        Some(PeopleChoice::Names) => PeopleShown::Names,
        Some(PeopleChoice::Pseudonyms) => PeopleShown::Pseudonyms,
    }
}

/// `; did you mean X?` where a name is near enough, else nothing.
pub fn did_you_mean<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| (strsim::jaro_winkler(typed, name), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, name)| format!("; did you mean {name}?"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::file_name;

    #[test]
    fn a_connection_s_file_is_in_the_folder_and_no_other_one_s() {
        let long = "a".repeat(300);
        let made = file_name("Acme");
        let names = [
            "acme",
            "Acme",
            "ACME",
            "acme prod",
            "acme/prod",
            "acme_prod",
            "../acme",
            "",
            ".",
            "nul",
            "com1",
            "-rf",
            "é",
            "acme\0",
            long.as_str(),
            made.as_str(),
            &long[1..],
        ];
        let files: BTreeSet<String> = names.iter().map(|name| file_name(name)).collect();
        assert_eq!(files.len(), names.len(), "{files:?}");
        for file in &files {
            let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
            assert!(file.chars().all(safe) && file.len() < 120 && !file.starts_with('-'), "{file}");
        }
        assert_eq!(file_name("acme-prod_2"), "acme-prod_2");
    }
}
