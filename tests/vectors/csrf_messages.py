"""Writes the vectors of CSRF and messages with real versions of Django: `python3 tests/vectors/csrf_messages.py`

Like generate.py, which downloads them: every expected value in `csrf_messages_djangoXY.json` was computed by the Django of
that series with the clock stopped, and two runs write the same bytes. A group that reads "42" is the same as in the file
of Django 4.2.
"""

import json
import os
import random
import string
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMAND = "python3 tests/vectors/csrf_messages.py"
DJANGOS = ["4.2.30", "5.2.19", "6.1.3"]
NOW = 1_700_000_000
KEY = "moonshot-secret"
ALPHABET = string.ascii_letters + string.digits


# The parent.


def main():
    import generate

    known = {}
    generate.CACHE.mkdir(parents=True, exist_ok=True)
    companions = [generate.unpacked(requirement) for requirement in generate.COMPANIONS]
    for version in DJANGOS:
        path = os.pathsep.join([generate.unpacked(f"django=={version}"), *companions])
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "TZ": "UTC"}
        command = [sys.executable, "-B", __file__, "--with-django", version]
        answer = json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)
        write(HERE / f"csrf_messages_django{series(version)}.json", series(version), answer, known)


def series(version):
    return "".join(version.split(".")[:2])


def write(path, django, answer, known):
    """Writes one vector per line. A group with the same vectors as in an earlier version names that version instead."""
    groups = {name: vectors for name, vectors in answer.items() if isinstance(vectors, list)}
    head = {name: value for name, value in answer.items() if name not in groups}
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write(json.dumps(head, indent=1).removesuffix("\n}"))
        for name, vectors in groups.items():
            lines = [json.dumps(vector) for vector in vectors]
            first = known.setdefault((name, *lines), django)
            if first == django:
                file.write(f',\n "{name}": [' + ",".join(f"\n  {line}" for line in lines) + "\n ]")
            else:
                file.write(f',\n "{name}": "{first}"')
        file.write("\n}\n")


# The child: one Django. A group is a function: its name, its docstring, the vectors it gives.


def child(version):
    import world

    world.start(version)
    groups = [masks, verdicts, cookies, session_secrets, messages, overflows]
    answer = {
        **world.provenance(),
        "command": COMMAND,
        "format": {group.__name__: " ".join(group.__doc__.split()) for group in groups},
        "now": NOW,
        "key": KEY,
    }
    for group in groups:
        with world.frozen(NOW), world.changed_settings(SECRET_KEY=KEY, SECRET_KEY_FALLBACKS=[], ALLOWED_HOSTS=["*"]):
            answer[group.__name__] = list(group())
    json.dump(answer, sys.stdout)


def text(seed, length=32):
    chance = random.Random(seed)
    return "".join(chance.choice(ALPHABET) for _ in range(length))


@contextmanager
def strings(*chosen):
    """Replaces Django's random numbers with known ones."""
    from django.middleware import csrf

    real, queue = csrf._get_new_csrf_string, list(chosen)
    csrf._get_new_csrf_string = lambda: queue.pop(0)
    try:
        yield
    finally:
        csrf._get_new_csrf_string = real


def mask(secret, with_mask):
    from django.middleware import csrf

    with strings(with_mask):
        return csrf._mask_cipher_secret(secret)


def masks():
    """token = secret under mask, as _mask_cipher_secret makes it."""
    ends = ["a" * 32, "9" * 32, "b" * 32, "Z" * 32, ALPHABET[:32], ALPHABET[30:]]
    pairs = [(a, b) for a in ends for b in ends] + [(text(f"s{n}"), text(f"m{n}")) for n in range(10)]
    for secret, with_mask in pairs:
        yield {"secret": secret, "mask": with_mask, "token": mask(secret, with_mask)}


SECRET, OTHER = text("secret"), text("other")
TRUSTED = ["https://app.example.net", "https://*.trusted.test", "http://plain.test:8000", "https://*.port.test:8443"]


def refused(request, reason=""):
    from django.http import HttpResponse

    return HttpResponse(reason, status=403)


