//! Invalid and almost valid timestamps and payloads.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};

use crate::random::Random;

/// Generates a text in place of a timestamp.
pub fn timestamp(random: &mut Random) -> String {
    match random.below(4) {
        0 => random.pick(ODD_TIMESTAMPS).to_owned(),
        1 => {
            let len = random.below(32);
            let digits = (0..len).map(|_| random.pick(&['0', '1', '9', 'A', 'Z', 'a', 'z']));
            let digits: String = digits.collect();
            random.pick(&["", "-"]).to_owned() + &digits
        }
        2 => random.text(8),
        _ => format!("1tN{}T0", random.char()),
    }
}

/// Generates JSON, possibly compressed, in base64. Each of these layers may be damaged.
pub fn payload(random: &mut Random) -> String {
    let mut json = match random.below(4) {
        0 => random.pick(ODD_JSON).as_bytes().to_vec(),
        // Raw UTF-8, which Django never writes.
        1 => serde_json::to_vec(&random.json(1)).unwrap(),
        _ => ascii_json(random),
    };
    if random.once_in(3) {
        damage(random, &mut json);
    }
    let (mark, data) = if random.once_in(2) { (".", compressed(random, &json)) } else { ("", json) };
    let text = match random.below(8) {
        0 => URL_SAFE.encode(&data),
        1 => URL_SAFE_NO_PAD.encode(&data).replace('-', "+").replace('_', "/"),
        _ => URL_SAFE_NO_PAD.encode(&data),
    };
    let mut text: Vec<char> = format!("{mark}{text}").chars().collect();
    let at = random.below(text.len() + 1);
    match random.below(12) {
        0 => text.insert(at, random.pick(&['=', '.', '!', ' ', '\n', 'é', '+', '/', '\0'])),
        1 => text.truncate(at),
        2 => text.extend(['=', '=', 'A']),
        3 => text.push(random.pick(&['A', 'B', '-', '='])),
        4 if !text.is_empty() => *text.last_mut().unwrap() = random.pick(&['A', 'Q', 'g', 'w', 'h', '_']),
        _ => {}
    }
    text.into_iter().collect()
}

pub fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    let at = random.below(bytes.len() + 1);
    match random.below(6) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, random.bits() as u8),
        2 => bytes.extend_from_slice(random.pick(&[&b" "[..], b"\n", b" x", b"]", b"\0", b"{}", b",1"])),
        3 => drop(bytes.splice(0..0, *b"\xef\xbb\xbf")),
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}

fn compressed(random: &mut Random, data: &[u8]) -> Vec<u8> {
    let mut stream = zlib(data);
    let at = random.below(stream.len());
    match random.below(10) {
        0 => stream.truncate(at),
        1 => stream.extend(zlib(data)),
        2 => stream.push(0),
        3 => stream[at] ^= 1 << random.below(8),
        4 => stream = data.to_vec(),
        5 => {
            let mut headless = DeflateEncoder::new(Vec::new(), Compression::default());
            headless.write_all(data).unwrap();
            stream = headless.finish().unwrap();
        }
        _ => {}
    }
    stream
}

fn ascii_json(random: &mut Random) -> Vec<u8> {
    use django_session::{JsonSerializer, Serializer};
    let mut out = Vec::new();
    JsonSerializer.dumps(&random.json(1), &mut out).unwrap();
    out
}

#[rustfmt::skip]
const ODD_TIMESTAMPS: &[&str] = &[
    "", "-", "-0", "--1", "+1", " 1", "1 ", "1\n", "0000000001", "-00", "1_000", "1.5", "1-", "١", "１", "é",
    "AzL8n0Y58m7", "AzL8n0Y58m8", "-AzL8n0Y58m8", "-AzL8n0Y58m9", "zzzzzzzzzzzz",
    "000000000000000000000000000000000000000000", "111111111111111111111111111111", "-111111111111111111111111111111",
];

#[rustfmt::skip]
const ODD_JSON: &[&str] = &[
    "", " ", "-", "-0", "-0.0", "-0e1", "[-0]", "00", "01", "+1", "1.", ".5", "1e", "1e400", "-1e400", "1e-400", "0x10",
    "1_000", "123456789012345678901234567890", "18446744073709551615", "18446744073709551616", "-9223372036854775809",
    "NaN", "-NaN", "Infinity", "-Infinity", "[Infinity]", "nan", "nul", "nulll", "True", "None", "'a'", "// 1\n1",
    r#""a"#, r#""\/""#, r#""\x41""#, r#""\u00e""#, r#""\u+0e9""#, r#""\ud83d\ude00""#, r#""\ud83d""#, r#""\ude00\ud83d""#,
    r#""\ud83d\u0041""#, r#"{"\udfff":1}"#, "\"\t\"", "\"\u{7f}\"", "\"é\"", "\"🔑\"", "\"\0\"", "\0",
    "[1,]", "[,1]", "[1 2]", "[1][2]", "[1] x", "\n[1, 2 ]\r\n\t ", "\u{b}1", "\u{a0}1", "\u{feff}1",
    "{1:2}", r#"{"a"}"#, r#"{"a" 1}"#, r#"{"a":1,}"#, r#"{"a":1,"b":2,"a":3}"#,
];
