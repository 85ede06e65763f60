"""Django's side of the live check.

Reads one JSON array of questions per line and writes one array of replies per line. A question has an `op`, the time `now`
at which it is asked, and the arguments of the function below with that name. A reply has

    answer      {"Ok": result} or {"Err": "NameOfTheException"}
    notes       what Django accepts and a stricter reader rejects (the rules of rules.rs refer to these)
    otherwise   the value for a reader that reads -0 as a float, integers beyond 64 bits as the nearest float, and
                bytes as UTF-8; absent if this makes no difference
"""

import json
import os
import pickle
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "vectors"))
import world  # noqa: E402
from values import describe, invent, notes, remark, remark_on_compression, rust_reads  # noqa: E402

OPS = {}
CACHES = "django.core.cache.backends"


def op(function):
    OPS[function.__name__] = function
    return function


@op
def separator(sep):
    signing.Signer(key="key", sep=sep)
    return True


@op
def sign(by, value):
    return signer(by).sign(value)


@op
def unsign(by, token, max_age):
    one = signer(by)
    signed_at = timestamp(one, token) if by["dated"] else None
    value = one.unsign(token, **age_limit(by, max_age))
    return {"value": value, "key": key_index(by, token), "timestamp": signed_at}


@op
def dumps(by, value, compress):
    if is_default(by):
        return signing.dumps(value, key=secret(by["keys"][0]), salt=by["salt"], compress=compress)
    return signer(by).sign_object(value, compress=compress)


@op
def loads(by, token, max_age, read):
    value, payload = verified_object(by, token, max_age)
    if read == "integer":
        remark("integer beyond 128 bits", not -(2**127) <= value < 2**128)
        return str(value)
    plain = describe(value)
    notes["otherwise"] = rust_reads(remark_on_compression(payload))
    if notes["otherwise"] == plain:
        del notes["otherwise"]
    return plain


@op
def redump(by, token):
    value, _ = verified_object(by, token, None)
    return dumps(by, value, False)


@op
def set_cookie(keys, name, salt, value):
    response = HttpResponse()
    with cookie_settings(keys):
        response.set_signed_cookie(name, value, salt=salt)
    return response.cookies[name].value


@op
def get_cookie(keys, name, salt, token, max_age, legacy):
    request = HttpRequest()
    request.COOKIES[name] = token
    with cookie_settings(keys, SIGNED_COOKIE_LEGACY_SALT_FALLBACK=legacy):
        return request.get_signed_cookie(name, salt=salt, max_age=max_age)


@op
def invent_object(by, seed, compress, beyond):
    """Returns a token of a random value. With `beyond`, it has a part that only Python can represent."""
    return dumps(by, invent(random.Random(seed), beyond), compress)


@op
def mint(by, json_text):
    """Returns a token of this value, which may be one that only Python can represent."""
    return dumps(by, json.loads(json_text), True)


@op
def session(secret_key, token):
    """Returns the session that the session engine reads from a cookie."""
    from django.contrib.sessions.backends.signed_cookies import SessionStore

    with world.changed_settings(SECRET_KEY=secret_key):
        return describe(dict(SessionStore(session_key=token).items()))


@op
def visit(site, **asked):
    return visits.visit({**site, "keys": [secret(key) for key in site["keys"]]}, **asked)


@op
def engine_visit(site, **asked):
    return engines.visit({**site, "keys": [secret(key) for key in site["keys"]]}, **asked)


@op
def server_visit(site, **asked):
    return servers.visit({**site, "keys": [secret(key) for key in site["keys"]]}, **asked)


@op
def lifetimes(site, **asked):
    return stamps.visit({**site, "keys": [secret(key) for key in site["keys"]]}, **asked)


@op
def pickled(json_text):
    """Returns the bytes that a cache stores, in hexadecimal."""
    return pickle.dumps(json.loads(json_text), pickle.HIGHEST_PROTOCOL).hex()


@op
def csrf(**asked):
    return csrf_checks.ask(**asked)


@op
def csrf_page(cookie):
    return csrf_checks.page(cookie)


@op
def messages(site, **asked):
    return message_storages.ask({**site, "keys": [secret(key) for key in site["keys"]]}, **asked)


@op
def encode_stored(keys, json_text):
    """Returns the text that the database engine stores."""
    with cookie_settings(keys):
        return StoredSession().encode(json.loads(json_text))


@op
def decode_stored(keys, text):
    with cookie_settings(keys):
        return visits.items(StoredSession().decode(text))


