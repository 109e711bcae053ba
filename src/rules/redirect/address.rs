//! The parts of a redirect URI that rules look at, whose it is, and what two of them differ by. Whether one is registered is left to `signin`.

use core::net::IpAddr;

use crate::document::connection::Region;
use crate::finding::prose::acts;
use crate::model::connection::addresses;

pub(super) const REGIONS: [Region; 3] = [Region::Us, Region::Eu, Region::Jp];

/// The path of the redirect handler, the same in every region (semantics G2.3).
const HANDLER: &str = "/__/auth/handler";

/// An absolute URI, cut where its parts begin; nothing is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address<'a> {
    pub(super) scheme: &'a str,
    /// Without user and port; an IPv6 address without its brackets.
    pub(super) host: &'a str,
    /// With its leading slash; empty where there is none.
    pub(super) path: &'a str,
    pub(super) query: &'a str,
}

impl<'a> Address<'a> {
    /// `None` where the text has no scheme or no host.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (before_fragment, _) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = before_fragment.split_once('?').unwrap_or((before_fragment, ""));
        let (_, at) = authority.rsplit_once('@').unwrap_or(("", authority));
        let host = match at.strip_prefix('[') {
            Some(bracketed) => bracketed.split(']').next().unwrap_or(bracketed),
            None => at.split(':').next().unwrap_or(at),
        };
        (!scheme.is_empty() && !host.is_empty()).then_some(Self { scheme, host, path, query })
    }

    pub(super) fn is_http(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("http")
    }

    pub(super) fn is_https(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("https")
    }

    /// Whether it is the person's own computer.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.host.to_ascii_lowercase();
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    pub(super) fn is_on(&self, host: &str) -> bool {
        self.host.eq_ignore_ascii_case(host)
    }

    /// Whether it is `torq.io` or below it.
    pub(super) fn is_torqs(&self) -> bool {
        let host = self.host.to_ascii_lowercase();
        host == "torq.io" || host.ends_with(".torq.io")
    }

    /// The value of a parameter of the query; nothing is decoded.
    pub(super) fn parameter(&self, name: &str) -> Option<&'a str> {
        self.query
            .split('&')
            .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    }
}

/// The region whose redirect handler this is, to the letter.
pub(super) fn region_of(uri: &str) -> Option<Region> {
    REGIONS.into_iter().find(|region| {
        uri.strip_prefix("https://")
            .and_then(|rest| rest.strip_prefix(addresses(*region).app_host))
            .is_some_and(|path| path == HANDLER)
    })
}

/// As the vendor's pages name it.
pub(super) fn region_name(region: Region) -> &'static str {
    match region {
        Region::Us => "US",
        Region::Eu => "EU",
        Region::Jp => "JP",
    }
}

/// One way in which two URIs that mean the same may differ: how it is said, and the text without it.
type Difference = (&'static str, fn(&str) -> String);

const DIFFERENCES: [Difference; 6] = [
    ("white space or invisible characters", without_blanks),
    ("a doubled scheme", with_one_scheme),
    ("the scheme (http and https)", with_https),
    ("the order of the host's labels (eu.app and app.eu)", with_labels_in_order),
    ("the number of underscores (/_/ and /__/)", with_two_underscores),
    ("a slash at the end", without_last_slash),
];

/// What two URIs differ by, in words; `None` where they differ by more than what is known to go wrong.
pub(super) fn difference(registered: &str, asked: &str) -> Option<String> {
    let (mut left, mut right) = (registered.to_owned(), asked.to_owned());
    let mut by: Vec<&str> = Vec::new();
    for (words, without) in DIFFERENCES {
        let (next_left, next_right) = (without(&left), without(&right));
        if (next_left != left) != (next_right != right) {
            by.push(words);
        }
        (left, right) = (next_left, next_right);
    }
    if left != right && left.eq_ignore_ascii_case(&right) {
        by.push("case");
        left.clone_from(&right);
    }
    (left == right && !by.is_empty()).then(|| by.join(" and "))
}

/// Whether there is something in it that cannot be seen and that no URI has.
pub(super) fn has_blanks(uri: &str) -> bool {
    uri.chars().any(is_blank)
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || acts(c)
}

fn without_blanks(uri: &str) -> String {
    uri.chars().filter(|c| !is_blank(*c)).collect()
}

fn with_one_scheme(uri: &str) -> String {
    let scheme = |text: &str| ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme));
    let rest = |text: &str| scheme(text).and_then(|scheme| text.strip_prefix(scheme)).map(str::to_owned);
    match rest(uri).and_then(|once| rest(&once)) {
        Some(twice) => format!("https://{twice}"),
        None => uri.to_owned(),
    }
}

