"""The groups of sessions-X.Y.json: session cookies, stored sessions, expiry, login hashes. A docstring is the group's
"format" text."""

import json
from datetime import datetime, timedelta, timezone
from importlib import import_module

import django
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core import signing

from material import CART, KEY, LOGIN, NOW, OLD_KEY, OLDEST_KEY, STRANGE_KEY, UNKNOWN_KEY, nested
from world import changed_settings, frozen, outcome

HAS_ALGORITHMS = django.VERSION >= (3, 1)
HAS_FALLBACK_KEYS = django.VERSION >= (4, 1)
HAS_ISO_EXPIRY = django.VERSION >= (4, 1)  # before, set_expiry stored a datetime, which JSON sessions cannot contain
HAS_DEFAULT_ALGORITHM = hasattr(settings, "DEFAULT_HASHING_ALGORITHM")  # 3.1 and 3.2

COOKIE_SALT = "django.contrib.sessions.backends.signed_cookies"
TWO_WEEKS = 1_209_600

DICTS = [
    {}, {"num_visits": 1}, {"b": 1, "a": 2}, {"é": "🔑"}, {"testcookie": "worked"},
    {"nested": {"list": [1, 2.5, None, True]}}, LOGIN, CART, {"same": "ab" * 40},
    {"a": 1, "_session_expiry": 0}, {"a": 1, "_session_expiry": 300}, {"a": 1, "_session_expiry": -5},
    {"a": 1, "_session_expiry": None}, {"a": 1, "_session_expiry": "2023-11-14T22:18:20+00:00"},
    {"a": 1, "_session_expiry": "2023-11-14T22:18:20.500000"}, {"_session_expiry": 300},
]
PYTHON_ONLY_DICTS = [
    {"n": 2**64}, {"n": [10**40, float("nan"), float("inf"), float("-inf")], "f": 1e16}, {"s": "\ud800"},
    {"\ud83d": "\ude00"}, {1: "int", None: "null", True: "bool", 1.5: "float"}, {1: "a", "1": "b"},
    {"deep": nested(150)},
]


def json_text(value):
    return signing.JSONSerializer().dumps(value).decode("ascii")


def keys(key, fallbacks=()):
    """Returns the settings for these keys. Versions of Django without fallbacks ignore them."""
    return {"SECRET_KEY": key, **({"SECRET_KEY_FALLBACKS": list(fallbacks)} if HAS_FALLBACK_KEYS else {})}


def hexes(fallbacks):
    return [key.hex() for key in fallbacks]


def session_token(session, key=KEY, time=NOW):
    """Returns the session cookie of Django's signed_cookies engine."""
    with changed_settings(**keys(key)), frozen(time):
        store = SessionStore()
        store.update(session)
        store.save()
        token = store.session_key
        again = SessionStore(token).load()
    assert json_text(again) == json_text(json.loads(json_text(session)))
    return token


def signed_cookie_sessions():
    """The signed_cookies SessionStore holding the session `json` (text as Django's serializer wrote it) makes the
    cookie value `token` at `time` with SECRET_KEY = key. Where compressed, compare what the payload inflates to."""
    for session, key, time in [
        *((session, KEY, NOW) for session in [*DICTS, *PYTHON_ONLY_DICTS]),
        ({"a": 1}, STRANGE_KEY, NOW), (LOGIN, OLDEST_KEY, NOW + 0.75), ({"a": 1}, KEY, 0),
    ]:
        token = session_token(session, key, time)
        yield {
            "key_hex": key.hex(),
            "fallbacks_hex": [],
            "time": time,
            "json": json_text(session),
            "token": token,
            "compressed": token.startswith("."),
        }


