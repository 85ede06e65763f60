"""The groups of django-X.Y.json: django.core.signing and signed cookies. A docstring is the group's "format" text."""

import zlib
from base64 import urlsafe_b64encode

import django
from django.conf import settings
from django.core import signing
from django.core.signing import JSONSerializer, Signer, TimestampSigner
from django.http import HttpRequest, HttpResponse

from material import (
    CATALOGUE, KEY, LARGER, NOW, OLD_KEY, OLDEST_KEY, PYTHON_ONLY, SMALL, STRANGE_KEY, UNKNOWN_KEY, nested,
)
from world import changed_settings, frozen, outcome

HAS_ALGORITHMS = django.VERSION >= (3, 1)
HAS_FALLBACK_KEYS = django.VERSION >= (4, 1)
HAS_COOKIE_SALT_V2 = hasattr(signing, "_cookie_signer_salt")  # 5.2.15, 6.0.6: CVE-2026-6873

DUMPS_SALT = "django.core.signing"
YEAR_9999 = 253_402_300_799  # its last second
SEPARATORS = [
    ":", "::", ":::", "a:", ":a", "=:", "|", ".", ",", " ", "~", "/", "+", "é", "🔑", "a\nb", "\n\n", " \n",
    "", "-", "_", "=", "--", "-_=", "a", "Z", "0", "abc", "[", "\\", "]", "^", "`", "\n", "a\n", ":\n",
]


def algorithm_of(signer):
    return getattr(signer, "algorithm", "sha1")


def signer():
    """Signer(key, sep, salt, algorithm).sign(value) == token; algorithm is a hashlib name."""

    def sign(value="hello", key=KEY, **options):
        django_signer = Signer(key=key, **options)
        token = django_signer.sign(value)
        assert django_signer.unsign(token) == value
        return {
            "key_hex": key.hex(),
            "salt": django_signer.salt,
            "sep": django_signer.sep,
            "algorithm": algorithm_of(django_signer),
            "value": value,
            "token": token,
        }

    for value in [
        "", "hello", "a:b", ":", "::", "hello:", "Grüße aus Köln", "日本語", "🔑", "tab\there", "\0", "\x00\x01\x1f\x7f",
        "a\n", "\r\nSet-Cookie: a=b", " leading and trailing ", "%3A", "e\u0301", "\u2028", "x" * 2000,
    ]:
        yield sign(value)
    for key in [STRANGE_KEY, b"\xff\xfe\x00\x80", b"\0", b"k", b"0123456789abcdef" * 4, b"k" * 129, bytes(range(256))]:
        yield sign(key=key)
    for salt in ["s", "sel d'été", "🧂", "a:b", "with space", "nul\0", "django.core.signing.TimestampSigner"]:
        yield sign(salt=salt)
    for sep, value in [
        ("::", "hello"), ("::", "a:"), ("::", ":"), (":::", "::"), ("a:", "aa"), (":a", ":"), ("=:", "="),
        ("|", "a|b|"), (".", "a.b"), (" ", " "), ("é", "é"), ("🔑", "hello"), ("a\nb", "a\n"),
    ]:
        yield sign(value, sep=sep)
    if HAS_ALGORITHMS:
        for algorithm in ["sha1", "sha224", "sha256", "sha384", "sha512"]:
            yield sign("a:é", salt="algorithms", algorithm=algorithm)


def accepts(sep):
    return outcome(lambda: Signer(key=KEY, sep=sep))[1] is None


def safe_separators():
    """Texts that Signer accepts as sep."""
    return [sep for sep in SEPARATORS if accepts(sep)]


def unsafe_separators():
    """Texts for which Signer(sep=...) raises ValueError."""
    return [sep for sep in SEPARATORS if not accepts(sep)]


