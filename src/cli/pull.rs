//! `ssolint pull`.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;
use ssolint::finding::prose::visible;
use ssolint::source::http;
use ssolint::source::pull::{Pulled, folder, pseudonym, torq};

use crate::Exit;
use crate::arguments::{PullArguments, PulledPeople};
use crate::config::{self, Typed};
use crate::live;
use crate::output::{self, Problem};

pub fn run(typed: &PullArguments) -> Result<Exit, Problem> {
    if typed.live.show_config {
        return config::show(&typed.live, settings(typed));
    }
    if typed.explain {
        return output::write(None, explain().as_bytes()).map(|()| Exit::Clean);
    }
    let Some(out) = &typed.out else {
        return Err(Problem("name the folder to write to: --out DIR".to_owned()));
    };
    let project = live::project(&typed.live)?;
    let key = pseudonyms(typed)?;
    let mut connections = live::chosen(&project, &typed.connections)?;
    if typed.shard.is_some() {
        live::part(&mut connections, typed.shard, |connection| &connection.name);
    }
    let out = out.clone();
    // Written as soon as it was read, beside the reading of the others, and then dropped.
    let finish: live::Finish<Result<String, Problem>> = Arc::new(move |name, mut pulled| {
        if let Some(key) = &key {
            pseudonym::replace(&mut pulled, key);
        }
        let written = folder::write(&pulled, &out, name);
        written.map(|path| told(&path, &pulled)).map_err(|error| Problem(error.to_string()))
    });
    let mut told = Vec::new();
    let ended = live::each(&project, &connections, &typed.live, &finish, &mut |index, written| {
        told.push((index, written));
        Ok(())
    })?;
    told.sort_by_key(|(index, _)| *index);
    let mut exit = ended.exit;
    let mut text = String::new();
    for (_, written) in told {
        match written {
            Ok(one) => text.push_str(&one),
            Err(problem) => {
                output::problem(&problem);
                exit = Exit::WrongUse;
            }
        }
    }
    text.push_str(&format!("{}\n", torq::NOT_RUN_LIVE));
    let shown: String = text.lines().map(|line| visible(line) + "\n").collect();
    // What is read is on disk; this is for people.
    let _ = std::io::stderr().lock().write_all(shown.as_bytes());
    Ok(exit)
}

fn settings(typed: &PullArguments) -> Vec<Typed> {
    vec![
        Typed::path("out", typed.out.as_deref()),
        Typed::word("people", typed.people, "names"),
        Typed::new("pseudonym-key-env", typed.pseudonym_key_env.clone(), "none"),
    ]
}

/// What was read of a connection, and where it lies.
fn told(path: &Path, pulled: &Pulled) -> String {
    let mut text = String::new();
    text.push_str(&format!(
        "{}: {} documents, {} requests\n",
        path.display(),
        pulled.documents.len(),
        pulled.requests
    ));
    for notice in &pulled.notices {
        text.push_str(&format!("  {notice}\n"));
    }
    for refusal in &pulled.manifest.refused {
        text.push_str(&format!("  gap: {}: {}\n", refusal.document, refusal.why));
    }
    for gap in &pulled.manifest.gaps {
        text.push_str(&format!("  gap: {gap}\n"));
    }
    text
}

/// The key, where names are to be replaced.
fn pseudonyms(typed: &PullArguments) -> Result<Option<pseudonym::Key>, Problem> {
    match (typed.people.unwrap_or(PulledPeople::Names), &typed.pseudonym_key_env) {
        (PulledPeople::Names, None) => Ok(None),
        (PulledPeople::Names, Some(_)) => {
            Err(Problem("--pseudonym-key-env goes with --people pseudonyms".to_owned()))
        }
        (PulledPeople::Pseudonyms, None) => Ok(Some(pseudonym::Key::random())),
        (PulledPeople::Pseudonyms, Some(name)) => match std::env::var(name) {
            Ok(secret) if !secret.is_empty() => {
                Ok(Some(pseudonym::Key::from_secret(&SecretString::from(secret))))
            }
            _ => Err(Problem(format!(
                "the environment variable {name} is not set, so there is no key for the pseudonyms"
            ))),
        },
    }
}

/// Every request that can be sent: service, method, path, scope, evidence, permission.
fn explain() -> String {
    let mut text =
        String::from("These requests can be sent, and no others. Nothing is written to Okta or Torq.\n\n");
    for one in http::sent() {
        text.push_str(&format!(
            "{:5} {:4} {}\n           needs: {}{}\n           {}\n",
            one.service.name(),
            one.method.name(),
            one.path,
            one.permission,
            one.scope.map_or_else(String::new, |scope| format!("; a service app: {scope}")),
            one.evidence.name()
        ));
    }
    text.push_str(
        "\nverified: seen in recordings of real organisations. documented: in the vendor's reference only. untested: in neither, or only in part.\n",
    );
    text.push_str(torq::NOT_RUN_LIVE);
    text.push('\n');
    text
}