def signed_cookie_session_reads():
    """SessionStore(token).load() at `now` with SECRET_KEY = key, SECRET_KEY_FALLBACKS = fallbacks and
    SESSION_COOKIE_AGE = cookie_age: loaded is its result as JSON text, "{}" if rejected; rejected tokens leave the new
    session `modified`."""

    def read(case, token, now=NOW, cookie_age=TWO_WEEKS, key=KEY, fallbacks=()):
        with changed_settings(**keys(key, fallbacks), SESSION_COOKIE_AGE=cookie_age), frozen(now):
            store = SessionStore(token)
            loaded = store.load()
        return {
            "case": case,
            "key_hex": key.hex(),
            "fallbacks_hex": hexes(fallbacks),
            "token": token,
            "now": now,
            "cookie_age": cookie_age,
            "loaded": json_text(loaded),
            "modified": store.modified,
        }

    fresh = session_token({"a": 1})
    payload, timestamp, signature = fresh.split(":")

    def signed(payload, **options):
        with frozen(NOW):
            return signing.TimestampSigner(key=KEY, salt=COOKIE_SALT, **options).sign(payload)

    yield read("fresh", fresh)
    yield read("of the future", fresh, NOW - 3600)
    yield read("just before its age", fresh, NOW + TWO_WEEKS - 1)
    yield read("exactly at its age", fresh, NOW + TWO_WEEKS)
    yield read("a millisecond past its age", fresh, NOW + TWO_WEEKS + 0.001)
    yield read("a second past its age", fresh, NOW + TWO_WEEKS + 1)
    yield read("age 60, at 60", fresh, NOW + 60, 60)
    yield read("age 60, at 61", fresh, NOW + 61, 60)
    yield read("payload changed", f"{payload[:-1]}A:{timestamp}:{signature}")
    yield read("timestamp changed", f"{payload}:{timestamp[:-1]}z:{signature}")
    yield read("signature changed", f"{payload}:{timestamp}:{signature[:-2]}AA")
    yield read("signature missing", f"{payload}:{timestamp}")
    yield read("percent-encoded", fresh.replace(":", "%3A"))
    yield read("of another key", session_token({"a": 1}, UNKNOWN_KEY))
    yield read("of the old key", session_token({"a": 1}, OLD_KEY))
    if HAS_FALLBACK_KEYS:
        both = [OLD_KEY, OLDEST_KEY]
        yield read("of the old key, a fallback", session_token({"a": 1}, OLD_KEY), fallbacks=[OLD_KEY])
        yield read("of the second fallback", session_token({"a": 1}, OLDEST_KEY), fallbacks=both)
        yield read("of the fallback, past its age", session_token({"a": 1}, OLD_KEY), NOW + 61, 60, fallbacks=both)
        yield read("of another key, with fallbacks", session_token({"a": 1}, UNKNOWN_KEY), fallbacks=both)
    if HAS_ALGORITHMS:
        yield read("signed with SHA-1", signed(payload, algorithm="sha1"))
        yield read("signed with SHA-512", signed(payload, algorithm="sha512"))
    with frozen(NOW), changed_settings(**keys(KEY)):
        yield read("salted as signing.dumps does", signing.dumps({"a": 1}))
        yield read("a list", signing.dumps([1], salt=COOKIE_SALT))
        yield read("a text", signing.dumps("a", salt=COOKIE_SALT))
        yield read("null", signing.dumps(None, salt=COOKIE_SALT))
    yield read("payload that is not JSON", signed("aGVsbG8"))
    yield read("payload that is not base64", signed("A"))
    yield read("payload that is not zlib", signed(".aGVsbG8"))
    for about, own_expiry, age in [
        ("of 300 s, at 300 s", 300, 300),
        ("of 300 s, at 301 s", 300, 301),
        ("of 30 days, at 20 days", 30 * 86_400, 20 * 86_400),
        ("by date, past it", "2023-11-14T22:18:20+00:00", 3600),
    ]:
        yield read(f"own expiry {about}", session_token({"a": 1, "_session_expiry": own_expiry}), NOW + age)


def moment(now, use_tz):
    return datetime.fromtimestamp(now, timezone.utc if use_tz else None)


