//! `Link` headers (RFC 8288): where the next page is. Okta sends `self` and `next` as separate header lines.

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};

/// Why it cannot be said whether there is a next page: a header that is not understood could name one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) &'static str);

/// The target of `rel="next"`, resolved against `page`.
pub(super) fn next(headers: &HeaderMap, page: &Url) -> Result<Option<Url>, Unreadable> {
    let mut found: Option<Url> = None;
    for value in headers.get_all(LINK) {
        let text =
            std::str::from_utf8(value.as_bytes()).map_err(|_| Unreadable("a Link header is not UTF-8"))?;
        for target in targets_of_next(text)? {
            let target = page.join(target).map_err(|_| Unreadable("the next page's address is not a URL"))?;
            match &found {
                Some(other) if *other != target => {
                    return Err(Unreadable("two different next pages are named"));
                }
                _ => found = Some(target),
            }
        }
    }
    Ok(found)
}

fn targets_of_next(text: &str) -> Result<Vec<&str>, Unreadable> {
    const MALFORMED: Unreadable = Unreadable("a Link header is malformed");
    let mut targets = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (target, parameters) =
            rest.strip_prefix('<').and_then(|inner| inner.split_once('>')).ok_or(MALFORMED)?;
        let (is_next, after) = parameters_of(parameters).ok_or(MALFORMED)?;
        if is_next {
            targets.push(target.trim());
        }
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    Ok(targets)
}

/// Whether one link's parameters have the relation `next`, and what follows them. Only the first `rel` counts (RFC 8288, 3.3).
fn parameters_of(text: &str) -> Option<(bool, &str)> {
    let mut relation: Option<String> = None;
    let mut rest = text.trim_start();
    loop {
        let Some(parameter) = rest.strip_prefix(';') else {
            let is_next = relation.is_some_and(|names| {
                names.split_ascii_whitespace().any(|name| name.eq_ignore_ascii_case("next"))
            });
            return (rest.is_empty() || rest.starts_with(',')).then_some((is_next, rest));
        };
        let parameter = parameter.trim_start();
        let end = parameter.find(['=', ';', ',']).unwrap_or(parameter.len());
        let (name, after) = parameter.split_at_checked(end)?;
        let (value, after) = match after.strip_prefix('=') {
            Some(value) => value_of(value.trim_start())?,
            None => (String::new(), after),
        };
        if name.trim().eq_ignore_ascii_case("rel") && relation.is_none() {
            relation = Some(value);
        }
        rest = after.trim_start();
    }
}

/// A quoted string or a token, and what follows it.
fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        let (value, after) = text.split_at_checked(end)?;
        return Some((value.trim().to_owned(), after));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn check(lines: &[&str], expect: Result<Option<&str>, ()>) {
        let page = Url::parse("https://acme.okta.com/api/v1/groups?limit=2").unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(LINK, line.parse().unwrap());
        }
        let found = next(&headers, &page).map(|url| url.map(String::from)).map_err(|_| ());
        assert_eq!(found, expect.map(|url| url.map(str::to_owned)), "{lines:?}");
    }

    #[test]
    fn the_next_page_is_found_however_it_is_written() {
        const NEXT: &str = "https://acme.okta.com/api/v1/groups?after=a,b;c&limit=2";
        let found = Ok(Some(NEXT));
        check(&[], Ok(None));
        check(&[r#"<https://acme.okta.com/api/v1/groups?limit=2>; rel="self""#], Ok(None));
        check(
            &[
                r#"<https://acme.okta.com/api/v1/groups?limit=2>; rel="self""#,
                r#"<https://acme.okta.com/api/v1/groups?after=a,b;c&limit=2>; rel="next""#,
            ],
            found,
        );
        check(
            &[
                r#"<https://acme.okta.com/api/v1/groups?limit=2>; rel="self", <https://acme.okta.com/api/v1/groups?after=a,b;c&limit=2>; rel="next""#,
            ],
            found,
        );
        check(&["</api/v1/groups?after=a,b;c&limit=2>;title=\"a \\\", rel=x\" ; REL=next"], found);
        check(&["<?after=a,b;c&limit=2>; rel=\"last next\""], found);
        check(&["<?after=a,b;c&limit=2>; rel=self; rel=next"], Ok(None));
        check(&["<?a=1>; rel=next", "<?a=1>; rel=next"], Ok(Some("https://acme.okta.com/api/v1/groups?a=1")));
    }

    #[test]
    fn a_header_that_is_not_understood_is_no_last_page() {
        check(&["<?a=1>; rel=next", "<?a=2>; rel=next"], Err(()));
        check(&["https://acme.okta.com/x; rel=next"], Err(()));
        check(&["<https://acme.okta.com/x; rel=next"], Err(()));
        check(&["<?a=1>; rel=\"next"], Err(()));
        check(&["<?a=1> rel=next"], Err(()));
        check(&["<https://[>; rel=next"], Err(()));
    }
}
