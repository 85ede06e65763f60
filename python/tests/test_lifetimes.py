"""Tests the middleware and the signal receivers with requests to a small site."""

import json
import logging
import re
import shutil
import subprocess
import time
from importlib import import_module

import django
import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.http import HttpResponse, JsonResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.urls import path
from django_session_rs import lifetimes
from django_session_rs.lifetimes import LifetimeMiddleware, revoke

SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
LIFETIMES = "django_session_rs.lifetimes.LifetimeMiddleware"
AUTH = "django.contrib.auth.middleware.AuthenticationMiddleware"
RAW_KEY = "django_session_rs.lifetimes.raw_key"
NOW = 1_700_000_000
DAY = 86400


class Broken(LocMemCache):
    """A cache whose server is down."""

    def has_key(self, *args, **kwargs):
        raise ConnectionError("the cache is down")

    get = set = has_key


def locmem(name, **more):
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name, **more}


CACHES = {
    "default": locmem("default"),
    "revoked": locmem("revoked", KEY_FUNCTION=RAW_KEY),
    "broken": {"BACKEND": "test_lifetimes.Broken", "KEY_FUNCTION": RAW_KEY},
}
ENGINES = ["signed_cookies", "db"]

strict = override_settings(SESSION_UNSTAMPED="refuse")
broken = override_settings(SESSION_REVOCATION_CACHE="broken")
accepting = override_settings(SESSION_REVOCATION_FAILURE="accept")
without_list = override_settings(SESSION_REVOCATION_CACHE=None)


def show(request):
    """Returns the session and the user, and changes nothing."""
    return JsonResponse({"session": dict(request.session.items()), "user": request.user.pk})


def untouched(request):
    return HttpResponse()


def write(request):
    request.session.update(json.loads(request.GET.get("items", '{"cart":["tea"]}')))
    return HttpResponse(status=int(request.GET.get("status", 200)))


def clear(request):
    request.session.clear()
    return HttpResponse()


def login(request, pk):
    auth.login(request, User.objects.get(pk=pk))
    return HttpResponse()


def logout(request):
    auth.logout(request)
    return HttpResponse()


def log_in_after_logout(request, pk):
    auth.logout(request)
    return login(request, pk)


def end(request):
    revoke(request.session)
    return HttpResponse()


def change_password(request):
    request.user.set_password("another")
    request.user.save()
    auth.update_session_auth_hash(request, request.user)
    return HttpResponse()


async def async_login(request, pk):
    await auth.alogin(request, await User.objects.aget(pk=pk))
    return HttpResponse()


async def async_logout(request):
    await auth.alogout(request)
    return HttpResponse()


urlpatterns = [
    path("async/login/<int:pk>", async_login),
    path("async/logout", async_logout),
    path("show", show),
    path("untouched", untouched),
    path("write", write),
    path("clear", clear),
    path("login/<int:pk>", login),
    path("again/<int:pk>", log_in_after_logout),
    path("logout", logout),
    path("end", end),
    path("password", change_password),
]


@pytest.fixture(autouse=True, scope="module")
def users():
    call_command("migrate", verbosity=0)
    for pk in (7, 8):
        User.objects.create(pk=pk, username=str(pk))
    yield
    call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(autouse=True, params=ENGINES)
def site(request, users):
    with override_settings(
        SESSION_ENGINE=f"django.contrib.sessions.backends.{request.param}",
        SESSION_SERIALIZER="django.contrib.sessions.serializers.JSONSerializer",
        MIDDLEWARE=[SESSIONS, LIFETIMES, AUTH],
        ROOT_URLCONF="test_lifetimes",
        ALLOWED_HOSTS=["*"],
        CACHES=CACHES,
        SESSION_ABSOLUTE_AGE=DAY,
        SESSION_REVOCATION_CACHE="revoked",
    ):
        User.objects.update(password="column")
        yield
        caches["revoked"].clear()


@pytest.fixture(autouse=True)
def quiet():
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


class Clock:
    """Replaces ``time.time``, which starts and signatures use."""

    def __init__(self):
        self.now = float(NOW)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "time", lambda: clock.now)
    return clock


class Browser(Client):
    def __init__(self, cookie=None):
        super().__init__(raise_request_exception=False)
        if cookie is not None:
            self.cookies["sessionid"] = cookie

    @property
    def cookie(self):
        return self.cookies["sessionid"].value if "sessionid" in self.cookies else ""

    def shown(self):
        return self.get("/show").json()

    def stamps(self):
        """The start and the id in the session."""
        session = self.shown()["session"]
        return session.get("_session_started"), session.get("_session_id")

    @classmethod
    def logged_in(cls, pk=7):
        browser = cls()
        assert browser.get(f"/login/{pk}").status_code == 200
        return browser


