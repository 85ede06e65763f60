//! Dates in ISO 8601: the crate accepts exactly the texts that Python's `datetime.fromisoformat` accepts.

use crate::check::Check;
use crate::common::json::Json;
use crate::question::Op;
use crate::random::Random;
use crate::visit::spell;

/// Stands for a lone surrogate, which a `String` cannot contain.
const SURROGATE: char = '\u{e000}';

/// A text under `_session_expiry` is the same time with the same offset for both, or both reject it.
pub fn dates(check: &mut Check) {
    let years = ["1970", "2024", "2025", "2025", "0001", "9999", "0000"];
    let questions = check.draw(20_000, |random| {
        let json_text = spell(&Json::String(date(random, &years))).replace(SURROGATE, "\\ud800");
        Op::Date { json_text }.at(0.0)
    });
    check.compare(questions);
}

/// Generates a date, or a text that is almost one.
pub fn date(random: &mut Random, years: &[&str]) -> String {
    let mut text = day(random, years);
    if !random.once_in(8) {
        text.push(random.pick(&['T', 'T', 'T', ' ', '-', '7', 'W', 'é', '🔑', SURROGATE, '\0']));
        text += &clock(random);
        text += &offset(random);
    }
    if random.once_in(8) { spoil(random, &text) } else { text }
}

fn day(random: &mut Random, years: &[&str]) -> String {
    let year = random.pick(years);
    let week = unless_once_in(8, random, &["01", "48", "52"], &["53", "00", "54"]);
    let month = unless_once_in(8, random, &["01", "02", "11", "12"], &["00", "13"]);
    let day = unless_once_in(4, random, &["01", "25", "28"], &["29", "30", "31", "00", "32"]);
    let weekday = unless_once_in(8, random, &["1", "2", "5", "7"], &["0", "8"]);
    match random.below(10) {
        0..=2 => format!("{year}-{month}-{day}"),
        3 | 4 => format!("{year}{month}{day}"),
        5 => format!("{year}-W{week}"),
        6 => format!("{year}W{week}"),
        7 => format!("{year}-W{week}-{weekday}"),
        8 => format!("{year}W{week}{weekday}"),
        _ => format!("{year}-W{week}-{weekday}{weekday}"),
    }
}

fn clock(random: &mut Random) -> String {
    let mut clock = unless_once_in(16, random, &["00", "10", "23"], &["24", "99"]).to_owned();
    let colon = random.pick(&[":", ""]);
    for _ in 0..random.below(3) {
        clock += if random.once_in(64) { ":" } else { colon };
        clock += unless_once_in(32, random, &["00", "10", "59"], &["60", "99"]);
    }
    if random.once_in(2) {
        clock += unless_once_in(4, random, &[".", ","], &[":", ""]);
        clock += &"1234567890"[..random.below(11)];
    }
    if random.once_in(32) {
        clock += random.pick(&["x", "\0", "12x", "é", ":"]);
    }
    clock
}

fn offset(random: &mut Random) -> String {
    match random.below(5) {
        0 => String::new(),
        1 => unless_once_in(8, random, &["Z"], &["Z0", "Z\0x", "z", "ZZ"]).to_owned(),
        2 => random.pick(&["+00:00", "-05:30", "+23:59:59.999999", "-24:00", "+00:99", "-00:00:00.5"]).to_owned(),
        _ => format!("{}{}", random.pick(&["+", "-"]), clock(random)),
    }
}

fn unless_once_in<'t>(times: usize, random: &mut Random, usual: &[&'t str], others: &[&'t str]) -> &'t str {
    let from = if random.once_in(times) { others } else { usual };
    random.pick(from)
}

/// Changes, adds or removes one character.
fn spoil(random: &mut Random, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = random.below(chars.len());
    let char = random.pick(&['0', '7', '-', '+', ':', '.', ',', 'Z', 'W', 'T', ' ', 'é']);
    match random.below(3) {
        0 => chars[at] = char,
        1 => chars.insert(at, char),
        _ => drop(chars.remove(at)),
    }
    chars.into_iter().collect()
}
