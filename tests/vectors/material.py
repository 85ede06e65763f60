"""The keys, times and objects in the vectors."""

import random
from base64 import b64encode

KEY = b"secret"
OLD_KEY = b"last year's secret"
OLDEST_KEY = bytes(range(0xF0, 0x100))
STRANGE_KEY = "schlüssel 🔑".encode()
UNKNOWN_KEY = b"somebody else's secret"

NOW = 1_700_000_000  # 2023-11-14 22:13:20 UTC

random.seed("django-session")
NOISE = b64encode(random.randbytes(60)).decode()

LOGIN = {
    "_auth_user_id": "1",
    "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
    "_auth_user_hash": random.randbytes(32).hex(),
}

CART = {
    **LOGIN,
    "_language": "de",
    "cart": [
        {"sku": f"TEA-{number:04}", "title": title, "qty": quantity, "price": price, "gift": quantity > 2}
        for number, title, quantity, price in [
            (17, "Darjeeling First Flush", 1, 12.9),
            (23, "Grüner Tee „Sencha“", 3, 8.5),
            (4711, "Earl Grey / Bergamotte", 2, 6.25),
            (88, "お茶 Gyokuro 🍵", 1, 24.0),
        ]
    ],
    "coupon": None,
    "totals": {"net": 66.18, "tax": 0.07, "gross": 70.82, "items": 7},
    "seen": [17, 23, 23, 4711, 5, 88, 1002, 1003],
    "checkout": {"step": 2, "address": {"street": "Hauptstraße 5", "zip": "10115", "city": "Berlin"}, "ok": True},
}

CATALOGUE = {f"product-{number:03}": {"in_stock": number % 3 == 0, "warehouse": "north"} for number in range(80)}


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def characters(first, last):
    return "".join(map(chr, range(first, last + 1)))


TEXTS = [
    "", "a", "Grüße", "日本語", "🔑👩‍👩‍👧", "\u2028\u2029", "\ufeff\uffff\ufffd\U0010ffff", "</script>&amp;'\"\\/",
    characters(0x00, 0x7F), characters(0x80, 0xFF),
]
FLOATS = [
    0.0, -0.0, 1.0, 100000.0, 1e15, 1e16, 1e17, 123456789012345680.0, 1e-4, 1e-5, 1.5e-7, 0.1, 1 / 3, 1e22, 1e23,
    -2.5e-10, 9007199254740993.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
]
INTEGERS = [0, -1, 1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1]

# Objects that any language can represent: integers fit i64 or u64, text is Unicode, keys are distinct texts.
SMALL = [
    {}, [], None, True, False, {"num_visits": 1}, {"b": 1, "a": {"d": [], "c": {}}}, {"": {"": ""}},
    {"ключ": "ü", "🔑": 1}, [1, [2.0, ["3", [None, [True, {}]]]]], *TEXTS, *INTEGERS, *FLOATS,
]
LARGER = [LOGIN, CART, nested(100), "ab" * 40, {"noise": NOISE}]

# Objects that Python writes and reads, but few other languages can represent.
PYTHON_ONLY = [
    2**64, 10**40, -(10**40), float("nan"), float("inf"), float("-inf"),
    {"n": [float("nan"), 10**30]}, "\ud800", "\udfff\ud800", "a\udc00b", {"\ud83d": "\ude00"}, nested(200),
    {1: "int", None: "null", True: "bool", 1.5: "float"}, {1e16: 0}, {1: "a", "1": "b"},
]
