//! The table's `login` rows as a picture.

use std::io;
use std::path::Path;

use svg::Document;
use svg::node::element::{Rectangle, Style, Text};

use crate::report::significant;
use crate::rounds::{Outcome, Result};
use crate::task::Task;

const TITLE: &str = "Microseconds per call for a login session (171 bytes of JSON), on a logarithmic scale";

const GROUPS: [(Task, &str); 4] = [
    (Task::EncodeRaw, "encode"),
    (Task::DecodeRaw, "decode"),
    (Task::EncodeCompressed, "encode, compressed"),
    (Task::DecodeCompressed, "decode, compressed"),
];

const BARS: [(&str, &str); 8] = [
    ("ours", "django-session"),
    ("floor", "sum of its parts"),
    ("naive", "a first attempt"),
    ("cookie", "cookie SignedJar, value only"),
    ("cookie_sent", "cookie SignedJar, as sent"),
    ("axum", "axum-extra SignedCookieJar"),
    ("jwt", "jsonwebtoken HS256"),
    ("django", "Django 5.2"),
];

// Greys that stand on white and on black, and one colour.
const STYLE: &str = "text { font: 12px system-ui, sans-serif; fill: #57606a } .head { font-weight: 600 } \
    .end { text-anchor: end } rect { fill: #b4bcc6 } .ours { fill: #2c7a5b } \
    @media (prefers-color-scheme: dark) { text { fill: #9aa4af } rect { fill: #4c5661 } .ours { fill: #4cae86 } }";

const WIDTH: f64 = 760.0;
const LEFT: f64 = 210.0;
const ROW: f64 = 18.0;
const BAR: f64 = 11.0;

pub fn write(outcomes: &[Outcome], path: &Path) -> io::Result<()> {
    let groups = GROUPS.map(|(task, title)| (title, results(outcomes, task)));
    let micros = || groups.iter().flat_map(|(_, bars)| bars).map(|(_, result)| result.micros);
    let (shortest, longest) = (micros().fold(f64::MAX, f64::min), micros().fold(0.0, f64::max));
    // The shortest bar has a length too.
    let from = shortest / 2.0;
    let width = |micros: f64| ((WIDTH - LEFT - 60.0) * (micros / from).ln() / (longest / from).ln()).round();

    let mut chart = Document::new().add(Style::new(STYLE)).add(text("head", 8.0, 20.0, TITLE));
    let mut y = 20.0;
    for (title, bars) in &groups {
        y += 2.0 * ROW;
        chart = chart.add(text("head end", LEFT - 8.0, y, title));
        for (label, result) in bars {
            y += ROW;
            let (width, shown) = (width(result.micros), significant(result.micros));
            chart = chart.add(text("end", LEFT - 8.0, y, label)).add(bar(result.name, width, y));
            chart = chart.add(text("", LEFT + width + 6.0, y, &shown));
        }
    }
    svg::save(path, &chart.set("viewBox", (0, 0, WIDTH, y + ROW)))
}

fn results(outcomes: &[Outcome], task: Task) -> Vec<(&'static str, &Result)> {
    let outcome = outcomes.iter().find(|outcome| outcome.task == task && outcome.payload == "login");
    let bars = BARS.iter().filter_map(|&(name, label)| Some((label, outcome?.result(name)?)));
    bars.collect()
}

fn text(class: &str, x: f64, baseline: f64, words: &str) -> Text {
    Text::new(words).set("class", class).set("x", x).set("y", baseline)
}

fn bar(class: &str, width: f64, baseline: f64) -> Rectangle {
    let place = Rectangle::new().set("x", LEFT).set("y", baseline - BAR + 1.0).set("rx", 1.5);
    place.set("width", width).set("height", BAR).set("class", class)
}
