"""django.core.signing, and signed cookies."""

import time
from datetime import timedelta

from shim.ask import both, crate, replace, secrets, untouched

real_time = time.time


def seconds(max_age):
    return max_age.total_seconds() if isinstance(max_age, timedelta) else max_age


def install():
    from django.core import signing

    install_signers(signing, untouched("django.core.signing"))
    install_functions(signing, untouched("django.core.signing"))
    install_cookies(signing, untouched("django.core.signing"))


def install_signers(signing, by_django):
    class Unsafe:
        def match(self, sep):
            question = "separator", sep
            return both(question, lambda: not crate.is_separator(sep), lambda: bool(by_django._SEP_UNSAFE.match(sep)))

    made_by_django = signing.Signer.__init__

    def __init__(self, *args, **options):
        made_by_django(self, *args, **options)
        self.fallback_keys = list(self.fallback_keys)

    def dated(signer):
        return isinstance(signer, signing.TimestampSigner)

    def twin(signer):
        djangos = by_django.TimestampSigner if dated(signer) else by_django.Signer
        names = "key", "sep", "salt", "algorithm", "fallback_keys"
        return djangos(**{name: getattr(signer, name) for name in names})

    def signature(self, value, key=None):
        signer = signing.Signer(key=key or self.key, sep=self.sep, salt=self.salt, algorithm=self.algorithm)
        signer.fallback_keys = []
        text = value.decode() if isinstance(value, bytes) else str(value)
        question = "signature", text
        return both(
            question,
            lambda: crate.sign(signer, False, text).rsplit(self.sep, 1)[1],
            lambda: twin(self).signature(value, key),
        )

    def sign(self, value):
        question = "sign", value
        return both(question, lambda: crate.sign(self, dated(self), str(value)), lambda: twin(self).sign(value))

    def unsign(self, signed_value):
        question = "unsign", signed_value
        twins = lambda: by_django.Signer.unsign(twin(self), signed_value)
        return both(question, lambda: crate.unsign(self, False, signed_value, None), twins)

    def unsign_dated(self, value, max_age=None):
        question = "unsign", value, max_age
        twins = lambda: twin(self).unsign(value, max_age=max_age)
        return both(question, lambda: crate.unsign(self, True, value, seconds(max_age)), twins)

    def sign_object(self, obj, serializer=signing.JSONSerializer, compress=False):
        def ours():
            if serializer is signing.JSONSerializer:
                return crate.sign_object(self, dated(self), obj, compress)
            return crate.sign_bytes(self, dated(self), serializer().dumps(obj), compress)

        if not compress:
            return both(("sign_object", obj), ours, lambda: twin(self).sign_object(obj, serializer))
        # zlib-rs writes other bytes than Python's zlib, so Django must read them.
        token = ours()
        if hasattr(serializer, "loads"):
            loaded = lambda: serializer().loads(serializer().dumps(obj))
            both(("read by Django", token), loaded, lambda: twin(self).unsign_object(token, serializer))
        return token

    def unsign_object(self, signed_obj, serializer=signing.JSONSerializer, **max_age):
        def ours():
            age = seconds(max_age.get("max_age"))
            if serializer is signing.JSONSerializer:
                return crate.unsign_object(self, dated(self), signed_obj, age)
            return serializer().loads(crate.unsign_bytes(self, dated(self), signed_obj, age))

        question = "unsign_object", signed_obj
        return both(question, ours, lambda: twin(self).unsign_object(signed_obj, serializer, **max_age))

    def timestamp(self):
        question = "timestamp", time.time()
        return both(question, lambda: crate.timestamp(int(time.time())), lambda: twin(self).timestamp())

    replace(signing, _SEP_UNSAFE=Unsafe())
    replace(signing.Signer, __init__, signature, sign, unsign, sign_object, unsign_object)
    replace(signing.TimestampSigner, sign, timestamp, unsign=unsign_dated)


def install_functions(signing, by_django):
    from django.conf import settings

    dumps_of_django, loads_of_django = signing.dumps, signing.loads

    def plain(serializer, compress=False):
        # The crate's dumps and loads use the system clock. Other calls use a TimestampSigner.
        return serializer is signing.JSONSerializer and not compress and time.time is real_time

    def dumps(obj, key=None, salt="django.core.signing", serializer=signing.JSONSerializer, compress=False):
        if not plain(serializer, compress):
            return dumps_of_django(obj, key, salt, serializer, compress)
        key = key or settings.SECRET_KEY
        return both(
            ("dumps", obj), lambda: crate.plain_dumps([key], salt, obj), lambda: by_django.dumps(obj, key, salt)
        )

    def loads(
        s, key=None, salt="django.core.signing", serializer=signing.JSONSerializer, max_age=None, fallback_keys=None
    ):
        if not plain(serializer):
            return loads_of_django(s, key, salt, serializer, max_age, fallback_keys)
        key = key or settings.SECRET_KEY
        older = settings.SECRET_KEY_FALLBACKS if fallback_keys is None else fallback_keys
        return both(
            ("loads", s),
            lambda: crate.plain_loads([key, *older], salt, s, seconds(max_age)),
            lambda: by_django.loads(s, key, salt, max_age=max_age, fallback_keys=older),
        )

    def b62_encode(number):
        return both(("base62", number), lambda: crate.timestamp(number), lambda: by_django.b62_encode(number))

    def b62_decode(text):
        return both(("base62", text), lambda: crate.read_timestamp(text), lambda: by_django.b62_decode(text))

    replace(signing, dumps, loads, b62_encode, b62_decode)


def install_cookies(signing, by_django):
    from django.conf import settings
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    def cookie_signer(name, salt):
        key, *older = (by_django._cookie_signer_key(secret) for secret in secrets())
        return by_django.TimestampSigner(key=key, fallback_keys=older, salt=by_django._cookie_signer_salt(name, salt))

    def set_signed_cookie(self, key, value, salt="", **kwargs):
        question = "signed cookie", key, salt, value
        twins = lambda: cookie_signer(key, salt).sign(value)
        token = both(question, lambda: crate.sign_cookie(secrets(), key, salt, str(value)), twins)
        return self.set_cookie(key, token, **kwargs)

    missing = object()

    def get_signed_cookie(self, key, default=missing, salt="", max_age=None):
        legacy = getattr(settings, "SIGNED_COOKIE_LEGACY_SALT_FALLBACK", False)
        try:
            token = self.COOKIES[key]
            return both(
                ("signed cookie", key, salt, token),
                lambda: crate.unsign_cookie(secrets(), key, salt, token, seconds(max_age), legacy),
                lambda: by_django._unsign_cookie(token, cookie_name=key, salt=salt, max_age=max_age),
            )
        except (KeyError, signing.BadSignature):
            if default is missing:
                raise
            return default

    replace(HttpResponseBase, set_signed_cookie)
    replace(HttpRequest, get_signed_cookie)
