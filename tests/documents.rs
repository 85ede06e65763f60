//! The tests and files that the documents name exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

/// Returns the texts between backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns the tests in a text: `file::test`, and after it `::another` for the same file. Names with upper-case
/// letters, for example `Signer::new`, are not tests.
fn tests(text: &str) -> Vec<(&str, &str)> {
    let is_name = |name: &str| name.chars().all(|char| matches!(char, 'a'..='z' | '0'..='9' | '_' | '/'));
    let (mut tests, mut place) = (Vec::new(), "");
    for (start, name) in code(text).filter_map(|code| code.split_once("::")) {
        place = if start.is_empty() { place } else { start };
        if is_name(place) && is_name(name) {
            tests.push((place, name));
        }
    }
    tests
}

fn is_there((file, test): (&str, &str)) -> bool {
    read(&format!("tests/{file}.rs")).is_some_and(|source| source.contains(&format!("fn {test}(")))
}

/// Returns the rows of the table under this heading, without its header.
fn rows<'t>(document: &'t str, heading: &str) -> Vec<&'t str> {
    let section = document.split("\n# ").find_map(|section| section.strip_prefix(heading)).expect(heading);
    section.lines().filter(|line| line.starts_with('|')).skip(2).collect()
}

#[test]
fn every_attack_has_its_test() {
    let document = read("docs/security.md").unwrap();
    let attacks = rows(&document, "Attacks");
    assert!(attacks.len() >= 20, "{} attacks", attacks.len());
    for attack in attacks {
        let cells: Vec<&str> = attack.trim_matches('|').split('|').collect();
        let [_class, source, test] = cells[..] else { panic!("{attack}") };
        assert!(!source.trim().is_empty(), "{attack}");
        let named = tests(test);
        assert!(!named.is_empty(), "no test: {attack}");
        for test in named {
            assert!(is_there(test), "{test:?} is not there: {attack}");
        }
    }
}

/// The README of Django's suites explains each line of the list of differences.
#[test]
fn djangos_suite_lists_its_differences() {
    let document = read("tests/django_suite/README.md").unwrap();
    let listed = read("tests/django_suite/differences.txt").unwrap();
    let listed: Vec<&str> = listed.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(!listed.is_empty());
    for line in listed {
        let [_run, test, reason] = line.split('|').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let test = test.trim().rsplit('.').next().unwrap();
        assert!(document.contains(test), "{test}");
        assert!(!reason.trim().is_empty(), "{line}");
    }
}

/// The README lists test programs by their file, and folders by their name with a slash.
#[test]
fn the_readme_of_the_tests_lists_each_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let there: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.path().is_dir(), entry.file_name().into_string().unwrap()))
        .filter(|(_, name)| !name.starts_with('.'))
        .map(|(is_folder, name)| if is_folder { format!("{name}/") } else { name })
        .collect();
    let document = read("tests/README.md").unwrap();
    let (table, below) = document.rsplit_once("\n\n").unwrap();
    let first_cells = table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |")).map(|(cell, _)| cell);
    let mut listed: BTreeSet<String> = first_cells.chain([below]).flat_map(code).map(str::to_owned).collect();
    listed.insert("README.md".to_owned());
    assert_eq!(listed, there);
}
