//! The recordings as they lie on disk: go-vcr cassettes, of which only what was asked and what came back is kept.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One question and its answer, in the order in which they were recorded.
#[derive(Debug)]
pub struct Answer {
    pub method: String,
    /// Such as `oie-00.dne-okta.com`.
    pub host: String,
    /// From the first slash to the query.
    pub path: String,
    pub query: String,
    pub status: u16,
    pub body: String,
}

impl Answer {
    /// Whether it shows an object as Okta has it: asked for, made or changed.
    pub fn shows_an_object(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "POST" | "PUT") && matches!(self.status, 200 | 201)
    }

    /// Whether the list is all that there is, as far as the question goes.
    pub fn is_whole_list(&self) -> bool {
        !["q=", "filter=", "search="]
            .iter()
            .any(|part| self.query.split('&').any(|one| one.starts_with(part)))
    }
}

#[derive(Debug)]
pub struct Recording {
    /// The file's name without extension.
    pub name: String,
    pub answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Cassette {
    interactions: Vec<Interaction>,
}

#[derive(Deserialize)]
struct Interaction {
    request: Request,
    response: Response,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    url: String,
}

#[derive(Deserialize)]
struct Response {
    code: u16,
    #[serde(default)]
    body: String,
}

/// Every cassette of a folder, by name.
pub fn read_folder(folder: &Path) -> Vec<Recording> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Recording {
    let text = std::fs::read_to_string(path).unwrap();
    let cassette: Cassette =
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    Recording { name, answers: cassette.interactions.into_iter().map(answer).collect() }
}

fn answer(Interaction { request, response }: Interaction) -> Answer {
    let rest = request.url.strip_prefix("https://").unwrap_or_else(|| panic!("{} is not https", request.url));
    let (host, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    Answer {
        method: request.method,
        host: host.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        status: response.code,
        body: response.body,
    }
}
