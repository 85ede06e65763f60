"""Asks the crate and Django the same question."""

import functools
import importlib.util
from collections import Counter

import django_suite

calls, compared, disagreements = Counter(), Counter(), []


class Counted:
    def __getattr__(self, name):
        calls[name] += 1
        return getattr(django_suite, name)


crate = Counted()


def secrets():
    from django.conf import settings

    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def replace(owner, *functions, **others):
    for function in functions:
        setattr(owner, function.__name__, function)
    for name, value in others.items():
        setattr(owner, name, value)


@functools.cache
def untouched(name):
    """Returns a copy of a module of Django, in which only its own use of signing is replaced."""
    spec = importlib.util.find_spec(name)
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    if name == "django.core.signing":
        # It would otherwise import the replaced backend.
        copy.import_string = lambda path: getattr(copy, path.rsplit(".", 1)[1])
    elif hasattr(copy, "signing"):
        copy.signing = untouched("django.core.signing")
    return copy


def outcome(function):
    try:
        return function(), None
    except Exception as error:
        return None, error


def same(ours, djangos):
    (value, error), (expected, refusal) = ours, djangos
    if error is None or refusal is None:
        return error is refusal and value == expected
    # After a valid signature, Django raises the exceptions of base64, zlib, JSON or base62.
    signing = "BadSignature", "SignatureExpired"
    return type(refusal).__name__ not in signing or type(error).__name__ == type(refusal).__name__


def agree(question, ours, djangos):
    compared[question[0]] += 1
    if not same(ours, djangos):
        disagreements.append(f"{question}: the crate {ours}, Django {djangos}")


def both(question, ours, djangos):
    """Returns the crate's answer, and notes whether Django's is the same. If not, asks again, because the clock may have
    advanced by a second in between."""
    first, expected = outcome(ours), outcome(djangos)
    if not same(first, expected):
        first, expected = outcome(ours), outcome(djangos)
    agree(question, first, expected)
    value, error = first
    if error is not None:
        raise error
    return value


def put(response, header):
    """Sets a cookie of the crate. Django must write the same header."""
    pair, *attributes = header.split("; ")
    name, value = pair.split("=", 1)
    response.cookies[name] = "" if value == '""' else value
    morsel = response.cookies[name]
    for attribute in attributes:
        key, equals, text = attribute.partition("=")
        morsel[key.lower()] = (int(text) if key == "Max-Age" else text) if equals else True
    agree(("header", name), (header, None), (morsel.OutputString(), None))
