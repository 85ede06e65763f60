"""Writes the first inputs of each target from the test vectors: `python3 fuzz/seed.py`

The inputs come from what versions of Django signed. They are files in `fuzz/corpus`, named by a digest of their contents like
libFuzzer's own. Two runs write the same files. The targets that generate structured input (roundtrip, set_cookie,
session_ops, csrf) have no seeds.
"""

import base64
import hashlib
import itertools
import json
import zlib
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
VECTORS = FUZZ.parent / "tests" / "vectors"
LONGEST = 2100

# The first byte of an input, which selects its format: see `payload` in src/lib.rs.
TEXT, BASE64, COMPRESSED_BASE64, COMPRESSED = b"0", b"1", b"2", b"3"


# Formats of dates that Python 3.11 reads, but `isoformat` does not write.
ISO = b"""
20251125T101010+00:00 2025-11-25T10+00:00 2025-11-25T101010,5-0530 2025-W48-2T10:10:10.123456789Z 2025W482T10Z 2025W48T10
2025-W48-10 2025W4821010 2025-11-25T10:10:10:5 2025-11-25T10.+23:59:59.999999 2025-11-25T10:10:10.123456x+05:00
""".split()


def vectors(kind, *groups):
    """Yields every vector of these groups, of all versions of Django. A group that reads "4.1" is the same as that of 4.1."""
    for path in sorted(VECTORS.glob(f"{kind}-*.json")):
        file = json.loads(path.read_text())
        for group in groups:
            if isinstance(file.get(group), list):
                yield from file[group]


def utf8(texts):
    return [text.encode() for text in texts if isinstance(text, str)]


def decoded(payload):
    """Decodes base64url, if the payload is base64url."""
    text = payload.lstrip(b".")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


def in_every_form(values, tokens):
    payloads = [token.split(b":")[0] for token in tokens]
    yield from (TEXT + payload for payload in payloads)
    yield from (COMPRESSED_BASE64 + decoded(payload) for payload in payloads if payload.startswith(b"."))
    yield from (form + value for value in values for form in (BASE64, COMPRESSED))


def seeds():
    signed = utf8(v["token"] for v in vectors("django", "signer", "timestamp_signer", "dumps", "malformed"))
    objects = utf8(v["json"] for v in vectors("django", "dumps", "python_only"))
    reads = list(vectors("sessions", "signed_cookie_sessions", "signed_cookie_session_reads"))
    cookies = utf8(v["token"] for v in reads)
    sessions = utf8(v.get("json") or v.get("loaded") for v in reads)
    stored = list(vectors("sessions", "stored", "stored_reads"))
    texts = utf8(v["text"] for v in stored)
    expiries = list(vectors("sessions", "expiry", "set_expiry"))
    dates = utf8(v.get("date") for v in expiries) + utf8(v["now"] for v in expiries)
    own = [json.loads(v[key]) for v in expiries for key in ("session_json", "stored_json") if v.get(key)]
    own = [str(session["_session_expiry"]).encode() for session in own if "_session_expiry" in session]

    yield "unsign", [*signed, *cookies]
    yield "unsign_signed", in_every_form([*objects, *sessions], cookies)
    yield "json_python", [*objects, *sessions]
    # In cookie_header, @, # and ! stand for tokens of the current key, of a fallback and of another key, $ for one that
    # has expired, and % for one that is not a session.
    header = b"theme=dark; sessionid=%b; lang=en"
    marks = [b"@", b"#", b"!", b"$", b"%", b'"@"', b"abcdefghijklmnopqrstuvwxyz012345", b"short"]
    yield "cookie_header", [header % value for value in [*marks, *cookies]]
    yield "cookie_header", [b"; ".join(b"sessionid=" + m for m in pair) for pair in itertools.product(marks, repeat=2)]
    yield "cookie_header", [b"sessionid=@\nsessionid = ! ;sessionid=#;sessionid=short", b"sessionid==@;;=; sessionid"]
    yield "cookie_header", [b"sessionid\t=\t@\t"]
    nested = [b'{"a":' + b"[" * depth + b"]" * depth + b"}" for depth in (127, 128, 1024, 1025)]
    yield "stored", [*texts, *sessions, *nested, *in_every_form(sessions, texts)]
    pickles = [bytes.fromhex(v["pickle"]) for v in vectors("pickles", "cached_sessions", "protocols")]
    yield "pickle", [*pickles, *objects, *sessions]
    yield "isoformat", [*dates, *own, *ISO]
    # In encrypted, a version, the choice of a key and a nonce come before the plaintext.
    yield "encrypted", [b"\x01\x00" + bytes(12) + value for value in [*objects, *sessions]]
    yield "encrypted", [b"\x02\x01" + bytes(12) + zlib.compress(value) for value in [*objects, *sessions]]
    messages = json.loads((VECTORS / "csrf_messages_django42.json").read_text())["messages"]
    lists = utf8(v["json"] for v in messages)
    yield "messages", in_every_form(lists, utf8(v["set_cookie"].split("=", 1)[1] for v in messages))


def main():
    for target, inputs in seeds():
        folder = FUZZ / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for data in inputs:
            if len(data) <= LONGEST:
                (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


if __name__ == "__main__":
    main()