def user_of(cookie):
    """The user who is logged in with this copy of a cookie."""
    return Browser(cookie).shown()["user"]


def planted(**items):
    """A cookie for a session with these items, written without the middleware."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store.update(items)
    store.save()
    return store.session_key


def planted_login(**items):
    with override_settings(MIDDLEWARE=[SESSIONS, AUTH]):
        browser = Browser.logged_in()
        session = dict(browser.session.items())
    return planted(**{**session, "_session_started": NOW, "_session_id": "a" * 22, **items})


def test_a_session_begins_when_it_is_written_and_at_login(clock):
    browser = Browser()
    browser.get("/write")
    start, first = browser.stamps()
    assert start == NOW and re.fullmatch(r"[A-Za-z0-9_-]{22}", first)

    # A change keeps both.
    clock.now += 10
    browser.get("/write?items={}")
    browser.get('/write?items={"a":1}')
    assert browser.stamps() == (NOW, first)

    # The login of an anonymous visitor changes both, and keeps the cart.
    clock.now += 10
    browser.get("/login/7")
    start, second = browser.stamps()
    assert start == NOW + 20 and second != first
    assert browser.shown()["session"]["cart"] == ["tea"]

    # Another login of the same user and a new password change neither.
    clock.now += 10
    browser.get("/login/7")
    assert browser.stamps() == (NOW + 20, second)
    browser.get("/password")
    assert browser.shown()["user"] == 7
    assert browser.stamps() == (NOW + 20, second)

    # The login of another user, or of the same user after a logout, changes both.
    browser.get("/login/8")
    start, third = browser.stamps()
    assert start == NOW + 30 and third not in (first, second)
    clock.now += 10
    browser.get("/again/8")
    start, fourth = browser.stamps()
    assert start == NOW + 40 and fourth not in (first, second, third)


def test_a_login_without_the_middleware_is_stamped(clock):
    # Django's test client logs in without a request.
    browser = Browser()
    browser.get("/write")
    first = browser.stamps()[1]
    clock.now += 10
    browser.force_login(User.objects.get(pk=7))
    with strict:
        assert browser.shown()["user"] == 7
    start, second = browser.stamps()
    assert start == NOW + 10 and second != first


@pytest.mark.skipif(django.VERSION < (5, 0), reason="Django has alogin since 5.0")
def test_under_asgi(clock):
    browser = AsyncClient()
    call = async_to_sync(browser.get)
    call("/write")
    clock.now += 10
    call("/async/login/7")
    session = call("/show").json()["session"]
    assert session["_session_started"] == NOW + 10 and session["cart"] == ["tea"]
    copy = browser.cookies["sessionid"].value
    call("/async/logout")
    assert f"session:revoked:{session['_session_id']}" in caches["revoked"]
    assert user_of(copy) is None


def test_logins_without_a_session():
    """An API that authenticates users by token sends the signals too."""
    for request in [None, RequestFactory().get("/")]:
        user_logged_in.send(User, request=request, user=User(pk=7))
        user_logged_out.send(User, request=request, user=User(pk=7))
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    user_logged_in.send(User, request=request, user=User(pk=7))
    assert not request.session.modified


def test_nothing_is_added_to_a_session_that_is_not_kept():
    browser = Browser()
    for url in ["/show", "/untouched", "/logout", "/end", "/write?items={}"]:
        response = browser.get(url)
        assert "sessionid" not in response.cookies, url
    with override_settings(SESSION_SAVE_EVERY_REQUEST=True):
        assert "sessionid" not in browser.get("/show").cookies
        assert not browser.get("/untouched").has_header("Vary")
    browser = Browser(planted(a=1))
    browser.get("/clear")
    assert browser.shown()["session"] == {}


def test_a_session_that_is_saved_in_every_request_is_stamped():
    browser = Browser(planted(a=1))
    assert browser.stamps() == (None, None)
    with override_settings(SESSION_SAVE_EVERY_REQUEST=True):
        browser.get("/untouched")
    assert browser.stamps()[0] == NOW


def test_absolute_age(clock):
    browser = Browser.logged_in()
    clock.now = NOW + DAY
    copy = browser.cookie
    assert browser.shown()["user"] == 7
    # A write does not extend it.
    browser.get("/write")
    clock.now = NOW + DAY + 0.5
    assert user_of(copy) is None
    response = browser.get("/show")
    assert response.json() == {"session": {}, "user": None}
    assert response.cookies["sessionid"].value == "" and response["Vary"] == "Cookie"
    assert browser.cookie == ""


@pytest.mark.parametrize(
    "start, is_in, next_start",
    [
        (NOW - DAY, True, NOW - DAY),
        (NOW - DAY - 1, False, None),
        (-(2**63), False, None),
        # A start in the future counts as now, and is replaced when the session is written.
        (NOW + 5, True, NOW),
        (2**63 - 1, True, NOW),
    ],
)
def test_starts(start, is_in, next_start):
    browser = Browser(planted_login(_session_started=start))
    assert browser.shown()["user"] == (7 if is_in else None)
    browser.get("/write?items={}")
    assert browser.stamps()[0] == next_start


@pytest.mark.parametrize("start", [str(NOW), float(NOW), True, None, [1], 2**63, -(2**63) - 1])
def test_what_is_no_integer_is_no_start(start):
    cookie = planted_login(_session_started=start)
    with strict:
        assert user_of(cookie) is None
    browser = Browser(planted_login(_session_started=start))
    assert browser.shown()["user"] == 7
    browser.get('/write?items={"a":1}')
    assert browser.stamps() == (NOW, "a" * 22)


def test_sessions_without_stamps():
    with override_settings(MIDDLEWARE=[SESSIONS, AUTH]):
        user_logged_in.disconnect(lifetimes._logged_in)
        unstamped = [Browser.logged_in().cookie for _ in range(2)]
        user_logged_in.connect(lifetimes._logged_in)
    assert user_of(unstamped[0]) == 7
    with strict:
        assert user_of(unstamped[0]) is None
        assert Browser(planted(a=1)).shown() == {"session": {"a": 1}, "user": None}, "nobody is logged in"
    browser = Browser(unstamped[1])
    browser.get("/write")
    with strict:
        assert browser.shown()["user"] == 7


@pytest.mark.parametrize("id", ["short", 7, None, "a" * 21 + ":", "a" * 21 + "*", "a" * 21 + "\n", "a" * 22 + "\n", "é" * 22])
def test_what_is_no_id_is_replaced(id):
    caches["revoked"].set(f"session:revoked:{id}", 1)
    with strict:
        assert user_of(planted_login(_session_id=id)) is None, "it could not be revoked"
        with without_list:
            assert user_of(planted_login(_session_id=id)) == 7
    browser = Browser(planted_login(_session_id=id))
    assert browser.shown()["user"] == 7
    browser.get('/write?items={"a":1}')
    assert len(browser.stamps()[1]) == 22 and browser.stamps()[1] != id


@pytest.mark.parametrize("ending", ["/logout", "/end"])
def test_a_copy_from_before_logout_is_rejected(ending, clock):
    browser = Browser.logged_in()
    copy, id = browser.cookie, browser.stamps()[1]
    other = Browser.logged_in()
    clock.now += 10
    assert browser.get(ending).cookies["sessionid"].value == ""
    assert browser.shown()["user"] is None
    assert f"session:revoked:{id}" in caches["revoked"]
    # Neither reading nor writing makes it valid again.
    thief = Browser(copy)
    assert thief.get("/write?items={}").cookies["sessionid"].value == ""
    for _ in range(2):
        assert user_of(copy) is None
    assert other.shown()["user"] == 7, "another session of the same user"
    # When the entry expires, the session is too old.
    clock.now = NOW + 10 + DAY - 1
    assert f"session:revoked:{id}" in caches["revoked"]
    clock.now += 1
    assert f"session:revoked:{id}" not in caches["revoked"]
    assert user_of(copy) is None


def test_a_login_over_another_users_session_revokes_it(clock):
    browser = Browser.logged_in()
    copy, id = browser.cookie, browser.stamps()[1]
    browser.get("/login/7")
    assert f"session:revoked:{id}" not in caches["revoked"], "the session goes on"
    browser.get("/login/8")
    assert browser.shown()["user"] == 8
    assert user_of(copy) is None and f"session:revoked:{id}" in caches["revoked"]
    with without_list:
        assert Browser.logged_in().get("/login/8").status_code == 200


def test_a_session_that_is_written_while_it_is_revoked():
    """The id is revoked, not the cookie: a cookie that a parallel request signs is rejected too."""
    browser = Browser.logged_in()
    id = browser.stamps()[1]
    browser.get("/write")
    caches["revoked"].set(f"session:revoked:{id}", 1)  # as Rust does
    assert browser.shown()["user"] is None


def test_without_a_list():
    with without_list:
        browser = Browser.logged_in()
        assert browser.stamps() == (NOW, None)
        copy = browser.cookie
        browser.get("/logout")
        assert user_of(copy) == (7 if "signed_cookies" in settings.SESSION_ENGINE else None)
        assert Browser(planted_login()).shown()["user"] == 7
        assert Browser(planted_login()).get("/end").status_code == 500


def test_receivers_of_logout_see_the_session():
    seen = []

    def receiver(request, **kwargs):
        seen.append(request.session.get("cart"))

    user_logged_out.connect(receiver)
    browser = Browser.logged_in()
    browser.get("/write")
    browser.get("/logout")
    user_logged_out.disconnect(receiver)
    assert seen == [["tea"]]


def test_the_cache_is_down():
    browser = Browser.logged_in()
    copy = browser.cookie
    with broken:
        # By default, the request fails, and the session does not change.
        assert browser.get("/show").status_code == 500
        assert browser.cookie == copy
        assert Browser().get("/show").status_code == 200, "there is nothing to look up"
        with accepting:
            assert browser.shown()["user"] == 7
    assert browser.shown()["user"] == 7


@pytest.mark.parametrize("ending", ["/logout", "/end"])
def test_the_cache_is_down_at_logout(ending, monkeypatch):
    monkeypatch.setattr(Broken, "has_key", lambda *args, **kwargs: False)
    for setting, status in [(override_settings(), 500), (accepting, 200)]:
        browser = Browser.logged_in()
        with broken, setting:
            response = browser.get(ending)
        assert response.status_code == status
        assert response.cookies["sessionid"].value == "", "the browser is logged out in any case"


def test_what_is_logged(caplog):
    logging.disable(logging.NOTSET)
    caplog.set_level(logging.INFO, "django_session_rs")
    user_of(planted_login(_session_started=NOW - DAY - 1))
    with strict:
        user_of(planted_login(_session_started=None))
    caches["revoked"].set("session:revoked:" + "a" * 22, 1)
    user_of(planted_login())
    with broken, accepting:
        user_of(planted_login())
    assert [record.getMessage() for record in caplog.records if record.name == "django_session_rs.lifetimes"] == [
        "Session rejected: session age 86401s exceeds 86400s",
        "Session rejected: session of a logged-in user has no start time or no id",
        "Session rejected: session is revoked",
        "The deny-list cannot be read: the session is accepted",
    ]


def test_only_what_the_view_reads_varies():
    browser = Browser.logged_in()
    assert not browser.get("/untouched").has_header("Vary")
    assert browser.get("/show")["Vary"] == "Cookie"


def reads_the_language(get_response):
    """A middleware that reads the session."""

    def middleware(request):
        request.session.get("language")
        return get_response(request)

    return middleware


def test_what_a_middleware_has_read_varies():
    cookie = Browser.logged_in().cookie
    with override_settings(MIDDLEWARE=[SESSIONS, "test_lifetimes.reads_the_language", LIFETIMES, AUTH]):
        assert Browser(cookie).get("/untouched")["Vary"] == "Cookie"


@pytest.mark.parametrize(
    "name, value",
    [
        ("SESSION_ABSOLUTE_AGE", None),
        ("SESSION_ABSOLUTE_AGE", 0),
        ("SESSION_ABSOLUTE_AGE", True),
        ("SESSION_ABSOLUTE_AGE", 86400.0),
        ("SESSION_UNSTAMPED", "reject"),
        ("SESSION_REVOCATION_FAILURE", "closed"),
        ("SESSION_REVOCATION_CACHE", "default"),
    ],
)
def test_wrong_settings(name, value):
    with override_settings(**{name: value}), pytest.raises(ImproperlyConfigured, match=name):
        LifetimeMiddleware(show)


@pytest.fixture
def redis(tmp_path):
    pytest.importorskip("redis")
    pytest.importorskip("django.core.cache.backends.redis")
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server")
    socket = tmp_path / "redis"
    command = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    alias = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"unix://{socket}"}
    while not socket.exists():
        assert server.poll() is None
        time.sleep(0.02)
    with override_settings(CACHES={**CACHES, "revoked": {**alias, "KEY_FUNCTION": RAW_KEY}}):
        yield server
    server.kill()
    server.wait()


def test_redis_has_the_keys_of_rust(redis):
    import redis as client

    raw = client.Redis.from_url(settings.CACHES["revoked"]["LOCATION"])
    browser = Browser.logged_in()
    copy, id = browser.cookie, browser.stamps()[1]
    browser.get("/logout")
    key = f"session:revoked:{id}"
    assert raw.keys() == [key.encode()] and raw.get(key) == b"1" and DAY - 10 <= raw.ttl(key) <= DAY
    assert user_of(copy) is None

    # Rust revokes a session.
    browser = Browser.logged_in()
    copy, id = browser.cookie, browser.stamps()[1]
    assert user_of(copy) == 7
    raw.set(f"session:revoked:{id}", 1, ex=DAY, nx=True)
    assert user_of(copy) is None

    # The Redis server is down.
    browser = Browser.logged_in()
    redis.kill()
    redis.wait()
    assert browser.get("/show").status_code == 500
    with accepting:
        assert browser.shown()["user"] == 7
