"""Replaces Django's signing, sessions, CSRF check and messages with the crate, as the module django_suite.

What is not part of the crate (databases, files, caches, requests, views) stays Django's. The install() of each module
replaces Django's functions. Most calls also go to an unchanged copy of Django: see ask.both.
"""

import django

from shim import csrf_check, engines, logins, messages_cookie, session_data, signatures


def install():
    signatures.install()
    session_data.install()
    engines.install()
    csrf_check.install()
    messages_cookie.install()
    setup_of_django = django.setup

    def setup(*args, **kwargs):
        setup_of_django(*args, **kwargs)
        # Not earlier, because the user model can only be imported now.
        logins.install()

    django.setup = setup
