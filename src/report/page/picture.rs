//! What a page shows of one connection beside its findings: the gates and who stops at them, the ladder of mappings and whom each takes, the
//! roles, and everyone's verdict. All texts are safe to show, with people as they were asked for.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::prose::{PeopleNames, PeopleShown, visible};
use crate::report::json::VerdictRow;
use crate::report::who;
use crate::signin::evaluation::Outcome;
use crate::signin::walk::MappingOutcome;
use crate::signin::{Gate, PersonIndex, SignIn, Verdict, shadowing};

/// People who are listed on a page: a browser has to hold them.
pub const MOST_PEOPLE: usize = 20_000;
/// People who are named of many.
const NAMED: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub gates: Vec<GateView>,
    pub ladder: Vec<Rung>,
    /// Why there is no ladder.
    pub no_ladder: Option<String>,
    pub roles: Vec<RoleView>,
    /// Those who are locked out first, then those of whom it is not known, then by name. Empty where people are only counted.
    pub people: Vec<VerdictRow>,
    /// People who are not listed.
    pub unlisted: usize,
}

/// A gate, and who comes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateView {
    pub gate: Gate,
    /// People who come to it.
    pub reached_by: usize,
    pub stopped: usize,
    pub unknown: usize,
    /// Most people first.
    pub reasons: Vec<Reason>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub text: String,
    pub people: usize,
    /// A few of them; none where people are counted.
    pub first: Vec<String>,
}

/// A claim mapping in its rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// Among the mappings, from 0.
    pub index: usize,
    pub rank: i64,
    pub claim: String,
    pub value: String,
    pub role: String,
    pub repairs_sso: bool,
    /// People who end at this mapping, whatever the other gates say.
    pub takes: usize,
    /// Of them, those who get in.
    pub granted: usize,
    pub first: Vec<String>,
    pub life: Life,
}

/// Whether a mapping takes anybody, and what keeps it from it. Blockers are indices among the mappings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Life {
    Alive,
    /// No token can reach it.
    Shadowed(Vec<usize>),
    /// Everyone who matches it matches an earlier one today.
    Unused {
        people: usize,
        blockers: Vec<usize>,
    },
    /// No token has the claim, or none with this value.
    NeverSent,
    /// What is missing.
    Unknown(String),
    Nobody,
}

impl Life {
    /// Nobody gets a role by it, today or ever.
    pub fn is_dead(&self) -> bool {
        matches!(self, Self::Shadowed(_) | Self::Unused { .. } | Self::NeverSent)
    }

