//! Prism, a stand-in that is made from a vendor's OpenAPI file and refuses what the file does not allow; and what that file says of
//! query parameters, since Prism lets unknown ones pass.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::stand_in::{Request, Response, header, pass_on};

/// Killed with the value.
pub struct Prism {
    child: Child,
    address: SocketAddr,
    parameters: BTreeMap<String, BTreeSet<String>>,
}

/// What the vendor's contract has against a request; empty: nothing.
pub type Objections = Vec<String>;

impl Prism {
    pub fn start(program: &str, document: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new(program)
            .args(["mock", "--host", "127.0.0.1", "--port", &port.to_string()])
            .arg(document)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (said, hears) = mpsc::channel();
        // Reads on until the end: a full pipe would stop Prism.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if line.contains("Prism is listening") {
                    _ = said.send(());
                }
            }
        });
        let prism = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            parameters: parameters(document),
        };
        hears
            .recv_timeout(Duration::from_secs(120))
            .unwrap_or_else(|_| panic!("Prism does not listen for {}", document.display()));
        prism
    }

    /// Prism's answer to a request, and what it, or the document, has against the request.
    pub fn ask(&self, request: &Request, more: &[(&str, &str)]) -> (Response, Objections) {
        let response = pass_on(self.address, request, more).unwrap();
        let mut objections: Objections = Vec::new();
        let violations = header(&response.headers, "sl-violations").map_or(Value::Null, |text| {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("sl-violations {text}: {error}"))
        });
        for violation in violations.as_array().into_iter().flatten() {
            // Of the answer: the vendor's own examples break the vendor's own schema.
            if violation["location"][0] == "request" {
                objections.push(violation.to_string());
            }
        }
        let own = header(&response.headers, "content-type").is_some_and(|kind| kind.contains("problem+json"));
        if own {
            objections.push(String::from_utf8_lossy(&response.body).into_owned());
        }
        objections.extend(self.unknown_parameters(request));
        (response, objections)
    }

    fn unknown_parameters(&self, request: &Request) -> Objections {
        let known = self.parameters.iter().find(|(pattern, _)| fits(pattern, request.path()));
        let Some((pattern, known)) = known else {
            return vec![format!("the document has no {}", request.path())];
        };
        request
            .query()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
            .filter(|name| !known.contains(*name))
            .map(|name| format!("the document has no query parameter {name} for {pattern}"))
            .collect()
    }

    /// Whether the document has this path.
    pub fn pattern(&self, path: &str) -> Option<&str> {
        self.parameters.keys().map(String::as_str).find(|pattern| fits(pattern, path))
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `/a/{b}` fits `/a/c`. Sorted, `{` comes after every letter, so a literal segment is found first.
pub fn fits(pattern: &str, path: &str) -> bool {
    let (mut expected, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return true,
            (Some(expected), Some(given))
                if expected == given || expected.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

/// The names of the query parameters of each path, over all its methods.
fn parameters(document: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(document).unwrap();
    let options = serde_saphyr::options! { budget: None };
    let document: Value = serde_saphyr::from_str_with_options(&text, options).unwrap();
    let resolved = |parameter: &Value| match parameter["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap().clone(),
        None => parameter.clone(),
    };
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .map(|(path, item)| {
            let operations =
                item.as_object().unwrap().values().filter_map(|operation| operation.get("parameters"));
            let names = item
                .get("parameters")
                .into_iter()
                .chain(operations)
                .flat_map(|list| list.as_array().unwrap())
                .map(resolved)
                .filter(|parameter| parameter["in"] == "query")
                .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
                .collect();
            (path.clone(), names)
        })
        .collect()
}
