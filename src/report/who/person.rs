//! One person: what Torq asks, what Okta answers, what the token says, and which mapping takes it, or would but for one thing.

use std::fmt::Write as _;

use crate::document::connection::Flow;
use crate::finding::prose::{PeopleNames, visible};
use crate::model::claims::ClaimValue;
use crate::model::{Fact, Truth};
use crate::rules::console;
use crate::rules::groups::place_in_console;
use crate::signin::claim_source::NotSent;
use crate::signin::evaluation::State;
use crate::signin::explanation::{
    Difference, Explanation, NearMiss, Obstacle, Origin, Part, Row, SentClaim, Values,
};
use crate::signin::what_if::Change;
use crate::signin::{Gate, PersonIndex, SignIn, Verdict};

use super::super::coverage;
use super::{mapping_text, value, verdict};

/// Values of one claim that are shown.
const VALUES: usize = 20;
/// Mappings that would match if the person were in one group more, as many as are shown.
const GROUPS_TO_JOIN: usize = 12;

/// The verdict, what Torq asks for, each gate, the claims, and the mapping table with its near misses.
pub fn person(sign_in: &SignIn<'_>, person: PersonIndex, names: &mut PeopleNames) -> String {
    let mut text = Text { sign_in, person, names, out: String::new() };
    text.verdict();
    if sign_in.population.stranger(person).is_none_or(|stranger| stranger.local == Truth::No) {
        text.asked();
        text.gates();
        let explanation = Explanation::new(sign_in, person);
        text.claims(&explanation.claims);
        text.mappings(&explanation.rows);
    }
    for assumed in sign_in.assumes(person).names() {
        let meaning = coverage::meaning(assumed);
        let _ = writeln!(text.out, "  assumes {assumed}: {meaning}");
    }
    text.out
}

struct Text<'a, 'n> {
    sign_in: &'a SignIn<'a>,
    person: PersonIndex,
    names: &'n mut PeopleNames,
    out: String,
}

