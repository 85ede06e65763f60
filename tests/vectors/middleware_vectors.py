"""The last group of sessions-X.Y.json: whole requests through SessionMiddleware."""

from datetime import datetime, timedelta

from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.test import RequestFactory

from material import KEY, NOW
from session_vectors import TWO_WEEKS, keys, session_token
from world import changed_settings, frozen, outcome


def apply(session, op, *args):
    """Takes one step of a view on request.session. A step that is not listed calls the method with its name."""
    match op, args:
        case "getitem", (key,):
            return session[key]
        case "contains", (key,):
            return key in session
        case "set", (key, value):
            session[key] = value
        case "delete", (key,):
            del session[key]
        case "append", (key, value):
            session[key].append(value)
        case "mark_modified", ():
            session.modified = True
        case ("keys" | "items"), ():
            return list(getattr(session, op)())
        case "set_expiry_in", (seconds,):
            session.set_expiry(timedelta(seconds=seconds))
        case "set_expiry_at", (date,):
            session.set_expiry(datetime.fromisoformat(date))
        case _:
            return getattr(session, op)(*args)


def middleware():
    """A request with the header "Cookie: {cookie}" (null: none) goes through SessionMiddleware (engine signed_cookies)
    at `now` with SECRET_KEY = key and these settings (the SESSION_* that differ from Django's defaults). The view
    applies ops to request.session, each [method, arguments...]: set, delete, getitem, contains are s[k] = v, del s[k],
    s[k], k in s; append is s[k].append(v), mark_modified is s.modified = True, set_expiry_in and set_expiry_at call
    set_expiry with a timedelta (seconds) and a datetime. It notes what each op returned, or the name of the error it
    raised, and responds with `status` and, if view_vary is not null, that Vary header. The response then has the header
    "Set-Cookie: {set_cookie}" (null: none) and "Vary: {vary}" (null: none); error is the name of what the middleware
    raised instead."""

    def case(name, *ops, cookie=None, status=200, now=NOW, view_vary=None, **changes):
        returned = []

        def view(request):
            for op in ops:
                value, error = outcome(lambda: apply(request.session, *op))
                returned.append(error or value)
            response = HttpResponse(status=status)
            if view_vary is not None:
                response["Vary"] = view_vary
            return response

        headers = {} if cookie is None else {"HTTP_COOKIE": cookie}
        with changed_settings(**keys(KEY), **changes), frozen(now):
            request = RequestFactory().get("/", **headers)
            response, error = outcome(lambda: SessionMiddleware(view)(request))
        morsels = [morsel.output(header="").strip() for morsel in response.cookies.values()] if response else []
        assert len(morsels) <= 1
        return {
            "case": name,
            "settings": changes,
            "key_hex": KEY.hex(),
            "now": now,
            "cookie": cookie,
            "ops": ops,
            "status": status,
            "view_vary": view_vary,
            "returned": returned,
            "set_cookie": morsels[0] if morsels else None,
            "vary": response.get("Vary") if response else None,
            "error": error,
        }

    yesterday = NOW - 86_400
    token = session_token({"a": 1}, time=yesterday)
    other = session_token({"b": 2}, time=yesterday)
    listing = session_token({"l": [1]}, time=yesterday)
    lasting = session_token({"a": 1, "_session_expiry": 300}, time=yesterday)
    browser = session_token({"a": 1, "_session_expiry": 0}, time=yesterday)
    tested = session_token({"testcookie": "worked"}, time=yesterday)
    emptied = session_token({}, time=yesterday)
    tampered = token[:-2] + "AA"
    mine, write, read = f"sessionid={token}", ["set", "a", 2], ["get", "a"]

    # Operations of a view, and their effects on the cookie.
    yield case("no cookie, untouched")
    yield case("no cookie, read", read)
    yield case("no cookie, write", write)
    yield case("no cookie, write text", ["set", "name", "Grüße 🔑"])
    yield case("no cookie, write and delete", write, ["delete", "a"])
    yield case("no cookie, delete what is not there", ["delete", "a"])
    yield case("no cookie, getitem of what is not there", ["getitem", "a"])
    yield case("no cookie, pop of what is not there", ["pop", "a", None])
    yield case("no cookie, clear", ["clear"])
    yield case("no cookie, flush", ["flush"])
    yield case("no cookie, cycle_key", ["cycle_key"])
    yield case("no cookie, mark_modified", ["mark_modified"])
    yield case("no cookie, setdefault", ["setdefault", "a", 1])
    yield case("no cookie, update", ["update", {"b": 1, "a": 2}])
    yield case("no cookie, update with nothing", ["update", {}])
    yield case("cookie, untouched", cookie=mine)
    yield case("cookie, read", read, cookie=mine)
    yield case("cookie, is_empty", ["is_empty"], cookie=mine)
    yield case("cookie, write", write, cookie=mine)
    yield case("cookie, write the same value", ["set", "a", 1], cookie=mine)
    yield case("cookie, contains and write another key", ["contains", "b"], ["set", "b", 2], cookie=mine)
    yield case("cookie, setdefault of what is there", ["setdefault", "a", 5], cookie=mine)
    yield case("cookie, change a nested value in place", ["append", "l", 2], cookie=f"sessionid={listing}")
    yield case("the same and mark_modified", ["append", "l", 2], ["mark_modified"], cookie=f"sessionid={listing}")
    yield case("cookie, pop", ["pop", "a"], cookie=mine)
    yield case("cookie, pop of what is not there", ["pop", "b", None], cookie=mine)
    yield case("cookie, delete the last key", ["delete", "a"], cookie=mine)
    yield case("cookie, delete what is not there", ["delete", "b"], cookie=mine)
    yield case("cookie, clear", ["clear"], cookie=mine)
    yield case("cookie, clear and write", ["clear"], ["set", "b", 2], cookie=mine)
    yield case("cookie, flush", ["flush"], cookie=mine)
    yield case("cookie, flush and write", ["flush"], ["set", "b", 2], cookie=mine)
    yield case("cookie, write and flush", write, ["flush"], cookie=mine)
    yield case("cookie, cycle_key", ["cycle_key"], cookie=mine)
    yield case("cookie, mark_modified only", ["mark_modified"], cookie=mine)
    yield case("cookie of an empty session, read", read, cookie=f"sessionid={emptied}")
    yield case("cookie of an empty session, write", write, cookie=f"sessionid={emptied}")

    # Test cookie and expiry.
    yield case("set_test_cookie", ["set_test_cookie"])
    yield case("test_cookie_worked", ["test_cookie_worked"], cookie=f"sessionid={tested}")
    yield case("test_cookie_worked without it", ["test_cookie_worked"])
    yield case("delete_test_cookie", ["delete_test_cookie"], cookie=f"sessionid={tested}")
    yield case("set_expiry(300)", write, ["set_expiry", 300])
    yield case("set_expiry(0)", write, ["set_expiry", 0])
    yield case("set_expiry(0) alone", ["set_expiry", 0], cookie=mine)
    yield case("set_expiry(-5)", write, ["set_expiry", -5])
    yield case("set_expiry(None) with no expiry", ["set_expiry", None], cookie=mine)
    yield case("set_expiry(None) with an expiry", ["set_expiry", None], cookie=f"sessionid={lasting}")
    yield case("set_expiry(timedelta)", write, ["set_expiry_in", 90])
    yield case("set_expiry(timedelta), fractions", write, ["set_expiry_in", 90.25], now=NOW + 0.5)
    for about, date, now in [
        ("", "2023-11-14T22:18:20+00:00", NOW),
        (", fractions", "2023-11-14T22:18:20.250000+00:00", NOW + 0.5),
        (" of the past", "2023-11-14T22:13:19+00:00", NOW),
        (", naive", "2023-11-14T22:18:20", NOW),
    ]:
        yield case(f"set_expiry(datetime){about}", write, ["set_expiry_at", date], now=now)
    yield case("a fraction of a second", write, now=NOW + 0.999)
    yield case("own expiry passed, read", read, cookie=f"sessionid={lasting}")
    yield case("own expiry passed, write", write, cookie=f"sessionid={lasting}")
    yield case("browser-length session, write", write, cookie=f"sessionid={browser}")
    yield case("browser-length by settings", write, SESSION_EXPIRE_AT_BROWSER_CLOSE=True)
    yield case("the same, own expiry", write, ["set_expiry", 300], SESSION_EXPIRE_AT_BROWSER_CLOSE=True)
    yield case("the same, cookie untouched", cookie=mine, SESSION_EXPIRE_AT_BROWSER_CLOSE=True)
    yield case("cookie age 60", write, SESSION_COOKIE_AGE=60)

    # Save every request.
    every = {"SESSION_SAVE_EVERY_REQUEST": True}
    yield case("every request: no cookie, untouched", **every)
    yield case("every request: no cookie, read", read, **every)
    yield case("every request: cookie, untouched", cookie=mine, **every)
    yield case("every request: cookie, read", read, cookie=mine, **every)
    yield case("every request: cookie, flush", ["flush"], cookie=mine, **every)
    yield case("every request: tampered, untouched", cookie=f"sessionid={tampered}", **every)
    yield case("every request: status 500", cookie=mine, status=500, **every)
    yield case("every request: browser-length, untouched", cookie=f"sessionid={browser}", **every)

    # Status.
    for status in (301, 404, 499, 500, 503):
        yield case(f"status {status}, write", write, status=status)
    yield case("status 500, read", read, cookie=mine, status=500)
    yield case("status 500, flush", ["flush"], cookie=mine, status=500)

    # Cookies that are not a session of this site.
    yield case("tampered, untouched", cookie=f"sessionid={tampered}")
    yield case("tampered, read", read, cookie=f"sessionid={tampered}")
    yield case("tampered, write", write, cookie=f"sessionid={tampered}")
    yield case("tampered, flush", ["flush"], cookie=f"sessionid={tampered}")
    yield case("expired, untouched", cookie=mine, now=yesterday + TWO_WEEKS + 1)
    yield case("expired, read", read, cookie=mine, now=yesterday + TWO_WEEKS + 1)
    yield case("at its age, read", read, cookie=mine, now=yesterday + TWO_WEEKS)
    yield case("empty value, untouched", cookie="sessionid=")
    yield case("7 characters, untouched", cookie="sessionid=1234567")
    yield case("7 characters, read", read, cookie="sessionid=1234567")
    yield case("7 characters, write", write, cookie="sessionid=1234567")
    yield case("8 characters, untouched", cookie="sessionid=12345678")
    yield case("8 characters, read", read, cookie="sessionid=12345678")

    # The Cookie header.
    yield case("among other cookies", read, cookie=f"x=1; {mine}; y=2")
    yield case("no space between cookies", read, cookie=f"x=1;{mine};y=2")
    yield case("two, the last is good", ["items"], cookie=f"sessionid={token}; sessionid={other}")
    yield case("two, the last is bad", ["items"], cookie=f"sessionid={token}; sessionid={tampered}")
    yield case("two, the last is empty", ["items"], cookie=f"sessionid={token}; sessionid=")
    yield case("quoted", read, cookie=f'sessionid="{token}"')
    yield case("percent-encoded", read, cookie=mine.replace(":", "%3A"))
    yield case("spaces around", read, cookie=f" sessionid = {token} ")
    yield case("another case", read, cookie=mine.replace("sessionid", "SessionId"))
    yield case("a longer name", read, cookie=f"x{mine}")
    yield case("a nameless cookie", read, cookie=f"hello; {mine}")
    yield case("comma between cookies", read, cookie=f"x=1, {mine}")

    # Attributes, on a cookie that is set and on one that is deleted.
    for changes in [
        {"SESSION_COOKIE_DOMAIN": "example.com"}, {"SESSION_COOKIE_PATH": "/app"},
        {"SESSION_COOKIE_SECURE": True}, {"SESSION_COOKIE_HTTPONLY": False}, {"SESSION_COOKIE_SAMESITE": "Strict"},
        {"SESSION_COOKIE_SAMESITE": "lax"}, {"SESSION_COOKIE_SAMESITE": None}, {"SESSION_COOKIE_SAMESITE": False},
        {"SESSION_COOKIE_SAMESITE": "None"}, {"SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_SECURE": True},
        {"SESSION_COOKIE_NAME": "sid"}, {"SESSION_COOKIE_NAME": "__Secure-sid", "SESSION_COOKIE_SECURE": True},
        {"SESSION_COOKIE_NAME": "__Host-sid", "SESSION_COOKIE_SECURE": True}, {"SESSION_COOKIE_NAME": "__Host-sid"},
        {"SESSION_COOKIE_DOMAIN": "example.com", "SESSION_COOKIE_PATH": "/a", "SESSION_COOKIE_SECURE": True},
    ]:
        name = changes.get("SESSION_COOKIE_NAME", "sessionid")
        about = ", ".join(f"{key[15:].lower()} {value!r}" for key, value in changes.items())
        yield case(f"set: {about}", write, **changes)
        yield case(f"delete: {about}", cookie=f"{name}=", **changes)

    # Vary.
    for view_vary in ["Accept-Encoding", "Cookie", "cookie, Accept", "*", "Accept,Origin"]:
        yield case(f"Vary already {view_vary}, read", read, view_vary=view_vary)
    yield case("Vary already Accept-Encoding, untouched", view_vary="Accept-Encoding")
    yield case("Vary already Accept-Encoding, write", write, view_vary="Accept-Encoding")


GROUPS = [middleware]
