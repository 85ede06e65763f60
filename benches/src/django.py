"""Django's side of the table: reads one line of JSON, and writes one line of JSON."""

import gc
import json
import sys
import time

from django.conf import settings

settings.configure(SECRET_KEY=sys.argv[1])
sys.path.insert(0, sys.argv[2])

from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.contrib.sessions.serializers import JSONSerializer
from django.core import signing
from django_session_rs.encryption import EncryptedJSONSerializer

SALT = "django.contrib.sessions.backends.signed_cookies"
MAX_AGE = 1209600


def dumps(value, compress, serializer=JSONSerializer):
    """SessionStore._get_session_key of the signed_cookies engine, also without compress=True."""
    return signing.dumps(value, salt=SALT, serializer=serializer, compress=compress)


def loads(token, serializer=JSONSerializer):
    """SessionStore.load."""
    return signing.loads(token, salt=SALT, serializer=serializer, max_age=MAX_AGE)


def is_refused(token):
    try:
        loads(token)
    except signing.BadSignature:
        return True
    return False


def visit(token, key):
    """The work of SessionMiddleware and a view that reads one key, without the request."""
    session = SessionStore(token)
    return session[key], session.accessed, session.modified, session.is_empty()


def meet(text, key, raw, compressed, signed, forged, encrypted):
    """Checks the tokens that Rust wrote. Returns the tokens for Rust to read, and the tasks."""
    value = json.loads(text)
    signer = signing.TimestampSigner(salt=SALT)
    assert loads(raw) == loads(compressed) == value
    assert signer.unsign(signed, max_age=MAX_AGE) == text
    assert is_refused(forged)
    assert visit(compressed, key) == (value[key], True, False, False)
    assert loads(encrypted, EncryptedJSONSerializer) == value
    raw, compressed, signed = dumps(value, False), dumps(value, True), signer.sign(text)
    encrypted = dumps(value, False, EncryptedJSONSerializer)
    tasks = {
        "encode_raw": lambda: dumps(value, False),
        "encode_compressed": lambda: dumps(value, True),
        "decode_raw": lambda: loads(raw),
        "decode_compressed": lambda: loads(compressed),
        "sign_text": lambda: signer.sign(text),
        "unsign_text": lambda: signer.unsign(signed, max_age=MAX_AGE),
        "refuse": lambda: is_refused(forged),
        "encode_encrypted": lambda: dumps(value, False, EncryptedJSONSerializer),
        "decode_encrypted": lambda: loads(encrypted, EncryptedJSONSerializer),
        "session": lambda: visit(compressed, key),
    }
    return [raw, compressed, signed, encrypted], tasks


def seconds(task, times):
    gc.collect(0)
    # A process is up to twice as slow just after it has slept.
    warm = time.perf_counter() + 0.0007
    while time.perf_counter() < warm:
        task()
    start = time.perf_counter()
    for _ in range(times):
        task()
    return time.perf_counter() - start


payloads = {}
for line in sys.stdin:
    command, payload, *rest = json.loads(line)
    if command == "meet":
        answer, payloads[payload] = meet(*rest)
    else:
        answer = seconds(payloads[payload][command], *rest)
    print(json.dumps(answer), flush=True)
