//! The flow of people from what they had to what they have: a drawing beside the table that says the same.

use maud::{Markup, html};

use crate::finding::prose::{grouped, visible};

/// So many people, from one end to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    pub from: String,
    pub to: String,
    pub people: usize,
    /// The class that colours it.
    pub class: &'static str,
}

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 300.0;
/// Between two ends of a side, and for the words of each.
const GAP: f64 = 22.0;
const WORDS: f64 = 220.0;
const END: f64 = 10.0;
/// What is thinner is not seen.
const THINNEST: f64 = 2.0;

/// An end of the streams on one side.
struct End {
    name: String,
    people: usize,
    top: f64,
    height: f64,
    /// How much of its height streams have taken.
    taken: f64,
}

/// Ends of one side, in the order in which the streams name them.
fn ends<'s>(names: impl Iterator<Item = (&'s str, usize)>, scale: f64) -> Vec<End> {
    let mut ends: Vec<End> = Vec::new();
    for (name, people) in names {
        let thickness = thickness(people, scale);
        match ends.iter_mut().find(|end| end.name == name) {
            Some(end) => {
                end.people += people;
                end.height += thickness;
            }
            None => ends.push(End { name: name.to_owned(), people, top: 0.0, height: thickness, taken: 0.0 }),
        }
    }
    let mut top = GAP;
    for end in &mut ends {
        end.top = top;
        top += end.height + GAP;
    }
    ends
}

#[allow(clippy::cast_precision_loss)]
fn thickness(people: usize, scale: f64) -> f64 {
    (people as f64 * scale).max(THINNEST)
}

#[allow(clippy::cast_precision_loss)]
pub fn drawing(streams: &[Stream]) -> Markup {
    let all: usize = streams.iter().map(|stream| stream.people).sum();
    let scale = if all == 0 { 0.0 } else { HEIGHT / all as f64 };
    let mut before = ends(streams.iter().map(|stream| (stream.from.as_str(), stream.people)), scale);
    let mut after = ends(streams.iter().map(|stream| (stream.to.as_str(), stream.people)), scale);
    let bottom = |ends: &[End]| ends.last().map_or(GAP, |end| end.top + end.height + GAP);
    let height = bottom(&before).max(bottom(&after));
    let (left, right) = (WORDS + END, WIDTH - WORDS - END);
    let paths: Vec<(String, &'static str)> = streams
        .iter()
        .map(|stream| {
            let thickness = thickness(stream.people, scale);
            let from = take(&mut before, &stream.from, thickness);
            let to = take(&mut after, &stream.to, thickness);
            let middle = (left + right) / 2.0;
            let (from_end, to_end) = (from + thickness, to + thickness);
            let path = format!(
                "M{left:.1} {from:.1}C{middle:.1} {from:.1} {middle:.1} {to:.1} {right:.1} {to:.1}L{right:.1} {to_end:.1}\
                 C{middle:.1} {to_end:.1} {middle:.1} {from_end:.1} {left:.1} {from_end:.1}Z"
            );
            (path, stream.class)
        })
        .collect();
    html! {
        svg.flow role="img" aria-label="From roles before to roles after; the table says the same" viewBox=(format!("0 0 {WIDTH:.0} {height:.0}")) {
            @for (path, class) in &paths { path class=(class) d=(path) {} }
            @for end in &before { (shown(end, WORDS, "end", WORDS - 8.0)) }
            @for end in &after { (shown(end, right, "start", right + END + 8.0)) }
        }
    }
}

/// Where the next stream begins at an end.
fn take(ends: &mut [End], name: &str, thickness: f64) -> f64 {
    let Some(end) = ends.iter_mut().find(|end| end.name == name) else { return 0.0 };
    let at = end.top + end.taken;
    end.taken += thickness;
    at
}

fn shown(end: &End, x: f64, anchor: &str, words: f64) -> Markup {
    let middle = end.top + end.height / 2.0 + 5.0;
    html! {
        rect.end x=(format!("{x:.1}")) y=(format!("{:.1}", end.top)) width=(END) height=(format!("{:.1}", end.height)) {}
        text x=(format!("{words:.1}")) y=(format!("{middle:.1}")) text-anchor=(anchor) { (short(&end.name)) " " (grouped(end.people)) }
    }
}

/// What fits beside the drawing; the table has the whole.
fn short(name: &str) -> String {
    let name = visible(name);
    if name.chars().count() <= 22 { name } else { name.chars().take(21).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stream_is_drawn_and_every_end_counted() {
        let stream = |from: &str, to: &str, people| Stream {
            from: from.to_owned(),
            to: to.to_owned(),
            people,
            class: "bad",
        };
        let streams =
            [stream("Owner", "Viewer", 3), stream("Owner", "locked out", 1), stream("<i>", "Viewer", 0)];
        let shown = drawing(&streams).into_string();
        assert_eq!(shown.matches("<path").count(), 3);
        for part in ["Owner 4", "Viewer 3", "locked out 1", "&lt;i&gt; 0"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        assert!(!shown.contains("NaN") && !shown.contains("inf"), "{shown}");
        assert!(!drawing(&[]).into_string().contains("NaN"));
    }
}
