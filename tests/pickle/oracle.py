"""Python's side of the differential check of pickles.

Reads one JSON object per line and answers with one line. Runs on Python 3.6 and later.

    {"invent": SEED, "count": N}    N sessions, each with its pickle and what a reader must find in it
    {"written": [[INDEX, HEX]...]}  pickles that the other side wrote for sessions of the last batch: which of them differ
    {"mutate": SEED, "count": N}    N pickles with bytes changed, and what Python finds in those that it still reads
"""

import collections
import datetime
import decimal
import enum
import io
import json
import math
import os
import pickle
import pickletools
import random
import re
import resource
import struct
import sys
import uuid

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)
DEEPEST = 1024
MOST_DIGITS = 4300
SEPARATE = "str with separate surrogates"


class Point:
    def __init__(self, x=0, y=0):
        self.x, self.y = x, y


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a=1):
        self.a, self.b = a, [a]


class Text(str):
    pass


class Numbers(list):
    pass


class Extended:
    """Protocol 4 pickles instances of this class with NEWOBJ_EX."""

    def __new__(cls, *, name="n"):
        self = super().__new__(cls)
        self.name = name
        return self

    def __getnewargs_ex__(self):
        return (), {"name": self.name}


class Status(enum.Enum):
    OPEN = "open"
    PAID = 2


Pair = collections.namedtuple("Pair", "left right")

UTC = datetime.timezone.utc
BEYOND = [
    lambda r: tuple(invent(r, 3) for _ in range(r.randrange(5))),
    lambda r: {r.randrange(9) for _ in range(r.randrange(4))},
    lambda r: frozenset(r.randrange(9) for _ in range(r.randrange(4))),
    lambda r: bytes(r.randrange(256) for _ in range(r.choice([0, 1, 9, 255, 256, 300]))),
    lambda r: bytearray(r.randrange(256) for _ in range(r.choice([0, 1, 300]))),
    lambda r: complex(r.random(), r.random()),
    lambda r: range(r.randrange(9)),
    lambda r: datetime.datetime(2026, 11, 25, 10, 0, r.randrange(60), tzinfo=r.choice([None, UTC])),
    lambda r: datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
    lambda r: datetime.date(2026, 11, 1 + r.randrange(28)),
    lambda r: datetime.time(10, 30),
    lambda r: datetime.timedelta(r.randrange(9), 2),
    lambda r: decimal.Decimal(r.randrange(10000)) / 100,
    lambda r: uuid.UUID(int=r.getrandbits(128)),
    lambda r: collections.OrderedDict([("a", invent(r, 3)), ("b", 1)]),
    lambda r: collections.defaultdict(list, {"a": [1], "b": invent(r, 3)}),
    lambda r: collections.deque([1, invent(r, 3)], r.choice([None, 5])),
    lambda r: Point(invent(r, 3), 1),
    lambda r: Slotted(invent(r, 3)),
    lambda r: Extended(name="é"),
    lambda r: Text("marked safe"),
    lambda r: Numbers([1, 2]),
    lambda r: Pair(1, [2]),
    lambda r: r.choice(list(Status)),
    lambda r: ValueError("no"),
    lambda r: {1: "a", "b": 2},
    lambda r: {(1, 2): "a"},
    lambda r: {None: "a", "x" * r.randrange(300): 2},
    lambda r: {"\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16") + "a\ud83d" + "\ude00": 1, 2: 3},
    lambda r: "two halves: \ud83d" + "\ude00",
    lambda r: -(10 ** (MOST_DIGITS + r.randrange(3))),
    lambda r: 1 << 8 * r.choice([1787, 3000]),
    lambda r: nested(DEEPEST + r.choice([1, 2, 300])),
    lambda r: circular(),
    lambda r: Point,
    lambda r: len,
]


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def circular():
    value = {}
    value["self"] = [value]
    return value


def text(r):
    kind = r.randrange(8)
    if kind < 3:
        return "".join(chr(r.randrange(0x20, 0x7F)).replace("\\", "/") for _ in range(r.choice([0, 1, 5, 20, 254, 255, 256, 300])))
    if kind == 3:
        return "".join(r.choice("\0\x1f\x7f\x80\xff\"\\/\b\f\n\r\t\u2028 a") for _ in range(r.randrange(30)))
    if kind == 4:
        return "".join(chr(r.choice([r.randrange(0xD800), r.randrange(0xE000, 0x110000)])) for _ in range(r.randrange(90)))
    if kind == 5:
        return r.choice(["\ud800", "a\udfffb", "\ude00\ud83d", "\ud83d", "é\ud83d\U0001f600\udc00", "\udc00\udc00\ud800\ud800"])
    return r.choice(["sku", "qty", "price", "_auth_user_id", "ключ", "🔑"])