impl Text<'_, '_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    fn verdict(&mut self) {
        let name = self.names.show(self.sign_in.label(self.person));
        let world = visible(&self.sign_in.world.name);
        let verdict = verdict(self.sign_in, &self.sign_in.verdict(self.person));
        self.line(&format!("{name} at {world}: {verdict}"));
    }

    fn asked(&mut self) {
        fn shown<T>(fact: &Fact<T>, show: impl FnOnce(&T) -> String) -> String {
            fact.known().map_or_else(|| "not known".to_owned(), show)
        }
        let plain = |text: &String| visible(text);
        let wizard = &self.sign_in.world.wizard;
        let issuer = shown(&wizard.issuer_url, plain);
        let client = shown(&wizard.client_id, plain);
        let scopes = shown(&wizard.requested_scopes, |scopes| visible(&scopes.join(" ")));
        let flow = shown(&wizard.flow, |flow| {
            let name = match flow {
                Flow::Implicit => "implicit",
                Flow::Code => "code",
            };
            name.to_owned()
        });
        let back = shown(&wizard.login_redirect_url, plain);
        self.line("  Torq asks Okta");
        self.line(&format!("    issuer {issuer}, client {client}"));
        self.line(&format!("    scopes {scopes}; flow {flow}; the answer goes to {back}"));
    }

    fn gates(&mut self) {
        self.line("  Okta answers");
        for gate in Gate::ALL {
            let (mark, word) = match self.sign_in.state(self.person, gate) {
                State::Passes => ("✓", "passes"),
                State::Fails => ("✗", "fails"),
                State::Unknown => ("?", "unknown"),
            };
            let reason = self.sign_in.reason(self.person, gate);
            let colon = if reason.is_empty() { "" } else { ": " };
            self.line(&format!("    {mark} {:<11}{word}{colon}{}", gate.name(), visible(&reason)));
            if word == "fails"
                && let Some(place) = place_of_gate(gate)
            {
                self.line(&format!("      look under {place}"));
            }
        }
    }

    fn claims(&mut self, claims: &[SentClaim]) {
        if claims.is_empty() {
            return;
        }
        let no_token = [Gate::User, Gate::Assignment, Gate::Token]
            .into_iter()
            .any(|gate| self.sign_in.state(self.person, gate) == State::Fails);
        self.line(if no_token { "  the token, if there were one" } else { "  the token" });
        for claim in claims {
            let said = self.values(claim);
            self.line(&format!("    {}{said}", visible(&claim.name)));
        }
    }

    fn values(&mut self, claim: &SentClaim) -> String {
        let mut list = |values: &[String]| {
            let shown = values.iter().take(VALUES).map(|one| value(&claim.name, one, self.names));
            let mut text = shown.collect::<Vec<_>>().join(", ");
            if let Some(more @ 1..) = values.len().checked_sub(VALUES) {
                text.push_str(&format!(" and {more} more"));
            }
            text
        };
        let from = origin(&claim.origin);
        match &claim.values {
            Values::Known(values) => format!(" = {}{from}", list(values)),
            Values::Partly { sent, perhaps, gap } => {
                let sent = if sent.is_empty() { "(none for certain)".to_owned() } else { list(sent) };
                let perhaps =
                    if perhaps.is_empty() { String::new() } else { format!(", perhaps {}", list(perhaps)) };
                let gap = gap.as_ref().map_or_else(String::new, |gap| {
                    format!("; more is not known: {}", visible(&gap.to_string()))
                });
                format!(" = {sent}{perhaps}{from}{gap}")
            }
            Values::Empty => format!(" is not sent: there is no value for this person{from}"),
            Values::NotSent(NotSent::NoSource) => {
                " is not sent: nothing sends a claim of this name".to_owned()
            }
            Values::NotSent(NotSent::ScopeNotRequested(scope)) => {
                format!(" is not sent: Torq does not request the scope {}{from}", visible(scope))
            }
            Values::NotSent(NotSent::FilterNotARegex) => {
                format!(" is not sent: its filter is not a regex{from}")
            }
            Values::Unknown(gap) => format!(" is not known{from}: {}", visible(&gap.to_string())),
        }
    }

    fn mappings(&mut self, rows: &[Row]) {
        if rows.is_empty() {
            return;
        }
        self.line("  the mappings by rank");
        let (mut idle, mut to_join) = (0, 0);
        for row in rows {
            let joining = row.near_misses.iter().any(|miss| miss.obstacle == Obstacle::NotAMember);
            to_join += usize::from(joining);
            let beyond = joining && to_join > GROUPS_TO_JOIN;
            if row.part == Part::DoesNotMatch && (row.near_misses.is_empty() || beyond) && rows.len() > VALUES
            {
                idle += 1;
                continue;
            }
            self.row(row);
        }
        if idle > 0 {
            self.line(&format!("    and {idle} more that do not match"));
        }
    }

    fn row(&mut self, row: &Row) {
        let Some(mapping) = self.sign_in.mappings().get(row.mapping) else { return };
        let part = match &row.part {
            Part::Gives => "matches, and gives the role".to_owned(),
            Part::MayGive => "matches; another one may come first".to_owned(),
            Part::Later => "matches, but an earlier one comes first".to_owned(),
            Part::MayMatch(None) => "may match".to_owned(),
            Part::MayMatch(Some(gap)) => format!("may match: {}", visible(&gap.to_string())),
            Part::DoesNotMatch => "does not match".to_owned(),
        };
        let text = mapping_text(self.sign_in, mapping, self.names);
        self.line(&format!("    {text}: {part}"));
        for miss in &row.near_misses {
            let obstacle = obstacle(miss.obstacle);
            let change = self.change(miss, &mapping.claim_name);
            let then = self.then(&miss.then);
            self.line(&format!("      {obstacle}: {change}; {then}"));
        }
    }

    fn then(&self, then: &Verdict) -> String {
        let now = self.sign_in.verdict(self.person);
        let same = match (then, &now) {
            (Verdict::Granted { role, .. }, Verdict::Granted { role: before, .. }) => role == before,
            (then, now) => then == now,
        };
        let verdict = verdict(self.sign_in, then);
        if same { format!("still {verdict}") } else { format!("then {verdict}") }
    }

    /// What to do, with the exact value and the console's path to the field.
    fn change(&mut self, miss: &NearMiss, claim_name: &str) -> String {
        match &miss.change {
            Change::ClaimValue { to, .. } => {
                let to = value(claim_name, to, self.names);
                format!("type {to} as the claim value under {}", console::TORQ_CLAIM_MAPPINGS)
            }
            Change::ClaimName { to, .. } => {
                format!("type {} as the claim name under {}", visible(to), console::TORQ_CLAIM_MAPPINGS)
            }
            Change::Rank { to, .. } => {
                format!("move it to rank {to} under {}", console::TORQ_CLAIM_MAPPINGS)
            }
            Change::Scope(scope) => {
                format!("add {} to Requested Scopes under {}", visible(scope), console::TORQ_SSO)
            }
            Change::Selection { claim, to } => {
                let place = place_in_console(&claim.document, claim_name);
                match to {
                    ClaimValue::Filter { kind, value } => {
                        format!("choose {} and type {} under {place}", kind.console(), visible(value))
                    }
                    ClaimValue::Expression(text) | ClaimValue::Other(text) => {
                        format!("choose Expression and type {} under {place}", visible(text))
                    }
                }
            }
            Change::Member(group) => {
                let group = self.sign_in.world.directory.group(*group);
                let name = group.map_or("", |group| group.label());
                format!("add the person to the group {} under {}", visible(name), console::OKTA_GROUPS)
            }
        }
    }
}

