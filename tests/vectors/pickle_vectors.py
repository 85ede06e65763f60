"""The groups of pickles-X.Y.json: sessions in a cache, and cookies of PickleSerializer. A docstring is the group's
"format" text."""

import collections
import datetime
import decimal
import json
import pickle
import uuid
from importlib import import_module

import django
from django.contrib.sessions.backends.signed_cookies import SessionStore as SignedCookie
from django.core.cache import caches
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from material import CART, CATALOGUE, KEY, LOGIN, NOW, nested
from world import changed_settings, frozen

HAS_PICKLE_SERIALIZER = django.VERSION < (5, 0)
SESSION_KEY = "3h07yf0nyr279n7rgulv1k4mir3sxh4l"
SHARED = ["one", "and the same"]

# Values in a session, with the name of the type if JSON cannot represent the value.
VALUES = [
    ("h\u00e9llo", None),
    ("plain", None),
    (7, None),
    (2**70, None),
    (-(2**70), None),
    (True, None),
    (None, None),
    (1.5, None),
    (float("nan"), None),
    (datetime.datetime(2026, 11, 25, 10, 0, 0, 123456, tzinfo=datetime.timezone.utc), "datetime.datetime"),
    (datetime.datetime(2026, 11, 25, 10, 0), "datetime.datetime"),
    (datetime.date(2026, 11, 25), "datetime.date"),
    (datetime.time(10, 30), "datetime.time"),
    (datetime.timedelta(days=1, seconds=2), "datetime.timedelta"),
    (decimal.Decimal("19.90"), "decimal.Decimal"),
    (uuid.UUID("12345678-1234-5678-1234-567812345678"), "uuid.UUID"),
    ((1, "a"), "tuple"),
    ({1}, "set"),
    (frozenset({1}), "frozenset"),
    ({"a": [1, {"b": []}], "1": {}}, None),
    (gettext_lazy("Yes"), "django.utils.functional._lazy_proxy_unpickle"),
    (b"\x00\xffab", "bytes"),
    (bytearray(b"xy"), "bytearray"),
    (42, None),
    ({1: "a"}, "dict with non-text keys"),
    ({}, None),
    ("x" * 300, None),
    (1j, "complex"),
    (range(3), "range"),
    ("\ud800", None),
    # More values of the same types, with other opcodes or names.
    (0, None),
    (255, None),
    (65535, None),
    (65536, None),
    (-1, None),
    (-(2**31), None),
    (2**31, None),
    (2**63, None),
    (-(2**63), None),
    (256**254, None),
    (256**255, None),
    (10**4300 - 1, None),
    (10**4300, "int of more than 4300 digits"),
    (False, None),
    (-0.0, None),
    (1e16, None),
    (float("inf"), None),
    (float("-inf"), None),
    ("", None),
    ("\"\\/\b\f\n\r\t\x00\x7f\u2028\U0001f511", None),
    ("\ude00\ud83d", None),
    ("\ud83d" + "\ude00", "str with separate surrogates"),
    ([SHARED, SHARED, {"again": SHARED}], None),
    ([[], [1], ["1", [2]], list(range(1200))], None),
    (nested(300), None),
    ([1, ["a", (datetime.date(2026, 11, 25),)]], "tuple"),
    (collections.OrderedDict(a=1), "collections.OrderedDict"),
    (mark_safe("<b>"), f"django.utils.safestring.{type(mark_safe('')).__name__}"),
    (b"", "bytes"),
    (bytes(300), "bytes"),
    (set(), "set"),
    ((), "tuple"),
    (ValueError("no"), "ValueError"),
    (datetime.date, "datetime.date"),
    (LOGIN, None),
    (CART, None),
    (CATALOGUE, None),
]


def json_text(value):
    return json.dumps(value, separators=(",", ":"))


def described(value, python_type):
    python = repr(value) if not isinstance(value, int) or abs(value) < 10**4000 else "of many digits"
    return {
        "python": python if len(python) < 200 else f"{python[:180]} ...",
        "json": json_text(value) if python_type is None else None,
        "type": python_type,
    }


def backend(name):
    return import_module(f"django.contrib.sessions.backends.{name}").SessionStore


def cached_sessions():
    """What the cache holds, in hexadecimal, after the SessionStore of the cache engine saved {"k": value}, over Django's
    cache in memory: value is `python` (its repr), `json` its text by json.dumps, or `type` the name of a type that JSON
    cannot hold."""
    for value, python_type in VALUES:
        store = backend("cache")()
        store["k"] = value
        store.save()
        cache = caches["default"]
        data = cache._cache[cache.make_key(store.cache_key)]
        yield {**described(value, python_type), "pickle": data.hex()}


def protocols():
    """pickle.dumps({"k": value}, protocol) in hexadecimal, for the values of cached_sessions but Django's own and the
    longest."""
    for protocol in range(2, 6):
        for value, python_type in VALUES:
            data = pickle.dumps({"k": value}, protocol)
            if b"django" not in data and len(data) < 3000:
                yield {"protocol": protocol, **described(value, python_type), "pickle": data.hex()}


def cache_keys():
    """The key under which this engine keeps the session of session_key, in a cache with this KEY_PREFIX and VERSION."""
    for engine in ("cache", "cached_db"):
        for prefix, version in [("", 1), ("shop", 1), ("shop:", 2)]:
            with changed_settings(
                CACHES={
                    "default": {
                        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                        "KEY_PREFIX": prefix,
                        "VERSION": version,
                    }
                }
            ):
                yield {
                    "engine": engine,
                    "prefix": prefix,
                    "version": version,
                    "session_key": SESSION_KEY,
                    "cache_key": caches["default"].make_key(backend(engine)(SESSION_KEY).cache_key),
                }


def pickle_cookies():
    """The signed_cookies SessionStore with SESSION_SERIALIZER = PickleSerializer makes this token of {"k": value} at `time`
    with SECRET_KEY = key. None of Djangos that have no PickleSerializer."""
    if not HAS_PICKLE_SERIALIZER:
        return
    serializer = "django.contrib.sessions.serializers.PickleSerializer"
    with changed_settings(SECRET_KEY=KEY, SESSION_SERIALIZER=serializer), frozen(NOW):
        for value, python_type in VALUES[:30] + VALUES[-3:]:
            store = SignedCookie()
            store["k"] = value
            store.save()
            yield {**described(value, python_type), "key_hex": KEY.hex(), "time": NOW, "token": store.session_key}


GROUPS = [cached_sessions, protocols, cache_keys, pickle_cookies]
