//! `ssolint init`: a first `ssolint.yaml` and `connection.yaml`, from a few questions or from flags and a pasted authorize URL.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;

use ssolint::document::connection::{Flow, Region};
use ssolint::finding::prose::visible;
use ssolint::model::connection::addresses;
use ssolint::rules::known_rules;
use ssolint::source::authorize_url::AuthorizeUrl;
use ssolint::source::project;
use ssolint::source::pull::canonical;

use crate::Exit;
use crate::arguments::InitArguments;
use crate::output::{self, Problem};

/// An authorize URL has at most a few thousand characters.
const MOST_INPUT: u64 = 64 * 1024;

const REGIONS: [(&str, Region); 3] = [("us", Region::Us), ("eu", Region::Eu), ("jp", Region::Jp)];

/// What happens to a file that is there.
#[derive(Debug, Clone, Copy)]
enum Existing {
    Kept,
    WrittenOver,
}

/// What is known about the connection.
struct Answers {
    name: String,
    okta_url: String,
    app: Option<String>,
    region: Region,
    url: Option<AuthorizeUrl>,
}

pub fn run(typed: &InitArguments) -> Result<Exit, Problem> {
    let files = ["ssolint.yaml", "connection.yaml"].map(|name| typed.folder.join(name));
    if !typed.force
        && let Some(there) = files.iter().find(|file| file.exists())
    {
        return Err(Problem(format!(
            "{} is there already; add --force to write over it, or name another --folder",
            there.display()
        )));
    }
    let answers = if io::stdin().is_terminal() { ask(typed)? } else { given(typed)? };
    let existing = if typed.force { Existing::WrittenOver } else { Existing::Kept };
    let [project_file, connection_file] = files;
    fs::create_dir_all(&typed.folder)
        .map_err(|error| Problem(format!("{} could not be made: {error}", typed.folder.display())))?;
    write(&connection_file, &connection(&answers), existing)?;
    write(&project_file, &project_text(&answers), existing)?;
    // What was just written must be readable.
    project::read(&project_file, &known_rules()).map_err(|error| Problem(error.to_string()))?;
    output::write(None, next(&answers, &project_file, &connection_file).as_bytes())?;
    Ok(Exit::Clean)
}

/// Without a terminal: flags, and an authorize URL on standard input if there is one.
fn given(typed: &InitArguments) -> Result<Answers, Problem> {
    let mut text = String::new();
    io::stdin()
        .take(MOST_INPUT)
        .read_to_string(&mut text)
        .map_err(|_| Problem("standard input is not text; paste the authorize URL".to_owned()))?;
    let url = parsed(&text)?;
    let okta_url = typed.okta_url.clone().or_else(|| url.as_ref().map(|url| url.org_url.clone())).ok_or_else(|| {
        Problem("give the Okta URL by --okta-url https://acme.okta.com, or an authorize URL on standard input".to_owned())
    })?;
    let region = match &typed.region {
        Some(text) => region(text)?,
        None => region_of(url.as_ref())
            .ok_or_else(|| Problem("give the Torq region by --region us, eu or jp".to_owned()))?,
    };
    answers(typed, okta_url, region, url, typed.name.clone())
}

/// With a terminal: one question after another; an empty line takes what stands in brackets.
fn ask(typed: &InitArguments) -> Result<Answers, Problem> {
    say(
        "Sign in to Torq through Okta once, and copy the address that the browser opens at Okta (…/v1/authorize?…).\nOf it, client ID, redirect URL, scopes, flow and issuer are kept; nothing else.\n",
    )?;
    let url = parsed(&question("Authorize URL, or nothing", "")?)?;
    let okta_url = match (&typed.okta_url, &url) {
        (Some(given), _) => given.clone(),
        (None, Some(url)) => question("Okta URL (not a custom domain)", &url.org_url)?,
        (None, None) => question("Okta URL, such as https://acme.okta.com", "")?,
    };
    let region = match &typed.region {
        Some(text) => region(text)?,
        None => {
            let by_default = REGIONS.iter().find(|(_, one)| Some(*one) == region_of(url.as_ref()));
            region(&question("Torq region: us, eu or jp", by_default.map_or("us", |(name, _)| name))?)?
        }
    };
    let name = match &typed.name {
        Some(name) => name.clone(),
        None => question("Name of the connection", &name_of(&okta_url))?,
    };
    answers(typed, okta_url, region, url, Some(name))
}

fn answers(
    typed: &InitArguments,
    okta_url: String,
    region: Region,
    url: Option<AuthorizeUrl>,
    name: Option<String>,
) -> Result<Answers, Problem> {
    let okta_url = okta_url.trim().trim_end_matches('/').to_owned();
    let loopback = okta_url.starts_with("http://127.0.0.1") || okta_url.starts_with("http://localhost");
    if !okta_url.starts_with("https://") && !loopback {
        return Err(Problem("the Okta URL begins with https://, such as https://acme.okta.com".to_owned()));
    }
    // A custom app's client ID is its id.
    let app = url.as_ref().and_then(|url| url.client_id.clone()).filter(|id| id.starts_with("0oa"));
    let name = name.unwrap_or_else(|| name_of(&okta_url));
    Ok(Answers { name, app: typed.app.clone().or(app), okta_url, region, url })
}

fn parsed(text: &str) -> Result<Option<AuthorizeUrl>, Problem> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    AuthorizeUrl::parse(text).map(Some).map_err(|error| Problem(error.to_string()))
}

