//! Rego, run by regorus on its virtual machine, which is faster than its interpreter: a rule over the table as data, and a person's claims
//! as input. Two forms: down the table as one would write it, and with the first row of each value looked up, which is made beforehand.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use regorus::{Engine, Value};
use serde_json::{Map, json};
use ssolint::model::torq::Mapping;

use crate::interned::{NONE, Taken};
use crate::tokens::Token;

pub const DOWN_THE_TABLE: &str = "package torq

matching := {row | some row, mapping in data.mappings; mapping.value in input.claims[mapping.claim]}

first := min(matching)
";

pub const BY_VALUE: &str = "package torq

matching := {data.first[claim][value] | some claim, values in input.claims; some value in values}

first := min(matching)
";

const ENTRY: &str = "data.torq.first";

pub struct Rego {
    machine: RefCell<RegoVM>,
    inputs: Vec<Value>,
}

impl Rego {
    pub fn new(rule: &str, mappings: &[Mapping], tokens: &[Token<'_>]) -> Self {
        let mut engine = Engine::new();
        engine.add_policy("torq.rego".to_owned(), rule.to_owned()).unwrap();
        let policy = engine.compile_with_entrypoint(&ENTRY.into()).unwrap();
        let program = Compiler::compile_from_policy(&policy, &[ENTRY]).unwrap();
        let rows: Vec<_> = mappings
            .iter()
            .map(|mapping| json!({"claim": mapping.claim_name, "value": mapping.claim_value}))
            .collect();
        let mut first = json!({"groups": {}, "email": {}});
        for (row, mapping) in mappings.iter().enumerate() {
            let values = first.get_mut(&mapping.claim_name).and_then(serde_json::Value::as_object_mut);
            values.unwrap_or(&mut Map::new()).entry(&mapping.claim_value).or_insert(row.into());
        }
        let mut machine = RegoVM::new();
        machine.load_program(program);
        machine.set_max_instructions(usize::MAX);
        machine.set_data(Value::from(json!({"mappings": rows, "first": first}))).unwrap();
        Self { machine: RefCell::new(machine), inputs: tokens.iter().map(input).collect() }
    }

    pub fn taken(&self) -> Vec<Taken> {
        let mut machine = self.machine.borrow_mut();
        self.inputs
            .iter()
            .map(|input| {
                machine.set_input(input.clone());
                let first = machine.execute_entry_point_by_index(0).unwrap();
                if first == Value::Undefined {
                    NONE
                } else {
                    Taken::try_from(first.as_u32().unwrap()).unwrap()
                }
            })
            .collect()
    }
}

/// The claims as sets, which Rego looks up faster than lists.
fn input(token: &Token<'_>) -> Value {
    let set = |values: &[&str]| Value::from(values.iter().copied().map(Value::from).collect::<BTreeSet<_>>());
    let claims = [("groups", set(&token.groups)), ("email", set(token.email.as_slice()))];
    object([("claims", object(claims))])
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::from(
        fields.into_iter().map(|(name, value)| (name.into(), value)).collect::<BTreeMap<Value, Value>>(),
    )
}