def timestamp_signer():
    """TimestampSigner(key, sep, salt, algorithm).sign(value) == token while the clock stands at `time` seconds;
    timestamp is the part of the token that says when."""

    def sign(time, value="hello", key=KEY, **options):
        django_signer = TimestampSigner(key=key, **options)
        with frozen(time):
            token, timestamp = django_signer.sign(value), django_signer.timestamp()
            assert django_signer.unsign(token) == value
        return {
            "key_hex": key.hex(),
            "salt": django_signer.salt,
            "sep": django_signer.sep,
            "algorithm": algorithm_of(django_signer),
            "value": value,
            "time": time,
            "timestamp": timestamp,
            "token": token,
        }

    for time in [0, 0.5, 1, 61, 62, 3843, 3844, NOW, NOW + 0.999999, 2**31 - 1, 2**31, 4_102_444_800.25, YEAR_9999]:
        yield sign(time)
    for time in [-0.5, -1, -5, -5.5, -62]:
        yield sign(time)
    for value in ["", "a:b:c", ":", "Grüße 🔑", "line\nbreak"]:
        yield sign(NOW, value)
    yield sign(NOW, key=STRANGE_KEY, salt="sel d'été")
    for sep in ["::", "|", "a:"]:
        yield sign(NOW, "a:", sep=sep)
    if HAS_ALGORITHMS:
        for algorithm in ["sha1", "sha512"]:
            yield sign(NOW, algorithm=algorithm)


def max_age():
    """TimestampSigner(key, salt).unsign(token, max_age) at `now`: ok, or SignatureExpired."""
    for signed_at, now, limit in [
        (NOW, NOW, 0), (NOW, NOW + 0.001, 0), (NOW, NOW + 0.999, 0), (NOW, NOW + 0.999, 1), (NOW, NOW + 1, 1),
        (NOW, NOW + 1.001, 1), (NOW, NOW + 60, 60), (NOW, NOW + 60.001, 60), (NOW, NOW + 61, 60),
        (NOW, NOW + 59.999, 60), (NOW, NOW + 1_209_600, 1_209_600), (NOW, NOW + 1_209_600.001, 1_209_600),
        (NOW, NOW + 0.5, 0.5), (NOW, NOW + 0.75, 0.5), (NOW + 0.999, NOW + 60.5, 60), (NOW + 0.999, NOW + 60, 60),
        (NOW, NOW + 5, 10**12), (NOW + 1, NOW, 0), (NOW + 3600, NOW, 60), (YEAR_9999, NOW, 0), (0, NOW, NOW),
        (0, NOW + 1, NOW), (-5, 0, 4), (-5, 0, 5), (-5, -5, 0),
    ]:
        django_signer = TimestampSigner(key=KEY, salt="max_age")
        with frozen(signed_at):
            token = django_signer.sign("hello")
        with frozen(now):
            value, error = outcome(lambda: django_signer.unsign(token, max_age=limit))
        assert value == "hello" or error == "SignatureExpired"
        yield {
            "key_hex": KEY.hex(),
            "salt": django_signer.salt,
            "token": token,
            "now": float(now),
            "max_age": limit,
            "ok": error is None,
        }


def base62():
    """The text that Django's base 62 writes for an integer."""
    if hasattr(signing, "b62_encode"):
        encode, decode = signing.b62_encode, signing.b62_decode
    else:
        from django.utils.baseconv import base62 as converter

        encode, decode = converter.encode, converter.decode
    for value in [
        0, 1, -1, 9, 10, 35, 36, 61, -61, 62, -62, 63, 3843, 3844, -3844, 238_328, NOW, 2**31 - 1, 2**31, 2**32,
        253_402_300_799, 2**53, 2**63 - 1, -(2**63),
    ]:
        text = encode(value)
        assert decode(text) == value
        yield {"value": value, "text": text}


def json_text(value):
    return JSONSerializer().dumps(value).decode("ascii")


def dumps_vector(value, compress, key=KEY, salt=DUMPS_SALT, time=NOW):
    with frozen(time):
        token = signing.dumps(value, key=key, salt=salt, compress=compress)
        again = signing.loads(token, key=key, salt=salt, max_age=1)
    text = json_text(value)
    assert json_text(again) == json_text(JSONSerializer().loads(text.encode("ascii")))
    return {
        "key_hex": key.hex(),
        "salt": salt,
        "time": time,
        "compress": compress,
        "json": text,
        "token": token,
    }


def dumps():
    """signing.dumps(value, key, salt, compress=compress) == token at `time`; json is the value as Django's
    JSONSerializer wrote it. Compressed payloads ("." first) depend on the zlib: compare what they inflate to."""
    for value in [*SMALL, *LARGER]:
        yield dumps_vector(value, compress=False)
    for value in [{}, "", {"num_visits": 1}, *LARGER, CATALOGUE]:
        yield dumps_vector(value, compress=True)
    for compress in (False, True):
        yield dumps_vector({"a": "é" * 20}, compress, STRANGE_KEY, "sel d'été", NOW + 0.5)


