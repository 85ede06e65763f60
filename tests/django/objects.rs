//! Value ⇄ token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::check::{Answered, Check};
use crate::common::json::Json;
use crate::question::{Op, Question};
use crate::random::Random;

/// Values made here: the same text, which both read.
pub fn values(check: &mut Check) {
    let questions = check.draw(2000, |random| random.any_signing().dumps(random.json(0), false).at(random.time()));
    compare_and_read(check, questions);
}

/// The same compressed: zlibs differ in their bytes, so each reads what either wrote.
pub fn compressed_values(check: &mut Check) {
    let questions = check.draw(1500, |random| random.any_signing().dumps(repetitive(random), true).at(random.time()));
    let mut readings = Vec::new();
    for case in check.ask(questions) {
        readings.extend(case.texts().map(|token| case.maker().loads(token, None).at(case.now())));
    }
    check.compare(readings);
}

/// Values made by Python: both read the same, and write the same again.
pub fn values_of_python(check: &mut Check) {
    let tokens = invented(check, 2500, false);
    check.compare(tokens.iter().flat_map(read_and_write_again).collect());
}

/// Values that only Python holds are refused, or read as the rules say; never as anything else.
pub fn values_beyond_json(check: &mut Check) {
    let tokens = invented(check, 2000, true);
    check.compare(tokens.iter().map(read).collect());
}

/// Whoever asks for an integer gets that one, if it has 128 bits or fewer, and never another.
pub fn integers(check: &mut Check) {
    let questions = check.draw(1500, |random| {
        let integer = match random.below(4) {
            0 => random.pick(&[i128::MAX.unsigned_abs(), i128::MIN.unsigned_abs(), u128::MAX]).to_string(),
            1 => format!("1{}", random.bits().to_string().repeat(random.below(3))),
            _ => (1 + (u128::from(random.bits()) << random.below(64))).to_string(),
        };
        let sign = random.pick(&["", "-"]);
        signed_json(random, &format!("{sign}{integer}"))
    });
    let tokens = check.compare(questions);
    check.compare(tokens.iter().map(|case| case.maker().loads_integer(case.text()).at(case.now())).collect());
}

/// Numbers and texts spelled as Django would not are the same numbers and texts.
pub fn odd_spellings(check: &mut Check) {
    let questions = check.draw(2000, |random| {
        let (float, text, key) = (odd_float(random), odd_text(random), odd_text(random));
        signed_json(random, &format!("[{float}, {text},{{ {key}:\t[] }}]\r\n"))
    });
    let tokens = check.compare(questions);
    check.compare(tokens.iter().flat_map(read_and_write_again).collect());
}

/// Tokens are the same, and both find the same object in them.
pub fn compare_and_read(check: &mut Check, questions: Vec<Question>) {
    let tokens = check.compare(questions);
    check.compare(tokens.iter().map(read).collect());
}

/// A value that is worth compressing, mostly.
pub fn repetitive(random: &mut Random) -> Json {
    let item = random.json(2);
    let mut items = vec![item; random.below(30)];
    items.push(random.json(0));
    Json::Array(items)
}

fn read(made: &Answered) -> Question {
    made.maker().loads(made.text(), None).at(made.now())
}

fn read_and_write_again(made: &Answered) -> [Question; 2] {
    [read(made), made.maker().redump(made.text()).at(made.now())]
}

fn invented(check: &mut Check, count: usize, beyond: bool) -> Vec<Answered> {
    let questions = check.draw(count, |random| {
        let (by, seed, compress) = (random.any_signing(), random.bits(), random.once_in(3));
        let op = Op::InventObject { by, seed, compress, beyond };
        op.at(random.time())
    });
    check.ask(questions)
}

fn signed_json(random: &mut Random, json: &str) -> Question {
    random.any_signing().sign(URL_SAFE_NO_PAD.encode(json)).at(random.time())
}

fn odd_float(random: &mut Random) -> String {
    let exponent = match random.below(3) {
        0 => String::new(),
        1 => format!("{}{}{}", random.pick(&["e", "E"]), random.pick(&["", "+", "-", "-00"]), random.below(30)),
        _ => format!("e{}{}", random.pick(&["", "-"]), random.below(300)),
    };
    let fraction = random.bits().to_string().repeat(random.pick(&[0, 1, 1, 2]));
    let fraction = if fraction.is_empty() && exponent.is_empty() { "0".to_owned() } else { fraction };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{}{point}{fraction}{exponent}", random.pick(&["", "-"]), random.magnitude(24))
}

/// Any character may be escaped, in either case of hexadecimal; "/" may be.
fn odd_text(random: &mut Random) -> String {
    let mut spelled = String::new();
    for char in random.text(20).chars() {
        match char {
            '/' if random.once_in(2) => spelled.push_str("\\/"),
            ' '..='~' if !"\"\\".contains(char) && !random.once_in(4) => spelled.push(char),
            _ => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    let hex = if random.once_in(2) { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
                    spelled.push_str(&hex);
                }
            }
        }
    }
    format!("\"{spelled}\"")
}