def expiry():
    """get_expiry_age(), get_expiry_date() (its isoformat) and get_expire_at_browser_close() of the session session_json
    when timezone.now() is `now`; modification, if not null, is passed as that argument. A text where a number or a
    boolean should be, or in "date" one that is not a date, is the name of the error raised. settings: those that differ
    from Django's defaults (use_tz: USE_TZ, a default that changed)."""

    def ask(session, now=NOW, use_tz=True, modification=None, **changes):
        store = SessionStore()
        store.update(session)
        with changed_settings(USE_TZ=use_tz, **changes), frozen(now):
            passed = {} if modification is None else {"modification": moment(modification, use_tz)}
            age, age_error = outcome(lambda: store.get_expiry_age(**passed))
            date, date_error = outcome(lambda: store.get_expiry_date(**passed).isoformat())
            browser_close, browser_error = outcome(store.get_expire_at_browser_close)
        return {
            "session_json": json_text(session),
            "now": moment(now, use_tz).isoformat(),
            "use_tz": use_tz,
            "settings": changes,
            "modification": moment(modification, use_tz).isoformat() if passed else None,
            "age": age_error or age,
            "date": date_error or date,
            "browser_close": browser_error or browser_close,
        }

    dates = [
        "2023-11-14T22:18:20+00:00", "2023-11-14T22:18:20.500000+00:00", "2023-11-15T00:18:20+02:00",
        "2023-11-14T12:48:20-09:30", "2023-11-14T22:18:20", "2023-11-14T22:18:20.250000", "2023-11-14T22:13:20+00:00",
        "2023-11-14T22:13:19.750000+00:00", "2023-11-13T22:13:20+00:00", "2030-01-01T00:00:00+00:00", "2023-11-14",
        "2023-11-14T22:18:20Z", "2023-11-14 22:18:20+00:00", "9999-12-31T23:59:59+00:00", "tomorrow",
    ]
    own = [0, 1, 300, -5, 90.5, None, TWO_WEEKS * 3, *(dates if HAS_ISO_EXPIRY else [])]
    yield ask({})
    for value in own:
        yield ask({"_session_expiry": value})
    for session in [{}, {"_session_expiry": 0}, {"_session_expiry": 300}, {"_session_expiry": None}]:
        yield ask(session, SESSION_COOKIE_AGE=60)
        yield ask(session, SESSION_EXPIRE_AT_BROWSER_CLOSE=True)
        yield ask(session, modification=NOW - 100)
        yield ask(session, use_tz=False)
    if HAS_ISO_EXPIRY:
        for date in [dates[0], dates[1], dates[4]]:
            yield ask({"_session_expiry": date}, NOW + 0.75)
            yield ask({"_session_expiry": date}, use_tz=False)
            yield ask({"_session_expiry": date}, modification=NOW + 100.5, SESSION_EXPIRE_AT_BROWSER_CLOSE=True)


def set_expiry():
    """set_expiry(argument) (Python's repr) on the session {"a":1,"_session_expiry":5} when timezone.now() is `now`:
    stored_json is the session after it, or error the name of what was raised when Django serialized it."""
    for value, now, use_tz in [
        (None, NOW, True), (0, NOW, True), (90, NOW, True), (-5, NOW, True), (timedelta(seconds=90), NOW, True),
        (timedelta(seconds=90), NOW + 0.25, True), (timedelta(seconds=90), NOW, False), (timedelta(days=-1), NOW, True),
        (timedelta(seconds=0), NOW, True), (timedelta(milliseconds=1500), NOW, True),
        (moment(NOW + 90, True), NOW, True), (moment(NOW + 90.5, True), NOW, True),
        (moment(NOW, True).astimezone(timezone(timedelta(hours=5.5))), NOW, True), (moment(NOW + 90, False), NOW, True),
        (moment(NOW + 90, False), NOW, False),
    ]:
        store = SessionStore()
        store.update({"a": 1, "_session_expiry": 5})
        with changed_settings(USE_TZ=use_tz), frozen(now):
            store.set_expiry(value)
        stored, error = outcome(lambda: json_text(dict(store.items())))
        yield {
            "use_tz": use_tz,
            "now": moment(now, use_tz).isoformat(),
            "argument": repr(value),
            "stored_json": stored,
            "error": error,
        }


def backend(name):
    return import_module(f"django.contrib.sessions.backends.{name}").SessionStore


def default_algorithms():
    """Returns settings with each value of DEFAULT_HASHING_ALGORITHM, or without it if Django has no such setting."""
    return [{"DEFAULT_HASHING_ALGORITHM": name} for name in ("sha256", "sha1")] if HAS_DEFAULT_ALGORITHM else [{}]


