"""Runs one version of Django, of any age, on this Python: starts it, stops its clock, and changes its settings."""

import collections
import collections.abc
import inspect
import logging
import platform
import time
import warnings
import zlib
from contextlib import contextmanager
from datetime import datetime, timezone as tz


def start(version, apps=(), **more):
    """Imports and configures the Django on PYTHONPATH, which must be exactly this version."""
    for name in ("Callable", "Iterable", "Iterator", "Mapping", "MutableMapping", "MutableSet", "Sequence"):
        if not hasattr(collections, name):  # Django 1.11 imports them from here.
            setattr(collections, name, getattr(collections.abc, name))
    if not hasattr(inspect, "markcoroutinefunction"):  # New in Python 3.12; Django 6.1 expects it.
        inspect.markcoroutinefunction = lambda function: function
    warnings.simplefilter("ignore")

    import django
    from django.conf import settings

    assert django.get_version() == version, f"wanted Django {version}, PYTHONPATH has {django.get_version()}"
    settings.configure(
        SECRET_KEY="unused: every vector names its key",
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *apps],
        TIME_ZONE="UTC",
        USE_TZ=True,
        USE_I18N=False,
        LOGGING_CONFIG=None,
        **more,
    )
    logging.disable()
    django.setup()


def provenance():
    import django

    return {
        "django": django.get_version(),
        "python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
    }


@contextmanager
def frozen(now):
    """Stops both clocks that Django reads: `time.time` (signing, cookies) and `timezone.now` (session expiry)."""
    from django.conf import settings
    from django.utils import timezone

    def django_now():
        moment = datetime.fromtimestamp(now, tz.utc)
        return moment if settings.USE_TZ else moment.replace(tzinfo=None)  # TIME_ZONE is UTC

    real = time.time, timezone.now
    time.time, timezone.now = lambda: float(now), django_now
    try:
        yield
    finally:
        time.time, timezone.now = real


def changed_settings(**changes):
    """`with changed_settings(SECRET_KEY=…):`"""
    from django.test.utils import override_settings

    return override_settings(**changes)


def error_name(error):
    """Returns the class name, with its module for `binascii.Error` and `zlib.error`, whose bare names are ambiguous."""
    kind = type(error)
    return f"{kind.__module__}.{kind.__name__}" if kind.__module__ in ("binascii", "zlib") else kind.__name__


def outcome(call):
    """Returns (result, None), or (None, the name of the error that Django raised)."""
    try:
        return call(), None
    except Exception as error:
        return None, error_name(error)