def python_only():
    """Like dumps, for values that Python can write but most languages cannot hold."""
    for value in PYTHON_ONLY:
        yield dumps_vector(value, compress=False)
    for value in [10**40, "\ud800" * 20, {"\ud83d": "\ude00" * 20}, nested(200)]:
        yield dumps_vector(value, compress=True)


def fallback():
    """Signer(key=keys[0], fallback_keys=keys[1:], salt).unsign(token), where keys[signed_with] had signed it (null: a
    key that is not among them): ok, or BadSignature."""
    if not HAS_FALLBACK_KEYS:
        return
    for keys, signed_with in [
        ([KEY], 0), ([KEY], None), ([KEY, OLD_KEY], 0), ([KEY, OLD_KEY], 1), ([KEY, OLD_KEY], None),
        ([KEY, OLD_KEY, OLDEST_KEY], 2), ([KEY, OLD_KEY, OLDEST_KEY], None), ([OLD_KEY, KEY], 1), ([KEY, KEY], 1),
    ]:
        signing_key = UNKNOWN_KEY if signed_with is None else keys[signed_with]
        reader = Signer(key=keys[0], fallback_keys=keys[1:], salt="rotation")
        token = Signer(key=signing_key, salt="rotation").sign("a:é")
        value, error = outcome(lambda: reader.unsign(token))
        assert value == "a:é" or error == "BadSignature"
        yield {
            "keys_hex": [key.hex() for key in keys],
            "signed_with": signed_with,
            "salt": reader.salt,
            "token": token,
            "value": "a:é",
            "ok": error is None,
        }


def set_cookie(name, value, salt):
    response = HttpResponse()
    response.set_signed_cookie(name, value, salt=salt)
    return response.cookies[name].value


def get_cookie(name, token, salt, max_age=None):
    request = HttpRequest()
    request.COOKIES[name] = token
    return request.get_signed_cookie(name, salt=salt, max_age=max_age)


def signed_cookies():
    """HttpResponse.set_signed_cookie(name, value, salt=salt) with SECRET_KEY = key at `time` made the cookie value
    `token`; version 1 salts with name + salt, version 2 with "django.http.cookies.v2:{len(salt)}:{salt}{name}"."""
    for key, name, salt, value, time in [
        (KEY, "c", "", "hello", NOW), (KEY, "c", "s", "hello", NOW), (KEY, "ab", "c", "hello", NOW),
        (KEY, "a", "bc", "hello", NOW), (KEY, "__Host-id", "", "", NOW), (KEY, "c", "10:x", "a:b", NOW),
        (KEY, "c", "é", "hello", NOW), (KEY, "c", "🧂", "hello", NOW), (KEY, "c", "s" * 11, "Grüße; 🔑", NOW),
        (STRANGE_KEY, "c", "", "hello", NOW), (b"\xff\x00", "c", "", "hello", NOW), (KEY, "c", "", "later", NOW + 0.75),
    ]:
        with changed_settings(SECRET_KEY=key), frozen(time):
            token = set_cookie(name, value, salt)
            assert get_cookie(name, token, salt) == value
        yield {
            "key_hex": key.hex(),
            "name": name,
            "salt": salt,
            "time": time,
            "value": value,
            "token": token,
            "version": 2 if HAS_COOKIE_SALT_V2 else 1,
        }


