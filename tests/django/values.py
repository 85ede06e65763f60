"""JSON values: generates random ones, and writes values as text so that two values are equal exactly if their texts are."""

import base64
import json
import math
import re
import struct
import zlib

notes = {}  # An ordered set, and "otherwise"; see oracle.py.


def remark(note, applies=True):
    if applies:
        notes[note] = True


def describe(value, depth=1):
    """Returns the text that describe.rs writes for the same value. Notes what Rust cannot represent."""
    match value:
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case int():
            return str(value)
        case float():
            remark("NaN or infinity", not math.isfinite(value))
            return "f" + struct.pack(">d", value).hex()
        case str():
            remark("lone surrogate", re.search("[\ud800-\udfff]", value))
            return '"' + re.sub(r'[^ -~]|["\\]', lambda found: f"\\{ord(found[0]):x};", value) + '"'
        case list():
            remark("nested 128 levels or more", depth >= 128)
            return "[" + ",".join(describe(item, depth + 1) for item in value) + "]"
        case dict():
            remark("nested 128 levels or more", depth >= 128)
            pairs = (f"{describe(key)}:{describe(item, depth + 1)}" for key, item in value.items())
            return "{" + ",".join(pairs) + "}"


def json_bytes(payload):
    """Notes the compression of a payload that Django has accepted."""
    text = payload.lstrip(b".")
    data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    return zlib.decompress(data) if payload[:1] == b"." else data


def remark_on_compression(payload):
    """Returns the JSON bytes of a payload that Django has accepted."""
    compressed = payload[:1] == b"."
    text = payload[1:] if compressed else payload
    data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    remark("not canonical base64url", base64.urlsafe_b64encode(data).rstrip(b"=") != text)
    if compressed:
        inflate = zlib.decompressobj()
        data = inflate.decompress(data)
        remark("bytes after the zlib stream", inflate.unused_data)
        remark("inflates past 1 MiB", len(data) > 1 << 20)
    return data


def rust_reads(data):
    """Returns the value for the reader of `otherwise`: see oracle.py."""

    def integer(text):
        if text == "-0":
            remark("minus zero")
            return -0.0
        number = int(text)
        if -(2**63) <= number < 2**64:
            return number
        remark("integer beyond 64 bits")
        return float(text)

    remark("raw bytes beyond ASCII", not data.isascii())
    try:
        return describe(json.loads(data.decode(), parse_int=integer))
    except UnicodeDecodeError:
        remark("not UTF-8")


def invent(random, beyond):
    """Generates any JSON value. With `beyond`, it contains a value that only Python reads and writes."""
    value = container(random, 0)
    if not beyond:
        return value
    only_python = random.choice(ONLY_PYTHON)(random)
    if isinstance(value, list):
        value.insert(random.randint(0, len(value)), only_python)
    else:
        value[text(random)] = only_python
    return value


def container(random, depth):
    size = random.choice([0, 1, 2, 3, 5, 8])
    if random.random() < 0.5:
        return [item(random, depth) for _ in range(size)]
    return {text(random): item(random, depth) for _ in range(size)}


def item(random, depth):
    if depth < 4 and random.random() < 0.3:
        return container(random, depth + 1)
    return random.choice(LEAVES)(random)


def text(random):
    first, last = random.choice([(0x20, 0x7E), (0, 0xFF), (0x80, 0x7FF), (0x800, 0xD7FF), (0xE000, 0x10FFFF)])
    return "".join(chr(random.randint(first, last)) for _ in range(random.choice([0, 1, 3, 10, 40])))


def any_float(random):
    value = struct.unpack(">d", random.randbytes(8))[0]
    return value if math.isfinite(value) else 0.1


def surrogate(random):
    return text(random) + chr(random.randint(0xD800, 0xDFFF)) + random.choice(["", "a", "\ud800"])


def nested(random):
    value = []
    for _ in range(random.choice([120, 126, 127, 128, 129, 130, 200, 250])):
        value = [value] if random.random() < 0.5 else {"": value}
    return value


LEAVES = [
    lambda random: random.choice([None, True, False]),
    lambda random: random.choice([0, 1, -1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1]),
    lambda random: random.getrandbits(random.randint(1, 63)) * random.choice([1, -1]),
    lambda random: random.choice([0.0, -0.0, 1e15, 1e16, 1e17, 1e-4, 1e-5, 5e-324, 1.7976931348623157e308]),
    any_float,
    lambda random: round(random.uniform(-1e6, 1e6), random.randint(0, 12)),
    # Exact in binary, so that two decimals may be equally near.
    lambda random: random.getrandbits(random.randint(40, 53)) * random.choice([0.5, 0.25, 0.125, 5.0, 50.0]),
    lambda random: float(f"{random.getrandbits(60)}e{random.randint(-320, 280)}"),
    text,
    text,
]
ONLY_PYTHON = [
    lambda random: random.choice([math.nan, math.inf, -math.inf]),
    lambda random: random.getrandbits(random.randint(65, 140)) * random.choice([1, -1]),
    lambda random: 10 ** random.randint(20, 400) + random.choice([-1, 0, 1]),
    surrogate,
    lambda random: {surrogate(random): text(random)},
    nested,
]
