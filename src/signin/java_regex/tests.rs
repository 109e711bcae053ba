//! The table of cases: what Java answers, and what is refused.
#![allow(clippy::panic)]

use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Whole,
    Inside,
    Nowhere,
}

fn read(pattern: &str) -> JavaRegex {
    JavaRegex::read(pattern).unwrap_or_else(|refusal| panic!("{pattern}: {refusal:?}"))
}

fn both_readings(regex: &JavaRegex, name: &str) -> [Option<bool>; 2] {
    [regex.matches(name, RegexReading::Whole), regex.matches(name, RegexReading::Search)]
}

/// The expected values are what `java.util.regex` answered, the same in Java 17 and 25.
#[test]
fn names_match_as_in_java() {
    use Found::{Inside, Nowhere, Whole};
    let cases = [
        (".*groupA.*|.*groupB.*", "my-groupB-eu", Whole),
        (".*groupA.*|.*groupB.*", "my-groupC", Nowhere),
        ("torq", "torq-admins", Inside),
        ("^torq-(admin|viewer)$", "torq-viewer", Whole),
        ("^torq-(admin|viewer)$", "torq-viewer\n", Inside),
        ("^torq-(admin|viewer)$", "torq-viewer\n\n", Nowhere),
        ("a$", "a\r\n", Inside),
        (r"a\Z", "a\r", Inside),
        (r"a\z", "a\n", Nowhere),
        ("a$\n", "a\n", Whole),
        ("a.", "a\r", Nowhere),
        ("(?s)a.", "a\r", Whole),
        ("a.", "aé", Whole),
        ("a.", "a😀", Whole),
        (r"\d+", "\u{663}", Nowhere),
        (r"\w+", "é", Nowhere),
        (r"\s", "\u{A0}", Nowhere),
        (r"\h", "\u{A0}", Whole),
        (r"\v", "\r", Whole),
        (r"\S+", "\u{A0}", Whole),
        ("(?i)torq", "TORQ", Whole),
        ("(?i)straße", "STRASSE", Nowhere),
        ("(?i)é", "É", Nowhere),
        ("(?i)k", "\u{212A}", Nowhere),
        ("(?i:t)orq", "TORQ", Nowhere),
        ("a(?i)b|c", "C", Whole),
        ("(a(?i)b)c", "aBC", Nowhere),
        ("[a-c]+", "abd", Inside),
        ("[^a-c]", "d", Whole),
        ("[a-z&&[^bc]]+", "adz", Whole),
        ("[a-z&&[^bc]]+", "abz", Inside),
        ("[a-z&&def]", "g", Nowhere),
        ("[a-c[x-z]]+", "axz", Whole),
        ("[[:alpha:]]", "a", Whole),
        ("[[:alpha:]]", "b", Nowhere),
        (r"[\w-.]+", "a-.b", Whole),
        (r"[a\-c]", "b", Nowhere),
        (r"[^\d\s]+", "a-", Whole),
        (r"[\Qa-c\E]", "b", Nowhere),
        ("[-a]", "-", Whole),
        (r"\QTorq (EU)\E.*", "Torq (EU) admins", Whole),
        (r"\Qab\E+", "abbb", Whole),
        (r"a\Q.\Eb", "axb", Nowhere),
        (r"\p{Alpha}+", "é", Nowhere),
        (r"\p{Alpha}+", "aZ", Whole),
        (r"\P{Punct}+", "a_b", Inside),
        ("(?!.*test).*admin.*", "test-admin", Inside),
        ("(?!.*test).*admin.*", "eu-admin", Whole),
        (".*(?<=eu-)admin", "eu-admin", Whole),
        (".*(?<!eu-)admin", "eu-admin", Nowhere),
        (r"(\w+)-\1", "soc-soc", Whole),
        (r"(?<team>[a-z]+)-\k<team>s", "soc-socs", Whole),
        (r"(a)\11", "aa1", Whole),
        ("a*+a", "aaa", Nowhere),
        ("(?:a|ab)++c", "abc", Nowhere),
        ("(?>a|ab)c", "abc", Nowhere),
        ("a{2,3}?", "aaa", Whole),
        ("a||", "b", Inside),
        (r"\x41\u0042\x{43}", "ABC", Whole),
        (r"\bSOC\b", "L1 SOC", Inside),
        (r"\bSOC\b", "L1SOC", Nowhere),
        ("a]b}c", "a]b}c", Whole),
        (r"\cJ", "\n", Whole),
        ("/^[a-z]+$/", "abc", Nowhere),
    ];
    for (pattern, name, expected) in cases {
        let expected = match expected {
            Whole => [Some(true), Some(true)],
            Inside => [Some(false), Some(true)],
            Nowhere => [Some(false), Some(false)],
        };
        assert_eq!(both_readings(&read(pattern), name), expected, "{pattern:?} on {name:?}");
    }
}