@op
def date(json_text):
    """Returns the date in microseconds since 1970, and its offset in seconds: 25 hours if it has none."""
    date = datetime.fromisoformat(json.loads(json_text))
    offset = timedelta(hours=25) if date.tzinfo is None else date.utcoffset()
    wall_clock = date.replace(tzinfo=None) - datetime(1970, 1, 1)
    return [(wall_clock - offset) // timedelta(microseconds=1), int(offset.total_seconds())]


@op
def encrypt(site, json_text):
    """Returns what a site with encryption writes."""
    with encrypted.settings_of(site, secret):
        return encrypted.encrypt(site, json_text)


@op
def decrypt(site, token):
    with encrypted.settings_of(site, secret):
        return encrypted.decrypt(site, token)


@op
def seal(key, version, nonce, plaintext):
    return encrypted.seal(secret(key), version, nonce, plaintext)


@op
def auth_hashes(keys, salt, password):
    """Returns the hash of the current key and those of the older keys."""
    with cookie_settings(keys, USER_SALT=salt):
        user = (User if salt is None else accounts.SaltedUserOfAllKeys)(password=password)
        return [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]


@op
def salted_hmac(keys, salt, algorithm, value):
    return crypto.salted_hmac(salt, secret(value), secret=secret(keys[0]), algorithm=algorithm).hexdigest()


@op
def verify_salted_hmac(keys, salt, algorithm, value, digest):
    """Returns the index of the first key that has created this digest."""
    digests = [salted_hmac([key], salt, algorithm, value) for key in keys]
    return next((index for index, made in enumerate(digests) if crypto.constant_time_compare(digest, made)), None)


def secret(key):
    return key["text"] if "text" in key else bytes.fromhex(key["hex"])


def signer(by):
    keys = [secret(key) for key in by["keys"]]
    remark("empty key", not all(keys))
    remark("key of white space", any(key and not key.strip() for key in keys))
    remark("empty salt", not by["salt"])
    kind = signing.TimestampSigner if by["dated"] else signing.Signer
    return kind(key=keys[0], fallback_keys=keys[1:], salt=by["salt"], sep=by["sep"], algorithm=by["algorithm"])


def is_default(by):
    return by["dated"] and (by["sep"], by["algorithm"]) == (":", "sha256")


def age_limit(by, max_age):
    return {"max_age": max_age} if by["dated"] else {}


def verified_object(by, token, max_age):
    """Returns what Django reads, and the payload from which it read that."""
    one = signer(by)
    if by["dated"]:
        timestamp(one, token)
    if is_default(by):
        value = signing.loads(token, key=one.key, salt=one.salt, fallback_keys=one.fallback_keys, max_age=max_age)
    else:
        value = one.unsign_object(token, **age_limit(by, max_age))
    return value, one.unsign(token).encode()


def key_index(by, token):
    """Returns the first key that verifies the token alone, because Django does not report which key verified."""
    for index, key in enumerate(by["keys"]):
        alone = signer({**by, "keys": [key]})
        if world.outcome(lambda: alone.unsign(token))[1] is None:
            return index
    raise AssertionError("no key alone verifies what the ring verified")


def timestamp(one, token):
    """Returns the seconds that Django reads, as text, because there may be many digits. Fails as Django does."""
    _, digits = signing.Signer.unsign(one, token).rsplit(one.sep, 1)
    seconds = signing.b62_decode(digits)
    remark("timestamp without digits", digits == "-")
    remark("timestamp beyond 64 bits", not -(2**63) <= seconds < 2**63)
    return str(seconds)


def cookie_settings(keys, **more):
    current, *older = map(secret, keys)
    return world.changed_settings(SECRET_KEY=current, SECRET_KEY_FALLBACKS=older, **more)


def reply(question):
    notes.clear()
    act = OPS[question.pop("op")]
    remark("token beyond 1 MiB", len(question.get("token", "").encode()) > 1 << 20)
    with world.frozen(question.pop("now")):
        result, error = world.outcome(lambda: act(**question))
    aside = dict(notes)
    return {
        "answer": {"Ok": result} if error is None else {"Err": error},
        "otherwise": aside.pop("otherwise", None),
        "notes": list(aside),
    }


if __name__ == "__main__":
    import django

    world.start(
        django.get_version(),
        apps=["django.contrib.sessions"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        CACHES={
            "default": {"BACKEND": f"{CACHES}.locmem.LocMemCache"},
            "redis": {
                "BACKEND": f"{CACHES}.redis.RedisCache",
                "LOCATION": f"redis://127.0.0.1:{os.environ['DJANGO_REDIS']}",
            },
            "memcached": {
                "BACKEND": f"{CACHES}.memcached.PyMemcacheCache",
                "LOCATION": f"127.0.0.1:{os.environ['DJANGO_MEMCACHED']}",
            },
            "deny_list": {
                "BACKEND": f"{CACHES}.locmem.LocMemCache",
                "LOCATION": "deny_list",
                "KEY_FUNCTION": "django_session_rs.lifetimes.raw_key",
            },
        },
    )
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore as StoredSession
    from django.core import signing
    from django.http import HttpRequest, HttpResponse
    from django.utils import crypto

    import accounts
    import encrypted
    import csrf_checks
    import engines
    import message_storages
    import servers
    import stamps
    import visits

    print(json.dumps(world.provenance()), flush=True)
    for line in sys.stdin:
        print(json.dumps([reply(question) for question in json.loads(line)]), flush=True)
