"""Messages through Django's storages, and through the same storages with the deliberate differences of this crate, by
changing the input or the response. Each departure leaves its note."""

import base64
import json
import zlib

from django import http
from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.core import signing
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, mark_safe

import departures
import world
from values import notes, remark
from visits import changed_settings, json_text

FACTORY = RequestFactory()
ABSENT = object()
STORAGES = {"fallback": FallbackStorage, "cookie": CookieStorage, "session": SessionStorage}
NOT_FINISHED = "__messagesnotfinished__"
LONGEST_TOKEN, INFLATE_LIMIT = 8192, 1 << 18


def ask(site, cookie, kept, steps):
    current, *older = site["keys"]
    changes = {
        "SECRET_KEY": current,
        "SECRET_KEY_FALLBACKS": older,
        "MESSAGE_LEVEL": site["level"],
        "SESSION_COOKIE_DOMAIN": site["domain"],
        "SESSION_COOKIE_SECURE": site["secure"],
        "SESSION_COOKIE_HTTPONLY": site["http_only"],
        "SESSION_COOKIE_SAMESITE": site["same_site"],
    }
    with changed_settings(**changes):
        plain, error = world.outcome(lambda: summary(*run(site["kind"], cookie, kept, steps)))
        departing = depart(site["kind"], cookie, kept, steps)
    if departing == plain:
        notes.clear()
    else:
        notes["otherwise"] = departing
    return {"error": error} if error else plain


def run(kind, cookie, kept, steps):
    # WSGI decodes headers as Latin-1.
    request = FACTORY.get("/", **({} if cookie is None else {"HTTP_COOKIE": cookie.encode().decode("latin-1")}))
    request.session = {} if kept is None else {"_messages": json.loads(kept)}
    storage, results = STORAGES[kind](request), []
    for step in steps:
        match step:
            case {"step": "add", "level": level, "text": text, "tags": tags, "safe": safe}:
                storage.add(level, mark_safe(text) if safe else text, **({} if tags is None else {"extra_tags": tags}))
            case {"step": "show"}:
                results.append([shown(message) for message in storage])
            case {"step": "len"}:
                results.append(len(storage))
    response = HttpResponse()
    unstored = storage.update(response)
    return results, response, request.session, unstored or []


def shown(message):
    safe = isinstance(message.message, SafeData)
    texts = [str(message.message), message.extra_tags or "", message.tags, str(conditional_escape(message.message))]
    # Escape lone surrogates, with which Django fails to render the page.
    return [message.level, safe, *(text.encode("utf-8", "backslashreplace").decode() for text in texts)]


def summary(results, response, session, unstored):
    return {
        "results": results,
        "set_cookie": [morsel.OutputString() for morsel in response.cookies.values()],
        "kept": json_text(session["_messages"]) if "_messages" in session else None,
        "unstored": len(unstored),
    }


def depart(kind, cookie, kept, steps):
    in_cookie = None if kind == "session" else cookie_messages(cookie or "")
    goes_on = kind == "session" or (kind == "fallback" and bool(in_cookie) and in_cookie[-1] == NOT_FINISHED)
    in_session = session_messages(kept) if goes_on else None

    # Leave out what this crate rejects.
    signer = signing.get_cookie_signer(salt=CookieStorage.key_salt)
    cleaned_cookie = None if in_cookie is None else "messages=" + signer.sign_object(in_cookie)
    cleaned_text = None if in_session is None else json.dumps(json.dumps(in_session))
    given = cleaned_text if goes_on else kept
    results, response, session, unstored = run(kind, cleaned_cookie, given, steps)

    # Restore what was not written.
    if kept is not None and session.get("_messages", ABSENT) == (ABSENT if given is None else json.loads(given)):
        session["_messages"] = json.loads(kept)
    writes, takes_all = effect(steps)
    mend(response, in_cookie, takes_all and kind != "session")
    if writes and in_session == [] and session.get("_messages") == json.loads(kept):
        remark("nothing in a cookie or a session")
        del session["_messages"]
    return summary(list(without_shown(results)), response, session, unstored)