fn with_https(uri: &str) -> String {
    uri.strip_prefix("http://").map_or_else(|| uri.to_owned(), |rest| format!("https://{rest}"))
}

fn with_labels_in_order(uri: &str) -> String {
    REGIONS.into_iter().fold(uri.to_owned(), |uri, region| {
        let label = region_name(region).to_ascii_lowercase();
        uri.replacen(&format!("//{label}.app.torq.io"), &format!("//app.{label}.torq.io"), 1)
    })
}

fn with_two_underscores(uri: &str) -> String {
    uri.replacen("/_/", "/__/", 1)
}

fn without_last_slash(uri: &str) -> String {
    uri.strip_suffix('/').unwrap_or(uri).to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Address, difference};

    fn parts(uri: &str, expect: (&str, &str, &str, &str)) {
        let address = Address::read(uri).unwrap();
        assert_eq!((address.scheme, address.host, address.path, address.query), expect, "{uri}");
    }

    #[test]
    fn a_uri_is_cut_where_its_parts_begin() {
        for (uri, expect) in [
            ("https://app.torq.io/__/auth/handler", ("https", "app.torq.io", "/__/auth/handler", "")),
            ("https://app.torq.io:8443?domain=a.com", ("https", "app.torq.io", "", "domain=a.com")),
            ("http://ada@[::1]:80/a#b?c", ("http", "::1", "/a", "")),
            ("https://http://app.eu.torq.io/", ("https", "http", "//app.eu.torq.io/", "")),
        ] {
            parts(uri, expect);
        }
        for none in ["", "app.torq.io", "https://", "://a", "https:///a"] {
            assert_eq!(Address::read(none), None, "{none}");
        }
    }

    fn loopback(uri: &str, expect: bool) {
        assert_eq!(Address::read(uri).unwrap().is_loopback(), expect, "{uri}");
    }

    #[test]
    fn a_loopback_is_the_persons_own_computer() {
        for uri in [
            "http://LOCALHOST:3000/",
            "https://127.0.0.1/a",
            "https://127.9.9.9",
            "http://[::1]:1/",
            "https://a.localhost/",
        ] {
            loopback(uri, true);
        }
        for uri in
            ["https://localhost.acme.com/", "https://127.0.0.1.nip.io/", "https://app.torq.io/localhost"]
        {
            loopback(uri, false);
        }
    }

    fn differ(registered: &str, asked: &str, expect: Option<&str>) {
        assert_eq!(difference(registered, asked).as_deref(), expect, "{registered} {asked}");
        assert_eq!(difference(asked, registered).as_deref(), expect, "{asked} {registered}");
    }

    #[test]
    fn what_two_uris_differ_by_is_said_in_full_or_not_at_all() {
        let eu = "https://app.eu.torq.io/__/auth/handler";
        for (registered, expect) in [
            (
                "https://http://app.eu.torq.io/_/auth/handler",
                Some("a doubled scheme and the number of underscores (/_/ and /__/)"),
            ),
            (
                "https://eu.app.torq.io/__/auth/handler",
                Some("the order of the host's labels (eu.app and app.eu)"),
            ),
            ("https://app.eu.torq.io/__/auth/Handler/", Some("a slash at the end and case")),
            ("https://app.torq.io/__/auth/handler", None),
            ("https://app.eu.torq.io/__/auth/handlers", None),
            (eu, None),
        ] {
            differ(registered, eu, expect);
        }
    }
}