def integer(r):
    kind = r.randrange(6)
    if kind == 0:
        return r.randrange(-3, 300)
    if kind == 5 and r.randrange(60) == 0:
        return r.choice([1, -1]) * (10 ** r.choice([100, 615, 2000, MOST_DIGITS]) - 1)
    if kind == 5 and r.randrange(20) == 0:
        edge = 1 << 8 * r.choice([254, 255, 256])
    else:
        edge = 1 << r.choice([7, 8, 15, 16, 31, 32, 63, 64, 71, 72, 127, 128])
    return r.choice([1, -1]) * (edge + r.randrange(-2, 3))


def real(r):
    kind = r.randrange(4)
    if kind == 0:
        return r.choice([0.0, -0.0, 1e16, 1e15, 1e-4, 1e-5, 5e-324, 1.7976931348623157e308, 0.1, 1e22, 1e23])
    if kind == 1:
        return r.choice([math.nan, math.inf, -math.inf])
    if kind == 2:
        return r.randrange(1 << 53) / r.choice([1, 10, 1000, 4096])
    return struct.unpack(">d", struct.pack(">Q", r.getrandbits(64)))[0]


def invent(r, depth=0, pool=None, beyond=0.0):
    """Generates any value, sometimes one that JSON cannot represent. Values in the pool may occur in several places."""
    if r.random() < beyond:
        return r.choice(BEYOND)(r)
    if pool and r.randrange(6) == 0:
        return r.choice(pool)
    kind = r.randrange(12 if depth < 5 else 8)
    if kind == 0:
        return r.choice([None, True, False])
    if kind < 3:
        value = integer(r)
    elif kind == 3:
        value = real(r)
    elif kind < 8:
        value = text(r)
    else:
        length = r.choice([0, 1, 2, 3, 5, 9])
        if depth == 1 and r.randrange(200) == 0:
            length = 1100  # more than one batch
        if kind < 10:
            value = [invent(r, depth + 1, pool, beyond) for _ in range(length)]
        else:
            value = {text(r): invent(r, depth + 1, pool, beyond) for _ in range(length)}
            value = {key: item for key, item in value.items() if not separate(key)}
    if pool is not None:
        pool.append(value)
    return value


def separate(value):
    return re.search("[\ud800-\udbff][\udc00-\udfff]", value) is not None


def type_name(value, protocol):
    """Returns the type of the first value that JSON cannot represent, the outermost first, or None."""
    open_values = [(value, 1)]
    while open_values:
        value, depth = open_values.pop()
        kind = type(value)
        if kind in (bool, float, type(None)):
            continue
        if kind is int:
            if abs(value) >= 10**MOST_DIGITS:
                return "int of more than 4300 digits"
        elif kind is str:
            if separate(value):
                return SEPARATE
        elif kind in (list, dict):
            if kind is dict:
                for key in value:
                    if type(key) is not str:
                        return "dict with non-text keys"
                    if separate(key):
                        return SEPARATE
            if depth > DEEPEST:
                return "nested more than 1024 levels deep"
            items = value.values() if kind is dict else value
            open_values += [(item, depth + 1) for item in list(items)[::-1]]
        else:
            named = value if isinstance(value, (type, type(len))) else kind
            if named is Extended and protocol < 4:
                return "functools.partial"  # protocols below 4 have no opcode for keyword arguments
            module = "" if named.__module__ == "builtins" else named.__module__ + "."
            return module + named.__qualname__
    return None


def dumps(value):
    return json.dumps(value, separators=(",", ":"))


def entries(session, protocol):
    found = []
    for key, value in session.items():
        if type(key) is str and not separate(key):
            name = type_name(value, protocol)
            found.append([dumps(key)[1:-1], dumps(value) if name is None else None, name])
    other = any(type(key) is not str or separate(key) for key in session)
    return {"entries": found, "other_key": other}


def write(r, session):
    """Writes a pickle in one of Python's ways."""
    protocol = r.choice(PROTOCOLS)
    way = r.randrange(4)
    if way == 0 and protocol != 5:
        file = io.BytesIO()
        pickle._Pickler(file, protocol).dump(session)
        return file.getvalue()
    if way == 1:
        return pickletools.optimize(pickle.dumps(session, protocol))
    if way == 2:
        file = io.BytesIO()
        pickler = pickle.Pickler(file, protocol)
        pickler.fast = True
        try:
            pickler.dump(session)
            return file.getvalue()
        except (RecursionError, ValueError):  # a value that contains itself cannot be written in this way
            pass
    return pickle.dumps(session, protocol)


