//! Finds the paths in a Rust file.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// A path: `a::b` in an expression or a type, or in `use a::b as c`, with the name that it is bound to.
#[derive(Debug)]
pub struct NamedPath {
    pub segments: Vec<String>,
    pub bound: Option<String>,
}

pub fn paths(code: TokenStream) -> Vec<NamedPath> {
    let mut found = Vec::new();
    collect(&Vec::from_iter(code), &mut found);
    found
}

fn collect(code: &[TokenTree], found: &mut Vec<NamedPath>) {
    let mut at = 0;
    while let Some(token) = code.get(at) {
        at += match token {
            TokenTree::Group(group) => {
                collect(&Vec::from_iter(group.stream()), found);
                1
            }
            // Exclude `impl Trait + use<'a>`.
            TokenTree::Ident(word) if word == "use" && !is_punct(code.get(at + 1), '<') => {
                let tree = code[at + 1..].split(|token| is_punct(Some(token), ';')).next().unwrap();
                collect_use(&[], tree, found);
                1 + tree.len()
            }
            TokenTree::Ident(first) if are_colons(code, at + 1) && !continues(code, at) => {
                let mut segments = vec![first.to_string()];
                while let Some(TokenTree::Ident(segment)) = code.get(at + 3 * segments.len())
                    && are_colons(code, at + 3 * segments.len() - 2)
                {
                    segments.push(segment.to_string());
                }
                let len = 3 * segments.len() - 2;
                found.push(NamedPath { segments, bound: None });
                len
            }
            _ => 1,
        };
    }
}

/// Collects the paths of a use tree such as `a::{b, c as d, e::{self, f}}`, below the path `prefix`.
fn collect_use(prefix: &[String], tree: &[TokenTree], found: &mut Vec<NamedPath>) {
    for branch in tree.split(|token| is_punct(Some(token), ',')).filter(|branch| !branch.is_empty()) {
        let mut segments = prefix.to_vec();
        let mut alias = None;
        for (at, token) in branch.iter().enumerate() {
            match token {
                TokenTree::Ident(word) if word == "as" => alias = Some(branch[at + 1].to_string()),
                TokenTree::Ident(_) if alias.is_some() => {}
                TokenTree::Ident(word) if word == "self" && !segments.is_empty() => {}
                TokenTree::Ident(segment) => segments.push(segment.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == '*' => segments.push("*".to_owned()),
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    collect_use(&segments, &Vec::from_iter(group.stream()), found);
                    segments.clear();
                }
                _ => {}
            }
        }
        let bound = alias.or_else(|| segments.last().cloned());
        if bound.is_some() {
            found.push(NamedPath { segments, bound });
        }
    }
}

/// Returns whether the token at this position follows `Type::` or `<Type>::`.
fn continues(code: &[TokenTree], at: usize) -> bool {
    at > 2
        && are_colons(code, at - 2)
        && (matches!(code[at - 3], TokenTree::Ident(_)) || is_punct(code.get(at - 3), '>'))
}

fn are_colons(code: &[TokenTree], at: usize) -> bool {
    let joint = matches!(code.get(at), Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint);
    joint && is_punct(code.get(at), ':') && is_punct(code.get(at + 1), ':')
}

pub fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}
