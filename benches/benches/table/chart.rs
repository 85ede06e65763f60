//! Draws the `login` rows of the table as a chart.

use std::io;
use std::path::Path;

use svg::Document;
use svg::node::element::{Line, Rectangle, Style, Text};

use crate::report::significant;
use crate::rounds::{Outcome, Result};
use crate::task::Task;

const TITLE: &str = "Microseconds per call for a login session of 171 bytes";
const SUBTITLE: &str = "Shorter is better. Logarithmic scale: from one line to the next it is ten times as long.";

const GROUPS: [(Task, &str); 4] = [
    (Task::EncodeRaw, "encode"),
    (Task::DecodeRaw, "decode"),
    (Task::EncodeCompressed, "encode, compressed"),
    (Task::DecodeCompressed, "decode, compressed"),
];

const BARS: [(&str, &str); 7] = [
    ("ours", "django-session"),
    ("floor", "the sum of its parts"),
    ("cookie", "cookie SignedJar, value only"),
    ("cookie_sent", "cookie SignedJar, as sent"),
    ("axum", "axum-extra SignedCookieJar"),
    ("jwt", "jsonwebtoken HS256"),
    ("django", "Django 5.2"),
];

// The chart has its own background, because the page may be dark even if the reader's system is not.
const STYLE: &str = "text { font: 12px system-ui, sans-serif; fill: #424a53 } .title { font: 600 14px system-ui, sans-serif } \
    .head { font-weight: 600 } .end { text-anchor: end } .middle { text-anchor: middle } .paper { fill: #ffffff } \
    .grid { stroke: #d0d7de } .bar { fill: #afb8c1 } .ours { fill: #1f7a54 } .django { fill: #5b7fa6 } \
    @media (prefers-color-scheme: dark) { text { fill: #c9d1d9 } .paper { fill: #0d1117 } .grid { stroke: #30363d } \
    .bar { fill: #57606a } .ours { fill: #3fb37f } .django { fill: #6f9bcb } }";

const WIDTH: f64 = 760.0;
const LEFT: f64 = 200.0;
const RIGHT: f64 = WIDTH - 60.0;
const TOP: f64 = 64.0;
const ROW: f64 = 18.0;
const GAP: f64 = 26.0;
const BAR: f64 = 12.0;
/// The offset of the baseline of a text in the middle of its bar.
const BASELINE: f64 = 10.0;

pub fn write(outcomes: &[Outcome], path: &Path) -> io::Result<()> {
    let groups = GROUPS.map(|(task, title)| (title, results(outcomes, task)));
    let micros = || groups.iter().flat_map(|(_, bars)| bars).map(|(_, result)| result.micros);
    let scale = Scale::over(micros().fold(f64::MAX, f64::min), micros().fold(0.0, f64::max));

    let rows: usize = groups.iter().map(|(_, bars)| bars.len() + 1).sum();
    let bottom = TOP + rows as f64 * ROW + (groups.len() - 1) as f64 * (GAP - ROW) + 6.0;
    let height = bottom + 28.0;
    let paper = Rectangle::new().set("width", WIDTH).set("height", height).set("rx", 6).set("class", "paper");
    let mut chart = Document::new().set("viewBox", (0, 0, WIDTH, height)).set("width", WIDTH).set("height", height);
    chart = chart.set("role", "img").set("aria-label", TITLE).add(Style::new(STYLE)).add(paper);
    chart = chart.add(text("title", 16.0, 26.0, TITLE)).add(text("", 16.0, 45.0, SUBTITLE));
    for (tick, x) in scale.ticks() {
        let line = Line::new().set("x1", x).set("x2", x).set("y1", TOP).set("y2", bottom).set("class", "grid");
        chart = chart.add(line).add(text("middle", x, bottom + 16.0, &format!("{tick} µs")));
    }
    let mut y = TOP;
    for (title, bars) in &groups {
        chart = chart.add(text("head end", LEFT - 8.0, y + BASELINE, title));
        for (label, result) in bars {
            y += ROW;
            let end = scale.x(result.micros);
            chart = chart.add(text("end", LEFT - 8.0, y + BASELINE, label)).add(bar(result.name, end, y));
            chart = chart.add(value(end + 3.0, y)).add(text("", end + 6.0, y + BASELINE, &significant(result.micros)));
        }
        y += GAP;
    }
    svg::save(path, &chart)
}

/// A logarithmic scale of whole decades. The first one contains the shortest bar.
struct Scale {
    decades: std::ops::RangeInclusive<i32>,
}

impl Scale {
    fn over(shortest: f64, longest: f64) -> Self {
        Self { decades: shortest.log10().floor() as i32..=longest.log10().ceil() as i32 }
    }

    fn x(&self, micros: f64) -> f64 {
        let (first, last) = (f64::from(*self.decades.start()), f64::from(*self.decades.end()));
        (LEFT + (RIGHT - LEFT) * (micros.log10() - first) / (last - first)).round()
    }

    fn ticks(&self) -> impl Iterator<Item = (f64, f64)> {
        self.decades.clone().map(|decade| 10_f64.powi(decade)).map(|tick| (tick, self.x(tick)))
    }
}

fn results(outcomes: &[Outcome], task: Task) -> Vec<(&'static str, &Result)> {
    let outcome = outcomes.iter().find(|outcome| outcome.task == task.name() && outcome.payload == "login");
    let bars = BARS.iter().filter_map(|&(name, label)| Some((label, outcome?.result(name)?)));
    bars.collect()
}

fn text(class: &str, x: f64, baseline: f64, words: &str) -> Text {
    Text::new(words).set("class", class).set("x", x).set("y", baseline)
}

/// The background of a value, which hides the lines of the grid.
fn value(start: f64, top: f64) -> Rectangle {
    Rectangle::new().set("x", start).set("y", top).set("width", 36).set("height", BAR).set("class", "paper")
}

fn bar(name: &str, end: f64, top: f64) -> Rectangle {
    let place = Rectangle::new().set("x", LEFT).set("y", top).set("width", end - LEFT).set("height", BAR);
    place.set("rx", 1.5).set("class", format!("bar {name}"))
}