def signed_cookie_reads():
    """HttpRequest.get_signed_cookie(name, salt=salt, max_age=max_age) at `now` of a cookie whose value is `token`, with
    SECRET_KEY = key, SECRET_KEY_FALLBACKS = fallbacks, SIGNED_COOKIE_LEGACY_SALT_FALLBACK = legacy_fallback (where that
    setting exists): the result, or the error raised. case says what the token is."""

    def legacy(name, salt):
        return signing.get_cookie_signer(salt=name + salt).sign("hello")

    def read(case, name, salt, token, now=NOW, max_age=None, legacy_fallback=False, fallbacks=()):
        changes = {"SECRET_KEY": KEY}
        if HAS_COOKIE_SALT_V2:
            changes["SIGNED_COOKIE_LEGACY_SALT_FALLBACK"] = legacy_fallback
        if HAS_FALLBACK_KEYS:
            changes["SECRET_KEY_FALLBACKS"] = list(fallbacks)
        with changed_settings(**changes), frozen(now):
            result, error = outcome(lambda: get_cookie(name, token, salt, max_age))
        return {
            "case": case,
            "key_hex": KEY.hex(),
            "fallbacks_hex": [key.hex() for key in fallbacks],
            "name": name,
            "salt": salt,
            "now": now,
            "max_age": max_age,
            "legacy_fallback": legacy_fallback,
            "token": token,
            "result": result,
            "error": error,
        }

    with changed_settings(SECRET_KEY=KEY), frozen(NOW):
        fresh, fresh_legacy = set_cookie("c", "hello", "s"), legacy("c", "s")
        ab_c, ab_c_legacy = set_cookie("ab", "hello", "c"), legacy("ab", "c")
        digit = set_cookie("1", "hello", "1:1")
        plain = TimestampSigner(key=KEY, salt="cs").sign("hello")
    with changed_settings(SECRET_KEY=OLD_KEY), frozen(NOW):
        of_old_key, of_old_key_legacy = set_cookie("c", "hello", "s"), legacy("c", "s")

    yield read("its own cookie", "c", "s", fresh)
    yield read("its own cookie, at max_age", "c", "s", fresh, NOW + 60, 60)
    yield read("another salt", "c", "t", fresh)
    yield read("another name", "d", "s", fresh)
    yield read("a salt that looks like a length prefix", "1:1", "1", digit)
    yield read("the plain key, without Django's prefix", "c", "s", plain)
    yield read("the value changed", "c", "s", fresh.replace("hello", "hellp"))
    yield read("empty", "c", "s", "")
    for switch in (False, True) if HAS_COOKIE_SALT_V2 else (False,):
        yield read("past max_age", "c", "s", fresh, NOW + 60.001, 60, switch)
        yield read("colliding pair: made as (ab, c)", "ab", "c", ab_c, legacy_fallback=switch)
        yield read("colliding pair: made as (ab, c)", "a", "bc", ab_c, legacy_fallback=switch)
        yield read("salted the old way", "c", "s", fresh_legacy, legacy_fallback=switch)
        yield read("salted the old way, past max_age", "c", "s", fresh_legacy, NOW + 61, 60, switch)
        yield read("colliding pair, salted the old way", "a", "bc", ab_c_legacy, legacy_fallback=switch)
        if HAS_FALLBACK_KEYS:
            options = {"legacy_fallback": switch, "fallbacks": [OLD_KEY]}
            yield read("of the fallback key", "c", "s", of_old_key, **options)
            yield read("of the fallback key, salted the old way", "c", "s", of_old_key_legacy, **options)
            yield read("of the fallback key, past max_age", "c", "s", of_old_key, NOW + 61, 60, **options)
    yield read("of another key", "c", "s", of_old_key)


def legacy_algorithm():
    """A token signed with signed_algorithm, read by Signer(key, salt) without an algorithm argument while
    settings.DEFAULT_HASHING_ALGORITHM = default_hashing_algorithm (null where there is no such setting): ok, or
    BadSignature."""
    if not HAS_ALGORITHMS:
        return
    for default in ("sha256", "sha1") if hasattr(settings, "DEFAULT_HASHING_ALGORITHM") else (None,):
        with changed_settings(**({"DEFAULT_HASHING_ALGORITHM": default} if default else {})):
            reader = Signer(key=KEY, salt="legacy")
            for algorithm in ("sha1", "sha256", None):  # None: what the default is
                writer = Signer(key=KEY, salt="legacy", algorithm=algorithm)
                token = writer.sign("hello" if algorithm else "by default")
                value, error = outcome(lambda: reader.unsign(token))
                assert value or error == "BadSignature"
                yield {
                    "key_hex": KEY.hex(),
                    "salt": reader.salt,
                    "default_hashing_algorithm": default,
                    "signed_algorithm": algorithm_of(writer),
                    "token": token,
                    "ok": error is None,
                }