def ask(asked, settings, view=None):
    """The reason (None: accepted) and the response of a CsrfViewMiddleware."""
    import world
    from django.http import HttpResponse
    from django.middleware.csrf import CsrfViewMiddleware
    from django.test import RequestFactory
    from urllib.parse import urlencode

    headers = {"HTTP_HOST": asked["host"], "SERVER_PORT": asked["port"]}
    for name, header in [("origin", "HTTP_ORIGIN"), ("referer", "HTTP_REFERER"), ("header", "HTTP_X_CSRFTOKEN")]:
        if asked[name] is not None:
            headers[header] = asked[name]
    if asked["cookie"] is not None:
        headers["HTTP_COOKIE"] = f"csrftoken={asked['cookie']}"
    body = urlencode({} if asked["form"] is None else {"csrfmiddlewaretoken": asked["form"]})
    with world.changed_settings(CSRF_FAILURE_VIEW=refused, **settings):
        request = RequestFactory().generic(
            asked["method"], "/", body, "application/x-www-form-urlencoded", secure=asked["secure"], **headers
        )
        request.session = asked.get("session", {})
        middleware = CsrfViewMiddleware(lambda request: HttpResponse())
        middleware.process_request(request)
        rejected = middleware.process_view(request, lambda request: None, (), {})
        if rejected is None and view is not None:
            view(request)
        response = middleware.process_response(request, rejected or HttpResponse())
    return rejected and rejected.content.decode(), response, request


def verdicts():
    """A CsrfViewMiddleware with these settings is asked about this request, whose form holds `form` as its
    csrfmiddlewaretoken (null: there is none) and whose header X-CSRFToken is `header`; `port` is the server's. `reason` is
    why it was rejected (null: it was not), `sets_cookie` whether the response sets the cookie."""
    good = mask(SECRET, text("mask"))

    def case(settings=None, **changes):
        asked = {
            "method": "POST", "secure": False, "host": "example.com", "port": "", "origin": None, "referer": None,
            "cookie": SECRET, "form": None, "header": good, **changes,
        }
        asked["port"] = asked["port"] or ("443" if asked["secure"] else "80")
        settings = {"CSRF_TRUSTED_ORIGINS": TRUSTED} if settings is None else settings
        reason, response, _ = ask(asked, settings)
        return {"settings": settings, **asked, "reason": reason, "sets_cookie": "csrftoken" in response.cookies}

    # Tokens.
    yield case(cookie=None, header=None)
    yield case(header=None)
    yield case(form=good, header=None)
    yield case()
    yield case(header=SECRET)
    yield case(form=SECRET, header=None)
    yield case(cookie=mask(SECRET, OTHER))
    yield case(cookie=mask(SECRET, OTHER), header=mask(SECRET, OTHER))
    yield case(form=good[:-1] + ("a" if good[-1] != "a" else "b"), header=None)
    yield case(header="x")
    yield case(header="")
    yield case(header=SECRET[:-1] + "!")
    yield case(form=SECRET[:-1] + "!")
    yield case(form="x")
    yield case(header="é" * 32)
    yield case(header=good + good)
    yield case(header=OTHER)
    yield case(cookie="")
    yield case(cookie="short")
    yield case(cookie=SECRET[:-1] + "-")
    yield case(cookie="é" * 32)
    yield case(cookie=OTHER)
    yield case(form="")
    yield case(form=mask(OTHER, text("mask")))
    # Methods.
    for method in ["GET", "HEAD", "OPTIONS", "TRACE"]:
        yield case(method=method, cookie=None, header=None)
    for method in ["PUT", "PATCH", "DELETE"]:
        yield case(method=method)
        yield case(method=method, form=good, header=None)
    # Origins.
    for origin in ["http://example.com", "https://example.com", "null", "", "http://example.com:80", "http://example.com/"]:
        yield case(origin=origin)
    for origin in [
        "https://example.com", "http://example.com", "https://app.example.net", "https://a.trusted.test",
        "https://a.b.trusted.test", "https://trusted.test", "https://eviltrusted.test", "http://a.trusted.test",
        "https://a.trusted.test:8443", "https://EXAMPLE.com", "https://example.com:443", "", "null", "http://plain.test:8000",
        "https://plain.test:8000", "https://a.port.test:8443", "https://a.port.test", "https://port.test:8443",
    ]:
        yield case(secure=True, origin=origin)
    yield case(host="example.com:8000", origin="http://example.com:8000")
    yield case(host="Example.com", origin="http://example.com")
    yield case(host="Example.com", origin="http://Example.com")
    yield case(host="[::1]:8000", origin="http://[::1]:8000")
    yield case(host="bad host")
    yield case(host="bad host", origin="http://bad host")
    yield case(host="evil.test", origin="http://example.com")
    yield case({"ALLOWED_HOSTS": ["example.com"]}, host="evil.test", origin="http://evil.test")
    yield case({"ALLOWED_HOSTS": ["example.com"]}, host="evil.test")
    yield case({"ALLOWED_HOSTS": ["example.com"]}, secure=True, host="evil.test", referer="https://evil.test/")
    # Referers.
    for referer in [
        None, "", "https://example.com/a", "https://example.com", "https://example.com?q", "http://example.com/a",
        "https://evil.test/", "https://a.trusted.test/x", "https://trusted.test/x", "https://plain.test:8000/x",
        "https://plain.test/x", "https://a.port.test:8443/", "example.com", "/a", "https:///a", "https://[bad",
        "https://EXAMPLE.COM/a", "https://example.com:443/a", "https://user@example.com/a", "https://example.com.evil.test/",
    ]:
        yield case(secure=True, referer=referer)
    yield case(secure=True, host="Example.Com:8000", port="8000", referer="https://example.com:8000/")
    yield case(secure=True, host="Example.Com:8000", port="8000", referer="https://Example.Com:8000/")
    yield case(secure=True, host="bad host", referer="https://bad host/")
    yield case(secure=True, referer="https://evil.test/", origin="https://example.com")
    for domain, port in [("example.com", ""), (".example.com", ""), (".example.com", "8000")]:
        for referer in ["https://example.com", "https://a.example.com", "https://example.com:8000", "https://a.example.com:8000"]:
            host = f"b.example.com:{port}" if port else "b.example.com"
            yield case({"CSRF_COOKIE_DOMAIN": domain}, secure=True, host=host, port=port, referer=f"{referer}/")
    yield case({"CSRF_COOKIE_DOMAIN": "example.com"}, secure=True, host="b.example.com", referer="https://b.example.com/")


