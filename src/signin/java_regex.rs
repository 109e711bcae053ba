//! placeholder
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum RegexReading {
    Whole,
    Search,
}
#[derive(Debug, Clone)]
pub struct JavaRegex {
    whole: fancy_regex::Regex,
    search: fancy_regex::Regex,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegexRefusal {
    NotARegex,
    CannotFollow(String),
}
impl JavaRegex {
    pub fn read(pattern: &str) -> Result<JavaRegex, RegexRefusal> {
        if pattern.starts_with('*') {
            return Err(RegexRefusal::NotARegex);
        }
        if pattern.contains("\\p{java") {
            return Err(RegexRefusal::CannotFollow("x".into()));
        }
        let e = |e: fancy_regex::Error| RegexRefusal::CannotFollow(e.to_string());
        Ok(Self {
            whole: fancy_regex::Regex::new(&format!("^(?:{pattern})$")).map_err(e)?,
            search: fancy_regex::Regex::new(pattern).map_err(e)?,
        })
    }
    pub fn matches(&self, name: &str, reading: RegexReading) -> Option<bool> {
        match reading {
            RegexReading::Whole => self.whole.is_match(name).ok(),
            RegexReading::Search => self.search.is_match(name).ok(),
        }
    }
}