def malformed():
    """What Signer(key, salt).unsign(token), TimestampSigner(key, salt).unsign(token, max_age) or signing.loads(token,
    key, salt, max_age=max_age) does with this token at `now`: outcome is "ok", and value what it returned (for loads:
    as JSON text), or outcome is the name of the error raised. case says what is wrong with the token."""
    salt = "malformed"
    plain = Signer(key=KEY, salt=salt)

    def read(reader, case, token, max_age=None):
        with frozen(NOW):
            if reader == "Signer":
                value, error = outcome(lambda: plain.unsign(token))
            elif reader == "TimestampSigner":
                value, error = outcome(lambda: TimestampSigner(key=KEY, salt=salt).unsign(token, max_age=max_age))
            else:
                value, error = outcome(lambda: json_text(signing.loads(token, key=KEY, salt=salt, max_age=max_age)))
        return {
            "case": case,
            "key_hex": KEY.hex(),
            "salt": salt,
            "signer": reader,
            "now": NOW,
            "max_age": max_age,
            "token": token,
            "outcome": error or "ok",
            "value": value,
        }

    # A token whose signature has "-" and "_".
    value = next(v for v in map("value{}".format, range(1000)) if {"-", "_"} <= set(plain.signature(v)))
    token = plain.sign(value)
    signature = plain.signature(value)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet[alphabet.index(signature[-1]) ^ 1]  # differs in a bit that decoding ignores
    first = "A" if signature[0] != "A" else "B"
    for case, broken in [
        ("nothing", token),
        ("empty", ""),
        ("only a separator", ":"),
        ("only separators", ":::"),
        ("no separator", value),
        ("no separator but a signature", value + signature),
        ("empty signature", value + ":"),
        ("no value", ":" + signature),
        ("another separator", f"{value}|{signature}"),
        ("separator twice", f"{value}::{signature}"),
        ("separator after the signature", token + ":"),
        ("another value", f"{value}x:{signature}"),
        ("first character of the signature", f"{value}:{first}{signature[1:]}"),
        ("one character short", token[:-1]),
        ("one character long", token + "A"),
        ("signature twice", token + signature),
        ("half a signature", f"{value}:{signature[:20]}"),
        ("padded", token + "="),
        ("padded twice", token + "=="),
        ("last character not canonical", token[:-1] + last),
        ("standard base64 alphabet", f"{value}:{signature.replace('-', '+').replace('_', '/')}"),
        ("upper case", f"{value}:{signature.upper()}"),
        ("signature in hex", f"{value}:{(b'*' * 32).hex()}"),
        ("not ASCII", f"{value}:{signature[:-1]}é"),
        ("full-width digit", f"{value}:{signature[:-1]}\uff11"),
        ("NUL after the signature", token + "\0"),
        ("NUL in the signature", f"{value}:{signature[:10]}\0{signature[10:]}"),
        ("space before", " " + token),
        ("space after", token + " "),
        ("newline after", token + "\n"),
        ("newline in the signature", f"{value}:{signature[:20]}\n{signature[20:]}"),
        ("percent-encoded separator", f"{value}%3A{signature}"),
        ("quoted", f'"{token}"'),
    ]:
        yield read("Signer", case, broken)
    yield read("Signer", "another salt", Signer(key=KEY, salt=salt + "2").sign(value))
    yield read("Signer", "another key", Signer(key=OLD_KEY, salt=salt).sign(value))

    # A key holder can write these: the signature is valid, and the timestamp is odd.
    def stamp(time):
        with frozen(time):
            return TimestampSigner(key=KEY).timestamp()

    now = stamp(NOW)
    for case, timestamp in [
        ("fine", now), ("empty", ""), ("zero", "0"), ("leading zeros", "000" + now), ("many zeros", "000"),
        ("minus", "-"), ("minus zero", "-0"), ("negative", stamp(-NOW)), ("two minus", "--1"), ("minus inside", "1-1"),
        ("plus", "+1"), ("space", now + " "), ("underscore", "1_0"), ("not ASCII", "é"), ("full-width digit", "\uff11"),
        ("point", "1.5"), ("year 9999", stamp(YEAR_9999)), ("11 digits", "AzL8n0Y58m7"),
        ("12 digits", "zzzzzzzzzzzz"), ("30 digits", "z" * 30), ("30 digits, negative", "-" + "z" * 30),
        ("180 digits", "z" * 180), ("180 digits, negative", "-" + "z" * 180),
    ]:
        yield read("TimestampSigner", f"timestamp: {case}", plain.sign(f"hello:{timestamp}"), 3600)
    for case, timestamp in [("negative", stamp(-NOW)), ("180 digits", "z" * 180), ("empty", "")]:
        yield read("TimestampSigner", f"timestamp without a limit: {case}", plain.sign(f"hello:{timestamp}"))
    yield read("TimestampSigner", "no timestamp", plain.sign("hello"))
    yield read("TimestampSigner", "no timestamp, empty value", plain.sign(""))
    yield read("TimestampSigner", "one separator, no timestamp", "hello:" + plain.signature("hello"), 3600)

    # The signature and the timestamp are valid, and the payload is odd.
    def signed(payload):
        with frozen(NOW):
            return TimestampSigner(key=KEY, salt=salt).sign(payload)

    def base64(data):
        return urlsafe_b64encode(data).decode().rstrip("=")

    deflated = zlib.compress(b'{"a":"%s"}' % (b"b" * 40))
    for case, payload in [
        ("fine", base64(b'{"a":1}')),
        ("fine, compressed", "." + base64(deflated)),
        ("spaces in the JSON", base64(b' { "a" : 1 } ')),
        ("empty", ""),
        ("only a dot", "."),
        ("two dots", ".." + base64(deflated)),
        ("not base64", "!!!!"),
        ("one base64 character", "A"),
        ("five base64 characters", "eyJ9A"),
        ("padded", base64(b"[1]1"[:3]) + "===="),
        ("padded as base64 wants", urlsafe_b64encode(b'{"a":11}').decode()),
        ("padding inside", "W10=W10="),
        ("newline inside", "eyJh\nIjoxfQ"),
        ("space inside", "eyJh IjoxfQ"),
        ("foreign character inside", "eyJh!IjoxfQ"),
        ("four foreign characters inside", "eyJh!!!!IjoxfQ"),
        ("standard base64 alphabet", "Ij8/Pz8+Pj4+Ig"),
        ("last character not canonical", "W11"),
        ("not ASCII", "eyJhé"),
        ("compressed without the dot", base64(deflated)),
        ("dot without compression", "." + base64(b'{"a":1}')),
        ("zlib truncated", "." + base64(deflated[:-6])),
        ("zlib without its checksum", "." + base64(deflated[:-4])),
        ("zlib with a wrong checksum", "." + base64(deflated[:-1] + b"\0")),
        ("zlib with trailing bytes", "." + base64(deflated + b"garbage")),
        ("zlib twice", "." + base64(zlib.compress(zlib.compress(b"[1]")))),
        ("raw deflate", "." + base64(deflated[2:-4])),
        ("UTF-8 in the JSON", base64('"é"'.encode())),
        ("bytes that are not UTF-8", base64(b'"\xff\xfe"')),
        ("byte order mark", base64(b"\xef\xbb\xbf[1]")),
        ("NUL bytes", base64(b"\0\0")),
        ("control character in a string", base64(b'"a\nb"')),
        ("not JSON", base64(b"hello")),
        ("unfinished JSON", base64(b'{"a":')),
        ("single quotes", base64(b"{'a':1}")),
        ("trailing comma", base64(b"[1,]")),
        ("two JSON values", base64(b"{}{}")),
        ("trailing newline", base64(b"{}\n")),
        ("trailing NUL", base64(b"{}\0")),
        ("duplicate keys", base64(b'{"a":1,"b":2,"a":3}')),
        ("minus zero", base64(b"[-0,-0.0,0e9]")),
        ("leading zero", base64(b"01")),
        ("number without digits after the point", base64(b"1.")),
        ("number too large", base64(b"1e400")),
        ("NaN", base64(b"NaN")),
        ("nan", base64(b"nan")),
        ("bad escape", base64(rb'"\x41"')),
        ("escaped slash and capitals", base64(rb'"\/\u00E9\uD83D\uDD11"')),
        ("lone surrogate", base64(rb'"\ud83d"')),
        ("short unicode escape", base64(rb'"\u00e"')),
    ]:
        yield read("loads", f"payload: {case}", signed(payload), 3600)
    with frozen(NOW - 3601):
        yield read("loads", "not JSON, and expired", TimestampSigner(key=KEY, salt=salt).sign("!!!!"), 3600)
    yield read("loads", "not JSON, and not signed", f"!!!!:{now}:{signature}", 3600)
    yield read("loads", "payload without a timestamp", plain.sign(base64(b"{}")))


GROUPS = [
    signer, safe_separators, unsafe_separators, timestamp_signer, max_age, base62, dumps, python_only, fallback,
    signed_cookies, signed_cookie_reads, legacy_algorithm, malformed,
]