def cookies():
    """A view calls get_token or rotate_token, with this csrftoken cookie (null: none). Django draws `drawn` wherever it
    needs a secret or a mask. `token` is what get_token returned; `set_cookie` is the header (null: none), `vary` the other."""
    from django.middleware.csrf import get_token, rotate_token

    for cookie in [None, SECRET, mask(SECRET, OTHER), "short", SECRET[:-1] + "-"]:
        for view in [lambda request: None, get_token, rotate_token]:
            asked = {
                "method": "GET", "secure": True, "host": "example.com", "port": "443", "origin": None, "referer": None,
                "cookie": cookie, "form": None, "header": None,
            }
            drawn, returned = [text(f"drawn {n}") for n in range(3)], []
            with strings(*drawn):
                _, response, _ = ask(asked, {}, lambda request: returned.append(view(request)))
            yield {
                "cookie": cookie,
                "view": view.__name__.strip("<>"),
                "drawn": drawn,
                "token": returned[0],
                "set_cookie": next((morsel.OutputString() for morsel in response.cookies.values()), None),
                "vary": response.get("Vary"),
            }


def session_secrets():
    """The same with CSRF_USE_SESSIONS and this _csrftoken in the session (null: none); `kept` is what is there after the
    response."""
    from django.middleware.csrf import get_token, rotate_token

    for kept in [None, SECRET, mask(SECRET, OTHER)]:
        for view in [lambda request: None, get_token, rotate_token]:
            asked = {
                "method": "GET", "secure": True, "host": "example.com", "port": "443", "origin": None, "referer": None,
                "cookie": None, "form": None, "header": None, "session": {} if kept is None else {"_csrftoken": kept},
            }
            with strings(*(text(f"drawn {n}") for n in range(3))):
                _, response, request = ask(asked, {"CSRF_USE_SESSIONS": True}, view)
            assert not response.cookies
            yield {"before": kept, "view": view.__name__.strip("<>"), "kept": request.session.get("_csrftoken")}