def spell(r, value):
    """Returns JSON text of this value, sometimes formatted as other writers may do."""
    return json.dumps(value, ensure_ascii=r.random() < 0.5, indent=r.choice([None, None, 0, 1]))


def utf8(spelled):
    """Escapes lone surrogates, which cannot be encoded in UTF-8."""
    return re.sub("[\ud800-\udfff]", lambda found: "\\u%04x" % ord(found[0]), spelled)


def same(one, other):
    """Returns whether two values have the same types, order of keys and bits."""
    open_pairs = [(one, other)]
    while open_pairs:
        one, other = open_pairs.pop()
        if type(one) is not type(other):
            return False
        if type(one) is float:
            if struct.pack(">d", one) != struct.pack(">d", other) and not (one != one and other != other):
                return False
        elif type(one) in (list, dict):
            if len(one) != len(other):
                return False
            if type(one) is dict:
                open_pairs += zip(one, other)
                one, other = one.values(), other.values()
            open_pairs += zip(one, other)
        elif one != other:
            return False
    return True


class Refused(Exception):
    pass


def restricted(unpickler):
    def find_class(self, module, name):
        raise Refused

    return type("Restricted", (unpickler,), {"find_class": find_class})


FAST, FRUGAL = restricted(pickle.Unpickler), restricted(pickle._Unpickler)


def loads(data):
    """Reads a pickle without imports. With a memo index of about 2**28, only Python's slower reader has enough memory."""
    try:
        return FAST(io.BytesIO(data)).load()
    except MemoryError:
        return FRUGAL(io.BytesIO(data)).load()


batch = []


def invented(seed, count):
    r = random.Random(seed)
    batch.clear()
    replies = []
    for _ in range(count):
        pool, beyond = [], r.choice([0, 0, 0.05, 0.3])
        session = {text(r): invent(r, 1, pool, beyond) for _ in range(r.choice([0, 1, 2, 4, 9]))}
        if beyond and r.randrange(10) == 0:
            session[r.choice([1, None, ("a",), "\ud83d" + "\ude00"])] = 1
        data = write(r, session)
        reply = entries(session, data[1])
        reply["pickle"] = data.hex()
        reply["json"] = None
        if not reply["other_key"] and all(name is None for _, _, name in reply["entries"]):
            reply["json"] = utf8(spell(r, session))
        batch.append(session)
        replies.append(reply)
    return replies


def differing(written):
    found = []
    for index, data in written:
        data = bytes.fromhex(data)
        session = pickle.loads(data)
        alike = same(session, batch[index])
        # Only this reader of Python rejects wrong frames.
        alike = alike and same(pickle._loads(data), session) and data[:2] == b"\x80\x04"
        if not alike:
            found.append(index)
    return found


def mutated(seed, count):
    r = random.Random(seed)
    sys.stderr = open(os.devnull, "w")  # CPython prints a message for a bytearray whose bytes are missing
    replies = []
    for _ in range(count):
        pool = []
        session = {text(r): invent(r, 2, pool, r.choice([0, 0.1])) for _ in range(r.choice([1, 2, 4]))}
        data = bytearray(write(r, session))
        for _ in range(r.choice([1, 1, 2, 4])):
            # Change bytes after the protocol number, often near the beginning.
            at = r.randrange(2, max(3, min(len(data), r.choice([20, 100, 400]))))
            way = r.randrange(5)
            if at >= len(data):
                break
            if way == 0:
                data[at] = r.randrange(256)
            elif way == 1:
                data[at] ^= 1 << r.randrange(8)
            elif way == 2:
                del data[at : at + r.choice([1, 1, 2, 8])]
            elif way == 3:
                data[at:at] = bytes([r.choice(OPCODES)])
            else:
                start = r.randrange(len(data))
                data[at:at] = data[start : start + r.randrange(12)]
        reply = {"pickle": bytes(data).hex(), "restricted": False, "found": None}
        try:
            # Python's two readers treat a frame of a wrong length differently, so the frame is removed.
            plain = data[:2] + data[11:] if data[2:3] == b"\x95" else data
            found = loads(bytes(plain))
            if type(found) is dict:
                reply["found"] = entries(found, data[1])
        except Refused:
            reply["restricted"] = True
        except Exception:
            pass
        replies.append(reply)
    return replies


OPCODES = [ord(opcode.code) for opcode in pickletools.opcodes]


def main():
    sys.setrecursionlimit(20000)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))  # a memo index may request more
    print(json.dumps(sys.version.split()[0]), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "invent" in asked:
            reply = invented(asked["invent"], asked["count"])
        elif "written" in asked:
            reply = differing(asked["written"])
        else:
            reply = mutated(asked["mutate"], asked["count"])
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