    pub fn blockers(&self) -> &[usize] {
        match self {
            Self::Shadowed(blockers) | Self::Unused { blockers, .. } => blockers,
            Self::Alive | Self::NeverSent | Self::Unknown(_) | Self::Nobody => &[],
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleView {
    pub role: String,
    pub repairs_sso: bool,
    pub people: usize,
    pub mappings: usize,
}

impl Picture {
    /// `most`: so many people are listed.
    pub fn new(sign_in: &SignIn<'_>, most: usize, names: &mut PeopleNames) -> Self {
        let (people, unlisted) = people(sign_in, most, names);
        let ladder = ladder(sign_in, names);
        Self {
            gates: gates(sign_in, names),
            no_ladder: sign_in.world.mappings.gap().map(|gap| visible(&gap.to_string())),
            roles: roles(sign_in, &ladder),
            ladder,
            people,
            unlisted,
        }
    }
}

/// A few of many, where people are named.
fn few(sign_in: &SignIn<'_>, people: &[PersonIndex], names: &mut PeopleNames) -> Vec<String> {
    if names.mode() == PeopleShown::Counts {
        return Vec::new();
    }
    people.iter().take(NAMED).map(|person| names.show(sign_in.label(*person))).collect()
}

#[derive(Default)]
struct Stopped {
    people: usize,
    first: Vec<PersonIndex>,
}

fn gates(sign_in: &SignIn<'_>, names: &mut PeopleNames) -> Vec<GateView> {
    let mut reaching = 0;
    let mut counts: BTreeMap<Gate, (usize, usize)> = BTreeMap::new();
    let mut reasons: BTreeMap<(Gate, String), Stopped> = BTreeMap::new();
    for person in sign_in.considered() {
        let (gate, reason) = match sign_in.outcome(person) {
            Outcome::NotSubject => continue,
            Outcome::Granted { .. } => {
                reaching += 1;
                continue;
            }
            Outcome::LockedOut(gate) => {
                counts.entry(gate).or_default().0 += 1;
                (gate, sign_in.reason(person, gate))
            }
            Outcome::Unknown(gate) => {
                counts.entry(gate).or_default().1 += 1;
                (gate, format!("not known: {}", sign_in.reason(person, gate)))
            }
        };
        reaching += 1;
        let stopped = reasons.entry((gate, reason)).or_default();
        stopped.people += 1;
        if stopped.first.len() < NAMED {
            stopped.first.push(person);
        }
    }
    let mut views = Vec::new();
    for gate in Gate::ALL {
        let (stopped, unknown) = counts.get(&gate).copied().unwrap_or_default();
        let mut of_gate: Vec<Reason> = reasons
            .iter()
            .filter(|((of, _), _)| *of == gate)
            .map(|((_, text), stopped)| Reason {
                text: visible(text),
                people: stopped.people,
                first: few(sign_in, &stopped.first, names),
            })
            .collect();
        of_gate.sort_by_key(|reason| std::cmp::Reverse(reason.people));
        views.push(GateView { gate, reached_by: reaching, stopped, unknown, reasons: of_gate });
        reaching -= (stopped + unknown).min(reaching);
    }
    views
}

#[derive(Default)]
struct Taken {
    people: Vec<PersonIndex>,
    granted: usize,
}

fn ladder(sign_in: &SignIn<'_>, names: &mut PeopleNames) -> Vec<Rung> {
    let mappings = sign_in.mappings();
    let mut taken: BTreeMap<usize, Taken> = BTreeMap::new();
    for person in sign_in.considered() {
        if let MappingOutcome::Granted { mapping, .. } = sign_in.mapping_outcome(person) {
            let taken = taken.entry(mapping).or_default();
            taken.people.push(person);
            taken.granted += usize::from(matches!(sign_in.outcome(person), Outcome::Granted { .. }));
        }
    }
    let lives = lives(sign_in, &taken.keys().copied().collect());
    mappings
        .iter()
        .enumerate()
        .zip(lives)
        .map(|((index, mapping), life)| {
            let none = Taken::default();
            let taken = taken.get(&index).unwrap_or(&none);
            Rung {
                index,
                rank: mapping.rank,
                claim: visible(&mapping.claim_name),
                value: who::value(&mapping.claim_name, &mapping.claim_value, names),
                role: visible(sign_in.world.role_label(&mapping.role)),
                repairs_sso: sign_in.world.can_repair_sso(&mapping.role) == Some(true),
                takes: taken.people.len(),
                granted: taken.granted,
                first: few(sign_in, &taken.people, names),
                life,
            }
        })
        .collect()
}

/// For each mapping, whether it takes anybody; `taking` are those that do.
fn lives(sign_in: &SignIn<'_>, taking: &BTreeSet<usize>) -> Vec<Life> {
    let tables = sign_in.tables();
    let mut lives: Vec<Life> = (0..sign_in.mappings().len())
        .map(|index| {
            if taking.contains(&index) {
                Life::Alive
            } else if tables.iter().all(|table| table.never_matches(index)) {
                Life::NeverSent
            } else {
                match tables.iter().find_map(|table| table.gap(index)) {
                    Some(gap) if open(sign_in, &tables, index) => Life::Unknown(visible(&gap.to_string())),
                    _ => Life::Nobody,
                }
            }
        })
        .collect();
    for unused in shadowing::unused_today(sign_in).into_iter().flatten() {
        if let Some(life) = lives.get_mut(unused.mapping) {
            *life = Life::Unused { people: unused.people.len(), blockers: unused.blockers };
        }
    }
    for shadowed in shadowing::by_logic(sign_in) {
        if let Some(life) = lives.get_mut(shadowed.mapping) {
            *life = Life::Shadowed(shadowed.blockers);
        }
    }
    lives
}

/// Whether somebody may match a mapping whom nothing that was read settles.
fn open(sign_in: &SignIn<'_>, tables: &[crate::signin::mapping::Table<'_>], index: usize) -> bool {
    let mut open = false;
    for table in tables {
        table.each_possible_match(index, |person| open |= sign_in.population.is_considered(person));
    }
    open
}

fn roles(sign_in: &SignIn<'_>, ladder: &[Rung]) -> Vec<RoleView> {
    let mut people: BTreeMap<String, usize> = BTreeMap::new();
    for person in sign_in.considered() {
        if let Verdict::Granted { role, .. } = sign_in.verdict(person) {
            *people.entry(visible(sign_in.world.role_label(&role))).or_default() += 1;
        }
    }
    let mut roles: BTreeMap<&str, RoleView> = BTreeMap::new();
    for rung in ladder {
        let role = roles.entry(&rung.role).or_insert_with(|| RoleView {
            role: rung.role.clone(),
            repairs_sso: rung.repairs_sso,
            people: people.get(&rung.role).copied().unwrap_or_default(),
            mappings: 0,
        });
        role.mappings += 1;
    }
    let mut roles: Vec<RoleView> = roles.into_values().collect();
    roles.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.role.cmp(&b.role)));
    roles
}

fn people(sign_in: &SignIn<'_>, most: usize, names: &mut PeopleNames) -> (Vec<VerdictRow>, usize) {
    if names.mode() == PeopleShown::Counts {
        return (Vec::new(), sign_in.considered().count());
    }
    let weight = |person: &PersonIndex| match sign_in.outcome(*person) {
        Outcome::LockedOut(_) => 0,
        Outcome::Unknown(_) => 1,
        Outcome::Granted { .. } => 2,
        Outcome::NotSubject => 3,
    };
    let mut people: Vec<PersonIndex> = sign_in.considered().collect();
    people.sort_by_cached_key(|person| {
        (weight(person), sign_in.label(*person).to_owned(), sign_in.okta_id(*person).map(str::to_owned))
    });
    let unlisted = people.len().saturating_sub(most);
    let rows = people.iter().take(most).map(|person| VerdictRow::new(sign_in, *person, names)).collect();
    (rows, unlisted)
}