fn region(text: &str) -> Result<Region, Problem> {
    let text = text.trim();
    REGIONS.iter().find(|(name, _)| *name == text).map(|(_, region)| *region).ok_or_else(|| {
        Problem(format!(
            "a Torq region is us, eu or jp{}",
            output::did_you_mean(text, REGIONS.iter().map(|(name, _)| *name))
        ))
    })
}

fn region_of(url: Option<&AuthorizeUrl>) -> Option<Region> {
    let redirect = url?.redirect_uri.as_deref()?;
    let host = redirect.split("://").nth(1)?.split('/').next()?;
    REGIONS.iter().find(|(_, region)| addresses(*region).app_host == host).map(|(_, region)| *region)
}

/// The first part of the host: acme of https://acme.okta.com.
fn name_of(okta_url: &str) -> String {
    let host = okta_url.split("://").nth(1).unwrap_or(okta_url);
    let first = host.split(['.', ':', '/']).next().unwrap_or_default();
    if first.is_empty() || first.chars().all(|c| c.is_ascii_digit()) {
        "torq".to_owned()
    } else {
        first.to_owned()
    }
}

fn connection(answers: &Answers) -> String {
    let torq_app = addresses(answers.region);
    let url = answers.url.as_ref();
    let region = REGIONS.iter().find(|(_, region)| *region == answers.region).map_or("us", |(name, _)| name);
    let mut text = format!(
        "# What Torq shows under Settings > Security > Configure SSO, and no API returns. A line that is missing is unknown.\nname: {}\nstage: setup                      # verified, once SSO was tested with other people\ntorq:\n  region: {region}\n",
        scalar(&answers.name)
    );
    let mut line = |key: &str, value: Option<String>, otherwise: &str| match value {
        Some(value) => text.push_str(&format!("  {key}: {value}\n")),
        None => text.push_str(&format!("  # {key}: {otherwise}\n")),
    };
    let quoted = |value: Option<&String>| value.map(|value| scalar(value));
    line(
        "login_redirect_url",
        quoted(url.and_then(|url| url.redirect_uri.as_ref())),
        torq_app.login_redirect_url.unwrap_or("as Torq shows it"),
    );
    line("client_id", quoted(url.and_then(|url| url.client_id.as_ref())), "as Torq shows it");
    line("issuer_url", quoted(url.map(|url| &url.issuer)), &answers.okta_url);
    let scopes = url.and_then(|url| url.scopes.as_ref()).map(|scopes| {
        format!("[{}]", scopes.iter().map(|scope| scalar(scope)).collect::<Vec<_>>().join(", "))
    });
    line("requested_scopes", scopes, "[openid, email, profile, groups]");
    let flow = url.and_then(|url| url.flow).map(|flow| match flow {
        Flow::Implicit => "implicit".to_owned(),
        Flow::Code => "code".to_owned(),
    });
    line("flow", flow, "implicit or code");
    line("send_login_hint", url.filter(|url| url.login_hint).map(|_| "true".to_owned()), "true or false");
    line("sso_domain", None, "the email domain of the Owner who set SSO up");
    text.push_str(&format!("okta:\n  org_url: {}\n", scalar(&answers.okta_url)));
    text
}

fn project_text(answers: &Answers) -> String {
    let app = match &answers.app {
        Some(id) => format!("app_id: {}", scalar(id)),
        None => "app_label: \"Torq*\"             # a glob over the labels of OpenID Connect apps; or app_id"
            .to_owned(),
    };
    let region = REGIONS.iter().find(|(_, region)| *region == answers.region).map_or("us", |(name, _)| name);
    format!(
        "version: 1
connections:
  - name: {}
    connection: connection.yaml
    okta:
      org_url: {}
      {app}
      auth:
        api_token: {{env: OKTA_API_TOKEN}}
    torq:
      region: {region}
      client_id: {{env: TORQ_CLIENT_ID}}
      client_secret: {{env: TORQ_CLIENT_SECRET}}
",
        scalar(&answers.name),
        scalar(&answers.okta_url)
    )
}

fn scalar(text: &str) -> String {
    canonical::yaml(&text.into()).trim_end().to_owned()
}

fn write(path: &Path, text: &str, existing: Existing) -> Result<(), Problem> {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    match existing {
        Existing::WrittenOver => options.create(true).truncate(true),
        Existing::Kept => options.create_new(true),
    };
    options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Problem(format!("{} could not be written: {error}", path.display())))
}

fn next(answers: &Answers, project_file: &Path, connection_file: &Path) -> String {
    let config = match project_file.parent() {
        Some(folder) if folder != Path::new(".") && folder != Path::new("") => {
            format!(" --config {}", project_file.display())
        }
        _ => String::new(),
    };
    format!(
        "Wrote {} and {}. Look through {}: what is commented out is unknown until you fill it in.

Set OKTA_API_TOKEN, TORQ_CLIENT_ID and TORQ_CLIENT_SECRET in the environment, then:

  ssolint check{config} --live {}
",
        project_file.display(),
        connection_file.display(),
        connection_file.display(),
        visible(&answers.name)
    )
}

fn question(text: &str, by_default: &str) -> Result<String, Problem> {
    let shown = if by_default.is_empty() { String::new() } else { format!(" [{}]", visible(by_default)) };
    say(&format!("{text}{shown}: "))?;
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Problem(format!("the answer could not be read: {error}")))?;
    let line = line.trim();
    Ok(if line.is_empty() { by_default.to_owned() } else { line.to_owned() })
}

fn say(text: &str) -> Result<(), Problem> {
    let mut error = io::stderr().lock();
    error
        .write_all(text.as_bytes())
        .and_then(|()| error.flush())
        .map_err(|error| Problem(format!("the question could not be shown: {error}")))
}
