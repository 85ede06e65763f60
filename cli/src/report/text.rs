//! Text for a terminal: colours, columns, and the escaping of characters that a terminal interprets.

use std::fmt::Write as _;

use std::env;
use std::io::{self, IsTerminal as _};

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style(bool);

impl Style {
    /// Uses colours if standard output is a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    pub(crate) fn of_stdout() -> Self {
        let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self(io::stdout().is_terminal() && !no_color && !dumb)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    pub(crate) fn warn(self, text: &str) -> String {
        self.paint("33", text)
    }
}

/// Escapes the characters that could move the cursor, change colours or reverse the direction of text.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' | '\t' => out.push(' '),
            char if is_harmless(char) => out.push(char),
            char => drop(write!(out, "\\u{:04x}", u32::from(char))),
        }
    }
    out
}

/// Returns whether a terminal only shows a character. The other characters have code points of at most four digits.
pub(super) fn is_harmless(char: char) -> bool {
    let is_invisible = matches!(
        char,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    );
    !char.is_control() && !is_invisible
}

/// Formats a count and its noun, in the plural unless the count is one.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Formats rows of two columns, and aligns the second one.
pub(crate) fn table(rows: &[(String, String)], style: Style) -> String {
    const WIDEST: usize = 28;
    let width = |text: &str| text.chars().count();
    let widest = rows.iter().map(|(name, _)| width(name)).filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut out = String::new();
    for (name, value) in rows {
        let pad = " ".repeat(widest.saturating_sub(width(name)));
        let _ = writeln!(out, "{}{pad}  {value}", style.dim(name));
    }
    out
}
