//! In whatever way a value is laid out, each of its places reads as what is there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::strict::{read_json, read_yaml};
use super::{Format, JsonPath, Part, Positions, Step, line_column};
use Format::{Json, Yaml};
use Part::{Key, Value as Val};

/// How a generated value is laid out; consumed one choice after the other.
struct Layout<'c> {
    choices: std::iter::Cycle<std::slice::Iter<'c, u8>>,
}

impl Layout<'_> {
    fn choose<'s>(&mut self, from: &[&'s str]) -> &'s str {
        let choice = self.choices.next().copied().unwrap_or(0);
        from[usize::from(choice) % from.len()]
    }

    fn json(&mut self, value: &Value, out: &mut String) {
        const SPACE: &[&str] = &["", "", " ", "\n", "\r\n\t", "  "];
        out.push_str(self.choose(SPACE));
        match value {
            Value::Array(elements) => {
                out.push('[');
                for (at, element) in elements.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    self.json(element, out);
                }
                out.push(']');
            }
            Value::Object(members) => {
                out.push('{');
                for (at, (key, member)) in members.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    self.json(&json!(key), out);
                    out.push(':');
                    self.json(member, out);
                }
                out.push('}');
            }
            scalar => out.push_str(&scalar.to_string()),
        }
        out.push_str(self.choose(SPACE));
    }

    fn yaml_scalar(&mut self, value: &Value) -> String {
        let plain = value.as_str().filter(|text| {
            text.len() > 5 && text.starts_with('é') && text.chars().all(char::is_alphanumeric)
        });
        let on_one_line = value.as_str().filter(|text| !text.contains('\n'));
        let single = on_one_line.map(|text| format!("'{}'", text.replace('\'', "''")));
        let double = value.to_string();
        let single = single.as_deref().unwrap_or(&double);
        self.choose(&[&double, single, plain.unwrap_or(single)]).to_owned()
    }

    /// Block style, after an indentation that is already written.
    fn yaml(&mut self, value: &Value, indent: usize, out: &mut String) {
        let line = format!("\n{}", " ".repeat(indent));
        let ends = ["", "  # [a: {b", "", "\t# c", " "];
        match value {
            Value::Array(elements) if !elements.is_empty() => {
                for (at, element) in elements.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { &line });
                    out.push_str("- ");
                    self.yaml(element, indent + 2, out);
                }
            }
            Value::Object(members) if !members.is_empty() => {
                for (at, (key, member)) in members.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { &line });
                    out.push_str(&self.yaml_scalar(&json!(key)));
                    out.push(':');
                    out.push_str(self.choose(&[" ", "   "]));
                    let is_block = match member {
                        Value::Array(elements) => !elements.is_empty(),
                        Value::Object(members) => !members.is_empty(),
                        _ => false,
                    };
                    if is_block {
                        out.push_str(self.choose(&["", "# c: 'd"]));
                        out.push_str(&line);
                        out.push_str(self.choose(&["  ", "   "]).get(..2).unwrap());
                    }
                    self.yaml(member, indent + 2, out);
                }
            }
            scalar => {
                out.push_str(&self.yaml_scalar(scalar));
                out.push_str(self.choose(&ends));
            }
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{0,2}", "é[a-z]{5,9}", "[ -~é日😀'\"\\\\\t\n#:/~-]{0,8}"]
}

fn any_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1000..1000_i32).prop_map(|number| json!(f64::from(number) / 8.0)),
        any_text().prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(any_text(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Every path of the value: its scalar's text reads as the scalar, its key's text as the key.
fn every_place_reads_as_what_is_there(value: &Value, text: &str, format: Format) {
    let read = match format {
        Json => read_json,
        Yaml | Format::Hcl => read_yaml,
    };
    assert_eq!(read(text).as_ref(), Ok(value), "{text}");
    let positions = Positions::scan(text, format);
    let mut to_see = vec![(JsonPath::root(), value)];
    while let Some((path, value)) = to_see.pop() {
        let place = |part| {
            let found = positions.find(&path, part);
            assert!(found.exact, "{path} in {text}");
            for (byte, expect) in [
                (found.region.start, (found.region.line, found.region.column)),
                (found.region.end, (found.region.end_line, found.region.end_column)),
            ] {
                assert_eq!(line_column(text, byte), expect, "{path} in {text}");
            }
            &text[found.region.start..found.region.end]
        };
        if let Some(Step::Key(key)) = path.steps().last() {
            assert_eq!(read(place(Key)), Ok(json!(key)), "{path} in {text}");
        }
        match value {
            Value::Array(elements) => {
                assert!(!place(Val).contains('\n'), "{path} in {text}");
                to_see.extend(
                    elements.iter().enumerate().map(|(at, element)| (path.clone().index(at), element)),
                );
            }
            Value::Object(members) => {
                assert!(!place(Val).contains('\n'), "{path} in {text}");
                to_see.extend(members.iter().map(|(key, member)| (path.clone().key(key), member)));
            }
            scalar => assert_eq!(read(place(Val)).as_ref(), Ok(scalar), "{path} in {text}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn places_in_json_read_as_what_is_there(value in any_value(), choices in prop::collection::vec(any::<u8>(), 1..50)) {
        let mut text = String::new();
        Layout { choices: choices.iter().cycle() }.json(&value, &mut text);
        every_place_reads_as_what_is_there(&value, &text, Json);
    }

    #[test]
    fn places_in_yaml_read_as_what_is_there(value in any_value(), choices in prop::collection::vec(any::<u8>(), 1..50)) {
        let mut text = String::new();
        Layout { choices: choices.iter().cycle() }.yaml(&value, 0, &mut text);
        every_place_reads_as_what_is_there(&value, &text, Yaml);
    }

    /// JSON is YAML in flow style, tabs as indentation left aside.
    #[test]
    fn places_in_yaml_of_flow_style_read_as_what_is_there(value in any_value(), choices in prop::collection::vec(any::<u8>(), 1..50)) {
        let mut text = String::new();
        Layout { choices: choices.iter().cycle() }.json(&value, &mut text);
        every_place_reads_as_what_is_there(&value, &text.replace("\n\t", "\n "), Yaml);
    }

    #[test]
    fn a_text_of_any_kind_is_scanned_and_searched(text in "\u{feff}?[\\[\\]{}\",:a1é😀 \n\r\t#&*|>'<?!-]{0,40}", path in "(/[a1<]{1,2}){0,3}") {
        for format in [Json, Yaml] {
            let found = Positions::scan(&text, format).find(&JsonPath::parse(&path).unwrap(), Val);
            prop_assert!(text.get(found.region.start..found.region.end).is_some());
            let _ = (read_json(&text), read_yaml(&text));
        }
    }
}