#[test]
fn only_a_leading_star_is_known_to_be_no_regex() {
    for pattern in ["*", "*admin*", "**"] {
        assert_eq!(JavaRegex::read(pattern).err(), Some(RegexRefusal::NotARegex), "{pattern}");
    }
}

#[test]
fn what_cannot_be_followed_is_refused_by_name() {
    let too_long = "a".repeat(1_001);
    let too_deep = format!("{}a{}", "(".repeat(51), ")".repeat(51));
    let cases = [
        // Not valid in Java either.
        ("+a", "a dangling `+`"),
        ("a**", "a dangling `*`"),
        ("a{,3}", "a `{` that is no quantifier"),
        ("a{3,2}", "a `{` that is no quantifier"),
        ("(a", "an unclosed group"),
        ("a)", "an unmatched `)`"),
        ("[a", "an unclosed class"),
        ("[z-a]", "a range that runs backwards"),
        (r"a\", r"a `\` that escapes nothing"),
        (r"\y", r"`\y`"),
        (r"\E", r"`\E`"),
        ("(?<a>a)(?<a>b)", "two groups of one name"),
        ("(?<1>a)", "a group name that Java does not allow"),
        // Versions of Java, or its state after a failure, decide.
        ("(?<=a+)b", "a look-behind with a group that repeats or without an obvious maximum length"),
        (r"\R", r"`\R`"),
        (r"\X", r"`\X`"),
        (r"\G", r"`\G`"),
        (r"\p{L}", r"`\p{L}`"),
        (r"\p{javaLowerCase}", r"`\p{javaLowerCase}`"),
        (r"(?i)\p{Lower}", r"`\p{Lower}`"),
        ("(?u)a", "the flag `u`"),
        ("(?x)a", "the flag `x`"),
        ("(?m)^a", "the flag `m`"),
        ("[^a[b]]", "a negated class with a class inside"),
        ("[^a&&b]", "a negated class with a class inside"),
        ("[a&&[b]c]", "a class with `&&` and more"),
        ("[]a]", "a class that begins with `]`"),
        (r"\ud83d\ude00", "a code point that is no character"),
        ("[\u{1}-\u{FFFF}]", "a range across the surrogates"),
        ("^*a", "a quantifier on something without width"),
        ("(?>(?:b|c?|ab)*)", "a repeated group that can be empty where no step is taken back"),
        ("(?:a?+|b){3}", "a condition in a repeated group that can be empty"),
        ("(?:^b*){3}", "a condition in a repeated group that can be empty"),
        ("(?:a|ab){2,}+", "a possessive quantifier with a minimum on a group"),
        (r"(?i)(a)\1", "a back-reference that ignores case"),
        (r"(a)|\1", "a back-reference to a group that is not surely set"),
        (r"(a)*\1", "a back-reference to a group that is not surely set"),
        (r"(?!(a))\1", "a back-reference to a group that is not surely set"),
        (r"(a\1)", "a back-reference to a group that is not surely set"),
        (r"\1(a)", "a back-reference to a group that is not surely set"),
        // Too large.
        ("a{1001}", "a quantifier above 1,000"),
        ("(((a{1000}){1000}){1000})", "this combination of constructs"),
        (too_long.as_str(), "a pattern longer than 1,000 characters"),
        (too_deep.as_str(), "a pattern nested deeper than 50"),
    ];
    for (pattern, construct) in cases {
        let expected = RegexRefusal::CannotFollow(construct.to_owned());
        assert_eq!(JavaRegex::read(pattern).err(), Some(expected), "{pattern:?}");
    }
}

#[test]
fn the_limits_themselves_are_read() {
    let longest = "a".repeat(1_000);
    assert_eq!(both_readings(&read(&longest), &longest), [Some(true); 2]);
    let deepest = format!("{}a{}", "(".repeat(50), ")".repeat(50));
    assert_eq!(both_readings(&read(&deepest), "a"), [Some(true); 2]);
}

#[test]
fn a_runaway_pattern_is_given_up() {
    let regex = read("(a|aa)+(?!x)$b");
    assert_eq!(both_readings(&regex, &"a".repeat(200)), [None; 2]);
    assert_eq!(both_readings(&regex, "b"), [Some(false); 2]);
}

#[test]
fn names_on_which_java_is_not_one_answer_are_not_known() {
    let cases = [
        (r"\bSOC\b", "éSOC", [None; 2]),
        (r"\bSOC\b", "SOC", [Some(true); 2]),
        (r"SOC", "éSOC", [Some(false), Some(true)]),
        (r"(?<!a).{3}b", "a😀xxb", [None; 2]),
        (r"(?<!a).{3}b", "aéxxb", [Some(false); 2]),
        (r".{3}b", "😀xxb", [Some(true); 2]),
    ];
    for (pattern, name, expected) in cases {
        assert_eq!(both_readings(&read(pattern), name), expected, "{pattern} on {name}");
    }
}