def storage(kind, cookie=None, session=None):
    from django.contrib.messages.storage import cookie as in_cookie, fallback, session as in_session
    from django.http import HttpRequest

    request = HttpRequest()
    request.session = {} if session is None else {"_messages": session}
    if cookie is not None:
        request.COOKIES["messages"] = cookie
    kinds = {
        "fallback": fallback.FallbackStorage, "cookie": in_cookie.CookieStorage, "session": in_session.SessionStorage,
    }
    return request, kinds[kind](request)


def shown(message):
    from django.utils.safestring import SafeData

    safe = isinstance(message.message, SafeData)
    return {
        "level": message.level, "text": str(message.message), "extra_tags": message.extra_tags, "safe": safe,
        "tags": message.tags,
    }


def set_cookie(response):
    return next((morsel.OutputString() for morsel in response.cookies.values()), None)


def messages():
    """These messages, added to a FallbackStorage and to a SessionStorage: the first sets the cookie, the second puts
    session_text into the session. `json` is what is signed. `read` is what Django reads of either."""
    import zlib
    from django.contrib.messages.storage.base import Message
    from django.core import signing
    from django.http import HttpResponse
    from django.utils.safestring import mark_safe

    samples = {
        "one": [Message(20, "Saved.")],
        "added": [Message(20, "Saved.", "")],
        "tagged": [Message(25, "Done", "extra cls")],
        "safe": [Message(30, mark_safe("<b>Hi</b>"), "")],
        "not safe": [Message(30, "<b>Hi</b>", "")],
        "unicode": [Message(40, "Grüße\u2028🔑 \x7f\x00\n", "é")],
        "quotes": [Message(20, 'say "hi" \\ back / </script>', "")],
        "two": [Message(20, "a", ""), Message(40, "b", "x")],
        "long": [Message(20, "abc" * 200, "")],
        "debug": [Message(10, "dbg", "")],
        "custom level": [Message(42, "custom", "")],
        "negative level": [Message(-5, "below", "")],
        "text of the key": [Message(20, "__json_message", ""), Message(20, "__messagesnotfinished__", "")],
        "lone surrogate": [Message(20, "half \ud83d of a pair", "")],
    }
    for name, sample in samples.items():
        response, cookies = HttpResponse(), {}
        for kind in ["fallback", "session"]:
            request, kept = storage(kind)
            kept.added_new, kept._queued_messages = True, list(sample)
            assert not kept.update(response)
        value = response.cookies["messages"].value
        data = signing.get_cookie_signer(salt="django.contrib.messages").unsign(value)
        data = zlib.decompress(signing.b64_decode(data[1:].encode())) if data[0] == "." else signing.b64_decode(data.encode())
        reads = [list(storage("fallback", cookie=value)[1]), list(storage("session", session=request.session["_messages"])[1])]
        read, again = ([shown(message) for message in one] for one in reads)
        assert read == again
        yield {
            "name": name,
            "set_cookie": set_cookie(response),
            "json": data.decode(),
            "session_text": request.session["_messages"],
            "read": read,
        }


def overflows():
    """So many messages of so many random characters each, added one after another to a FallbackStorage and to a
    CookieStorage. `cookie` and `session` are what each leaves, `read` the texts that it reads of that, `after` what is
    left when they were read."""
    from django.http import HttpResponse

    for count, length in [(1, 100), (30, 60), (3, 1000), (1, 2000), (2, 2000)]:
        texts = [text(f"{count}/{length}/{n}", length) for n in range(count)]
        for kind in ["fallback", "cookie"]:
            request, kept = storage(kind)
            for one in texts:
                kept.add(20, one)
            response = HttpResponse()
            unstored = kept.update(response)
            value, session = response.cookies["messages"].value, request.session.get("_messages")
            request, again = storage(kind, cookie=value, session=session)
            read = [message.message for message in again]
            after = HttpResponse()
            again.update(after)
            yield {
                "kind": kind,
                "texts": texts,
                "cookie": value,
                "session": session,
                "unstored": len(unstored),
                "read": read,
                "after": {"set_cookie": set_cookie(after), "session": request.session.get("_messages")},
            }


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["--with-django", version]:
            child(version)
        case _:
            sys.exit(f"usage: {COMMAND}")