fn place_of_gate(gate: Gate) -> Option<&'static str> {
    match gate {
        Gate::Client => Some(console::TORQ_SSO),
        Gate::Redirect => Some(console::OKTA_SIGN_IN_REDIRECT_URIS),
        Gate::Request => Some(console::OKTA_GENERAL),
        Gate::User => Some(console::OKTA_PEOPLE),
        Gate::Assignment => Some(console::OKTA_ASSIGNMENTS),
        Gate::Token => Some(console::OKTA_ISSUER),
        Gate::Mapping => None,
    }
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::AppUserEmail => " (the email of the person's profile in the app)".to_owned(),
        Origin::UserEmail => " (the email of the Okta user; the app's profile has none)".to_owned(),
        Origin::AppUserName => " (the person's user name in the app)".to_owned(),
        Origin::Configured(ClaimValue::Filter { kind, value }) => {
            format!(" (filter: {} {})", kind.console(), visible(value))
        }
        Origin::Configured(ClaimValue::Expression(text)) => format!(" (expression: {})", visible(text)),
        Origin::Configured(ClaimValue::Other(_)) | Origin::Unsaid => String::new(),
    }
}

fn obstacle(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Value(Difference::Case) => "would match but for case",
        Obstacle::Value(Difference::Space) => "would match but for a space",
        Obstacle::Value(Difference::CaseAndSpace) => "would match but for case and a space",
        Obstacle::Value(Difference::Address) => "names another address of the same person",
        Obstacle::ClaimName(Difference::Case) => "would match but for the case of the claim name",
        Obstacle::ClaimName(_) => "would match but for a space in the claim name",
        Obstacle::Selection => "would match, but the claim does not carry this group",
        Obstacle::DirectoryGroup => "would match, but a filter never carries a directory's group",
        Obstacle::ScopeNotRequested => "would match if Torq asked for the scope",
        Obstacle::NotAMember => "would match in the group",
        Obstacle::Order => "would give the role if it stood higher",
    }
}
