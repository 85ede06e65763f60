"""Runs some of Django's tests with Django's own runner, and writes the outcome of each test to a file.

suite.py TESTS OUT django|crate ENGINE LABEL...
"""

import json
import os
import runpy
import sys
import types
import unittest

tests, out, whose, session_engine, *labels = sys.argv[1:]
sys.path.insert(0, tests)
os.chdir(tests)

settings = types.ModuleType("suite_settings")
exec("from test_sqlite import *", settings.__dict__)
settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{session_engine}"
sys.modules["suite_settings"] = settings

ask = None
if whose == "crate":
    import shim
    from shim import ask

    shim.install()


def save_into_the_client():
    """With sessions in cookies, a test that saves client.session must change the client's cookie."""
    from django.conf import settings
    from django.contrib.sessions.backends.signed_cookies import SessionStore
    from django.test import Client

    session_of_django = Client.session.fget

    def session(client):
        session = session_of_django(client)
        if isinstance(session, SessionStore):
            save = session.save

            def save_both(*args, **kwargs):
                save(*args, **kwargs)
                client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key

            session.save = save_both
        return session

    Client.session = property(session)


save_into_the_client()
outcomes = {}


def note(outcome, method):
    of_unittest = getattr(unittest.TextTestResult, method)

    def noting(self, test, *details):
        failure = details[-1] if details and isinstance(details[-1], tuple) else None
        if failure:
            outcomes[test.id()] = [outcome, f"{failure[0].__name__}: {failure[1]}"]
        elif method != "addSubTest":
            outcomes.setdefault(test.id(), [outcome, ""])
        return of_unittest(self, test, *details)

    setattr(unittest.TextTestResult, method, noting)


note("passed", "addSuccess")
note("failed", "addFailure")
note("error", "addError")
note("skipped", "addSkip")
note("expected failure", "addExpectedFailure")
note("unexpected success", "addUnexpectedSuccess")
note("failed in part", "addSubTest")

sys.argv = ["runtests.py", "--settings=suite_settings", "--parallel=1", "--verbosity=1", *labels]
try:
    runpy.run_path("runtests.py", run_name="__main__")
finally:
    result = {"outcomes": outcomes}
    if ask:
        result |= {"calls": ask.calls, "compared": ask.compared, "disagreements": ask.disagreements}
    with open(out, "w") as file:
        json.dump(result, file)
