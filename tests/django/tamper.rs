//! Random changes to a token.

use crate::random::Random;

/// Makes one change at a random position, or sometimes two. A change may have no effect.
pub fn tamper(random: &mut Random, token: &str, sep: &str) -> String {
    let once = change(random, token, sep);
    if random.once_in(8) { change(random, &once, sep) } else { once }
}

fn change(random: &mut Random, token: &str, sep: &str) -> String {
    let mut chars: Vec<char> = token.chars().collect();
    let end = chars.len();
    if end < 2 {
        chars.push(random.char());
        return chars.into_iter().collect();
    }
    // Half of the positions are in the last 50 characters, where the signature is.
    let at = if random.once_in(2) { random.below(end) } else { end - 1 - random.below(end.min(50)) };
    match random.below(16) {
        0 => chars[at] = char::from_u32(u32::from(chars[at]) ^ (1 << random.below(7))).unwrap_or('?'),
        1 => chars[at] = random.char(),
        2 => drop(chars.remove(at)),
        3 => chars.insert(at, random.char()),
        4 => chars.insert(at, chars[at]),
        5 => chars.swap(at, (at + 1) % end),
        6 => chars.truncate(at),
        7 => drop(chars.drain(..at)),
        8 => chars.extend(random.pick(&["=", "==", "\n", "\r\n", " ", "\0", "\u{a0}"]).chars()),
        9 => chars.insert(0, random.pick(&[' ', '\n', '.', ':', '\u{feff}'])),
        10 => chars[at] = swap_case(chars[at]),
        11 => chars[end - 1] = alternate_last(random, chars[end - 1]),
        12 => chars[at] = lookalike(random, chars[at]),
        13 => return move_sep(random, token, sep),
        14 => return rearrange(random, token, sep),
        _ => chars.extend_from_within(at..),
    }
    chars.into_iter().collect()
}

fn swap_case(char: char) -> char {
    if char.is_ascii_lowercase() { char.to_ascii_uppercase() } else { char.to_ascii_lowercase() }
}

/// Returns another last character for base64 of the same bytes: one that differs only in the unused bits.
fn alternate_last(random: &mut Random, last: char) -> char {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let index = ALPHABET.iter().position(|&byte| char::from(byte) == last).unwrap_or(0);
    char::from(ALPHABET[index ^ (1 + random.below(3))])
}

/// Returns a character that some comparison or alphabet might confuse with this one.
fn lookalike(random: &mut Random, char: char) -> char {
    match char {
        '-' => random.pick(&['+', '‐', '−']),
        '_' => random.pick(&['/', '＿']),
        'K' | 'k' => '\u{212a}',
        's' | 'S' => 'ſ',
        ':' => random.pick(&['：', ';', '\u{2236}']),
        '0'..='9' => char::from_u32(u32::from(char) - 0x30 + 0xff10).unwrap_or('0'),
        _ => char::from_u32(u32::from(char) + 0x100).unwrap_or('?'), // the same low byte
    }
}

fn move_sep(random: &mut Random, token: &str, sep: &str) -> String {
    let Some((before, after)) = token.rsplit_once(sep) else {
        return format!("{token}{sep}");
    };
    let joined: Vec<char> = format!("{before}{after}").chars().collect();
    let (left, right) = joined.split_at(random.below(joined.len() + 1));
    left.iter().chain(&sep.chars().collect::<Vec<_>>()).chain(right).collect()
}

/// Removes, duplicates or swaps the parts between separators.
fn rearrange(random: &mut Random, token: &str, sep: &str) -> String {
    let mut parts: Vec<&str> = token.split(sep).collect();
    let (one, other) = (random.below(parts.len()), random.below(parts.len()));
    match random.below(4) {
        0 => drop(parts.remove(one)),
        1 => parts.insert(other, parts[one]),
        2 => parts.swap(one, other),
        _ => parts[one] = "",
    }
    parts.join(sep)
}