def stored_text(session, key=KEY, time=NOW, name="db", **changes):
    with changed_settings(**keys(key), **changes), frozen(time):
        store = backend(name)()
        text = store.encode(session)
        assert json_text(store.decode(text)) == json_text(json.loads(json_text(session)))
    return text


def stored():
    """SessionStore().encode(session) of this backend at `time` with SECRET_KEY = key, for the session `json`: `text` is
    what the column, file or cache holds. settings: those that differ from Django's defaults."""
    for changes in default_algorithms():
        for session, key, time, name in [
            *((session, KEY, NOW, "db") for session in [*DICTS[:9], *PYTHON_ONLY_DICTS[:5]]),
            (LOGIN, KEY, NOW, "file"), (LOGIN, KEY, NOW, "cached_db"), ({"a": 1}, STRANGE_KEY, NOW + 0.5, "db"),
        ]:
            yield {
                "backend": name,
                "key_hex": key.hex(),
                "time": time,
                "settings": changes,
                "json": json_text(session),
                "text": stored_text(session, key, time, name, **changes),
            }


def stored_reads():
    """The db backend's SessionStore().decode(text) at `now` with SECRET_KEY = key, SECRET_KEY_FALLBACKS = fallbacks:
    loaded is its result as JSON text ("{}" if rejected), or error the name of what was raised."""

    def read(case, text, now=NOW, fallbacks=()):
        with changed_settings(**keys(KEY, fallbacks)), frozen(now):
            loaded, error = outcome(lambda: json_text(backend("db")().decode(text)))
        return {
            "case": case,
            "key_hex": KEY.hex(),
            "fallbacks_hex": hexes(fallbacks),
            "now": now,
            "text": text,
            "loaded": loaded,
            "error": error,
        }

    for changes in default_algorithms():
        text, of_old_key = stored_text({"a": 1}, **changes), stored_text({"a": 1}, OLD_KEY, **changes)
        yield read("fresh", text)
        yield read("ten years old", text, NOW + 315_360_000)
        yield read("first character changed", ("f" if text[0] != "f" else "g") + text[1:])
        yield read("last four characters changed", text[:-4] + "AAAA")
        yield read("truncated", text[:-4])
        yield read("space before", " " + text)
        yield read("newline after", text + "\n")
        yield read("padded", text + "=")
        yield read("of another key", of_old_key)
        if HAS_FALLBACK_KEYS:
            yield read("of the fallback key", of_old_key, fallbacks=[OLD_KEY])
    yield read("empty", "")
    yield read("not base64", "!!!")
    yield read("not ASCII", "é")
    yield read("without a colon", "aGVsbG8=")
    yield read("only a colon", "Og==")
    yield read("a session cookie's value", session_token({"a": 1}))


def auth():
    """User(password=password).get_session_auth_hash() with SECRET_KEY = key, and the list of
    get_session_auth_fallback_hash() with SECRET_KEY_FALLBACKS = fallbacks ([] before 4.1.8, which has no such method).
    settings: those that differ from Django's defaults."""
    for changes in default_algorithms():
        for password, key, fallbacks in [
            ("pbkdf2_sha256$870000$salt$aGFzaCBvZiBhIHBhc3N3b3JkIHRoYXQgbm9ib2R5IHVzZXM=", KEY, []),
            ("argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA", KEY, [OLD_KEY, OLDEST_KEY]),
            ("!unusable", KEY, [OLD_KEY]), ("", KEY, []), ("schlüssel 🔑", KEY, []),
            ("md5$salt$hash", STRANGE_KEY, [OLD_KEY]), ("md5$salt$hash", OLDEST_KEY, []),
        ]:
            with changed_settings(**keys(key, fallbacks), **changes):
                user = User(password=password)
                fallback_hashes = getattr(user, "get_session_auth_fallback_hash", lambda: [])
                yield {
                    "key_hex": key.hex(),
                    "fallbacks_hex": hexes(fallbacks),
                    "settings": changes,
                    "password": password,
                    "hash": user.get_session_auth_hash(),
                    "fallback_hashes": list(fallback_hashes()),
                }


GROUPS = [signed_cookie_sessions, signed_cookie_session_reads, expiry, set_expiry, stored, stored_reads, auth]
