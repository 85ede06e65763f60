"""Writes the vectors of encrypted sessions: `python3 tests/vectors/sealed_vectors.py`

`sealed.json` is encrypted by pyca/cryptography, which must be installed, and signed by Django, which is downloaded as by
`generate.py`. No code of this repository is involved, so that the Rust and the Python side are compared with something
independent.

A vector includes its nonce, which a real payload gets from the operating system. Two runs write the same bytes, unless
their zlibs differ.
"""

import json
import sys
import zlib
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import generate

DJANGO = "5.2.19"
INFO = "django-session.sealed.v1"
SALT = "django.contrib.sessions.backends.signed_cookies"
CURRENT, OLDER = "current-key-of-the-site", "older-key"
NOW = 1_790_000_000

LOGIN = {
    "_auth_user_id": "7",
    "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
    "_auth_user_hash": "5b0d6d50cbf0b2a4f1e6c4c35d32a4c8b6b3a6c9c2a1b0f9e8d7c6b5a4938271",
}
CART = {
    **LOGIN,
    "cart": [
        {"sku": f"A-{n:04}", "name": f"Thing number {n}", "price": f"{n}.90", "n": n % 5} for n in range(45)
    ],
}
ODD = {"_auth_user_id": "7", "na\u00efve": "\u00e9\u2028", "big": 10**30}

PLAIN, COMPRESSED = 1, 2
VECTORS = [
    ("empty", "", CURRENT, bytes(12), PLAIN, {}),
    ("login", "", CURRENT, bytes(range(12)), PLAIN, LOGIN),
    (
        "login, compressed",
        "zlib bytes depend on the zlib; the token must be read, not reproduced",
        CURRENT,
        bytes(range(12, 24)),
        COMPRESSED,
        LOGIN,
    ),
    ("cart of 3 KiB, compressed", "as above", CURRENT, bytes(range(24, 36)), COMPRESSED, CART),
    ("older key", "signed and sealed with a fallback", OLDER, b"\xff" * 12, PLAIN, ODD),
]


def derived_key(secret_key):
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=INFO.encode()).derive(secret_key.encode())


def vector(name, note, secret_key, nonce, version, value):
    text = json.dumps(value, separators=(",", ":"))
    plaintext = zlib.compress(text.encode()) if version == COMPRESSED else text.encode()
    key, aad = derived_key(secret_key), bytes([version])
    sealed = aad + nonce + AESGCMSIV(key).encrypt(nonce, plaintext, aad)
    payload = urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def plain_len(compress):
        return len(signing.dumps(value, key=secret_key, salt=SALT, compress=compress))

    with world.frozen(NOW):
        token = signing.TimestampSigner(key=secret_key, salt=SALT).sign(payload)
        plain_compressed, plain_raw = plain_len(True), plain_len(False)
    return {
        "name": name,
        "note": note,
        "secret_key": secret_key,
        "hkdf_info": INFO,
        "derived_key": key.hex(),
        "nonce": nonce.hex(),
        "version": version,
        "aad": aad.hex(),
        "json": text,
        "json_len": len(text),
        "sealed": payload,
        "sealed_len": len(sealed),
        "time": NOW,
        "salt": SALT,
        "token": token,
        "token_len": len(token),
        "token_len_plain_compressed": plain_compressed,
        "token_len_plain_raw": plain_raw,
    }


if __name__ == "__main__":
    generate.CACHE.mkdir(parents=True, exist_ok=True)
    sys.path[:0] = map(generate.unpacked, [f"django=={DJANGO}", *generate.COMPANIONS])
    import world

    world.start(DJANGO)
    from django.core import signing

    vectors = [vector(*each) for each in VECTORS]
    path = Path(__file__).with_name("sealed.json")
    path.write_text(json.dumps({"django": DJANGO, "vectors": vectors}, indent=1), encoding="ascii")