def without_shown(results):
    """Until the response, Django still counts messages that were shown."""
    shown = 0
    for result in results:
        if isinstance(result, list):
            shown = len(result)
            yield result
        else:
            remark("number of messages after they were shown", shown)
            yield result - shown


def effect(steps):
    """Returns whether the view shows or adds messages, and whether it shows all of them and adds none afterwards."""
    writes = takes_all = False
    for step in steps:
        match step:
            case {"step": "show"}:
                writes = takes_all = True
            case {"step": "add", "level": level, "text": text} if text and level >= settings.MESSAGE_LEVEL:
                writes, takes_all = True, False
    return writes, takes_all


def mend(response, in_cookie, taken):
    """Removes the cookie exactly if this crate accepts it as messages, even if there are none in it."""
    cookie = response.cookies.get("messages")
    if cookie and not cookie.value and in_cookie is None:
        remark("no cookie to remove, or a rejected one")
        del response.cookies["messages"]
    if taken and in_cookie is not None and "messages" not in response.cookies:
        remark("nothing in a cookie or a session")
        response.delete_cookie(
            "messages", domain=settings.SESSION_COOKIE_DOMAIN, samesite=settings.SESSION_COOKIE_SAMESITE
        )
    cookie = response.cookies.get("messages")
    if cookie and not cookie.value and settings.SESSION_COOKIE_SECURE and not cookie["secure"]:
        remark("removal of a Secure cookie")
        cookie["secure"] = True


def cookie_messages(header):
    """Returns the messages in the cookie, or None if there is no cookie or it is rejected."""
    all_values = list(departures.cookies(header, "messages"))
    values = [value for value in all_values if value]
    django = http.parse_cookie(header).get("messages")
    remark("white space or escapes in a cookie", django != (all_values[-1] if all_values else None))
    for value in reversed(values):
        # A new signer for each value, because its fallback keys are an iterator.
        signer = signing.get_cookie_signer(salt=CookieStorage.key_salt)
        remark("cookie beyond 8 KiB", len(value.encode()) > LONGEST_TOKEN)
        payload, error = world.outcome(lambda: signer.unsign(value))
        if error is None and len(value.encode()) <= LONGEST_TOKEN:
            remark("several cookies of the name", value != all_values[-1])
            return messages(inflated(payload))
    remark("no cookie to remove, or a rejected one", values)
    return None


def inflated(payload):
    """Returns the JSON bytes of a payload, or no bytes if this crate does not read it."""
    compressed = payload[:1] == "."
    text = payload[1:] if compressed else payload
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != text:
        return b""
    if compressed:
        inflate = zlib.decompressobj()
        try:
            data = inflate.decompress(data)
        except zlib.error:
            return b""
        if not inflate.eof or inflate.unused_data or len(data) > INFLATE_LIMIT:
            return b""
    return data


def messages(data, may_end_early=True):
    """Returns the list without lone surrogates, or None if it is not a list of messages."""
    remark("raw bytes beyond ASCII", may_end_early and not data.isascii())
    try:
        items = json.loads(data.decode(), parse_constant=lambda name: {}[name])
    except (ValueError, KeyError):
        items = None
    *some, last = items if isinstance(items, list) and items else [None]
    ends = last == NOT_FINISHED and may_end_early
    if not isinstance(items, list) or not all(map(is_message, some if ends else items)):
        remark("not messages")
        return None
    return [item if item == NOT_FINISHED else cleaned(item) for item in items]


def is_message(item):
    match item:
        case ["__json_message", 0 | 1 as safe, int() as level, str(), *tags]:
            are_tags = tags in ([], [None]) or (len(tags) == 1 and isinstance(tags[0], str))
            return are_tags and isinstance(safe, int) and not isinstance(level, bool)
    return False


def cleaned(item):
    return [whole(part) if isinstance(part, str) else part for part in item]


def whole(text):
    clean = "".join("\ufffd" if 0xD800 <= ord(char) < 0xE000 else char for char in text)
    remark("lone surrogate in a message", clean != text)
    return clean


def session_messages(kept):
    if kept is None:
        return None
    text = json.loads(kept)
    if not isinstance(text, str):
        remark("not messages")
        return None
    return messages(text.encode("utf-8", "surrogatepass"), may_end_early=False)
