"""Encrypted sessions by the serializer of python/, in Django's engines that store text."""

import json
from binascii import unhexlify

from django.contrib.sessions.backends.db import SessionStore as StoredSession
from django.contrib.sessions.backends.signed_cookies import SessionStore as CookieSession
from django.core import signing
from django_session_rs import encryption

import visits

SERIALIZER = "django_session_rs.encryption.EncryptedJSONSerializer"
COOKIE_SALT = "django.contrib.sessions.backends.signed_cookies"


def settings_of(site, secret):
    current, *older = map(secret, site["keys"])
    return visits.changed_settings(
        SECRET_KEY=current,
        SECRET_KEY_FALLBACKS=older,
        SESSION_SERIALIZER=SERIALIZER,
        SESSION_ENCRYPTION_KEYS=None if site["own"] is None else list(map(secret, site["own"])),
        SESSION_ENCRYPTION_PLAINTEXT=site["plaintext"],
        SESSION_ENCRYPTION_COMPRESSION="if-smaller" if site["compress"] else "never",
        SESSION_ENCRYPTION_INFLATE_LIMIT=(1 << 20) if site["stored"] else (1 << 18),
    )


def encrypt(site, json_text):
    """Returns the text that the engine writes."""
    session = StoredSession() if site["stored"] else CookieSession()
    session._session_cache = json.loads(json_text)
    return session.encode(session._session) if site["stored"] else session._get_session_key()


def decrypt(site, token):
    """Returns what the engine reads, or raises the error, which the engine must treat as an absent session."""
    stored = StoredSession().decode(token) if site["stored"] else CookieSession(token).load()
    try:
        salt = StoredSession().key_salt if site["stored"] else COOKIE_SALT
        session = signing.loads(token, salt=salt, serializer=encryption.EncryptedJSONSerializer)
    except Exception:
        assert stored == {}, "the engine reads what the serializer rejects"
        raise
    assert stored == session, "the engine reads what the serializer reads"
    return visits.items(session)


def seal(key, version, nonce, plaintext):
    """Encrypts any plaintext in any version, and returns it in hexadecimal."""
    version, nonce, plaintext = bytes([version]), unhexlify(nonce), unhexlify(plaintext)
    key = key.encode() if isinstance(key, str) else key
    return (version + nonce + encryption._aead(key).encrypt(nonce, plaintext, version)).hex()
