"""Encrypted sessions, in the format of the Rust crate django-session.

Settings, each with its Rust equivalent:

``SESSION_SERIALIZER = "django_session_rs.encryption.EncryptedJSONSerializer"``
    ``with_encryption(Encryption::new(&keys))``
``SESSION_ENCRYPTION_PLAINTEXT = "reject"``, or ``"accept"`` or ``"write"`` while a site turns encryption on
    ``with_plaintext(Plaintext::Reject)``
``SESSION_ENCRYPTION_COMPRESSION = "never"``, or ``"if-smaller"``, whose length reveals content: see the README
    ``with_compression(Compression::Never)``
``SESSION_ENCRYPTION_KEYS``, a list whose first key encrypts; default: SECRET_KEY and SECRET_KEY_FALLBACKS
    the ``KeyRing`` passed to ``Encryption::new``
``SESSION_ENCRYPTION_INFLATE_LIMIT = 1048576``, in bytes
    ``with_inflate_limit``

The format::

    key     = HKDF-SHA256(IKM = secret key, no salt, info = "django-session.sealed.v1", 32 bytes)
    payload = version || nonce || AES-256-GCM-SIV(key, nonce, aad = version, plaintext)

In version 1, the plaintext is the JSON that Django writes; in version 2, it is that JSON compressed by zlib. The nonce is 12
bytes of ``os.urandom``.
"""

from __future__ import annotations

import functools
import os
import zlib
from typing import Any, List, Sequence, Union

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signing import BadSignature, JSONSerializer

from ._settings import choice

__all__ = ["EncryptedJSONSerializer"]

_SERIALIZED, _DEFLATED = b"\x01", b"\x02"
_NONCE_LEN, _TAG_LEN = 12, 16
_SHORTEST = 1 + _NONCE_LEN + 1 + _TAG_LEN
_INFO = b"django-session.sealed.v1"


class EncryptedJSONSerializer:
    """The serializer for ``SESSION_SERIALIZER``. Raises ``BadSignature``, which Django treats as an absent session."""

    def dumps(self, obj: Any) -> bytes:
        check_settings()
        plaintext: bytes = JSONSerializer().dumps(obj)
        if _plaintext() == "write":
            return plaintext
        version = _SERIALIZED
        # A session over the limit could not be read back, so it is not compressed.
        if _compresses() and len(plaintext) <= _inflate_limit():
            compressed = zlib.compress(plaintext)
            if len(compressed) < len(plaintext) - 1:
                version, plaintext = _DEFLATED, compressed
        nonce = os.urandom(_NONCE_LEN)
        return version + nonce + _aead(_keys()[0]).encrypt(nonce, plaintext, version)

    def loads(self, data: bytes) -> Any:
        if not data:
            raise BadSignature("payload is empty")
        if data[:1] == b"{":
            if _plaintext() == "reject":
                raise BadSignature("payload is not encrypted")
            return _object(data)
        if data[:1] not in (_SERIALIZED, _DEFLATED):
            raise BadSignature("payload has an unknown encryption version")
        if len(data) < _SHORTEST:
            raise BadSignature("encrypted payload is too short")
        plaintext = _decrypt(data)
        return _object(_inflate(plaintext) if data[:1] == _DEFLATED else plaintext)


def _decrypt(data: bytes) -> bytes:
    version, nonce, ciphertext = data[:1], data[1 : 1 + _NONCE_LEN], data[1 + _NONCE_LEN :]
    for key in _keys():
        try:
            return _aead(key).decrypt(nonce, ciphertext, version)
        except InvalidTag:
            pass
    raise BadSignature("no key decrypts the payload")


def _inflate(data: bytes) -> bytes:
    """Inflates one complete zlib stream. Rejects trailing data."""
    limit = _inflate_limit()
    inflate = zlib.decompressobj()
    try:
        inflated = inflate.decompress(data, limit + 1)
    except zlib.error:
        raise BadSignature("payload is not a zlib stream") from None
    if len(inflated) > limit:
        raise BadSignature(f"payload inflates to more than {limit} bytes")
    if not inflate.eof or inflate.unused_data:
        raise BadSignature("payload is not a zlib stream")
    return inflated


def _object(data: bytes) -> Any:
    try:
        session = JSONSerializer().loads(data)
    except (ValueError, RecursionError):
        raise BadSignature("payload cannot be deserialized: not JSON") from None
    if not isinstance(session, dict):
        raise BadSignature("payload cannot be deserialized: not a JSON object")
    return session


def check_settings() -> None:
    """Raises ``ImproperlyConfigured`` for wrong settings.

    When Django reads a session, it ignores all exceptions and continues with an empty session. Therefore
    "django_session_rs" in ``INSTALLED_APPS`` calls this when the server starts, and each write calls it too.
    """
    _plaintext(), _compresses(), _keys(), _inflate_limit()


@functools.lru_cache(maxsize=64)
def _aead(key: bytes) -> AESGCMSIV:
    return AESGCMSIV(HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(key))


def _plaintext() -> str:
    return choice("SESSION_ENCRYPTION_PLAINTEXT", "reject", "accept", "write")


def _compresses() -> bool:
    return choice("SESSION_ENCRYPTION_COMPRESSION", "never", "if-smaller") == "if-smaller"


def _keys() -> List[bytes]:
    """The keys: the first one encrypts, all of them decrypt."""
    keys: Union[Sequence[Union[str, bytes]], None] = getattr(settings, "SESSION_ENCRYPTION_KEYS", None)
    if keys is None:
        # SECRET_KEY_FALLBACKS was added in Django 4.1.
        keys = [settings.SECRET_KEY, *getattr(settings, "SECRET_KEY_FALLBACKS", [])]
    if not isinstance(keys, (list, tuple)) or not keys or not all(key and isinstance(key, (str, bytes)) for key in keys):
        raise ImproperlyConfigured("SESSION_ENCRYPTION_KEYS is not a list of keys.")
    return [key.encode() if isinstance(key, str) else key for key in keys]


def _inflate_limit() -> int:
    limit = getattr(settings, "SESSION_ENCRYPTION_INFLATE_LIMIT", 1048576)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise ImproperlyConfigured("SESSION_ENCRYPTION_INFLATE_LIMIT is not a number of bytes.")
    return limit
